"""Layers, read from PyTorch."""

from functools import partial
from typing import Any

from torch import nn

from common.layers import (
    BatchNorm,
    Concatenate,
    Dense,
    Dropout,
    Flatten,
    Residual,
    SpatialDropout,
)
from common.reading import shortest
from torch_impl import extensions, reading

_NORMS = {
    nn.BatchNorm1d: "unbiased",
    nn.BatchNorm2d: "unbiased",
    extensions.BiasedBatchNorm1d: "biased",
    extensions.BiasedBatchNorm2d: "biased",
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
    variance = _NORMS.get(type(live))
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
    )


def dropout(live: Any) -> Dropout | None:
    """Dropout, whether or not its masks come from outside."""
    return Dropout(rate=live.p) if isinstance(live, nn.Dropout) else None


def spatial_dropout(live: Any) -> SpatialDropout | None:
    """Dropout2d, likewise."""
    if not isinstance(live, nn.Dropout2d):
        return None
    return SpatialDropout(rate=live.p)


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
    return Concatenate(branches=branches)


def _drawn(live: Any) -> dict[str, Any]:
    """Return the initialisers that a layer was filled by."""
    default = partial(extensions.fan_in_uniform_)
    note = getattr(live, "initializers", {})
    return {
        f"{name}_initializer": reading.read(note.get(name, default))
        for name in ("kernel", "bias")
    }
