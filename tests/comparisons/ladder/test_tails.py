"""Far from 0 no activation makes two sound frameworks disagree.

A dense layer puts all samples of a batch there: its bias is large beside its
kernel, or its kernel is so small that all is near 0. The digits that an
activation then loses are lost to the whole gradient, and Adam makes a step of
what is left.
"""

from typing import Any

import pytest

from framework_parity.comparisons.ladder.ladder import run_ladder
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.backends.tails import ACTIVATIONS, FORMULAS
from tests.cases import SMOOTH, arm

# Where the errors of one framework are largest in units of the other's.
FAR = (-36.0, -18.9, -7.5, -4.5, -1e-9, 4.5, 6.5, 7.1, 17.8, 36.0)

FAST = [("gelu-tanh", 7.1), ("elu", -1e-9), ("mish", 17.8)]


def far(name: str, at: float) -> Any:
    """Return a network whose activation only sees numbers about `at`."""
    small = {"kernel_initializer": {"normal": {"stddev": abs(at) * 1e-3}}}
    bias = {"bias_initializer": {"constant": at}}
    first = {"dense": {"units": 8, **small, **bias}}
    layer = FORMULAS.get(name, SMOOTH.get(name, name))
    return arm([first, layer, {"dense": 3}], optimizer={"adam": 0.01})


@pytest.mark.parametrize(
    ("name", "at"),
    [
        pytest.param(
            *(name, at), marks=() if (name, at) in FAST else pytest.mark.slow
        )
        for name in ACTIVATIONS
        for at in FAR
    ],
)
def test_no_tail_is_a_disagreement(
    name: str, at: float, pair: WorkerPair
) -> None:
    for seed in range(2):
        verdicts = run_ladder(pair, far(name, at), seed, 20, "step").verdicts
        disagreements = [
            v.sentence for v in verdicts if v.outcome == "disagree"
        ]
        assert disagreements == []
