"""Operations of arrays that the language has not, in NumPy."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.reference.padding import padded
from framework_parity.common.spec.layers.activations import Softmax

PAD_MODES = {
    "reflect": "reflect",
    "symmetric": "symmetric",
    "replicate": "edge",
    "circular": "wrap",
}
"""Ways to continue an image at its borders, by NumPy's names."""

Joined: TypeAlias = tuple[Array, Callable[[Array], list[Array]]]
"""The output, and a function from the derivative of the loss by it to those
by the inputs."""


def _attention(fields: dict[str, Any], *inputs: Array) -> Joined:
    """softmax(scale q k^T) v."""
    q, k, v = inputs
    scale = fields["scale"]
    scores = scale * q @ np.swapaxes(k, -1, -2)
    if fields.get("causal"):
        later = np.triu(np.ones(scores.shape[-2:], bool), 1)
        scores = np.where(later, -np.inf, scores)
    if fields.get("allowed"):
        scores = np.where(np.array(fields["allowed"]), scores, -np.inf)
    if fields.get("mask"):
        allowed = fields["mask"].allowed[:, None]
        scores = np.where(allowed, scores, -np.inf)
    weights = Softmax().value(scores)

    def back(slope: Array) -> list[Array]:
        by_weights = slope @ np.swapaxes(v, -1, -2)
        total = (by_weights * weights).sum(-1, keepdims=True)
        by_scores = scale * weights * (by_weights - total)
        return [
            by_scores @ k,
            np.swapaxes(by_scores, -1, -2) @ q,
            np.swapaxes(weights, -1, -2) @ slope,
        ]

    return weights @ v, back


def _with_number(
    fields: dict[str, Any], inputs: Sequence[Array]
) -> list[Array]:
    """Return the inputs, with the number that one of them may be."""
    if "by" in fields:
        return [inputs[0], np.asarray(fields["by"])]
    if "of" in fields:
        return [np.asarray(fields["of"]), inputs[0]]
    return list(inputs)


def _add(fields: dict[str, Any], *inputs: Array) -> Joined:
    terms = _with_number(fields, inputs)
    return sum(terms[1:], terms[0]), lambda slope: [
        _fitting(slope, x) for x in terms
    ]


def _average(fields: dict[str, Any], *inputs: Array) -> Joined:
    total, back = _add(fields, *inputs)
    number = len(inputs)
    return total / number, lambda slope: [s / number for s in back(slope)]


def _multiply(fields: dict[str, Any], *inputs: Array) -> Joined:
    a, b = _with_number(fields, inputs)
    return a * b, lambda slope: [
        _fitting(slope * b, a),
        _fitting(slope * a, b),
    ]


def _subtract(fields: dict[str, Any], *inputs: Array) -> Joined:
    a, b = _with_number(fields, inputs)
    return a - b, lambda slope: [_fitting(slope, a), _fitting(-slope, b)]


def _divide(fields: dict[str, Any], *inputs: Array) -> Joined:
    a, b = _with_number(fields, inputs)
    return a / b, lambda slope: [
        _fitting(slope / b, a),
        _fitting(-slope * a / b**2, b),
    ]


def _maximum(fields: dict[str, Any], *inputs: Array) -> Joined:
    a, b = _with_number(fields, inputs)
    return np.maximum(a, b), lambda slope: [
        _fitting(slope * (a >= b), a),
        _fitting(slope * (a < b), b),
    ]


def _concatenate(fields: dict[str, Any], *inputs: Array) -> Joined:
    """In the order of `order`, if there is one."""
    order = list(fields.get("order", range(len(inputs))))
    axis = fields["axis"]
    parts = [inputs[place] for place in order]
    ends = np.cumsum([part.shape[axis] for part in parts])[:-1]

    def back(slope: Array) -> list[Array]:
        pieces = np.split(slope, ends, axis)
        return [pieces[order.index(place)] for place in range(len(order))]

    return np.concatenate(parts, axis), back


def _reduced(kind: str) -> Callable[..., Joined]:
    """The mean, sum, maximum or minimum over some axes, or over all pixels."""

    def reduce(fields: dict[str, Any], *inputs: Array) -> Joined:
        (x,) = inputs
        axes = fields.get("axes", tuple(range(1, x.ndim - 1)))
        axes = tuple(range(x.ndim)) if axes == "all" else axes
        value = getattr(np, kind)(x, axis=axes)
        wide = getattr(np, kind)(x, axis=axes, keepdims=True)

        def back(slope: Array) -> list[Array]:
            slope = slope.reshape(wide.shape)
            if kind in ("mean", "sum"):
                share = np.broadcast_to(slope, x.shape)
                return [share * (wide.size / x.size if kind == "mean" else 1)]
            chosen = x == wide
            count = chosen.sum(axis=axes, keepdims=True)
            return [slope * chosen / count]

        return value, back

    return reduce


