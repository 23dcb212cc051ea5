"""Operations along an axis use the axis that is named, for every rank."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import special

from framework_parity.common.reference.passes import Pass
from framework_parity.common.spec.architecture import ShapeError, layer_nodes
from framework_parity.common.spec.axes import axes_of
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.losses import (
    CrossEntropy,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    class_labels,
    targets,
)
from tests.cases import arm
from tests.cases_ranks import AXES, LEARNING
from tests.tolerances import ROUNDING, assert_close

# The indices of the named axes in a batch, channels last.
BATCHED: dict[tuple[str, str], tuple[int, ...]] = {
    ("vector", "channels"): (1,),
    ("vector", "all"): (1,),
    ("sequence", "time"): (1,),
    ("sequence", "channels"): (2,),
    ("sequence", "positions"): (1,),
    ("sequence", "all"): (1, 2),
    ("image", "height"): (1,),
    ("image", "width"): (2,),
    ("image", "channels"): (3,),
    ("image", "positions"): (1, 2),
    ("image", "all"): (1, 2, 3),
}
EVERY = [(rank, axis) for rank, axes in AXES.items() for axis in axes]


def batch(sides: Shape) -> Any:
    return np.random.default_rng(0).normal(size=(7, *sides))


def through(layers: list[Any], x: Any) -> tuple[Any, Any]:
    """Send a batch through layers; return the output and the backward pass."""
    return Pass({}).through(arm(layers, sides=x.shape[1:]).nodes, x)


BY_SCIPY = {"softmax": special.softmax, "log_softmax": special.log_softmax}


@pytest.mark.parametrize(("rank", "axis"), EVERY)
@pytest.mark.parametrize("kind", ["softmax", "log_softmax"])
def test_softmax_matches_scipy_along_each_axis(
    kind: str, rank: str, axis: str
) -> None:
    x = batch(LEARNING[rank][0])
    output, _ = through([{kind: axis}], x)
    assert_close(output, BY_SCIPY[kind](x, axis=BATCHED[rank, axis]), ROUNDING)


@pytest.mark.parametrize(("rank", "axis"), EVERY)
@pytest.mark.parametrize("kind", ["softmax", "log_softmax"])
def test_softmax_gradient_matches_finite_differences(
    kind: str, rank: str, axis: str
) -> None:
    x = batch(LEARNING[rank][0])
    weight = np.random.default_rng(1).normal(size=x.shape)
    _, back = through([{kind: axis}], x)
    expected, width = np.empty_like(x), 1e-6
    for index in np.ndindex(x.shape):
        moved = [x.copy(), x.copy()]
        moved[0][index] += width
        moved[1][index] -= width
        above, below = (
            (weight * BY_SCIPY[kind](values, axis=BATCHED[rank, axis])).sum()
            for values in moved
        )
        expected[index] = (above - below) / (2 * width)
    np.testing.assert_allclose(back(weight), expected, atol=1e-7)


@pytest.mark.parametrize(("rank", "axis"), EVERY)
def test_layer_norm_averages_along_each_axis(rank: str, axis: str) -> None:
    x, along = batch(LEARNING[rank][0]), BATCHED[rank, axis]
    norm = {"epsilon": 0.1, "axes": axis, "affine": False}
    output, _ = through([{"layer_norm": norm}], x)
    centred = x - x.mean(along, keepdims=True)
    variance = (centred**2).mean(along, keepdims=True)
    assert_close(output, centred / np.sqrt(variance + 0.1), ROUNDING)


@pytest.mark.parametrize(
    ("rank", "axis"),
    [each for each in EVERY if each[1] not in ("all", "positions")],
)
def test_concatenate_joins_the_axis_that_is_named(
    rank: str, axis: str
) -> None:
    x = batch(LEARNING[rank][0])
    word = {"branches": [[], ["tanh"]], "axis": axis}
    output, back = through([{"concatenate": word}], x)
    (along,) = BATCHED[rank, axis]
    expected = np.concatenate([x, np.tanh(x)], along)
    assert output.shape == expected.shape
    assert_close(output, expected, ROUNDING)
    slope = np.random.default_rng(1).normal(size=output.shape)
    first, second = np.split(slope, 2, along)
    assert_close(back(slope), first + second / np.cosh(x) ** 2, ROUNDING)


def test_flatten_has_two_orders_where_there_are_sequence() -> None:
    x = np.arange(6.0).reshape(1, 2, 3)
    last, _ = through([{"flatten": "channels_last"}], x)
    first, back = through([{"flatten": "channels_first"}], x)
    assert last.tolist() == [[0, 1, 2, 3, 4, 5]]
    assert first.tolist() == [[0, 3, 1, 4, 2, 5]]
    assert (back(first) == x).all()


@pytest.mark.parametrize("kind", ["global_average_pool", "global_max_pool"])
def test_global_pools_leave_the_channels_of_sequence(kind: str) -> None:
    x = batch((4, 3))
    output, _ = through([kind], x)
    expected = x.mean(1) if kind == "global_average_pool" else x.max(1)
    assert_close(output, expected, ROUNDING)


@pytest.mark.parametrize(
    ("shape", "name", "message"),
    [
        ((5,), "width", "have only: channels"),
        ((5,), "positions", "have only: channels"),
        ((4, 3), "width", "have only: channels, positions, time"),
    ],
    ids=str,
)
def test_missing_axis_is_refused(
    shape: Shape, name: str, message: str
) -> None:
    layers = arm([{"softmax": name}], sides=shape).layers
    with pytest.raises(ShapeError, match=message):
        layer_nodes(layers, shape)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        ({"conv2d": {"filters": 2, "size": 1}}, (4, 3), "a third axis"),
        ({"max_pool": 2}, (4, 3), "expected images"),
        ({"dense": 3}, (4, 3, 2), "put a 'flatten' before it"),
        ("global_max_pool", (4,), "leave it out"),
        ({"spatial_dropout": 0.5}, (4,), "there is 'dropout'"),
        ("random_flip", (4, 3), "expected images"),
    ],
    ids=str,
)
def test_unsupported_rank_is_refused_with_a_remedy(
    layer: Any, shape: Shape, message: str
) -> None:
    with pytest.raises(ShapeError, match=message):
        layer_nodes(arm([layer], sides=shape).layers, shape)


def test_names_of_axes() -> None:
    assert axes_of("softmax", "channels", (4, 5, 3)) == (2,)
    assert axes_of("softmax", "time", (4, 3)) == (0,)
    assert axes_of("softmax", "all", (7,)) == (0,)


# --- Losses of a distance on classes. ---


@pytest.mark.parametrize(
    ("loss", "value"),
    [
        # Of z = (0.5, 0.25, 0.25) and class 1: -0.5, 0.75, -0.25 apart.
        (MeanSquaredError(), (0.25 + 0.5625 + 0.0625) / 3),
        (MeanAbsoluteError(), (0.5 + 0.75 + 0.25) / 3),
        (Huber(delta=0.5), (0.125 + 0.5 * (0.75 - 0.25) + 0.03125) / 3),
    ],
    ids=["squared", "absolute", "huber"],
)
def test_distance_losses_on_classes_use_one_hot_rows(
    loss: Any, value: float
) -> None:
    y = targets(loss, np.array([1]), 3)
    assert y.tolist() == [[0.0, 1.0, 0.0]]
    z = np.array([[0.5, 0.25, 0.25]])
    assert loss.value(z, y) == pytest.approx(value, rel=1e-15)
    assert loss.metrics(z, y) == {"accuracy": 0.0}
    assert loss.metrics(z[:, [1, 0, 2]], y) == {"accuracy": 1.0}


def test_targets_of_each_loss_encode_the_same_classes() -> None:
    y = np.array([2, 0, 1])
    for loss in (CrossEntropy(), MeanSquaredError()):
        assert class_labels(targets(loss, y, 3)).tolist() == [2, 0, 1]
    numbers = targets(MeanSquaredError(), np.array([0.5, -1.0]), None)
    assert numbers.tolist() == [[0.5], [-1.0]]


def test_a_distance_on_classes_splits_as_a_cross_entropy_does() -> None:
    """So that two arms that differ in the loss see the same samples."""
    example = arm([{"dense": 3}])
    data = example.data.model_copy(update={"split": "stratified"})
    as_labels, as_rows = (
        data.parts(loss) for loss in (CrossEntropy(), MeanSquaredError())
    )
    for name, part in as_labels.items():
        assert (part.x == as_rows[name].x).all()
        assert (part.y == class_labels(as_rows[name].y)).all()


def test_second_softmax_bounds_the_loss_from_below() -> None:
    """The smallest loss is that of probabilities used as logits."""
    best = CrossEntropy().value(np.eye(4), np.arange(4))
    assert best == pytest.approx(math.log(1 + 3 / math.e), rel=1e-15)
    example = arm([{"dense": 3}, "softmax"])
    z = np.array([[100.0, 0.0, 0.0]])
    p, _ = Pass({}).through(example.nodes[1:], z)
    assert CrossEntropy().value(p, np.array([0])) == pytest.approx(
        math.log(1 + 2 / math.e), rel=1e-12
    )
