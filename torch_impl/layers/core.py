"""Dense and flatten, in PyTorch."""

from torch import nn

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.core import Dense, Flatten
from framework_parity.torch_impl import reshaping_extensions as extensions


def dense(spec: Dense, shape: Shape) -> Call:
    """Linear, whose arguments include the number of inputs.

    Translation: the kernel is stored transposed, (units, inputs), as
    `weight`. Initialisers are not arguments; they fill the constructed
    layer.
    """
    return call(nn.Linear, shape[-1], spec.units, bias=spec.bias)


def flatten(spec: Flatten, shape: Shape) -> Call:
    """Flatten.

    Translation: the channels of an image are first in PyTorch, so
    `channels_last` moves them to the end before it flattens. Those of a
    sequence are last.
    """
    if len(shape) == 2:
        if spec.order == "channels_first":
            return call(extensions.ChannelsFirstFlatten)
        return call(nn.Flatten, -2)
    if spec.order == "channels_last" and len(shape) > 1:
        return call(extensions.ChannelsLastFlatten)
    return call(nn.Flatten)
