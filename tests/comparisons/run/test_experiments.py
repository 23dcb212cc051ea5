"""The catalogue: every experiment parses, has claims and is explained."""

import ast
import importlib
from pathlib import Path
from typing import Any

import pytest

from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.load import parse
from framework_parity.comparisons import catalogue
from framework_parity.comparisons.report.run import plots as gallery

NAMES = sorted(catalogue.summaries())

# It is for `parity audit`: one network, so that no arms are compared.
WITHOUT_CLAIMS = {"naive_port"}

CASES = [
    pytest.param(name, dataset, profile, id=f"{name}-{dataset}-{profile}")
    for name in NAMES
    for dataset in importlib.import_module(
        f"framework_parity.comparisons.experiments.{name}"
    ).DATASETS
    for profile in ("quick", "full")
]


@pytest.mark.parametrize(("name", "dataset", "profile"), CASES)
def test_an_experiment_can_be_parsed(
    name: str, dataset: str, profile: str
) -> None:
    spec = catalogue.find(name, dataset, profile)
    assert isinstance(spec, Experiment)
    assert spec.name == name
    assert parse(spec.model_dump(mode="json")) == spec
    assert spec.claims or name in WITHOUT_CLAIMS
    for claim in spec.claims:
        assert claim.sentence.endswith("."), claim
        assert claim.sentence != claim.expression


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


def test_the_full_profile_may_have_another_data_set() -> None:
    for name in NAMES:
        module = importlib.import_module(
            f"framework_parity.comparisons.experiments.{name}"
        )
        full = getattr(module, "FULL", module.DATASETS[0])
        assert full in module.DATASETS
        assert catalogue.find(name, None, "full") == catalogue.find(
            name, full, "full"
        )
