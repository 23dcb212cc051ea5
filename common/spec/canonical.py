"""Canonical forms: one of several equivalent specifications.

Some specifications are equivalent: a decay by half every two steps and one by
√½ every step, both orders of channels if there is only one channel. A live
object does not distinguish them, so that reading it returns the canonical
form. For every backend read(build(spec)) == canonical(spec) holds, and
canonical(canonical(spec)) == canonical(spec).

All such cases are defined here, except fields of an optimiser without effect,
which are set to one value during validation (`common.spec.update_rule`).
"""

import math
from typing import Any, TypeVar

from framework_parity.common.spec.architecture import LayerNode, layer_nodes
from framework_parity.common.spec.initializers import (
    Scaled,
    TruncatedNormal,
    UnitsUniform,
    Zeros,
)
from framework_parity.common.spec.layer import LayerSpec, Shape
from framework_parity.common.spec.layers.activations import AlongAxis, Prelu
from framework_parity.common.spec.layers.attention import MultiHeadAttention
from framework_parity.common.spec.layers.convolution import (
    Conv2d,
    Conv2dTranspose,
    DepthwiseConv2d,
)
from framework_parity.common.spec.layers.core import Flatten
from framework_parity.common.spec.layers.freezing import Frozen
from framework_parity.common.spec.layers.merging import Concatenate, Residual
from framework_parity.common.spec.layers.normalization import SampleNorm
from framework_parity.common.spec.layers.pooling import (
    AveragePool,
    AveragePool1d,
)
from framework_parity.common.spec.layers.recurrent import Recurrent
from framework_parity.common.spec.layers.reshaping import (
    PixelShuffle,
    Reshape,
)
from framework_parity.common.spec.layers.windows import Window
from framework_parity.common.spec.node import SpecNode
from framework_parity.common.spec.padding import (
    Causal,
    Same,
    Symmetric,
    Valid,
)
from framework_parity.common.spec.schedules import (
    Changing,
    ConstantRate,
    Exponential,
    MultiStep,
    NaturalExponential,
    StepDecay,
)


def canonical(spec: Any, shape: Shape | None = None) -> Any:
    """Return the canonical form of an element.

    Args:
        spec: the element.
        shape: input shape of one sample, if the element is a layer and the
            shape is known.

    Returns:
        The element that a backend reads from a live object of `spec`.

    >>> canonical(Exponential(by=0.25, every=2)).by
    0.5
    """
    match spec:
        case TruncatedNormal(limits=(-2.0, 2.0)):
            # With mean 0 and stddev 1 both forms of the bounds are ±2.
            return changed(spec, bounds="absolute")
        case Changing():
            return _schedule(spec)
        case LayerSpec():
            return _layer(spec, shape)
        case _:
            return spec


def canonical_layers(
    layers: tuple[Any, ...], shape: Shape
) -> tuple[LayerSpec, ...]:
    """Return the canonical form of a network, including inner layers.

    Args:
        layers: the network, input first.
        shape: shape of one input sample, without the batch.

    Returns:
        The layers in canonical form.

    Raises:
        ShapeError: if a layer cannot take its input.
    """
    return tuple(_placed(node) for node in layer_nodes(layers, shape))


E = TypeVar("E", bound=SpecNode)


def changed(spec: E, **fields: Any) -> E:
    """Return a validated copy of an element with some fields changed."""
    return type(spec)(**{**dict(spec), **fields})


def _schedule(spec: Changing) -> Changing | ConstantRate:
    match spec:
        case MultiStep(boundary="last_old"):
            return changed(spec, at=spec.milestones, boundary="first_new")
        case Exponential(staircase=True):
            return StepDecay(every=spec.every, by=spec.by, per=spec.per)
        case Exponential(by=1.0):
            return ConstantRate()
        case Exponential():
            return changed(spec, by=spec.by ** (1 / spec.every), every=1)
        case NaturalExponential():
            return _schedule(Exponential(by=math.exp(-spec.k), per=spec.per))
        case _:
            return spec


def _layer(spec: LayerSpec, shape: Shape | None) -> LayerSpec:
    layer: LayerSpec = spec
    for name in type(layer).model_fields:
        if name.endswith("_initializer"):
            drawn = canonical(getattr(layer, name))
            layer = changed(layer, **{name: drawn})
    if getattr(layer, "bias", True) is False:
        layer = changed(layer, bias_initializer=Zeros())
    if getattr(layer, "biases", "") == "none":
        layer = changed(layer, bias_initializer=Zeros())
    match layer:
        case DepthwiseConv2d() if not _sees_fans(layer):
            layer = changed(layer, fan_in="per_channel")
        case Conv2dTranspose():
            layer = _transposed(layer)
        case Residual(shortcut=()):
            layer = changed(layer, shortcut="identity")
        case Recurrent(returns="last_step", padded_outputs="repeated") if (
            layer.direction != "both"
        ):
            layer = changed(layer, returns="last")
        case AveragePool(padding=Valid()) | AveragePool1d(padding=Valid()):
            layer = changed(layer, count_padding=False)
    return layer if shape is None else _shaped(layer, shape)


