"""What stands in for operations and losses: values and derivatives."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.layouts import Array
from framework_parity.common.live.joins import JOINS
from framework_parity.common.live.losses import computed
from framework_parity.common.live.standins import applied
from framework_parity.common.reference.recurrence import GATES
from framework_parity.common.training.randomness import stream

STEP = 1e-6


def drawn(*shape: int) -> Array:
    return stream(0, "derivatives", str(shape)).normal(size=shape)


JOINED: list[tuple[str, dict[str, Any], list[Array]]] = [
    ("attention", {"scale": 0.5}, [drawn(2, 3, 4) * k for k in (1, 2, 3)]),
    (
        "attention",
        {"scale": 0.5, "causal": True},
        [drawn(2, 3, 4) * k for k in (1, 2, 3)],
    ),
    ("add", {}, [drawn(2, 3, 4), drawn(2, 1, 4)]),
    ("average", {}, [drawn(2, 3), 2 * drawn(2, 3)]),
    ("multiply", {}, [drawn(2, 3, 4), drawn(4)]),
    ("subtract", {}, [drawn(2, 3), drawn(2, 1)]),
    ("divide", {}, [drawn(2, 3), 3 + drawn(2, 3) ** 2]),
    ("maximum", {}, [drawn(2, 3), drawn(2, 1)]),
    ("concatenate", {"axis": 1, "order": (1, 0)}, [drawn(2, 3), drawn(2, 5)]),
    ("mean", {"axes": (1,)}, [drawn(2, 3, 4)]),
    ("sum", {"axes": "all"}, [drawn(2, 3)]),
    ("max", {"axes": (1, 2)}, [drawn(2, 3, 4)]),
    ("min", {"axes": (2,)}, [drawn(2, 3, 4)]),
    ("global_average_pool", {}, [drawn(2, 3, 4, 5)]),
    ("global_max_pool", {}, [drawn(2, 3, 5)]),
    ("square", {}, [drawn(2, 3)]),
    ("absolute", {}, [drawn(2, 3)]),
    ("sqrt", {}, [1 + drawn(2, 3) ** 2]),
    ("exp", {}, [drawn(2, 3)]),
    ("negative", {}, [drawn(2, 3)]),
    ("softmax", {"axis": 0}, [drawn(4, 3)]),
    ("log_softmax", {"axis": 1}, [drawn(4, 3)]),
    ("resize", {"size": (4, 6), "method": "nearest"}, [drawn(2, 2, 3, 2)]),
    ("resize", {"size": (5, 3), "method": "bilinear"}, [drawn(2, 3, 4, 2)]),
    (
        "resize",
        {"size": (5, 7), "method": "bilinear", "corners": "aligned"},
        [drawn(2, 3, 4, 2)],
    ),
    ("reshape", {"shape": (6, 2)}, [drawn(2, 3, 4)]),
    (
        "reshape",
        {"shape": (12,), "order": "channels_first"},
        [drawn(2, 3, 4)],
    ),
    ("permute", {"order": (0, 2, 1)}, [drawn(2, 3, 4)]),
    (
        "pixel_shuffle",
        {"factor": 2, "order": "channels_first"},
        [drawn(2, 2, 3, 8)],
    ),
    (
        "pixel_shuffle",
        {"factor": 2, "order": "channels_last"},
        [drawn(2, 2, 3, 8)],
    ),
]


@pytest.mark.parametrize(("kind", "fields", "inputs"), JOINED)
def test_derivatives_are_those_of_central_differences(
    kind: str, fields: dict[str, Any], inputs: list[Array]
) -> None:
    output, back = JOINS[kind](fields, *inputs)
    slope = drawn(*output.shape)
    slopes = back(slope)
    for place, x in enumerate(inputs):
        direction = drawn(*x.shape) + 0.1
        ends = [
            JOINS[kind](
                fields,
                *(
                    each + sign * STEP * direction if n == place else each
                    for n, each in enumerate(inputs)
                ),
            )[0]
            for sign in (1, -1)
        ]
        expected = (slope * (ends[0] - ends[1])).sum() / (2 * STEP)
        assert slopes[place].shape == x.shape
        got = (slopes[place] * direction).sum()
        assert got == pytest.approx(expected, rel=1e-6, abs=1e-8)


CONVOLUTION = {"filters": 2, "size": (3, 3), "stride": (1, 1)}
KERNEL = {"kernel": drawn(3, 3, 2, 2), "bias": drawn(2)}
ONE = {"size": (3,), "stride": (2,), "filters": 4}


def gated(kind: str, *bias: int, prefix: str = "") -> dict[str, Array]:
    """Return tensors of a recurrent layer of 2 inputs and 3 units."""
    gates = GATES[kind]
    return {
        f"{prefix}kernel": drawn(2, gates, 3),
        f"{prefix}recurrent_kernel": drawn(3, gates, 3),
        f"{prefix}bias": drawn(*bias, gates, 3),
    }


PADDED: list[tuple[str, dict[str, Any], dict[str, Array]]] = [
    ("conv2d", {"pads": ((0, 2), (1, 0)), "bias": True}, KERNEL),
    (
        "conv2d",
        {"pads": ((1, 1), (1, 1)), "bias": True, "padding_mode": "reflect"},
        KERNEL,
    ),
    (
        "group_norm",
        {"groups": 2, "epsilon": 1e-2},
        {"gamma": drawn(2), "beta": drawn(2) + 1},
    ),
    (
        "conv1d",
        ONE | {"pads": ((2, 0),), "groups": 1, "dilation": (2,)},
        {"kernel": drawn(3, 2, 4), "bias": drawn(4)},
    ),
    (
        "conv1d",
        ONE | {"pads": ((1, 1),), "groups": 2},
        {"kernel": drawn(3, 2, 2)},
    ),
    (
        "conv3d",
        {
            "size": (2, 3, 1),
            "stride": (1, 2, 1),
            "pads": ((1, 0), (1, 1), (0, 0)),
        },
        {"kernel": drawn(2, 3, 1, 2, 4)},
    ),
    (
        "conv2d_transpose",
        {
            "size": (3, 2),
            "stride": (2, 1),
            "cropped": ((1, 1), (0, 0)),
            "sides": (8, 7),
        },
        {"kernel": drawn(3, 2, 4, 2), "bias": drawn(4)},
    ),
    ("max_pool1d", ONE | {"pads": ((1, 1),)}, {}),
    ("average_pool1d", ONE | {"pads": ((1, 1),), "count_padding": False}, {}),
    ("average_pool1d", ONE | {"pads": ((1, 1),), "count_padding": True}, {}),
    ("simple_rnn", {"activation": "relu"}, gated("simple_rnn")),
    ("lstm", {"returns": "last", "direction": "backward"}, gated("lstm")),
    (
        "lstm",
        {"recurrent_activation": "hard_sigmoid", "time_axis": 0},
        gated("lstm"),
    ),
    ("gru", {"reset": "after"}, gated("gru", 2)),
    ("gru", {"reset": "before"}, gated("gru")),
    *(
        (
            "gru",
            {"direction": "both", "returns": returns},
            gated("gru", 2, prefix="forward/")
            | gated("gru", 2, prefix="backward/"),
        )
        for returns in ("sequence", "last", "last_step")
    ),
]
RANKS = {"conv2d": 4, "conv2d_transpose": 4, "group_norm": 4, "conv3d": 5}
"""Axes of the input; of all others three."""


@pytest.mark.parametrize(("kind", "fields", "tensors"), PADDED)
def test_derivatives_of_what_the_language_has_not(
    kind: str, fields: dict[str, Any], tensors: dict[str, Array]
) -> None:
    if kind == "conv2d":
        fields = CONVOLUTION | fields
    x = drawn(2, *(4, 5, 3)[: RANKS.get(kind, 3) - 2], 2)
    done = applied(kind, fields, tensors, [x])
    slope = drawn(*done.output.shape)
    (by_x,), by_tensors = done.back(slope)
    given = {"x": x, **tensors}
    for name, got in {"x": by_x, **by_tensors}.items():
        direction = drawn(*given[name].shape) + 0.1
        ends = []
        for sign in (1, -1):
            moved = given | {name: given[name] + sign * STEP * direction}
            moved_x = moved.pop("x")
            ends.append(applied(kind, fields, moved, [moved_x]).output)
        expected = (slope * (ends[0] - ends[1])).sum() / (2 * STEP)
        assert (got * direction).sum() == pytest.approx(
            expected, rel=1e-6, abs=1e-8
        )


@pytest.mark.parametrize(
    "fields",
    [
        {"causal": True},
        {"causal": False, "time_axis": 0},
        {"allowed": ((True, False, True),) * 3},
    ],
)
def test_derivatives_of_attention_with_heads(fields: dict[str, Any]) -> None:
    xs = [drawn(3, 3, 4) * factor for factor in (1, 2, 3)]
    tensors = {
        "projection_kernel": drawn(3, 4, 2, 3),
        "projection_bias": drawn(3, 2, 3),
        "output_kernel": drawn(2, 3, 5),
        "output_bias": drawn(5),
    }
    kind = "multi_head_attention"
    done = applied(kind, fields, tensors, xs)
    slope = drawn(*done.output.shape)
    by_xs, by_tensors = done.back(slope)
    given = {str(place): x for place, x in enumerate(xs)} | tensors
    slopes = {str(place): by_x for place, by_x in enumerate(by_xs)}
    for name, got in (slopes | by_tensors).items():
        direction = drawn(*given[name].shape) + 0.1
        ends = []
        for sign in (1, -1):
            moved = given | {name: given[name] + sign * STEP * direction}
            moved_xs = [moved.pop(str(place)) for place in range(3)]
            ends.append(applied(kind, fields, moved, moved_xs).output)
        expected = (slope * (ends[0] - ends[1])).sum() / (2 * STEP)
        assert (got * direction).sum() == pytest.approx(
            expected, rel=1e-5, abs=1e-8
        )


def test_a_maximum_is_not_taken_outside_the_image() -> None:
    x = -1 - np.arange(9.0).reshape(1, 3, 3, 1)
    fields = {"size": (2, 2), "stride": (2, 2), "pads": ((0, 1), (0, 1))}
    pooled = applied("max_pool", fields, {}, [x]).output
    assert np.array_equal(pooled[0, :, :, 0], [[-1, -3], [-7, -9]])


def test_operations_with_a_number_have_its_place() -> None:
    x = drawn(2, 3)
    assert np.array_equal(JOINS["subtract"]({"of": 1.0}, x)[0], 1 - x)
    assert np.array_equal(JOINS["subtract"]({"by": 1.0}, x)[0], x - 1)
    assert np.array_equal(JOINS["divide"]({"by": 4.0}, x)[0], x / 4)


LABELS = np.array([0, 2, 1, 2])
P = np.exp(drawn(4, 3)) / np.exp(drawn(4, 3)).sum(-1, keepdims=True)
LOSSES: list[tuple[str, dict[str, Any], Array, Array]] = [
    ("cross_entropy", {"label_smoothing": 0.1}, drawn(4, 3), LABELS),
    ("cross_entropy", {"reduction": "sum"}, drawn(4, 3), np.eye(3)[LABELS]),
    ("cross_entropy", {"input": "log_probabilities"}, np.log(P), LABELS),
    ("cross_entropy", {"input": "probabilities", "clip": 1e-7}, P, LABELS),
    (
        "cross_entropy",
        {"input": "probabilities", "clip": 1e-7, "clipped_first": True},
        1.5 * P,
        LABELS,
    ),
    (
        "cross_entropy",
        {
            "class_weights": (1.0, 5.0, 2.0),
            "mean_of": "weights",
            "reduction": "mean",
        },
        drawn(4, 3),
        LABELS,
    ),
    (
        "binary_cross_entropy",
        {"label_smoothing": 0.2, "positive": 3.0},
        drawn(4, 1),
        np.array([[1.0], [0.0], [1.0], [1.0]]),
    ),
    (
        "binary_cross_entropy",
        {"input": "probabilities", "clip": 1e-7},
        P,
        np.eye(3)[LABELS],
    ),
    ("mean_squared_error", {}, drawn(4, 3), drawn(4, 1)),
    ("mean_squared_error", {"reduction": "sum_of_means"}, drawn(4, 3), P),
    ("mean_absolute_error", {}, drawn(4, 3), P),
    ("huber", {"delta": 0.5, "divisor": 0.5}, drawn(4, 3), P),
]


@pytest.mark.parametrize(("kind", "fields", "z", "y"), LOSSES)
def test_derivatives_of_losses(
    kind: str, fields: dict[str, Any], z: Array, y: Array
) -> None:
    loss = computed((kind, fields), y)
    _, back = loss(z)
    (slope,) = back(np.asarray(1.0))
    direction = drawn(*z.shape) + 0.1
    ends = [loss(z + sign * STEP * direction)[0] for sign in (1, -1)]
    expected = (ends[0] - ends[1]) / (2 * STEP)
    got = (slope * direction).sum()
    assert got == pytest.approx(float(expected), rel=1e-6, abs=1e-8)


def test_a_loss_has_the_value_of_its_definition() -> None:
    z = np.log(np.array([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]]))
    y = np.array([2, 0])
    value, _ = computed(("cross_entropy", {}), y)(z)
    expected = -(np.log(5 / 8) + np.log(3 / 8)) / 2
    assert float(value) == pytest.approx(expected, rel=1e-14)
    with pytest.raises(LookupError, match="no loss hinge"):
        computed(("hinge", {}), y)
