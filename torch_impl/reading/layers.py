"""Layers, read from PyTorch."""

from functools import partial
from typing import Any

from torch import nn

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
from common.padding import Same, Symmetric, Valid
from common.reading import shortest
from torch_impl import extensions, random_extensions, reading
from torch_impl import initializer_extensions as drawing

_NORMS = {
    nn.BatchNorm1d: "unbiased",
    nn.BatchNorm2d: "unbiased",
    extensions.BiasedBatchNorm1d: "biased",
    extensions.BiasedBatchNorm2d: "biased",
}
# By where they stand in a batch, channels first.
_AXES: dict[tuple[int, ...], Any] = {
    (1,): "channels",
    (2,): "height",
    (3,): "width",
    (3, 2): "positions",
}


def dense(live: Any) -> Dense | None:
    """Linear.

    Translation: a layer does not remember how its weights were drawn, unless
    `build` left a note; without one it was as PyTorch's own layer does.
    """
    if type(live) is not nn.Linear:
        return None
    return Dense(
        units=live.out_features,
        bias=live.bias is not None,
        **_drawn(live),
    )


def conv2d(live: Any) -> Conv2d | None:
    """Conv2d, or the class of ours for uneven padding."""
    if not _is_convolution(live) or _is_depthwise(live):
        return None
    return Conv2d(
        filters=live.out_channels,
        groups=live.groups,
        **_moved(live),
        **_drawn(live),
    )


def depthwise_conv2d(live: Any) -> DepthwiseConv2d | None:
    """Conv2d, likewise, with as many groups as channels.

    Translation: initialisers count the fans of one channel, unless they are
    told others.
    """
    if not _is_convolution(live) or not _is_depthwise(live):
        return None
    height, width = live.kernel_size
    note = getattr(live, "initializers", {}).values()
    told = [fill for fill in note if fill.func is drawing.variance_scaling_]
    drawn = [fill for fill in note if fill.func is drawing.fan_in_uniform_]
    pixels = height * width
    told += [fill for fill in drawn if fill.keywords["fan_in"] != pixels]
    return DepthwiseConv2d(
        multiplier=live.out_channels // live.in_channels,
        fan_in="all_channels" if told else "per_channel",
        **_moved(live),
        **_drawn(live),
    )


def max_pool(live: Any) -> MaxPool | None:
    """MaxPool2d, or the class of ours for uneven padding."""
    if type(live) not in (nn.MaxPool2d, extensions.PaddedMaxPool2d):
        return None
    if live.ceil_mode or live.return_indices or _pair(live.dilation) != (1, 1):
        return None
    return MaxPool(**_windows(live))


def average_pool(live: Any) -> AveragePool | None:
    """AvgPool2d, or the class of ours for uneven padding."""
    if type(live) not in (nn.AvgPool2d, extensions.PaddedAvgPool2d):
        return None
    if live.ceil_mode or live.divisor_override:
        return None
    counted = getattr(live, "counted", live.count_include_pad)
    return AveragePool(count_padding=counted, **_windows(live))


def global_average_pool(live: Any) -> GlobalAveragePool | None:
    """A class of ours."""
    own = (extensions.GlobalAvgPool1d, extensions.GlobalAvgPool2d)
    ours = type(live) in own
    return GlobalAveragePool() if ours else None


def global_max_pool(live: Any) -> GlobalMaxPool | None:
    """A class of ours."""
    ours = type(live) is extensions.GlobalMaxPool
    return GlobalMaxPool() if ours else None


def flatten(live: Any) -> Flatten | None:
    """Flatten, or the class of ours that puts the channels last."""
    if type(live) is extensions.ChannelsLastFlatten:
        return Flatten(order="channels_last")
    whole = type(live) is nn.Flatten and (live.start_dim, live.end_dim)
    return Flatten(order="channels_first") if whole == (1, -1) else None


def batch_norm(live: Any) -> BatchNorm | None:
    """BatchNorm1d or BatchNorm2d, with the share of the *old* average.

    Translation: `momentum` is 1 - kept.
    """
    moved = type(live) is extensions.AxisBatchNorm
    variance = _NORMS.get(type(live))
    if moved:
        variance = "biased" if live.biased else "unbiased"
    if variance is None or live.momentum is None:
        return None
    if not live.track_running_stats:
        return None
    kept = shortest(lambda k: 1.0 - k, live.momentum, 1.0 - live.momentum)
    return BatchNorm(
        epsilon=live.eps,
        kept=kept,
        running_variance=variance,
        affine=live.affine,
        axis=_AXES[(live.dim,)] if moved else "channels",
    )


