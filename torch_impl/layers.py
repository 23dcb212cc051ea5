"""Layers, in PyTorch."""

from torch import nn

from common.calls import Call, call
from common.images import Window
from common.layer import Shape
from common.layers import (
    AveragePool,
    BatchNorm,
    Concatenate,
    Conv2d,
    Dense,
    DepthwiseConv2d,
    Dropout,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    LayerNorm,
    MaxPool,
    Prelu,
    RandomCrop,
    RandomFlip,
    Residual,
    SpatialDropout,
)
from torch_impl import extensions, random_extensions, tensors


def dense(spec: Dense, shape: Shape) -> Call:
    """Linear, which wants the number of inputs.

    Translation: the kernel is stored transposed, (units, inputs), as
    `weight`. Initialisers are no arguments: they fill the finished layer.
    """
    return call(nn.Linear, shape[0], spec.units, bias=spec.bias)


def conv2d(spec: Conv2d, shape: Shape) -> Call:
    """Conv2d, which wants the number of channels.

    Translation: the kernel is stored (filters, channels, height, width), as
    `weight`. `padding` is a number of rows and columns on *both* sides;
    what is uneven is padded before.
    """
    return call(
        extensions.PaddedConv2d if _uneven(spec, shape) else nn.Conv2d,
        shape[-1],
        spec.filters,
        spec.size,
        stride=spec.stride,
        padding=_padding(spec, shape),
        dilation=spec.dilation,
        groups=spec.groups,
        bias=spec.bias,
    )


def depthwise_conv2d(spec: DepthwiseConv2d, shape: Shape) -> Call:
    """Conv2d with as many groups as channels.

    Translation: the kernel is stored (channels · multiplier, 1, height,
    width).
    """
    return call(
        extensions.PaddedConv2d if _uneven(spec, shape) else nn.Conv2d,
        shape[-1],
        shape[-1] * spec.multiplier,
        spec.size,
        stride=spec.stride,
        padding=_padding(spec, shape),
        dilation=spec.dilation,
        groups=shape[-1],
        bias=spec.bias,
    )


def max_pool(spec: MaxPool, shape: Shape) -> Call:
    """MaxPool2d.

    Translation: `padding` is a number of rows and columns on *both* sides;
    what is uneven is padded before, with -∞.
    """
    return call(
        extensions.PaddedMaxPool2d if _uneven(spec, shape) else nn.MaxPool2d,
        spec.size,
        stride=spec.strides,
        padding=_padding(spec, shape),
    )


def average_pool(spec: AveragePool, shape: Shape) -> Call:
    """AvgPool2d.

    Translation: `count_include_pad`, unless told otherwise, is true.
    """
    return call(
        extensions.PaddedAvgPool2d if _uneven(spec, shape) else nn.AvgPool2d,
        spec.size,
        stride=spec.strides,
        padding=_padding(spec, shape),
        count_include_pad=spec.count_padding,
    )


def global_average_pool(spec: GlobalAveragePool, shape: Shape) -> Call:
    """AdaptiveAvgPool2d(1), which keeps two axes of one pixel.

    Translation: the axes are gone in Keras, and so they are here. Samples
    of two axes have a class of their own, AdaptiveAvgPool1d.
    """
    if len(shape) == 2:
        return call(extensions.GlobalAvgPool1d)
    return call(extensions.GlobalAvgPool2d)


def global_max_pool(spec: GlobalMaxPool, shape: Shape) -> Call:
    """`amax`.

    Translation: AdaptiveMaxPool2d gives all of the slope to the first among
    equals, and not a share to each.
    """
    return call(extensions.GlobalMaxPool)


def flatten(spec: Flatten, shape: Shape) -> Call:
    """Flatten.

    Translation: channels stand first here, so `channels_last` has to move
    them back before it flattens.
    """
    if spec.order == "channels_last" and len(shape) > 1:
        return call(extensions.ChannelsLastFlatten)
    return call(nn.Flatten)


