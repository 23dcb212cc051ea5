"""PyTorch source code from the calls of the builders."""

import collections
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import nn, optim
from torch.nn import init
from torch.optim import lr_scheduler

from framework_parity.common.codegen.calls import Call
from framework_parity.common.codegen.printing import (
    Expression,
    Vocabulary,
    assembled,
    script,
    statement,
)
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.torch_impl import (
    attention_extensions,
    extensions,
    freezing_extensions,
    initializer_extensions,
    loss_extensions,
    optimizer_extensions,
    padding_extensions,
    random_extensions,
    recurrent_extensions,
    reshaping_extensions,
    schedule_extensions,
    window_extensions,
)
from framework_parity.torch_impl.model import (
    block_call,
    weight_fills,
)

VOCABULARY = Vocabulary(
    {
        "nn": (nn, "from torch import nn"),
        "nn.utils": (nn.utils, "from torch import nn"),
        "init": (init, "from torch.nn import init"),
        "optim": (optim, "from torch import optim"),
        "lr_scheduler": (lr_scheduler, "from torch.optim import lr_scheduler"),
        "torch": (torch, "import torch"),
        "np": (np, "import numpy as np"),
        "": (collections, "from collections import OrderedDict"),
    },
    (
        attention_extensions,
        extensions,
        freezing_extensions,
        initializer_extensions,
        loss_extensions,
        optimizer_extensions,
        padding_extensions,
        random_extensions,
        recurrent_extensions,
        reshaping_extensions,
        schedule_extensions,
        window_extensions,
    ),
)


def emit(call: Call, name: str, *first: str) -> str:
    """Return a script that performs a call and assigns the result.

    Args:
        call: the call, from a builder.
        name: the variable in the code.
        *first: expressions that precede the arguments, such as
            `model.parameters()`.
    """
    complete = call.with_args(*map(Expression, first))
    lines = assembled(complete, VOCABULARY)
    lines.append(statement(complete, VOCABULARY, name))
    return script(lines, VOCABULARY)


def emit_model(arm: Arm) -> str:
    """Return a script that creates a network in the variable `model`.

    Translation: the weights are drawn afterwards, one line per tensor.
    """
    lines = [statement(block_call(arm.nodes), VOCABULARY, "model")]
    paths = dict(_paths(arm.nodes, "model"))
    for node in arm.all_nodes:
        for fill in weight_fills(node):
            filled = fill.call.with_args(fill.written(paths[node.name]))
            lines.append(statement(filled, VOCABULARY))
    return script(lines, VOCABULARY)


def _paths(
    nodes: Sequence[LayerNode], start: str
) -> Iterator[tuple[str, str]]:
    """Yield the name of each layer, and its path in the live model."""
    for node in nodes:
        path = f"{start}.{node.name}"
        yield node.name, path
        for role, block in node.blocks.items():
            yield from _paths(block, f"{path}.{role}")
        yield from _paths(node.after or (), f"{path}.after")
