"""Convolution layers, read from PyTorch."""

from typing import Any

from torch import nn

from framework_parity.common.spec.layers.convolution import (
    Conv1d,
    Conv2d,
    Conv2dTranspose,
    DepthwiseConv2d,
)
from framework_parity.common.spec.padding import Same, Symmetric, Valid
from framework_parity.torch_impl import initializer_extensions as drawing
from framework_parity.torch_impl import window_extensions
from framework_parity.torch_impl.introspect.layers.initial_weights import (
    initializer_fields,
)
from framework_parity.torch_impl.introspect.layers.windows import (
    pair,
    sequence_fields,
    single,
    window_fields,
)


def conv1d(live: Any) -> Conv1d | None:
    """The extension for sequences."""
    if type(live) is not window_extensions.SequenceConv1d:
        return None
    return Conv1d(
        filters=live.out_channels,
        groups=live.groups,
        dilation=single(live.dilation),
        bias=live.bias is not None,
        **sequence_fields(live),
        **initializer_fields(live),
    )


def conv2d(live: Any) -> Conv2d | None:
    """Conv2d, or the extension for uneven padding."""
    if not _is_convolution(live) or _is_depthwise(live):
        return None
    return Conv2d(
        filters=live.out_channels,
        groups=live.groups,
        **_moved(live),
        **initializer_fields(live),
    )


def depthwise_conv2d(live: Any) -> DepthwiseConv2d | None:
    """Conv2d or its extension, with as many groups as channels.

    Translation: initialisers use the fans of one channel, unless others are
    passed.
    """
    if not _is_convolution(live) or not _is_depthwise(live):
        return None
    height, width = live.kernel_size
    note = getattr(live, "initializers", {}).values()
    explicit = [
        fill for fill in note if fill.func is drawing.variance_scaling_
    ]
    drawn = [fill for fill in note if fill.func is drawing.fan_in_uniform_]
    pixels = height * width
    explicit += [fill for fill in drawn if fill.keywords["fan_in"] != pixels]
    return DepthwiseConv2d(
        multiplier=live.out_channels // live.in_channels,
        fan_in="all_channels" if explicit else "per_channel",
        **_moved(live),
        **initializer_fields(live),
    )


def conv2d_transpose(live: Any) -> Conv2dTranspose | None:
    """ConvTranspose2d, or the extension, which is Keras's "same"."""
    cropped = type(live) is window_extensions.CroppedConvTranspose2d
    if type(live) is not nn.ConvTranspose2d and not cropped:
        return None
    if live.groups != 1 or pair(live.dilation) != (1, 1):
        return None
    by = pair(live.padding)
    padding = Symmetric(by=by) if any(by) else Valid()
    return Conv2dTranspose(
        filters=live.out_channels,
        size=pair(live.kernel_size),
        stride=pair(live.stride),
        padding=Same() if cropped else padding,
        output_padding=pair(live.output_padding),
        bias=live.bias is not None,
        **initializer_fields(live),
    )


def _is_convolution(live: Any) -> bool:
    matches = type(live) in (nn.Conv2d, window_extensions.PaddedConv2d)
    return matches and live.padding_mode == "zeros" and live.padding != "same"


def _is_depthwise(live: Any) -> bool:
    """Return whether each channel has its own filters, in canonical form."""
    if live.groups != live.in_channels or len(set(live.stride)) > 1:
        return False
    wide = max(live.stride) > 1 and max(live.dilation) > 1
    grouped: bool = live.groups > 1
    return grouped or wide


def _moved(live: Any) -> dict[str, Any]:
    """Return the fields of all convolutions."""
    return {
        **window_fields(live),
        "dilation": pair(live.dilation),
        "bias": live.bias is not None,
    }
