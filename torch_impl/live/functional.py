"""Functions of PyTorch that are layers with tensors from outside."""

from collections.abc import Callable
from typing import Any

from torch import nn

from framework_parity.common.live.functional import FunctionalLayer
from framework_parity.common.live.graph import Edge
from framework_parity.common.live.trace import Call


def _given(event: Call, *names: str) -> dict[str, Any]:
    """Return the arguments of a function by name, None where left out."""
    return {
        name: event.argument(place, name) for place, name in enumerate(names)
    }


def _edges(
    event: Call, given: dict[str, Any], names: dict[str, str]
) -> dict[str, Edge]:
    """Return the edges of the tensors among the arguments."""
    found = {}
    for argument, own in names.items():
        for place, edge in event.inputs.items():
            if event.flat[place] is given[argument]:
                found[own] = edge
    return found


OWN = {"weight": "weight", "bias": "bias"}


def _linear(event: Call) -> FunctionalLayer | None:
    given = _given(event, "input", "weight", "bias")
    outputs, inputs = given["weight"].shape
    module = nn.Linear(inputs, outputs, bias=given["bias"] is not None)
    return FunctionalLayer(module, _edges(event, given, OWN))


def _convolution(kind: Any) -> Callable[[Call], FunctionalLayer | None]:
    def read(event: Call) -> FunctionalLayer | None:
        names = ("input", "weight", "bias", "stride", "padding", "dilation")
        given = _given(event, *names, "groups")
        outputs, inputs, *size = given["weight"].shape
        groups = given["groups"] or 1
        module = kind(
            inputs * groups,
            outputs,
            tuple(size),
            stride=given["stride"] or 1,
            padding=given["padding"] or 0,
            dilation=given["dilation"] or 1,
            groups=groups,
            bias=given["bias"] is not None,
        )
        return FunctionalLayer(module, _edges(event, given, OWN))

    return read


def _layer_norm(event: Call) -> FunctionalLayer | None:
    given = _given(event, "input", "normalized_shape", "weight", "bias", "eps")
    if (given["weight"] is None) != (given["bias"] is None):
        return None
    module = nn.LayerNorm(
        tuple(given["normalized_shape"]),
        eps=1e-5 if given["eps"] is None else given["eps"],
        elementwise_affine=given["weight"] is not None,
    )
    return FunctionalLayer(module, _edges(event, given, OWN))


def _embedding(event: Call) -> FunctionalLayer | None:
    given = _given(event, "input", "weight")
    ids, size = given["weight"].shape
    module = nn.Embedding(ids, size)
    return FunctionalLayer(module, _edges(event, given, {"weight": "weight"}))


FUNCTIONAL: dict[str, Callable[[Call], FunctionalLayer | None]] = {
    "linear": _linear,
    "conv1d": _convolution(nn.Conv1d),
    "conv2d": _convolution(nn.Conv2d),
    "conv3d": _convolution(nn.Conv3d),
    "layer_norm": _layer_norm,
    "embedding": _embedding,
}
"""Readers of functions, whose first input is the layer's."""
