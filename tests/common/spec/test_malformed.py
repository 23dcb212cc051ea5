"""Every malformed file is refused in one sentence that names the field."""

import re
from pathlib import Path

import pytest

from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.load import load, parse
from tests.malformed import GOOD, GOOD_JSON, MALFORMED, Malformed

each_malformed = pytest.mark.parametrize(
    "entry", MALFORMED, ids=lambda entry: entry.id
)


def refusal(path: Path) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load(path)
    return caught.value


@each_malformed
def test_malformed_file_is_refused_in_one_sentence(
    entry: Malformed, tmp_path: Path
) -> None:
    file = tmp_path / f"spec{entry.suffix}"
    text = entry.text
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    error = refusal(file)
    sentence = str(error)
    assert sentence.startswith(f"{file}: ")
    assert error.file == str(file)
    assert entry.field in (None, error.field)
    assert entry.says in error.message
    assert sentence.isprintable()
    assert "Traceback" not in sentence
    assert len(sentence) - len(str(file)) < 400
    assert error.as_json() == {
        "file": str(file),
        "field": error.field,
        "message": error.message,
    }


@pytest.mark.parametrize(
    ("text", "suffix"), [(GOOD, ".yaml"), (GOOD, ".yml"), (GOOD_JSON, ".json")]
)
def test_unchanged_file_of_the_table_is_valid(
    text: str, suffix: str, tmp_path: Path
) -> None:
    file = tmp_path / f"spec{suffix}"
    file.write_text(text)
    assert load(file).name == "example"


def test_entries_of_the_table_are_unique() -> None:
    assert len(MALFORMED) >= 60
    assert len({entry.id for entry in MALFORMED}) == len(MALFORMED)
    files = {(entry.text, entry.suffix) for entry in MALFORMED}
    assert len(files) == len(MALFORMED)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path / "none.yaml")
    assert "No such file" in error.message
    assert error.field == ""


def test_directory_is_refused(tmp_path: Path) -> None:
    assert "directory" in refusal(tmp_path).message


@pytest.mark.parametrize(
    "written", [None, 3, "relu", [1], (), float("nan"), object, b"name: x"]
)
def test_document_that_is_no_mapping_is_refused(written: object) -> None:
    with pytest.raises(SpecError, match="expected a mapping with the fields"):
        parse(written)


def test_message_about_the_whole_document_states_it(tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text("- 1\n")
    assert re.match(r".*spec\.yaml: ", str(refusal(file)))
