"""Short pairs of files, as people write them, and how they are compared."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from framework_parity.comparisons.compare.result import PairResult
from framework_parity.comparisons.compare.settings import (
    CompareSettings,
    compare_files,
)
from framework_parity.comparisons.workers.worker import WorkerPair

HEAD_T = """
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
"""
HEAD_K = """
import keras
import tensorflow as tf
from keras import layers, ops
"""
SGD_T = """
def make_optimizer(params):
    return torch.optim.SGD(params, lr=0.1)
"""
SGD_K = """
def make_optimizer():
    return keras.optimizers.SGD(0.1)
"""
MSE_T = """
def loss(pred, target):
    return F.mse_loss(pred, target)
"""
MSE_K = """
def loss(pred, target):
    return keras.losses.MeanSquaredError()(target, pred)
"""
CE_T = """
def loss(pred, target):
    return F.cross_entropy(pred, target)
"""
CE_K = """
def loss(pred, target):
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(
        target, pred
    )
"""
ADAM_T = """
def make_optimizer(params):
    return torch.optim.Adam(params, lr=1e-2, eps=1e-7)
"""
ADAM_K = """
def make_optimizer():
    return keras.optimizers.Adam(1e-2)
"""


SOUND = 2
"""How many pairs of a table that agree are compared in the fast tests."""


@dataclass(frozen=True)
class Case:
    """One pair.

    Attributes:
        torch: PyTorch's file, which defines `Net`.
        keras: Keras's file, which defines `net`.
        shape: of the input.
        causes: the slugs; empty where the pair agrees.
        verdict: of the comparison.
    """

    torch: str
    keras: str
    shape: tuple[int, ...]
    causes: tuple[str, ...] = ()
    verdict: str = "agree"


def on_each(cases: dict[str, Case]) -> pytest.MarkDecorator:
    """Return a decorator that runs a test of `case` on each pair.

    The first pair with some causes is fast, and so are the first of those
    that agree; the others are slow.

    Args:
        cases: by the name that the test has in reports.
    """
    seen: list[tuple[str, ...]] = []
    parameters = []
    for name, case in cases.items():
        repeats = seen.count(case.causes) >= (1 if case.causes else SOUND)
        seen.append(case.causes)
        marks = pytest.mark.slow if repeats else ()
        parameters.append(pytest.param(case, id=name, marks=marks))
    return pytest.mark.parametrize("case", parameters)


def module(layers: str, forward: str) -> str:
    """Return a module with layers and a pass."""
    return f"""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {layers}

    def forward(self, x):
        {forward}
"""


def model(layers: str, call: str) -> str:
    """Return a Keras model with layers and a call."""
    return f"""
class net(keras.Model):
    def __init__(self):
        super().__init__()
        {layers}

    def call(self, x, training=False):
        {call}
"""


def sequential(*layers: str, shape: str) -> str:
    """Return a Keras model of layers."""
    listed = ", ".join((f"keras.Input({shape})", *layers))
    return f"\n\ndef net():\n    return keras.Sequential([{listed}])\n"


def compared_case(both: WorkerPair, folder: Path, case: Case) -> PairResult:
    """Return the comparison of a pair, whose files are written to a folder."""
    (folder / "net_torch.py").write_text(HEAD_T + case.torch)
    (folder / "net_keras.py").write_text(HEAD_K + case.keras)
    return compare_files(
        f"{folder}/net_torch.py:Net",
        f"{folder}/net_keras.py:net",
        CompareSettings(shapes=(case.shape,)),
        both,
    )


def check_case(both: WorkerPair, folder: Path, case: Case) -> None:
    """Compare a pair, and check the verdict and the causes."""
    result = compared_case(both, folder, case)
    verdict = "disagree" if case.causes else case.verdict
    slugs = {each.slug for each in result.causes}
    assert (result.verdict, result.unknown) == (verdict, result.unknown)
    assert set(case.causes) <= slugs, (slugs, result.not_decided)
    if verdict == "undecided":
        assert result.unknown
