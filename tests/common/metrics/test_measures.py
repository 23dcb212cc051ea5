"""Statistics of a run have their expected values."""

import math

import numpy as np
import pytest

from framework_parity.common.metrics.registry import STATISTICS, Run
from framework_parity.common.spec.arm import Arm
from framework_parity.common.training.record import Record
from tests.comparisons.arms import TANH, arm

ARM: Arm = arm(TANH)
KERNEL = np.array([[1.0, -3.0], [0.0, 4.0]])
LAST = np.array([[0.5], [2.0]])


def record(**changes: object) -> Record:
    """Return a record of three epochs of two steps."""
    fields: dict[str, object] = {
        "steps": {
            "loss": np.array([3.0, 2.0, 1.0, np.inf, 1.0, 1.0]),
            "rate": np.full(6, 0.1),
            "gradient_norm": np.array(
                [[2.0, 9.0, 1.0], [3.0, 9.0, 1.0], [8.0, 9.0, 2.0]]
            ),
        },
        "epochs": {
            "epoch": np.array([1.0, 2.0, 3.0]),
            "train_loss": np.array([3.0, 1.0, 2.0]),
            "train_accuracy": np.array([0.2, 0.9, 0.5]),
        },
        "final": {
            "train_loss": 2.0,
            "test_loss": 2.5,
            "train_accuracy": 0.9,
            "test_accuracy": 0.6,
            "parameters": 8.0,
        },
        "weights": {
            "dense_1/kernel": KERNEL,
            "dense_1/bias": np.zeros(2),
            "dense_2/kernel": LAST,
        },
        "parameters": ("dense_1/kernel", "dense_1/bias", "dense_2/kernel"),
    }
    return Record(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "arguments", "value"),
    [
        ("test_loss", (), 2.5),
        ("live_parameters", (), 8.0),
        ("gap", (), 0.5),
        ("accuracy_gap", (), 0.3),
        ("diverged", (), 1.0),
        ("diverged_at", (), 3.0),
        ("first_epoch", ("train_loss", 2.0), 2.0),
        ("first_epoch", ("train_loss", 0.5), math.inf),
        ("first_epoch", ("train_accuracy", 0.5), 2.0),
        ("lowest", ("train_loss",), 1.0),
        ("highest", ("train_accuracy",), 0.9),
        ("last", ("train_loss",), 2.0),
        ("variance", ("train_loss", 1), 0.25),
        ("at_epoch", ("train_loss", 1), 3.0),
        ("at_epoch", ("train_loss", 3), 2.0),
        ("rises", ("train_loss",), 0.5),
        ("gradient_norm", ("dense_2/kernel", 2), 2.0),
        ("gradient_ratio", (), 3.0),
        ("gradient_spread", (), 3.0),
        ("near_zero", (0.5,), 2 / 6),
        ("weight_norm", (), math.sqrt(26 + 4.25)),
        ("weight", ("dense_1/kernel", 1, 1), 4.0),
        ("unit_spread", ("dense_1/kernel",), 2.0),
        ("rate", (-1,), 0.1),
    ],
)
def test_a_statistic_has_its_value(
    name: str, arguments: tuple[object, ...], value: float
) -> None:
    result = STATISTICS[name]((Run(ARM, record()),), arguments)
    assert result == pytest.approx(value)


def test_an_epoch_that_was_not_evaluated_has_no_value() -> None:
    run = Run(ARM, record())
    assert math.isnan(STATISTICS["at_epoch"]((run,), ("train_loss", 4)))


def test_a_steady_curve_does_not_rise_and_one_value_cannot() -> None:
    for values, expected in (([4.0, 3.0, 2.0], 0.0), ([4.0], math.nan)):
        epochs = {
            "epoch": np.arange(1.0, len(values) + 1),
            "train_loss": np.array(values),
        }
        run = Run(ARM, record(epochs=epochs))
        value = STATISTICS["rises"]((run,), ("train_loss",))
        assert value == pytest.approx(expected, nan_ok=True)


