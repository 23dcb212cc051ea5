"""Normalisations."""

import math
from typing import Any

import numpy as np

from tests.external.calculations import Arrays, Forward
from tests.external.onnx_cases.case import (
    COMPOSED,
    DIRECT,
    FOLDED,
    LAYOUT,
    Node,
    NotExpressible,
    Way,
)
from tests.external.onnx_cases.layout import (
    Undo,
    from_image,
    one_pass,
    rows_along,
    to_image,
)

Values = dict[str, Any]


MEAN, VARIANCE = "batch_norm_1/running_mean", "batch_norm_1/running_variance"


def batch_norm(node: Node, values: Values) -> list[Way]:
    """Return the ways to write a batch normalisation."""
    x, gamma, beta, mean, variance = (values[name] for name in node.inputs)
    if not 2 <= x.ndim <= 5:
        raise NotExpressible("an array of one or more than five axes", node.op)
    fields = {
        "epsilon": node.number("epsilon", 1e-5),
        "running_decay": node.number("momentum", 0.9),
        "running_variance": "biased",
    }
    weights = {
        "batch_norm_1/gamma": gamma,
        "batch_norm_1/beta": beta,
        MEAN: mean,
        VARIANCE: variance,
    }
    training = bool(node.get("training_mode", 0))
    kept = (MEAN, VARIANCE) if training else ()

    def way(
        name: str,
        how: str,
        more: list[Any],
        data: np.ndarray,
        undo: Undo,
        axis: str = "channels",
    ) -> Way:
        layers = [{"batch_norm": fields | {"axis": axis}}, *more]
        item = Forward(layers, data, weights, training, kept=kept)

        def join(results: list[Arrays]) -> dict[int, np.ndarray]:
            [result] = results
            state = {n: result[each] for n, each in enumerate(kept, 1)}
            return {0: undo(result["outputs"]), **state}

        return Way(name, how, [item], join)

    rows, undo = rows_along(x, 1)
    vectors = way("vectors", LAYOUT if x.ndim > 2 else DIRECT, [], rows, undo)
    if x.ndim == 2:
        return [vectors]
    image = to_image(x)
    flat = [{"flatten": "channels_last"}]
    how = DIRECT if x.ndim == 4 else LAYOUT
    second = []
    if x.ndim in (3, 4):
        axis = "time" if x.ndim == 3 else "height"
        whole: Undo = lambda y: y.reshape(x.shape)  # noqa: E731
        second = [way(axis, DIRECT, flat, x, whole, axis)]
    return [
        *second,
        way(
            "images",
            how,
            flat,
            image,
            lambda y: from_image(y.reshape(image.shape), x),
        ),
        vectors,
    ]


def _started(channels: int) -> Arrays:
    return {MEAN: np.zeros(channels), VARIANCE: np.ones(channels)}


def instance_norm(node: Node, values: Values) -> list[Way]:
    """Return the way to normalise each sample as a batch of its own."""
    x, gamma, beta = (values[name] for name in node.inputs)
    written = {"batch_norm": {"epsilon": node.number("epsilon", 1e-5)}}
    weights = _started(x.shape[1]) | {
        "batch_norm_1/gamma": gamma,
        "batch_norm_1/beta": beta,
    }
    samples = [x[n : n + 1] for n in range(len(x))]
    items = [
        Forward([written], to_image(sample), weights, training=True)
        for sample in samples
    ]

    def join(results: list[Arrays]) -> dict[int, np.ndarray]:
        pairs = zip(results, samples, strict=True)
        each = [from_image(result["outputs"], like) for result, like in pairs]
        return {0: np.concatenate(each)}

    groups = _group_norm(x, gamma, beta, x.shape[1], node)
    by_sample = "batch_norm in training, by sample"
    return [Way(by_sample, COMPOSED, [*items], join), *groups]


def _group_norm(
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    groups: int,
    node: Node,
) -> list[Way]:
    """Return the ways to write a normalisation of groups of channels."""
    fields = {"groups": groups, "epsilon": node.number("epsilon", 1e-5)}
    weights = {"group_norm_1/gamma": gamma, "group_norm_1/beta": beta}
    layers = [{"group_norm": fields}]
    rows = x.reshape(*x.shape[:2], -1).swapaxes(1, 2)
    ways = [
        one_pass(
            "group_norm, sequences",
            DIRECT if x.ndim == 3 else LAYOUT,
            layers,
            rows,
            lambda y: y.swapaxes(1, 2).reshape(x.shape),
            weights,
        )
    ]
    if x.ndim in (4, 5):
        ways.append(
            one_pass(
                "group_norm, images",
                DIRECT if x.ndim == 4 else LAYOUT,
                layers,
                to_image(x),
                lambda y: from_image(y, x),
                weights,
            )
        )
    return ways


