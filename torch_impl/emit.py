"""PyTorch source code from what the phrase book says."""

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
    extensions,
    initializer_extensions,
    optimizer_extensions,
    random_extensions,
)
from framework_parity.torch_impl.model import block_call, weight_calls
from framework_parity.torch_impl.weights import NAMES

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
        extensions,
        initializer_extensions,
        optimizer_extensions,
        random_extensions,
    ),
)


def emit(said: Call, name: str, *first: str) -> str:
    """Return runnable code that makes something and gives it a name.

    Args:
        said: what the phrase book says.
        name: what the thing is called in the code.
        first: expressions for what stands before the arguments, such as
            `model.parameters()`.
    """
    said = said.with_args(*map(Expression, first))
    lines = assembled(said, VOCABULARY)
    lines.append(statement(said, VOCABULARY, name))
    return script(lines, VOCABULARY)


def emit_model(arm: Arm) -> str:
    """Return runnable code that makes a network called `model`.

    Translation: the weights are drawn afterwards, line by line.
    """
    lines = [statement(block_call(arm.places), VOCABULARY, "model")]
    paths = dict(_paths(arm.places, "model"))
    attributes = {ours: theirs for theirs, ours in NAMES.items()}
    for place in arm.all_nodes:
        for name, fill in weight_calls(place).items():
            own = attributes[name.rpartition("/")[2]]
            tensor = Expression(f"{paths[place.name]}.{own}")
            lines.append(statement(fill.with_args(tensor), VOCABULARY))
    return script(lines, VOCABULARY)


def _paths(
    places: Sequence[LayerNode], start: str
) -> Iterator[tuple[str, str]]:
    """Yield each place's name, with the path to it in the live model."""
    for place in places:
        path = f"{start}.{place.name}"
        yield place.name, path
        for role, block in place.blocks.items():
            yield from _paths(block, f"{path}.{role}")
        yield from _paths(place.after or (), f"{path}.after")