def test_statistics_of_probes_have_their_values() -> None:
    probes = {
        "dead_relu/epoch": np.array([1, 2]),
        "dead_relu/relu_1": np.array([0.5, 0.25]),
        "dead_relu/relu_2": np.array([0.5, 0.75]),
        "dead_relu/relu_1/by_weights": np.array([0.0, 0.125]),
        "per_sample_gradients/dense_1/bias": np.array([[[3.0], [4.0]]]),
        "representations/tanh_1": np.array([[[1.0, 0.0], [3.0, 4.0]]]),
    }
    run = Run(ARM, record(probes=probes))
    expected = {
        ("dead_share", ()): 0.5,
        ("dead_by_weights", ()): 0.125,
        ("sample_gradient", ("dense_1/bias", 1)): 4.0,
        ("output", ("tanh_1", 1, 0)): 3.0,
        ("inactive", ("tanh_1",)): 0.25,
    }
    for (name, arguments), value in expected.items():
        assert STATISTICS[name]((run,), arguments) == value


def test_the_spread_of_gradients_is_infinite_where_one_is_zero() -> None:
    run = Run(ARM, record())
    norms = np.array([[0.0, 5.0, 0.0], [0.0, 5.0, 2.0], [0.0, 5.0, 2.0]])
    run.record.steps["gradient_norm"] = norms
    # The bias in the middle is no kernel, and the first step has no gradient.
    assert STATISTICS["gradient_spread"]((run,), ()) == math.inf
    norms[1:, 0] = [8.0, 0.5]
    assert STATISTICS["gradient_spread"]((run,), ()) == 4.0


def test_loss_noise_is_the_change_in_the_second_half_of_the_steps() -> None:
    losses = np.array([9.0, 1.0, 7.0, 2.0, 5.0, 9.0])
    run = Run(ARM, record(steps={"loss": losses}))
    expected = math.sqrt((3**2 + 4**2) / 2)
    assert STATISTICS["loss_noise"]((run,), ()) == pytest.approx(expected)


def test_units_without_a_positive_weight_are_counted_over_all_layers() -> None:
    relus = arm(["flatten", {"dense": 2}, "relu", {"dense": 3}, "relu"])
    weights = {
        # One of two units, although its bias is positive.
        "dense_1/kernel": np.array([[-1.0, -1.0], [-2.0, 0.5]]),
        "dense_1/bias": np.array([3.0, 0.0]),
        # Two of three units; a weight of 0 is not positive.
        "dense_2/kernel": np.array([[0.0, 1.0, -1.0], [-1.0, 2.0, -1.0]]),
    }
    run = Run(relus, record(weights=weights))
    counted = STATISTICS["nonpositive_units"]
    assert counted.missing_reason(relus, ()) is None
    assert counted((run,), ()) == pytest.approx(3 / 5)
    missing = counted.missing_reason(ARM, ())
    assert missing == "no 'relu' is after a dense layer"


def test_statistics_of_per_sample_gradients() -> None:
    tensor = "dense_1/kernel"
    records = np.array([[[[0.0, 4.0]]] * 2, [[[0.0, 0.0]], [[0.0, 2.0]]]])
    probes = {f"per_sample_gradients/{tensor}": records}
    run = Run(ARM, record(probes=probes))
    values = {
        ("gradient_deviation", 0): 2.0,
        ("gradient_deviation", -1): math.sqrt(3) / 2,
        ("zero_gradients", 0): 0.5,
        ("zero_gradients", 1): 0.75,
    }
    for (name, at), value in values.items():
        result = STATISTICS[name]((run,), (tensor, at))
        assert result == pytest.approx(value)


def test_distance_of_two_arms_is_that_of_their_weights() -> None:
    changed = record()
    changed.weights = changed.weights | {
        "dense_2/kernel": LAST + np.array([[0.0], [3.0]])
    }
    runs = Run(ARM, record()), Run(ARM, changed)
    expected = 3 / math.sqrt(26 + 4.25)
    assert STATISTICS["distance"](runs, ()) == pytest.approx(expected)
    assert STATISTICS["distance"]((runs[0], runs[0]), ()) == 0


def test_wrong_rate_has_a_rate_error() -> None:
    samples = ARM.data.part_sizes()["train"]
    assert samples > 6
    lr = ARM.recipe.optimizer.lr
    sound = np.full(6, lr)
    off = np.where(np.arange(6) == 4, 1.01 * lr, lr)
    for used, error in ((sound, 0.0), (off, 0.01)):
        changed = record(steps={"loss": np.ones(6), "rate": used})
        result = STATISTICS["rate_error"]((Run(ARM, changed),), ())
        assert result == pytest.approx(error)
