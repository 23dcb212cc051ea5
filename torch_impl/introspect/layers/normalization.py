"""Normalisation layers, read from PyTorch."""

from typing import Any

from torch import nn

from framework_parity.common.codegen.introspection import shortest
from framework_parity.common.spec.layers.normalization import (
    BatchNorm,
    GroupNorm,
    LayerNorm,
    NormalizedAxes,
    RmsNorm,
    RunningVariance,
)
from framework_parity.torch_impl import extensions
from framework_parity.torch_impl.introspect.layers.axes import AXES

_NORMS: dict[type, RunningVariance] = {
    nn.BatchNorm1d: "unbiased",
    nn.BatchNorm2d: "unbiased",
    extensions.BiasedBatchNorm1d: "biased",
    extensions.BiasedBatchNorm2d: "biased",
}


def batch_norm(live: Any) -> BatchNorm | None:
    """BatchNorm1d or BatchNorm2d, with the weight of the *old* average.

    Translation: `momentum` is 1 - running_decay.
    """
    moved = type(live) is extensions.AxisBatchNorm
    variance = _NORMS.get(type(live))
    if moved:
        variance = "biased" if live.biased else "unbiased"
    if variance is None or live.momentum is None:
        return None
    if not live.track_running_stats:
        return None
    running_decay = shortest(
        lambda k: 1.0 - k, live.momentum, 1.0 - live.momentum
    )
    return BatchNorm(
        epsilon=live.eps,
        running_decay=running_decay,
        running_variance=variance,
        affine=live.affine,
        axis=AXES[(live.dim,)] if moved else "channels",
    )


def layer_norm(live: Any) -> LayerNorm | None:
    """LayerNorm of vectors or whole images, or the extension.

    Translation: the normalised shape shows which.
    """
    moved = type(live) is extensions.AxesLayerNorm
    if type(live) is not nn.LayerNorm and not moved:
        return None
    if live.elementwise_affine and live.bias is None:
        return None
    vector = len(live.normalized_shape) == 1
    whole: NormalizedAxes = "channels" if vector else "all"
    return LayerNorm(
        epsilon=live.eps,
        axes=AXES[live.dims] if moved else whole,
        affine=live.elementwise_affine,
    )


def group_norm(live: Any) -> GroupNorm | None:
    """GroupNorm, or the extension for sequences."""
    if type(live) not in (nn.GroupNorm, extensions.SequenceGroupNorm):
        return None
    if live.affine and live.bias is None:
        return None
    return GroupNorm(
        groups=live.num_groups, epsilon=live.eps, affine=live.affine
    )


def rms_norm(live: Any) -> RmsNorm | None:
    """RMSNorm of vectors or whole images, or the extension.

    Translation: the normalised shape shows which; `eps=None` is the machine
    epsilon.
    """
    moved = type(live) is extensions.AxesRMSNorm
    if type(live) is not nn.RMSNorm and not moved:
        return None
    vector = len(live.normalized_shape) == 1
    whole: NormalizedAxes = "channels" if vector else "all"
    return RmsNorm(
        epsilon="machine" if live.eps is None else live.eps,
        axes=AXES[live.dims] if moved else whole,
        affine=live.elementwise_affine,
    )