def group_norm(node: Node, values: Values) -> list[Way]:
    """Return the ways to write a normalisation of groups of channels."""
    x, gamma, beta = (values[name] for name in node.inputs)
    if len(gamma) != x.shape[1]:
        raise NotExpressible("a scale for each group", node.op)
    return _group_norm(x, gamma, beta, int(node.get("num_groups")), node)


def rms_norm(node: Node, values: Values) -> list[Way]:
    """Return the ways to write a division by the root mean square."""
    x, gamma = (values[name] for name in node.inputs)
    axis = node.get("axis", -1) % x.ndim
    shape = x.shape[axis:]
    gamma = np.broadcast_to(gamma, shape)
    fields = {"epsilon": node.number("epsilon", 1e-5)}
    return _along(x, axis, "rms_norm", fields, {"gamma": gamma})


def _along(
    x: np.ndarray, axis: int, kind: str, fields: Values, tensors: Arrays
) -> list[Way]:
    """Return the ways to normalise the axes from one on, as named axes.

    Args:
        x: of any shape.
        axis: the first of the axes.
        kind: of the layer.
        fields: of the layer, without the axes.
        tensors: by name, of the shape of these axes.
    """
    shape = x.shape[axis:]
    ways = []

    def way(axes: str, sample: tuple[int, ...], *, first: bool) -> None:
        """Add a way; `first`: the first axis of a sample becomes the last."""
        rank = {1: "vectors", 2: "sequences", 3: "images"}[len(sample)]
        data = x.reshape(-1, *sample)
        order = [0, *range(2, data.ndim), 1] if first else range(data.ndim)
        back = np.argsort(order)
        normalized = sample if axes == "all" else shape
        ways.append(
            one_pass(
                f"{kind}, {rank}, {axes}",
                DIRECT if data.ndim == x.ndim and not first else LAYOUT,
                [{kind: fields | {"axes": axes}}],
                data.transpose(order),
                lambda y: y.transpose(back).reshape(x.shape),
                {
                    f"{kind}_1/{name}": value.reshape(normalized)
                    for name, value in tensors.items()
                },
            )
        )

    way("all", (math.prod(shape),), first=False)
    if len(shape) in (2, 3):
        way("all", shape, first=False)
    if len(shape) == 1 and axis > 0:
        way("channels", x.shape[axis - 1 :], first=False)
        way("time", x.shape[axis - 1 :], first=True)
    if len(shape) == 1 and axis > 1:
        way("channels", x.shape[axis - 2 :], first=False)
        way("width", x.shape[axis - 2 :], first=True)
    if len(shape) == 2 and axis > 0:
        way("positions", x.shape[axis - 1 :], first=True)
    return ways


def lp_norm(node: Node, values: Values) -> list[Way]:
    """Return the way to divide by the root of the sum of squares."""
    x = values[node.inputs[0]]
    if node.get("p", 2) != 2:
        raise NotExpressible("a norm other than the second", node.op)
    rows, undo = rows_along(x, node.get("axis", -1) % x.ndim)
    size = rows.shape[1]
    weights = {"rms_norm_1/gamma": np.full(size, size**-0.5)}
    layers = [{"rms_norm": {"epsilon": 1e-30, "axes": "channels"}}]
    return [one_pass("rms_norm", FOLDED, layers, rows, undo, weights)]


def mean_variance(node: Node, values: Values) -> list[Way]:
    """Return the way to normalise over samples and sides."""
    x = values[node.inputs[0]]
    if list(node.get("axes", [0, 2, 3])) != [0, 2, 3]:
        raise NotExpressible("a normalisation over other axes", node.op)
    written = {"batch_norm": {"epsilon": 1e-18, "affine": False}}
    return [
        one_pass(
            "batch_norm in training, epsilon 1e-18",
            COMPOSED,
            [written],
            to_image(x),
            lambda y: from_image(y, x),
            _started(x.shape[1]),
            training=True,
        )
    ]


def layer_norm(node: Node, values: Values) -> list[Way]:
    """Return the ways to write a normalisation of the last axes."""
    x, gamma, *rest = (values[name] for name in node.inputs if name)
    axis = node.get("axis", -1) % x.ndim
    shape = x.shape[axis:]
    beta = rest[0] if rest else np.zeros(shape)
    fields = {"epsilon": node.number("epsilon", 1e-5)}
    tensors = {
        "gamma": np.broadcast_to(gamma, shape),
        "beta": np.broadcast_to(beta, shape),
    }
    return _along(x, axis, "layer_norm", fields, tensors)
