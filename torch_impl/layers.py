"""Layers, in PyTorch."""

from torch import nn

from common.activations import Shape
from common.calls import Call, call
from common.layers import Dense, Dropout, Flatten
from torch_impl import extensions


def dense(spec: Dense, shape: Shape) -> Call:
    """Linear, which wants the number of inputs.

    Translation: the kernel is stored transposed, (units, inputs), as
    `weight`. Initialisers are no arguments: they fill the finished layer.
    """
    return call(nn.Linear, shape[0], spec.units, bias=spec.bias)


def flatten(spec: Flatten, shape: Shape) -> Call:
    """Flatten.

    Translation: images stand channels first here, so `channels_last` has
    to move the channels back before it flattens.
    """
    if spec.order == "channels_last" and len(shape) == 3:
        return call(extensions.ChannelsLastFlatten)
    return call(nn.Flatten)


def dropout(spec: Dropout, shape: Shape) -> Call:
    """Dropout under a mask that is handed in.

    Translation: training or not is the module's own state, set by
    `.train()` and `.eval()`; the mask is as wide as the sample.
    """
    return call(extensions.MaskedDropout, spec.rate)