def _power(kind: str) -> Callable[..., Joined]:
    """The square, the absolute value, the square root or the exponential."""
    functions: dict[str, tuple[Any, Any]] = {
        "square": (np.square, lambda x: 2 * x),
        "absolute": (np.abs, np.sign),
        "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
        "exp": (np.exp, np.exp),
        "negative": (np.negative, lambda x: -np.ones_like(x)),
    }
    function, derivative = functions[kind]

    def apply(fields: dict[str, Any], *inputs: Array) -> Joined:
        (x,) = inputs
        return function(x), lambda slope: [slope * derivative(x)]

    return apply


def _clip(fields: dict[str, Any], *inputs: Array) -> Joined:
    (x,) = inputs
    low, high = fields["low"], fields["high"]
    inside = (x >= low) & (x <= high)
    return np.clip(x, low, high), lambda slope: [slope * inside]


def _spread(root: bool) -> Callable[..., Joined]:
    """The variance over some axes, or its square root, the deviation."""

    def spread(fields: dict[str, Any], *inputs: Array) -> Joined:
        (x,) = inputs
        axes = fields["axes"]
        axes = tuple(range(x.ndim)) if axes == "all" else axes
        mean = x.mean(axes, keepdims=True)
        count = x.size // mean.size - int(bool(fields["unbiased"]))
        wide = ((x - mean) ** 2).sum(axes, keepdims=True) / count
        wide = np.sqrt(wide) if root else wide
        value = wide.reshape(
            [n for axis, n in enumerate(x.shape) if axis not in axes]
        )

        def back(slope: Array) -> list[Array]:
            by = slope.reshape(wide.shape) * (x - mean) / count
            return [by / wide if root else 2 * by]

        return value, back

    return spread


def _softmax(fields: dict[str, Any], *inputs: Array) -> Joined:
    """Along any axis, also that of the batch."""
    (x,) = inputs
    axis = fields["axis"]
    powers = np.exp(x - x.max(axis, keepdims=True))
    share = powers / powers.sum(axis, keepdims=True)

    def back(slope: Array) -> list[Array]:
        total = (slope * share).sum(axis, keepdims=True)
        return [share * (slope - total)]

    return share, back


def _log_softmax(fields: dict[str, Any], *inputs: Array) -> Joined:
    (x,) = inputs
    axis = fields["axis"]
    top = x - x.max(axis, keepdims=True)
    value = top - np.log(np.exp(top).sum(axis, keepdims=True))

    def back(slope: Array) -> list[Array]:
        total = slope.sum(axis, keepdims=True)
        return [slope - np.exp(value) * total]

    return value, back


def _reshape(fields: dict[str, Any], *inputs: Array) -> Joined:
    """To the shape of a sample, or of a batch; channels may come first."""
    (x,) = inputs
    first = fields.get("order") == "channels_first" and x.ndim >= 3
    moved = np.moveaxis(x, -1, 1) if first else x
    shape = fields["shape"]
    if np.prod(shape) * len(x) == x.size:
        shape = (len(x), *shape)
    into = fields.get("into") == "channels_first"
    if into:
        shape = (shape[0], shape[-1], *shape[1:-1])
    value = moved.reshape(shape)
    value = np.moveaxis(value, 1, -1) if into else value

    def back(slope: Array) -> list[Array]:
        slope = np.moveaxis(slope, -1, 1) if into else slope
        before = slope.reshape(moved.shape)
        return [np.moveaxis(before, 1, -1) if first else before]

    return value, back


def _permute(fields: dict[str, Any], *inputs: Array) -> Joined:
    (x,) = inputs
    order = fields["order"]
    return x.transpose(order), lambda slope: [
        slope.transpose(np.argsort(order))
    ]


def _pad(fields: dict[str, Any], *inputs: Array) -> Joined:
    """Continue an image, or a series, at its borders."""
    (x,) = inputs
    whole, back = padded(x, fields["pads"], PAD_MODES[fields["mode"]])
    return whole, lambda slope: [back(slope)]


