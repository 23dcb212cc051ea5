"""Stacked recurrent layers of PyTorch, as one layer after another.

Keras has no such layer, so that a port stacks several.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


def is_stacked(module: Any, args: Any, keywords: Any) -> bool:
    """Return whether a call can be made as calls of several layers.

    Args:
        module: the module that is called.
        args: its arguments.
        keywords: its named arguments.
    """
    return (
        isinstance(module, nn.modules.rnn.RNNBase)
        and module.num_layers > 1
        and not module.proj_size
        and len(args) == 1
        and not keywords
        and isinstance(args[0], Tensor)
        and args[0].ndim == 3
    )


def layers_of(module: Any) -> list[Any]:
    """Return the layers of a stack, which share its parameters.

    Args:
        module: an RNN, LSTM or GRU with several layers.
    """
    parts = []
    directions = ("", "_reverse") if module.bidirectional else ("",)
    size = module.input_size
    for depth in range(module.num_layers):
        keywords = (
            {"nonlinearity": module.nonlinearity}
            if (type(module) is nn.RNN)
            else {}
        )
        part = type(module)(
            size,
            module.hidden_size,
            bias=module.bias,
            batch_first=module.batch_first,
            bidirectional=module.bidirectional,
            **keywords,
        )
        for direction in directions:
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                held = getattr(module, f"{kind}_l{depth}{direction}", None)
                if held is not None:
                    setattr(part, f"{kind}_l0{direction}", held)
        parts.append(part)
        size = module.hidden_size * len(directions)
    return parts


def stacked(
    module: Any,
    parts: list[Any],
    x: Tensor,
    apply: Callable[[Any, Tensor], Any],
) -> tuple[Tensor, list[Any]]:
    """Return the output of a stack, and the last states of each layer.

    Args:
        module: the stack.
        parts: its layers.
        x: the input.
        apply: calls a layer.
    """
    states = []
    for depth, part in enumerate(parts):
        x, state = apply(part, x)
        states.append(state)
        if module.dropout and depth + 1 < len(parts):
            x = functional.dropout(x, module.dropout, module.training)
    return x, states


def joined(states: list[Any]) -> Any:
    """Return the last states as the stack itself returns them."""
    if isinstance(states[0], tuple):
        return tuple(torch.cat(each) for each in zip(*states, strict=True))
    return torch.cat(states)
