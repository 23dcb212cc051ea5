"""Saving: this project's classes are restored as they were."""

import ast
from pathlib import Path

import numpy as np
import pytest

from framework_parity.comparisons.workers.worker import WorkerPair

KERAS = Path(__file__).parents[2] / "keras_impl"


def test_optimizers_of_pytorch_resume_exactly(pair: WorkerPair) -> None:
    results = pair.workers["torch"].submit("resumed").result()
    assert len(results) > 20
    for name, (whole, resumed, pickled) in results.items():
        np.testing.assert_array_equal(resumed, whole, name)
        np.testing.assert_array_equal(pickled, whole, name)


def test_optimizers_of_pytorch_take_a_closure(pair: WorkerPair) -> None:
    task = "stepped_with_a_closure"
    results = pair.workers["torch"].submit(task).result()
    expected = float(np.square(np.linspace(-1, 1, 6)).sum())
    for name, (loss, same, idle) in results.items():
        assert loss == pytest.approx(expected), name
        assert same, f"{name} does not step with the closure's gradient"
        assert idle, f"{name} moves a parameter without a gradient"


def test_classes_of_keras_are_saved(pair: WorkerPair, tmp_path: Path) -> None:
    future = pair.workers["keras"].submit("saved", folder=tmp_path)
    results = future.result()
    assert own_classes() <= results.keys()
    for name, (restored, before, after) in results.items():
        assert restored == name
        np.testing.assert_array_equal(after, before, name)


def own_classes() -> set[str]:
    """Return the classes that can be constructed, from the source."""
    mixins = {
        *("CoupledDecay", "FactoredDecay", "EpsilonClipping"),
        "ParameterGroups",
        *("_Padded", "_PaddedAverage", "EachStep", "SampleLayer"),
    }
    files = KERAS.glob("*extensions.py")
    nodes = [
        node for file in files for node in ast.parse(file.read_text()).body
    ]
    names = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    return names - mixins
