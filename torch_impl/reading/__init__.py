"""What a live PyTorch object means: the phrase book the other way round.

Read each file beside its namesake in `keras_impl/reading`, and beside the
file of that name one folder up, which says what is read here.
"""

from functools import partial
from typing import Any

from torch import nn, optim
from torch.optim import lr_scheduler

from common.calls import absent
from common.canonical import canonical_layers
from common.layer import Shape
from common.reading import recognized
from torch_impl import extensions
from torch_impl.reading import (
    activations,
    clipping,
    initializers,
    layers,
    losses,
    optimizers,
    schedules,
)

# Where to look for an object of a class; the first class that fits counts.
BOOKS = {
    optim.Optimizer: (optimizers,),
    lr_scheduler.LRScheduler: (schedules,),
    extensions.EachEpoch: (schedules,),
    nn.modules.loss._Loss: (losses,),
    nn.Module: (activations, layers),
    partial: (initializers,),
}


def read(live: Any) -> Any:
    """Return the spec of a live object, in canonical form.

    Raises:
        LookupError: if no reader knows it.
    """
    kinds = (kind for kind in BOOKS if isinstance(live, kind))
    return recognized(BOOKS[next(kinds, nn.Module)], live)


def read_clipping(live: Any) -> Any:
    """Return the spec of what clips gradients.

    Args:
        live: a `functools.partial` of the function that clips.

    Raises:
        LookupError: if no reader knows it.
    """
    return recognized((clipping,), live)


def read_model(model: Any, shape: Shape | None = None) -> tuple[Any, ...]:
    """Return the layers of a live network.

    Args:
        model: the network.
        shape: that of one input sample, channels last. If it is known, what
            makes no difference there is in canonical form, too.

    Translation: a Sequential in a Sequential is one longer one.
    """
    found = read_block(model)
    return found if shape is None else canonical_layers(found, shape)


def read_block(live: Any) -> tuple[Any, ...]:
    """Return the layers that stand for a block, which may be empty."""
    if type(live) is nn.Identity:
        return ()
    if not isinstance(live, nn.Sequential):
        return (read(live),)
    found: list[Any] = []
    for layer in live:
        nested = isinstance(layer, nn.Sequential)
        found += read_block(layer) if nested else [read(layer)]
    return tuple(found)


read_penalty = absent(
    "notimpl",
    "a live penalty is a function: which tensors it is meant for, and whether "
    "it is reported, stand in the loop around it",
)
