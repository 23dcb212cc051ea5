"""Read live PyTorch objects: return the spec of each.

The file of a reader has the same path as its element in `common/spec`; see
`common.codegen.lookup`.
"""

from functools import partial
from typing import Any

from torch import nn, optim
from torch.optim import lr_scheduler

from framework_parity.common.codegen.calls import absent
from framework_parity.common.codegen.introspection import (
    as_trained,
    spec_of,
)
from framework_parity.common.spec.canonical import canonical_layers
from framework_parity.common.spec.clipping import Clipping
from framework_parity.common.spec.initializers import KernelInitializer
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.losses import Loss
from framework_parity.common.spec.optimizers import Optimizer
from framework_parity.common.spec.schedules import Schedule
from framework_parity.torch_impl.schedule_extensions import EachEpoch
from framework_parity.torch_impl.weights import tensors_of

# The family of elements of each class; the first match is used.
FAMILIES: dict[type, Any] = {
    optim.Optimizer: Optimizer,
    lr_scheduler.LRScheduler: Schedule,
    EachEpoch: Schedule,
    nn.modules.loss._Loss: Loss,
    nn.Module: Layer,
    partial: KernelInitializer,
}


def read(live: Any) -> Any:
    """Return the spec of a live object, in canonical form.

    Raises:
        LookupError: if no reader recognises it.
    """
    classes = (kind for kind in FAMILIES if isinstance(live, kind))
    return spec_of("torch_impl", FAMILIES[next(classes, nn.Module)], live)


def read_clipping(live: Any) -> Any:
    """Return the spec of gradient clipping.

    Args:
        live: a `functools.partial` of the function that clips.

    Raises:
        LookupError: if no reader recognises it.
    """
    return spec_of("torch_impl", Clipping, live)


def read_model(model: Any, shape: Shape | None = None) -> tuple[Any, ...]:
    """Return the specs of the layers of a live network.

    Args:
        model: the network.
        shape: the shape of one input sample, channels last. If it is given,
            fields without effect at that shape are in canonical form, too.

    Translation: nested Sequentials are read as one.
    """
    layers = read_block(model)
    return layers if shape is None else canonical_layers(layers, shape)


def read_block(live: Any) -> tuple[Any, ...]:
    """Return the layers of a block, which may be empty."""
    if type(live) is nn.Identity:
        return ()
    if not isinstance(live, nn.Sequential):
        return (read_layer(live),)
    layers: list[Any] = []
    for layer in live:
        nested = isinstance(layer, nn.Sequential)
        layers += read_block(layer) if nested else [read_layer(layer)]
    return tuple(layers)


def read_layer(live: Any) -> Any:
    """Return a layer of a network, which is frozen if nothing is trained.

    Translation: a parameter that requires no gradient is not trained. A
    batch norm is in the mode of the model, whatever is trained.
    """
    tensors = tensors_of(live).values()
    trained = [t.requires_grad for t in tensors if isinstance(t, nn.Parameter)]
    return as_trained(read(live), trained, "training")


read_penalty = absent(
    "notimpl",
    "a live penalty is a function: which tensors it is meant for, and whether "
    "it is reported, stand in the loop around it",
)