def _shaped(spec: LayerSpec, shape: Shape) -> LayerSpec:
    """Return the canonical form of a layer with a known input shape."""
    match spec:
        case Flatten() if len(shape) == 1:
            # Both orders are the same for a vector.
            return changed(spec, order="channels_last")
        case Reshape() if spec.is_order_free(shape):
            return changed(spec, order="channels_last")
        case PixelShuffle() if shape[-1] == spec.factor**2:
            return changed(spec, order="channels_last")
        case SampleNorm():
            return changed(spec, axes=_axis(spec.axes, shape))
        case AlongAxis():
            return changed(spec, axis=_axis(spec.axis, shape))
        case MultiHeadAttention(heads=heads, size=size) if (
            size == shape[-1] / heads
        ):
            return changed(spec, size=None)
        case Prelu():
            counts = {
                "one": 1,
                "per_channel": shape[-1],
                "per_number": math.prod(shape),
            }
            slopes = (n for n, c in counts.items() if c == counts[spec.slopes])
            return changed(spec, slopes=next(slopes))
        case Window():
            return _window(spec, shape)
        case _:
            return spec


def _axis(name: str, shape: Shape) -> str:
    """Return the canonical one of several names for the same axes."""
    if len(shape) == 1:
        return "channels"
    return "time" if (len(shape), name) == (2, "positions") else name


def _window(spec: Window, shape: Shape) -> LayerSpec:
    """Return the canonical form of a window layer, with explicit padding.

    The padding is `symmetric`; where it is not symmetric it is `same`, or
    `causal` if there is more before than after. A convolution of images with
    as many groups as channels is depthwise, unless there is one channel or
    Keras's depthwise convolution does not support it.
    """
    pads = spec.pads(shape)
    # A sequence has one number, which stands twice.
    before = (pads[0][0], pads[-1][0])
    padding: Any = Symmetric(by=before) if any(before) else Valid()
    if any(first < last for first, last in pads):
        padding = Same()
    elif any(first > last for first, last in pads):
        padding = Causal()
    padded = changed(spec, padding=padding)
    channels = shape[-1]
    match padded:
        case Conv2d(groups=groups) if groups == channels > 1:
            return _depthwise(padded, channels)
        case DepthwiseConv2d() if channels == 1:
            return _ungrouped(padded)
        case AveragePool(padding=Valid()) | AveragePool1d(padding=Valid()):
            return changed(padded, count_padding=False)
        case _:
            return padded


def _transposed(spec: Conv2dTranspose) -> LayerSpec:
    """Return the canonical form: `same` only where more is cut off the end."""
    (top, bottom), (left, right) = spec.cut
    if bottom > top or right > left:
        return spec
    by: Any = Symmetric(by=(top, left)) if top or left else Valid()
    added = (top - bottom, left - right)
    return changed(spec, padding=by, output_padding=added)


def _depthwise(spec: Conv2d, channels: int) -> LayerSpec:
    if spec.stride[0] != spec.stride[1]:
        return spec
    fields = {
        name: value
        for name, value in spec
        if name not in ("filters", "groups")
    }
    multiplier = spec.filters // channels
    depthwise = DepthwiseConv2d(
        **fields, multiplier=multiplier, fan_in="per_channel"
    )
    return _layer(depthwise, None)


def _ungrouped(spec: DepthwiseConv2d) -> LayerSpec:
    if max(spec.stride) > 1 and max(spec.dilation) > 1:
        return changed(spec, fan_in="per_channel")
    fields = {
        name: value
        for name, value in spec
        if name not in ("multiplier", "fan_in")
    }
    return Conv2d(**fields, filters=spec.multiplier)


def _sees_fans(spec: DepthwiseConv2d) -> bool:
    drawn = (spec.kernel_initializer, spec.bias_initializer)
    return any(
        isinstance(initializer, Scaled)
        and not isinstance(initializer, UnitsUniform)
        for initializer in drawn
    )


def _placed(node: LayerNode) -> LayerSpec:
    spec = node.layer
    blocks: dict[str, Any] = {
        role: tuple(_placed(inner) for inner in block)
        for role, block in node.blocks.items()
    }
    after: list[Any] = [_placed(inner) for inner in node.after or ()]
    match spec:
        case Residual():
            spec = Residual(**blocks, activation=after[0] if after else None)
        case Concatenate():
            spec = changed(spec, branches=tuple(blocks.values()))
        case Frozen():
            spec = changed(spec, **blocks)
    return _layer(spec, node.input_shape)
