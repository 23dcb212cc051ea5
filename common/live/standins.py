"""Our own implementation in the place of an operation, in NumPy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.reference.passes import Pass
from framework_parity.common.spec.architecture import layer_nodes
from framework_parity.common.spec.initializers import Zeros
from framework_parity.common.spec.layer import LayerSpec, Shape
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.layers.windows import Window
from framework_parity.common.spec.node import members
from framework_parity.common.spec.padding import Same, Symmetric, Valid

KINDS: dict[str, Any] = {kind.kind(): kind for kind in members(Layer)}

ALONG = {"softmax", "log_softmax"}
"""Kinds whose axis a graph counts, and the language names."""

DROPOUTS = ("dropout", "spatial_dropout")
"""Kinds that draw masks."""

AXES = {
    1: ("channels",),
    2: ("height", "channels"),
    3: ("height", "width", "channels"),
}


def element(kind: str, fields: dict[str, Any], shape: Shape) -> LayerSpec:
    """Return the element of a node.

    Args:
        kind: of the node.
        fields: of the node.
        shape: shape of one input sample, channels last.

    Raises:
        LookupError: if the language has no such element.
    """
    if kind not in KINDS:
        raise LookupError(f"the language has no element {kind}")
    given = dict(fields)
    pads = given.pop("pads", None)
    if kind in ALONG:
        names = AXES[len(shape)]
        given["axis"] = names[fields["axis"] - 1]
    if kind == "layer_norm":
        whole = fields["axes"] == tuple(range(1, len(shape) + 1))
        last = fields["axes"] == (len(shape),)
        if not (whole or last):
            raise LookupError("the language has no such axes")
        given["axes"] = "channels" if last else "all"
    drawn = {
        name: Zeros()
        for name in KINDS[kind].model_fields
        if name.endswith("_initializer")
    }
    others = {"fan_in": "per_channel", "initial": 0.0}
    for name, value in (drawn | others).items():
        if name in KINDS[kind].model_fields:
            given.setdefault(name, value)
    if not issubclass(KINDS[kind], Window):
        plain: LayerSpec = KINDS[kind](**given)
        return plain
    for padding in _paddings(pads):
        padded: LayerSpec = KINDS[kind](**given, padding=padding)
        assert isinstance(padded, Window)
        if tuple(map(tuple, padded.pads(shape))) == pads:
            return padded
    raise LookupError(f"the language has no padding of {pads}")


@dataclass(frozen=True)
class Applied:
    """One operation, computed in NumPy.

    Attributes:
        output: batch first, channels last.
        back: from the derivative of the loss by the output to that by the
            input, and to those by the tensors, by name.
        kept: new values of the tensors that are not trained.
    """

    output: Array
    back: Callable[[Array], tuple[Array, dict[str, Array]]]
    kept: dict[str, Array]


def applied(
    kind: str,
    fields: dict[str, Any],
    tensors: dict[str, Array],
    x: Array,
    uniform: Callable[[Shape], Array] | None = None,
) -> Applied:
    """Apply an operation.

    Args:
        kind: of the node.
        fields: of the node.
        tensors: its tensors in neutral layout.
        x: its input, batch first, channels last.
        uniform: in training, draws numbers below 1 of a shape; a dropout
            keeps where they are at least its rate. None in evaluation.

    Raises:
        LookupError: if the language has no such element.
    """
    spec = element(kind, fields, x.shape[1:])
    (node,) = layer_nodes((spec,), x.shape[1:])
    weights = {f"{node.name}/{name}": v for name, v in tensors.items()}
    masks = None
    if uniform is not None:
        masks = {node.name: mask(kind, fields, x.shape, uniform)}
    run = Pass(weights, masks)
    output, back = run.through((node,), x)

    def both(slope: Array) -> tuple[Array, dict[str, Array]]:
        before = back(slope)
        return before, _short(run.gradients)

    return Applied(output, both, _short(run.kept))


def mask(
    kind: str,
    fields: dict[str, Any],
    shape: Shape,
    uniform: Callable[[Shape], Array],
) -> Array:
    """Return the factors of a dropout: 0 or 1/(1 - rate).

    Args:
        kind: of the node; a node of another kind draws nothing.
        fields: of the node.
        shape: of its input, channels last.
        uniform: draws numbers below 1 of a shape.
    """
    if kind not in DROPOUTS:
        return np.ones(())
    if kind == "spatial_dropout":
        shape = (shape[0], *(1 for _ in shape[2:]), shape[-1])
    rate = fields["rate"]
    kept: Array = (uniform(shape) >= rate) / (1 - rate)
    return kept


def _short(tensors: dict[str, Array]) -> dict[str, Array]:
    return {name.rpartition("/")[2]: v for name, v in tensors.items()}


def _paddings(pads: Any) -> list[Any]:
    (top, bottom), (left, right) = pads
    even = (top, left) == (bottom, right)
    return [
        *([Valid()] if not any((top, bottom, left, right)) else []),
        *([Symmetric(by=(top, left))] if even else []),
        Same(),
    ]
