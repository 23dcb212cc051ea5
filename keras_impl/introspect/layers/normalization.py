"""Normalisation layers, read from Keras."""

from typing import Any

import keras

from framework_parity.common.spec.layers.normalization import (
    BatchNorm,
    GroupNorm,
    LayerNorm,
    RmsNorm,
    RunningVariance,
)
from framework_parity.keras_impl import extensions
from framework_parity.keras_impl.introspect.layers.axes import AXES

_NORMS: dict[type, RunningVariance] = {
    keras.layers.BatchNormalization: "biased",
    extensions.UnbiasedBatchNormalization: "unbiased",
}


def batch_norm(live: Any) -> BatchNorm | None:
    """BatchNormalization of one axis.

    Translation: `momentum` is the weight of the old average.
    """
    variance = _NORMS.get(type(live))
    if variance is None or (live.axis,) not in AXES:
        return None
    if live.center != live.scale:
        return None
    return BatchNorm(
        epsilon=live.epsilon,
        running_decay=live.momentum,
        running_variance=variance,
        affine=live.center,
        axis=AXES[(live.axis,)],
    )


def layer_norm(live: Any) -> LayerNorm | None:
    """LayerNormalization of some axes.

    Translation: `axis` shows which.
    """
    if type(live) is not keras.layers.LayerNormalization:
        return None
    axes = live.axis if isinstance(live.axis, list) else [live.axis]
    named = AXES.get(tuple(axes))
    if named is None or live.center != live.scale:
        return None
    return LayerNorm(
        epsilon=float(live.epsilon),
        axes=named,
        affine=live.center,
    )


def group_norm(live: Any) -> GroupNorm | None:
    """GroupNormalization of the last axis."""
    if type(live) is not keras.layers.GroupNormalization:
        return None
    if live.axis != -1 or live.groups == -1 or live.center != live.scale:
        return None
    return GroupNorm(
        groups=live.groups, epsilon=live.epsilon, affine=live.center
    )


def rms_norm(live: Any) -> RmsNorm | None:
    """RMSNormalization of some axes, or the extension.

    Translation: `axis` shows which; it is a list once the layer is built.
    """
    known = (
        keras.layers.RMSNormalization,
        extensions.RegularizedRMSNormalization,
        extensions.AnyRMSNormalization,
    )
    if type(live) not in known:
        return None
    axes = live.axis if isinstance(live.axis, list) else [live.axis]
    named = AXES.get(tuple(axes))
    if named is None:
        return None
    return RmsNorm(
        epsilon="machine" if live.epsilon is None else live.epsilon,
        axes=named,
        affine=getattr(live, "affine", True),
    )