def layer_norm(live: Any) -> LayerNorm | None:
    """LayerNorm of vectors or whole images, or the class of ours.

    Translation: the shape of what is normalised tells which.
    """
    moved = type(live) is extensions.AxesLayerNorm
    if type(live) is not nn.LayerNorm and not moved:
        return None
    if live.elementwise_affine and live.bias is None:
        return None
    whole = "channels" if len(live.normalized_shape) == 1 else "all"
    return LayerNorm(
        epsilon=live.eps,
        axes=_AXES[live.dims] if moved else whole,
        affine=live.elementwise_affine,
    )


def prelu(live: Any) -> Prelu | None:
    """PReLU, or the class of ours.

    Translation: the shape of the slopes tells what shares one.
    """
    if type(live) not in (nn.PReLU, extensions.ShapedPReLU):
        return None
    numbers = live.weight.numel()
    per_channel = numbers == live.weight.shape[0]
    slopes = "per_channel" if per_channel else "per_number"
    flat = getattr(live, "flat_at_zero", False)
    return Prelu(
        slopes="one" if numbers == 1 else slopes,
        initial=live.init,
        at_zero="zero" if flat else "slope",
    )


def dropout(live: Any) -> Dropout | None:
    """Dropout, whether or not its masks come from outside."""
    return Dropout(rate=live.p) if isinstance(live, nn.Dropout) else None


def spatial_dropout(live: Any) -> SpatialDropout | None:
    """Dropout1d or Dropout2d, likewise."""
    if not isinstance(live, nn.Dropout1d | nn.Dropout2d):
        return None
    return SpatialDropout(rate=live.p)


def random_flip(live: Any) -> RandomFlip | None:
    """A class of ours, whether or not its draws come from outside."""
    return (
        RandomFlip()
        if isinstance(live, random_extensions.RandomFlip)
        else None
    )


def random_crop(live: Any) -> RandomCrop | None:
    """Likewise."""
    if not isinstance(live, random_extensions.RandomCrop):
        return None
    return RandomCrop(padding=live.padding, fill=live.fill)


def residual(live: Any) -> Residual | None:
    """A class of ours; an Identity is a block that is empty."""
    if type(live) is not extensions.Residual:
        return None
    after = reading.read_block(live.after)
    return Residual(
        body=reading.read_block(live.body),
        shortcut=reading.read_block(live.shortcut),
        activation=after[0] if after else None,
    )


def concatenate(live: Any) -> Concatenate | None:
    """A class of ours."""
    if type(live) is not extensions.Concatenate:
        return None
    branches = tuple(reading.read_block(each) for each in live.children())
    return Concatenate(branches=branches, axis=_AXES[(live.dim,)])


def _drawn(live: Any) -> dict[str, Any]:
    """Return the initialisers that a layer was filled by."""
    default = partial(drawing.fan_in_uniform_)
    note = getattr(live, "initializers", {})
    return {
        f"{name}_initializer": reading.read(note.get(name, default))
        for name in ("kernel", "bias")
    }


def _is_convolution(live: Any) -> bool:
    own = type(live) in (nn.Conv2d, extensions.PaddedConv2d)
    return own and live.padding_mode == "zeros" and live.padding != "same"


def _is_depthwise(live: Any) -> bool:
    """Whether each channel has filters of its own, as in canonical form."""
    if live.groups != live.in_channels or len(set(live.stride)) > 1:
        return False
    wide = max(live.stride) > 1 and max(live.dilation) > 1
    return live.groups > 1 or wide


def _moved(live: Any) -> dict[str, Any]:
    """Return what all convolutions say."""
    return {
        **_windows(live),
        "dilation": _pair(live.dilation),
        "bias": live.bias is not None,
    }


def _windows(live: Any) -> dict[str, Any]:
    """Return what all windows say; uneven padding is Keras's "same"."""
    by = (0, 0) if live.padding == "valid" else _pair(live.padding)
    padding = Symmetric(by=by) if any(by) else Valid()
    return {
        "size": _pair(live.kernel_size),
        "stride": _pair(live.stride),
        "padding": Same() if hasattr(live, "sides") else padding,
    }


def _pair(value: Any) -> Any:
    return (value, value) if isinstance(value, int) else tuple(value)
