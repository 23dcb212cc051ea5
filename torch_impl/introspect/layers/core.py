"""Dense and flatten, read from PyTorch."""

from typing import Any

from torch import nn

from framework_parity.common.spec.layers.core import Dense, Flatten
from framework_parity.torch_impl import reshaping_extensions as extensions
from framework_parity.torch_impl.introspect.layers.initial_weights import (
    initializer_fields,
)


def dense(live: Any) -> Dense | None:
    """Linear.

    Translation: a layer does not store its initialisers, unless `build` set
    the attribute `initializers`; without it they are PyTorch's defaults.
    """
    if type(live) is not nn.Linear:
        return None
    return Dense(
        units=live.out_features,
        bias=live.bias is not None,
        **initializer_fields(live),
    )


def flatten(live: Any) -> Flatten | None:
    """Flatten, or an extension that moves the channels.

    Translation: all axes but the batch are those of an image, whose channels
    are first; the last two are those of a sequence.
    """
    if type(live) is extensions.ChannelsLastFlatten:
        return Flatten(order="channels_last")
    if type(live) is extensions.ChannelsFirstFlatten:
        return Flatten(order="channels_first")
    if type(live) is not nn.Flatten or live.end_dim != -1:
        return None
    if live.start_dim == -2:
        return Flatten(order="channels_last")
    return Flatten(order="channels_first") if live.start_dim == 1 else None
