"""Layers, read from Keras."""

from typing import Any

import keras

from common.layers import (
    BatchNorm,
    Concatenate,
    Dense,
    Dropout,
    Flatten,
    Residual,
    SpatialDropout,
)
from keras_impl import extensions, reading

_NORMS = {
    keras.layers.BatchNormalization: "biased",
    extensions.UnbiasedBatchNormalization: "unbiased",
}


def dense(live: Any) -> Dense | None:
    """Dense, without an activation of its own.

    Translation: a layer keeps its initialisers.
    """
    if type(live) is not keras.layers.Dense or not _plain(live):
        return None
    return Dense(
        units=live.units,
        bias=live.use_bias,
        **_drawn(live),
    )


def flatten(live: Any) -> Flatten | None:
    """Flatten, or the class of ours that puts the channels first."""
    if type(live) is extensions.ChannelsFirstFlatten:
        return Flatten(order="channels_first")
    whole = type(live) is keras.layers.Flatten and live.data_format
    return Flatten(order="channels_last") if whole == "channels_last" else None


def batch_norm(live: Any) -> BatchNorm | None:
    """BatchNormalization of the last axis.

    Translation: `momentum` is what is kept.
    """
    variance = _NORMS.get(type(live))
    if variance is None or live.axis != -1 or live.center != live.scale:
        return None
    return BatchNorm(
        epsilon=live.epsilon,
        kept=live.momentum,
        running_variance=variance,
        affine=live.center,
    )


def dropout(live: Any) -> Dropout | None:
    """Dropout, whether or not its masks come from outside."""
    own = (keras.layers.Dropout, extensions.MaskedDropout)
    if type(live) not in own or live.noise_shape is not None:
        return None
    return Dropout(rate=live.rate)


def spatial_dropout(live: Any) -> SpatialDropout | None:
    """SpatialDropout2D, likewise."""
    if not isinstance(live, keras.layers.SpatialDropout2D):
        return None
    return SpatialDropout(rate=live.rate)


def residual(live: Any) -> Residual | None:
    """A class of ours; an Identity is a block that is empty."""
    if type(live) is not extensions.Residual:
        return None
    body, shortcut, after = map(reading.read_block, live.layers)
    return Residual(
        body=body,
        shortcut=shortcut,
        activation=after[0] if after else None,
    )


def concatenate(live: Any) -> Concatenate | None:
    """A class of ours."""
    if type(live) is not extensions.Concatenate:
        return None
    branches = tuple(reading.read_block(each) for each in live.layers)
    return Concatenate(branches=branches)


def _drawn(live: Any) -> dict[str, Any]:
    """Return the initialisers that a layer was filled by."""
    return {
        f"{name}_initializer": reading.read(
            getattr(live, f"{name}_initializer")
        )
        for name in ("kernel", "bias")
    }


def _plain(live: Any) -> bool:
    """Whether nothing follows the layer inside of it, or restrains it."""
    fields = ("kernel_regularizer", "bias_regularizer", "kernel_constraint")
    restrained = any(getattr(live, name) for name in fields)
    return live.activation is keras.activations.linear and not restrained