def _adaptive(fields: dict[str, Any], *inputs: Array) -> Joined:
    """The means of windows from floor(i n / k) to ceil((i + 1) n / k)."""
    (x,) = inputs
    sides = fields["sides"]
    matrices = []
    for n, size in zip(x.shape[1:-1], sides, strict=True):
        matrix = np.zeros((size, n))
        for place in range(size):
            window = slice(place * n // size, -(-(place + 1) * n // size))
            matrix[place, window] = 1.0
        matrices.append(matrix / matrix.sum(1, keepdims=True))
    names = "ij"[: len(sides)]
    rows = ",".join(
        f"{new}{old}" for new, old in zip(names, "hw", strict=False)
    )
    old, new = f"n{'hw'[: len(sides)]}c", f"n{names}c"

    def back(slope: Array) -> list[Array]:
        return [np.einsum(f"{rows},{new}->{old}", *matrices, slope)]

    return np.einsum(f"{rows},{old}->{new}", *matrices, x), back


def _einsum(fields: dict[str, Any], *inputs: Array) -> Joined:
    """A sum of products; each index has to be in two of the arrays."""
    left, _, right = fields["equation"].partition("->")
    terms = left.split(",")

    def back(slope: Array) -> list[Array]:
        slopes = []
        for place, term in enumerate(terms):
            others = [t for n, t in enumerate(terms) if n != place]
            arrays = [x for n, x in enumerate(inputs) if n != place]
            # An index that only this array has is summed over.
            sizes = dict(zip(term, inputs[place].shape, strict=True))
            alone = [c for c in term if c not in "".join((*others, right))]
            ones = [np.ones(sizes[c]) for c in alone]
            equation = ",".join((right, *others, *alone)) + f"->{term}"
            slopes.append(np.einsum(equation, slope, *arrays, *ones))
        return slopes

    return np.einsum(fields["equation"], *inputs), back


def _pixel_shuffle(fields: dict[str, Any], *inputs: Array) -> Joined:
    """Channels become pixels; of a channel, or of a pixel, after another."""
    (x,) = inputs
    n, height, width, channels = x.shape
    r = fields["factor"]
    if fields["order"] == "channels_first":
        split, order = (channels // r**2, r, r), (0, 1, 4, 2, 5, 3)
    else:
        split, order = (r, r, channels // r**2), (0, 1, 3, 2, 4, 5)
    parts = x.reshape(n, height, width, *split).transpose(order)
    value = parts.reshape(n, height * r, width * r, -1)

    def back(slope: Array) -> list[Array]:
        inverse = np.argsort(order)
        return [slope.reshape(parts.shape).transpose(inverse).reshape(x.shape)]

    return value, back


def _resize(fields: dict[str, Any], *inputs: Array) -> Joined:
    """Each axis of an image is interpolated by a matrix."""
    (x,) = inputs
    rows, columns = (
        _interpolation(x.shape[axis], size, fields)
        for axis, size in zip((1, 2), fields["size"], strict=True)
    )
    value = np.einsum("ih,nhwc,jw->nijc", rows, x, columns)

    def back(slope: Array) -> list[Array]:
        return [np.einsum("ih,nijc,jw->nhwc", rows, slope, columns)]

    return value, back


def _interpolation(n: int, size: int, fields: dict[str, Any]) -> Array:
    """Return the matrix from n pixels to a number of pixels.

    Args:
        n: pixels before.
        size: pixels after.
        fields: `method`, `nearest` or `bilinear`, and `corners`, aligned or
            half a pixel outside.
    """
    places = np.arange(size)
    matrix = np.zeros((size, n))
    if fields["method"] == "nearest":
        matrix[places, places * n // size] = 1.0
        return matrix
    if fields.get("corners") == "aligned":
        source = places * ((n - 1) / max(size - 1, 1))
    else:
        source = np.maximum((places + 0.5) * n / size - 0.5, 0.0)
    lower = np.minimum(np.floor(source).astype(int), n - 1)
    upper = np.minimum(lower + 1, n - 1)
    share = source - lower
    np.add.at(matrix, (places, lower), 1 - share)
    np.add.at(matrix, (places, upper), share)
    return matrix


def _fitting(slope: Array, like: Array) -> Array:
    """Return a derivative, summed over the axes that were broadcast."""
    more = slope.ndim - like.ndim
    slope = slope.sum(tuple(range(more)))
    axes = tuple(
        axis
        for axis, size in enumerate(like.shape)
        if size == 1 and slope.shape[axis] != 1
    )
    return np.asarray(slope.sum(axes, keepdims=True))


JOINS: dict[str, Callable[..., Joined]] = {
    "attention": _attention,
    "add": _add,
    "average": _average,
    "multiply": _multiply,
    "subtract": _subtract,
    "divide": _divide,
    "maximum": _maximum,
    "concatenate": _concatenate,
    "resize": _resize,
    "pixel_shuffle": _pixel_shuffle,
    "reshape": _reshape,
    "permute": _permute,
    "pad": _pad,
    "einsum": _einsum,
    "adaptive_average_pool": _adaptive,
    "clip": _clip,
    "variance": _spread(root=False),
    "deviation": _spread(root=True),
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    **{name: _reduced(name) for name in ("mean", "sum", "max", "min")},
    "global_average_pool": _reduced("mean"),
    "global_max_pool": _reduced("max"),
    **{
        name: _power(name)
        for name in ("square", "absolute", "sqrt", "exp", "negative")
    },
}
"""The operations, by kind."""
