"""What every layer computes, and its slope, slowly, in NumPy float64.

One function for each kind of layer, under its name: it takes a place and
what reaches it, x of shape (n, *input_shape), and returns what leaves it
together with a function that carries a slope back: from the derivative of
the loss by what left to that by x. On its way back it writes down the
derivatives by the layer's own tensors. Images stand channels last.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, cast

import numpy as np

from common import definitions_images
from common.activations import Activation, AlongAxis
from common.architecture import Place
from common.batches import Masks
from common.errors import nearest
from common.layer import Array
from common.layers import (
    BatchNorm,
    Concatenate,
    Dense,
    Flatten,
    LayerNorm,
    Prelu,
)
from common.record import Weights
from common.rounding import roughly, summed

Back: TypeAlias = Callable[[Array], Array]


@dataclass
class Pass:
    """One way through a network, and back.

    Attributes:
        weights: its tensors, learnt and kept, in neutral layout.
        masks: what the step drew for each place that draws, such as a
            dropout's factors; None in evaluation.
        rough: which way to err; see `common.rounding`.
        outputs: what left each place so far, the inner ones first.
        kept: new values of the tensors that are kept, in training.
        gradients: the loss's derivative by each learnt tensor, on the way
            back.
    """

    weights: Weights
    masks: Masks | None = None
    rough: int = 0
    outputs: dict[str, Array] = field(default_factory=dict)
    kept: Weights = field(default_factory=dict)
    gradients: Weights = field(default_factory=dict)

    @property
    def training(self) -> bool:
        """Whether layers do what they do in training."""
        return self.masks is not None

    def through(self, places: Sequence[Place], x: Array) -> tuple[Array, Back]:
        """Send x through some places, one after another."""
        backs = []
        for place in places:
            x, back = _definition(place)(place, x, self)
            self.outputs[place.name] = x
            backs.append(back)

        def carry(slope: Array) -> Array:
            for back in reversed(backs):
                slope = back(slope)
            return slope

        return x, carry


def dense(place: Place, x: Array, run: Pass) -> tuple[Array, Back]:
    """Y = x K + b."""
    kernel = run.weights[f"{place.name}/kernel"]
    bias = cast("Dense", place.layer).bias
    y = x @ kernel
    if bias:
        y = y + run.weights[f"{place.name}/bias"]

    def back(slope: Array) -> Array:
        run.gradients[f"{place.name}/kernel"] = x.T @ slope
        if bias:
            run.gradients[f"{place.name}/bias"] = summed(
                slope, (0,), run.rough
            )
        return slope @ kernel.T

    return y, back


def flatten(place: Place, x: Array, run: Pass) -> tuple[Array, Back]:
    """Lay out pixel by pixel, or channel by channel."""
    layer = cast("Flatten", place.layer)
    if layer.order == "channels_last":
        return x.reshape(len(x), -1), lambda slope: slope.reshape(x.shape)
    moved = np.moveaxis(x, -1, 1)

    def back(slope: Array) -> Array:
        return np.moveaxis(slope.reshape(moved.shape), 1, -1)

    return moved.reshape(len(x), -1), back


def batch_norm(place: Place, x: Array, run: Pass) -> tuple[Array, Back]:
    """γ (x - mean) / √(variance + ε) + β, channel by channel."""
    layer, name = cast("BatchNorm", place.layer), place.name
    along = layer.along(x.shape[1:]) + 1
    x = np.moveaxis(x, along, -1)
    axes = tuple(range(x.ndim - 1))
    count = x.size // x.shape[-1]
    mean = run.weights[f"{name}/running_mean"]
    variance = run.weights[f"{name}/running_variance"]
    if run.training:
        averages = {"running_mean": mean, "running_variance": variance}
        mean, variance = _moments(x, axes)
        mean, variance = mean.reshape(-1), variance.reshape(-1)
        unbiased = layer.running_variance == "unbiased"
        factor = count / (count - 1) if unbiased else 1.0
        new = {"running_mean": mean, "running_variance": factor * variance}
        for own, old in averages.items():
            run.kept[f"{name}/{own}"] = (
                layer.kept * old + (1 - layer.kept) * new[own]
            )
    width = np.sqrt(variance + layer.epsilon)
    normal = _normal(x, mean, width, run)
    gamma = run.weights[f"{name}/gamma"] if layer.affine else np.ones(1)
    beta = run.weights[f"{name}/beta"] if layer.affine else np.zeros(1)

    def back(slope: Array) -> Array:
        slope = np.moveaxis(slope, along, -1)
        if layer.affine:
            run.gradients[f"{name}/gamma"] = (slope * normal).sum(axes)
            run.gradients[f"{name}/beta"] = summed(slope, axes, run.rough)
        slope = slope * gamma
        if run.training:
            share = (slope * normal).mean(axes)
            slope = slope - slope.mean(axes) - normal * share
        return np.moveaxis(slope / width, -1, along)

    return np.moveaxis(gamma * normal + beta, -1, along), back


def layer_norm(place: Place, x: Array, run: Pass) -> tuple[Array, Back]:
    """γ (x - mean) / √(variance + ε) + β, sample by sample."""
    layer, name = cast("LayerNorm", place.layer), place.name
    axes = tuple(axis + 1 for axis in layer.along(place.input_shape))
    others = tuple(set(range(x.ndim)) - set(axes))
    own = tuple(n if axis in axes else 1 for axis, n in enumerate(x.shape))
    mean, variance = _moments(x, axes)
    width = np.sqrt(variance + layer.epsilon)
    normal = _normal(x, mean, width, run)
    gamma, beta = np.ones(1), np.zeros(1)
    if layer.affine:
        gamma = run.weights[f"{name}/gamma"].reshape(own)
        beta = run.weights[f"{name}/beta"].reshape(own)

    def back(slope: Array) -> Array:
        if layer.affine:
            run.gradients[f"{name}/gamma"] = (slope * normal).sum(others)
            run.gradients[f"{name}/beta"] = summed(slope, others, run.rough)
        slope = slope * gamma
        along = (slope * normal).mean(axes, keepdims=True)
        slope = slope - slope.mean(axes, keepdims=True) - normal * along
        return np.asarray(slope / width)

    return gamma * normal + beta, back


def _moments(x: Array, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """Return the mean and the biased variance, with the axes kept.

    The mean of equal values is that value: the sum's rounding is taken out.
    Left in, it decides whether a channel that is constant is a little above
    0 or below it, and a ReLU makes everything of that; each framework's own
    order of sums decides otherwise.
    """
    mean = x.mean(axes, keepdims=True)
    mean = mean + (x - mean).mean(axes, keepdims=True)
    return mean, ((x - mean) ** 2).mean(axes, keepdims=True)


def _normal(x: Array, mean: Array, width: Array, run: Pass) -> Array:
    """Return (x - mean) / width.

    Keras computes x / width - mean / width, both of which may be large.
    """
    size = np.abs(mean / width)
    return roughly((x - mean) / width, size, run.rough)


def prelu(place: Place, x: Array, run: Pass) -> tuple[Array, Back]:
    """X above 0, and a x elsewhere."""
    name = f"{place.name}/slope"
    a = run.weights[name]
    at_zero = cast("Prelu", place.layer).at_zero == "slope"
    below = a * ((x <= 0) if at_zero else (x < 0))

    def back(slope: Array) -> Array:
        each = slope * np.minimum(x, 0.0)
        missing = tuple(range(each.ndim - a.ndim))
        total = each.sum() if a.shape == (1,) else each.sum(missing)
        run.gradients[name] = total.reshape(a.shape)
        return np.asarray(slope * ((x > 0) + below))

    return np.where(x > 0, x, a * x), back


def dropout(place: Place, x: Array, run: Pass) -> tuple[Array, Back]:
    """X · mask while training, x in evaluation."""
    if run.masks is None:
        return x, lambda slope: slope
    mask = run.masks[place.name]
    return x * mask, lambda slope: slope * mask


def spatial_dropout(place: Place, x: Array, run: Pass) -> tuple[Array, Back]:
    """As `dropout`, with one factor for a whole channel."""
    return dropout(place, x, run)


def residual(place: Place, x: Array, run: Pass) -> tuple[Array, Back]:
    """activation(body(x) + shortcut(x))."""
    body, body_back = run.through(place.blocks["body"], x)
    shortcut, shortcut_back = run.through(place.blocks["shortcut"], x)
    y, after_back = run.through(place.after or (), body + shortcut)

    def back(slope: Array) -> Array:
        slope = after_back(slope)
        return body_back(slope) + shortcut_back(slope)

    return y, back


def concatenate(place: Place, x: Array, run: Pass) -> tuple[Array, Back]:
    """What the branches put out, side by side along an axis."""
    found = [run.through(block, x) for block in place.blocks.values()]
    layer = cast("Concatenate", place.layer)
    axis = layer.along(found[0][0].shape[1:]) + 1
    ends = np.cumsum([y.shape[axis] for y, _ in found])[:-1]

    def back(slope: Array) -> Array:
        shares = np.split(slope, ends, axis=axis)
        slopes = [
            back(share) for (_, back), share in zip(found, shares, strict=True)
        ]
        return np.asarray(sum(slopes))

    return np.concatenate([y for y, _ in found], axis=axis), back


def softmax(place: Place, x: Array, run: Pass) -> tuple[Array, Back]:
    """Exponentials over their sum along an axis."""
    layer = cast("AlongAxis", place.layer)
    value = layer.value(x)

    def back(slope: Array) -> Array:
        found, size = layer.back(value, slope)
        return roughly(found, size, run.rough)

    return roughly(value, np.abs(value), run.rough), back


def log_softmax(place: Place, x: Array, run: Pass) -> tuple[Array, Back]:
    """The logarithm of `softmax`: x less that of the sum, which may cancel."""
    y, back = softmax(place, x, run)
    largest = np.abs(x).max(tuple(range(1, x.ndim)), keepdims=True)
    return roughly(y, np.broadcast_to(largest, y.shape), run.rough), back


def _activation(place: Place, x: Array, run: Pass) -> tuple[Array, Back]:
    layer = cast("Activation", place.layer)
    values, slopes = layer.terms(x) if run.rough else (0.0, 0.0)

    def back(slope: Array) -> Array:
        return slope * roughly(layer.derivative(x), slopes, run.rough)

    return roughly(layer.value(x), values, run.rough), back


def _definition(
    place: Place,
) -> Callable[[Place, Array, Pass], tuple[Array, Back]]:
    along = isinstance(place.layer, AlongAxis)
    if isinstance(place.layer, Activation) and not along:
        return _activation
    kind = place.layer.kind()
    here, images = sys.modules[__name__], definitions_images
    found = getattr(here, kind, getattr(images, kind, None))
    if found is None:
        known = [*vars(here), *vars(images)]
        raise LookupError(
            f"common/definitions.py has no '{kind}'; write a function of "
            f"that name there{nearest(kind, known)}"
        )
    definition: Callable[[Place, Array, Pass], tuple[Array, Back]] = found
    return definition
