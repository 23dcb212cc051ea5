"""The arguments of `run` in Python are checked as on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from framework_parity import run
from framework_parity.common.data.image_cache import ImageFiles
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.load import parse
from framework_parity.comparisons.report.run.figures import pictures
from framework_parity.comparisons.run.result import Result
from framework_parity.comparisons.workers.pool import WorkerPool
from tests.comparisons.arms import SMALL
from tests.image_files import TEST, TRAIN, write_idx


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            {"seeds": 0},
            "seeds: got 0, expected a whole number from 1 to 1,000",
        ),
        ({"seeds": "3"}, "seeds: got '3', expected a whole number"),
        ({"seeds": 10**20}, "expected a whole number from 1 to 1,000"),
        ({"seeds": True}, "seeds: got True, expected a whole number"),
        ({"seeds": 1.0}, "seeds: got 1.0, expected a whole number"),
        ({"jobs": 0}, "jobs: got 0, expected a whole number from 1 to "),
        ({"jobs": None}, "jobs: got None, expected a whole number"),
        ({"backends": "torch"}, "got 'torch', expected a list of: keras, "),
        ({"backends": None}, "backends: got None, expected a list of"),
        ({"backends": ()}, "backends: got (), expected at least one of"),
        ({"backends": ("torch",) * 2}, "backends: 'torch' stands twice"),
        ({"backends": ["kears"]}, "did you mean 'keras'?"),
        ({"dtype": "blfoat16"}, "did you mean 'bfloat16'?"),
        ({"dtype": "float16"}, "expected one of: bfloat16, float32, float64"),
        ({"profile": ["quick"]}, "profile: got ['quick'], expected one of"),
        ({"out": 3}, "out: got 3, expected a folder's path"),
        ({"out": "/proc/zz"}, "/proc/zz: out: cannot be made"),
        ({"dataset": "spiral"}, "dataset: got 'spiral', but the experiment"),
    ],
    ids=str,
)
def test_a_wrong_argument_is_refused_before_training(
    wrong: dict[str, Any], says: str, no_workers: None
) -> None:
    with pytest.raises(SpecError) as error:
        run(parse(SMALL), **wrong)
    assert says in str(error.value)


@pytest.mark.parametrize("wrong", [None, 3, [], ("shallow_vs_deep",)])
def test_a_value_that_is_no_experiment_is_refused(
    wrong: Any, no_workers: None
) -> None:
    with pytest.raises(SpecError, match="expected a name of the catalogue"):
        run(wrong)


def test_a_dictionary_is_read_as_a_file_is(no_workers: None) -> None:
    with pytest.raises(SpecError, match="did you mean 'samples'") as error:
        run(SMALL | {"data": {"spiral": {"sampls": 3}}})
    assert error.value.field == "data.spiral.sampls"


def test_a_result_is_printed_in_a_few_lines() -> None:
    result = run(SMALL, backends=["torch"])
    assert isinstance(result, Result)
    assert [arm.arm.name for arm in result.arms] == ["linear"]
    lines = str(result).splitlines()
    assert lines[0] == "small"
    assert lines[-1] == "Only one framework was run, so nothing was compared."
    assert len(lines) < 15
    assert repr(result) == str(result)
    assert "\x1b" not in str(result)
    assert len(repr(result.arms)) < 2000
    document = json.loads(json.dumps(result.as_json()))
    assert (document["command"], document["name"]) == ("run", "small")


def test_frameworks_run_in_a_fixed_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    received: list[tuple[str, ...]] = []

    def pool(*_: Any, backends: Any, **rest: Any) -> Any:
        received.append(backends)
        raise SpecError("", "enough")

    monkeypatch.setattr(WorkerPool, "__init__", pool)
    with pytest.raises(SpecError, match="enough"):
        run(SMALL, backends=["keras", "torch"])
    assert received == [("torch", "keras")]


def test_pool_that_reads_another_folder_is_refused(tmp_path: Path) -> None:
    write_idx(tmp_path / "here", "mnist")
    with (
        WorkerPool(images=ImageFiles(tmp_path / "there")) as pool,
        pytest.raises(SpecError, match=r"data_dir: got '.*here'.*there'"),
    ):
        run(SMALL, data_dir=tmp_path / "here", pool=pool)
    assert pool.started == 0


def test_image_files_are_found_again_after_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claims and plots read the samples again, in a notebook even later."""
    monkeypatch.setenv("PARITY_DATA", str(tmp_path / "elsewhere"))
    write_idx(tmp_path / "here", "mnist")
    written = SMALL | {
        "data": {
            "mnist": {"samples": TRAIN, "test_samples": TEST},
            "split": "random",
        },
        "arms": {"linear": ["flatten", {"dense": 10}]},
        "probes": {"representations": {"samples": 10, "part": "test"}},
        "claims": ['linear.nearest_mean("dense_1") > 0'],
        "plots": ["confusion"],
    }
    result = run(
        parse(written),
        backends=["torch"],
        seeds=1,
        data_dir=tmp_path / "here",
        out=tmp_path / "out",
    )
    assert result.claims[0].verdict == "holds"
    assert (tmp_path / "out" / "confusion.svg").exists()
    assert "confusion" in [picture.name for picture in pictures(result)]