def batch_norm(spec: BatchNorm, shape: Shape) -> Call:
    """BatchNorm1d for vectors and two axes, BatchNorm2d for images.

    Translation: `momentum` is the share of the new value; the running
    variance is the unbiased one, and `biased` needs a subclass, as does
    another axis than the channels'.
    """
    kind = f"BatchNorm{2 if len(shape) == 3 else 1}d"
    biased = spec.running_variance == "biased"
    fields = {
        "eps": spec.epsilon,
        "momentum": 1.0 - spec.kept,
        "affine": spec.affine,
    }
    if spec.axis != "channels":
        axis = spec.along(shape)
        dim = tensors.stored_axis(axis, shape)
        return call(
            extensions.AxisBatchNorm, shape[axis], dim, biased, **fields
        )
    return call(
        getattr(extensions, f"Biased{kind}") if biased else getattr(nn, kind),
        shape[-1],
        **fields,
    )


def layer_norm(spec: LayerNorm, shape: Shape) -> Call:
    """LayerNorm, which wants the whole shape of what it normalises.

    Translation: it normalises the last axes. In an image these are height
    and width, so other axes have to be moved there for it. Those of several
    axes are moved in the order in which neutral tensors are transposed.
    """
    fields = {"eps": spec.epsilon, "elementwise_affine": spec.affine}
    if len(shape) == 1:
        return call(nn.LayerNorm, shape, **fields)
    if spec.axes == "all":
        return call(nn.LayerNorm, (shape[-1], *shape[:-1]), **fields)
    axes = spec.along(shape)[::-1]
    return call(
        extensions.AxesLayerNorm,
        tuple(shape[axis] for axis in axes),
        tuple(tensors.stored_axis(axis, shape) for axis in axes),
        **fields,
    )


def prelu(spec: Prelu, shape: Shape) -> Call:
    """PReLU.

    Translation: it has one slope or one for each channel; a slope for each
    number of more than a vector needs a subclass, and so does a derivative
    of 0 at 0.
    """
    alone = spec.slopes == "per_number" and len(shape) > 1
    if spec.at_zero == "slope" and not alone:
        count = 1 if spec.slopes == "one" else shape[-1]
        return call(nn.PReLU, count, init=spec.initial)
    channels_first = (shape[-1], *(1 for _ in shape[:-1]))
    sizes = {
        "one": (1,),
        "per_channel": channels_first,
        "per_number": (shape[-1], *shape[:-1]),
    }[spec.slopes]
    flat = spec.at_zero == "zero"
    return call(extensions.ShapedPReLU, sizes, spec.initial, flat_at_zero=flat)


def dropout(spec: Dropout, shape: Shape) -> Call:
    """Dropout.

    Translation: training or not is the module's own state, set by
    `.train()` and `.eval()`.
    """
    return call(nn.Dropout, spec.rate)


def spatial_dropout(spec: SpatialDropout, shape: Shape) -> Call:
    """Dropout2d, and Dropout1d where samples have two axes."""
    return call(nn.Dropout1d if len(shape) == 2 else nn.Dropout2d, spec.rate)


def random_flip(spec: RandomFlip, shape: Shape) -> Call:
    """A class of one's own.

    Translation: torchvision's RandomHorizontalFlip tosses one coin for a
    whole batch; Keras's layer tosses one for each image.
    """
    return call(random_extensions.RandomFlip)


def random_crop(spec: RandomCrop, shape: Shape) -> Call:
    """A class of one's own: torchvision's cuts a whole batch alike."""
    return call(random_extensions.RandomCrop, spec.padding, spec.fill)


def residual(
    spec: Residual, shape: Shape, body: Call, shortcut: Call, after: Call
) -> Call:
    """A module of one's own: there is no library class."""
    return call(extensions.Residual, body, shortcut, after)


def concatenate(spec: Concatenate, shape: Shape, **branches: Call) -> Call:
    """A module of one's own.

    Translation: `torch.cat` wants the axis, which is the batch's unless it
    is said; the channels' is 1.
    """
    dim = tensors.stored_axis(spec.along(shape), shape)
    return call(extensions.Concatenate, *branches.values(), dim=dim)


def _uneven(spec: Window, shape: Shape) -> bool:
    return any(before != after for before, after in spec.pads(shape))


def _padding(spec: Window, shape: Shape) -> tuple[int, ...]:
    """Return what to add on both sides, or on each in turn.

    Translation: padding, when it is said for each side, begins with the
    last axis: left, right, top, bottom.
    """
    (top, bottom), (left, right) = spec.pads(shape)
    if _uneven(spec, shape):
        return left, right, top, bottom
    return top, left
