"""The ladder with nothing planted: both frameworks agree on every rung."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.choices import Rung
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.load import parse
from framework_parity.comparisons.ladder.ladder import (
    RUNGS,
    LadderResult,
    lengthened,
    run_ladder,
)
from framework_parity.comparisons.workers.worker import (
    LABELS,
    Worker,
    WorkerPair,
)
from tests.comparisons.arms import (
    DIGITS,
    DROPOUT,
    IMAGES,
    LINE,
    RELU,
    RESIDUAL,
    TANH,
    arm,
)


def momentum(lr: float, **fields: Any) -> dict[str, Any]:
    return {"sgd": {"lr": lr, "momentum": 0.9, **fields}}


def adam(lr: float, placement: str) -> dict[str, Any]:
    return {"adam": {"lr": lr, "epsilon_placement": placement}}


# The rate never becomes 0: one that ends at 1e-16 leaves samples exactly on
# the kink of a ReLU, where a gradient depends on the last bit.
DECAY = {"step_decay": {"every": 20, "by": 0.95}}
COSINE = {"cosine": 400}

# Every value of every convention, and momentum under a rate that changes:
# under a constant one both velocities are the same.
ARMS = {
    "spiral-of_gradients-decay": arm(
        TANH, optimizer=momentum(0.1, velocity="of_gradients"), schedule=DECAY
    ),
    "spiral-of_steps-cosine": arm(
        TANH, optimizer=momentum(0.1, velocity="of_steps"), schedule=COSINE
    ),
    "spiral-nesterov-of_gradients-cosine": arm(
        RELU,
        optimizer=momentum(0.05, velocity="of_gradients", nesterov=True),
        schedule=COSINE,
    ),
    "spiral-nesterov-of_steps-decay": arm(
        RELU,
        optimizer=momentum(0.05, velocity="of_steps", nesterov=True),
        schedule=DECAY,
    ),
    "spiral-epsilon": arm(RELU, optimizer=adam(0.01, "epsilon")),
    "spiral-epsilon_hat-dropout": arm(
        DROPOUT, optimizer=adam(0.01, "epsilon_hat")
    ),
    "digits-of_gradients-cosine": arm(
        IMAGES,
        DIGITS,
        batch_size=64,
        optimizer=momentum(0.05, velocity="of_gradients"),
        schedule=COSINE,
    ),
    "digits-of_steps-decay": arm(
        IMAGES,
        DIGITS,
        batch_size=64,
        optimizer=momentum(0.05, velocity="of_steps"),
        schedule=DECAY,
    ),
    "digits-residual-of_steps-cosine": arm(
        RESIDUAL,
        DIGITS,
        batch_size=64,
        optimizer=momentum(0.05, velocity="of_steps"),
        schedule=COSINE,
    ),
    "digits-epsilon": arm(
        IMAGES, DIGITS, batch_size=64, optimizer=adam(0.005, "epsilon")
    ),
    "digits-epsilon_hat": arm(
        IMAGES, DIGITS, batch_size=64, optimizer=adam(0.005, "epsilon_hat")
    ),
}

every_arm = pytest.mark.parametrize("arm", ARMS.values(), ids=ARMS.keys())


def assert_top_reached(ladder: LadderResult) -> None:
    for verdict in ladder.verdicts:
        assert verdict.agrees, f"{verdict.rung}: {verdict.sentence}"
    reached = tuple(verdict.rung for verdict in ladder.verdicts)
    assert reached == RUNGS[: RUNGS.index("trajectory") + 1]


# Ten networks under three seeds take many seconds, so each network has one
# seed here, and more in the slow tests.
@pytest.mark.parametrize(
    ("arm", "seed"),
    [
        pytest.param(arm, seed % 3, id=f"{name}-seed{seed % 3}")
        for seed, (name, arm) in enumerate(ARMS.items())
    ],
)
def test_frameworks_agree(pair: WorkerPair, arm: Arm, seed: int) -> None:
    assert_top_reached(run_ladder(pair, arm, seed=seed, steps=60))


def of_file(**changes: Any) -> Arm:
    """Return a tiny network on XOR, as in a first lesson."""
    recipe = {
        "loss": "binary_cross_entropy",
        "optimizer": {"sgd": {"lr": 0.3, "momentum": 0.9}},
        "batch_size": "full",
        "epochs": 1,
    }
    written = {
        "name": "tiny",
        "dialect": "keras",
        "data": {"xor": {}, "test": 0.0, "validation": 0.0},
        "recipe": recipe | changes,
        "arms": {"a": [{"dense": 4}, "tanh", {"dense": 1}]},
    }
    return parse(written).arm("a")


@pytest.mark.parametrize("size", ["full", 1, 2])
def test_cancelled_gradients_and_confident_predictions_are_no_disagreement(
    pair: WorkerPair, size: Any
) -> None:
    """A gradient of nothing is 0 in one and 1e-17 in the other, and
    PyTorch's p - 1 keeps few digits where Keras's keeps all.
    """
    assert_top_reached(run_ladder(pair, of_file(batch_size=size), steps=300))


def test_a_run_that_blows_up_is_reported_as_diverging(
    pair: WorkerPair,
) -> None:
    network = arm(
        LINE,
        {"polynomial": {"samples": 60}},
        loss="mean_squared_error",
        optimizer={"sgd": 1.5},
    )
    verdict = run_ladder(pair, network, steps=100).verdicts[-1]
    assert verdict.rung == "trajectory"
    assert verdict.agrees, verdict.sentence
    assert "where both diverge" in verdict.sentence


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
@every_arm
def test_frameworks_agree_under_any_seed(
    pair: WorkerPair, arm: Arm, seed: int
) -> None:
    assert_top_reached(run_ladder(pair, arm, seed=seed, steps=150))


@pytest.mark.slow
@every_arm
def test_frameworks_agree_for_long(pair: WorkerPair, arm: Arm) -> None:
    assert_top_reached(run_ladder(pair, arm, steps=2000))


@pytest.mark.parametrize("backend", list(LABELS))
def test_a_snapshot_has_the_precision_of_its_run(
    pair: WorkerPair, backend: str
) -> None:
    """The comparison takes its unit from the precision of the values."""
    future = pair.workers[backend].submit(
        "inspect_step",
        arm=ARMS["spiral-epsilon"],
        seed=0,
        dtype="float32",
        nudges=(),
    )
    [snapshot] = future.result().snapshots
    kinds = {name: value.dtype for name, value in snapshot.gradients.items()}
    assert set(kinds.values()) == {np.dtype("float32")}, kinds


@pytest.mark.parametrize("seed", range(3))
def test_float32_raises_no_false_alarm(pair: WorkerPair, seed: int) -> None:
    """It proves little, but it must not be a disagreement either."""
    ladder = run_ladder(
        pair,
        ARMS["spiral-epsilon"],
        seed=seed,
        steps=60,
        dtype="float32",
    )
    for verdict in ladder.verdicts:
        assert verdict.outcome != "disagree", verdict.sentence


@pytest.mark.parametrize("level", ["data", "structure", "forward", "step"])
def test_a_level_is_the_last_rung(pair: WorkerPair, level: Rung) -> None:
    ladder = run_ladder(pair, ARMS["spiral-epsilon"], level=level)
    reached = tuple(verdict.rung for verdict in ladder.verdicts)
    assert reached == RUNGS[: RUNGS.index(level) + 1]
    assert ladder.trajectory is None
    assert ladder.verdicts[-1].agrees


@pytest.mark.parametrize(
    ("steps", "epochs"), [(1, 1), (5, 1), (6, 2), (500, 100)]
)
def test_a_trajectory_is_whole_epochs(steps: int, epochs: int) -> None:
    """76 samples in batches of 16 are five steps an epoch."""
    longer = lengthened(arm(TANH), steps)
    assert isinstance(longer, Arm)
    assert longer.recipe.epochs == epochs


def test_a_framework_agrees_with_itself(torch_worker: Worker) -> None:
    """The same worker on both sides: not one bit may differ."""
    twice = WorkerPair(backends=())
    twice.workers = {"torch": torch_worker, "keras": torch_worker}
    ladder = run_ladder(twice, ARMS["spiral-epsilon"], steps=60)
    assert_top_reached(ladder)
    assert max(verdict.worst_ratio for verdict in ladder.verdicts) == 0.0


def test_drawing_native_weights_leaves_the_precision_as_it_was(
    pair: WorkerPair,
) -> None:
    """Networks are drawn in float32, and the process has one precision."""
    ladders = [
        run_ladder(pair, arm(TANH), steps=20, level="initial")
        for _ in range(2)
    ]
    first, again = (
        {v.rung: (v.outcome, v.sentence) for v in each.verdicts}
        for each in ladders
    )
    assert {outcome for outcome, _ in first.values()} == {"agree"}
    assert again == first
