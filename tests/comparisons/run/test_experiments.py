"""The catalogue: every experiment parses, has claims and is explained."""

import ast
import importlib
from pathlib import Path
from typing import Any

import pytest

from framework_parity.common.choices import LessonChoice
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.load import parse
from framework_parity.common.spec.warnings import spec_warnings
from framework_parity.comparisons import catalogue
from framework_parity.comparisons.report.run import plots as gallery

NAMES = sorted(catalogue.summaries())

# It is for `parity audit`: one network, so that no arms are compared.
WITHOUT_CLAIMS = {"naive_port"}

PROFILES: tuple[Any, ...] = ("quick", "full")


def versions(name: str) -> dict[LessonChoice, Any]:
    """Return the project's own version of an experiment, and the lessons'."""
    module = importlib.import_module(
        f"framework_parity.comparisons.experiments.{name}"
    )
    lessons = getattr(module, "LESSONS", {})
    return {"own": module} | lessons


CASES = [
    pytest.param(
        *(name, dataset, profile, lesson),
        id=f"{name}-{dataset}-{profile}-{lesson}",
    )
    for name in NAMES
    for lesson, version in versions(name).items()
    for dataset in getattr(version, "datasets", None) or version.DATASETS
    for profile in PROFILES
]


@pytest.mark.parametrize(("name", "dataset", "profile", "lesson"), CASES)
def test_an_experiment_can_be_parsed(
    name: str, dataset: str, profile: str, lesson: LessonChoice
) -> None:
    spec = catalogue.find(name, dataset, profile, lesson)
    assert isinstance(spec, Experiment)
    assert spec.name == name
    assert spec.lesson == (None if lesson == "own" else lesson)
    assert spec_warnings(spec) == []
    assert parse(spec.model_dump(mode="json")) == spec
    assert spec.claims or name in WITHOUT_CLAIMS
    for claim in spec.claims:
        assert claim.sentence.endswith("."), claim
        assert claim.sentence != claim.expression


@pytest.mark.parametrize("profile", PROFILES)
def test_the_versions_of_an_experiment_have_different_folders(
    profile: str,
) -> None:
    for name in NAMES:
        listed = catalogue.variants(name, profile)
        slugs = [variant.slug for variant in listed]
        assert len(set(slugs)) == len(slugs)
        assert [v.default for v in listed].count(True) <= 1
        for variant in listed:
            spec = catalogue.find(
                name, variant.dataset, profile, variant.lesson
            )
            own = variant.lesson in (None, "own")
            assert spec.lesson == (None if own else variant.lesson)


def test_a_lesson_that_an_experiment_lacks_is_refused() -> None:
    with pytest.raises(SpecError, match="the lessons of this experiment are"):
        catalogue.find("xor", lesson=9)
    with pytest.raises(SpecError, match="a file specifies its own"):
        catalogue.find("spec.yaml", lesson=1)


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_has_an_explanation(name: str) -> None:
    file = catalogue.FOLDER / f"{name}.py"
    text = ast.get_docstring(ast.parse(file.read_text("utf-8")))
    assert text is not None
    first, _, rest = text.partition("\n")
    assert first[-1] in ".?"
    assert first == catalogue.summaries()[name]
    assert len(rest.split()) > 60


def pictures_of(name: str) -> list[Any]:
    return list(catalogue.find(name).plots)


@pytest.mark.parametrize("name", NAMES)
def test_every_plot_of_an_experiment_has_a_drawing_function(name: str) -> None:
    folder = Path(gallery.__file__).parent
    functions = {
        node.name
        for module in gallery.MODULES
        for node in ast.parse((folder / f"{module}.py").read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    kinds = {picture.kind() for picture in pictures_of(name)}
    assert kinds <= functions


def test_the_full_profile_is_the_first_lesson_by_default() -> None:
    for name in NAMES:
        lessons = [n for n in versions(name) if n != "own"]
        spec = catalogue.find(name, None, "full")
        first = lessons[0] if lessons else None
        assert isinstance(spec, Experiment)
        assert spec.lesson == first
        assert spec == catalogue.find(name, None, "full", first)


def test_the_lessons_of_all_experiments_are_listed() -> None:
    listed = catalogue.lessons()
    assert listed == {
        name: sorted(key for key in versions(name) if key != "own")
        for name in NAMES
    }
