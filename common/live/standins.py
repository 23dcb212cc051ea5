"""Our own implementation in the place of an operation, in NumPy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.attention import multi_head_attention
from framework_parity.common.live.joins import PAD_MODES
from framework_parity.common.live.layers import OTHERS, can_apply_other
from framework_parity.common.reference.padding import padded
from framework_parity.common.reference.passes import Pass
from framework_parity.common.spec.architecture import LayerNode, layer_nodes
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

SEVERAL = {"multi_head_attention": multi_head_attention}
"""Layers of several inputs, and what computes them."""

NEUTRAL = {"gamma": 1.0, "beta": 0.0, "bias": 0.0}
"""The values of tensors that have no effect."""


def neutral_value(name: str) -> float | None:
    """Return the value of a tensor that has no effect; None for a kernel.

    Args:
        name: of the tensor, such as `bias` or `forward/bias`.
    """
    ends = (v for end, v in NEUTRAL.items() if name.endswith(end))
    return next(ends, None)


PADDED = ("conv2d", "depthwise_conv2d", "max_pool")
"""Windows whose padding may be an operation before them."""

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
    known = KINDS[kind].model_fields
    given = {k: v for k, v in fields.items() if k in known or v is not None}
    pads = given.pop("pads", None)
    if kind in ALONG:
        names = AXES[len(shape)]
        given["axis"] = names[fields["axis"] - 1]
    if kind in ("layer_norm", "rms_norm"):
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
        back: from the derivative of the loss by the output to those by the
            inputs, and to those by the tensors, by name.
        kept: new values of the tensors that are not trained.
    """

    output: Array
    back: Callable[[Array], tuple[list[Array], dict[str, Array]]]
    kept: dict[str, Array]


def applied(
    kind: str,
    fields: dict[str, Any],
    tensors: dict[str, Array],
    xs: list[Array],
    uniform: Callable[[Shape], Array] | None = None,
) -> Applied:
    """Apply an operation.

    Args:
        kind: of the node.
        fields: of the node.
        tensors: its tensors in neutral layout.
        xs: its inputs, batch first, channels last.
        uniform: in training, draws numbers below 1 of a shape; a dropout
            keeps where they are at least its rate. None in evaluation.

    Raises:
        LookupError: if the language has no such element.
    """
    if fields.get("bias") is False:
        tensors = {k: v for k, v in tensors.items() if not k.endswith("bias")}
    if kind in SEVERAL:
        return Applied(*SEVERAL[kind](fields, tensors, xs), {})
    (x,) = xs
    if kind in OTHERS:
        output, back_other = OTHERS[kind](fields, tensors, x)
        return Applied(output, _of_one_input(back_other), {})
    if fields.get("padding_mode"):
        return _padded_first(kind, fields, tensors, x)
    try:
        spec = element(kind, fields, x.shape[1:])
    except LookupError:
        if kind not in PADDED:
            raise
        return _padded_first(kind, fields, tensors, x)
    (node,) = layer_nodes((spec,), x.shape[1:])
    weights = {
        f"{node.name}/{name}": _fitted(name, value, node)
        for name, value in tensors.items()
    }
    masks = None
    if uniform is not None:
        masks = {node.name: mask(kind, fields, x.shape, uniform)}
    run = Pass(weights, masks)
    output, back = run.through((node,), x)

    def both(slope: Array) -> tuple[list[Array], dict[str, Array]]:
        before = back(slope)
        return [before], _short(run.gradients)

    return Applied(output, both, _short(run.kept))


def _of_one_input(
    back: Callable[[Array], tuple[Array, dict[str, Array]]],
) -> Callable[[Array], tuple[list[Array], dict[str, Array]]]:
    """Return a way back with a list of one derivative by an input."""

    def listed(slope: Array) -> tuple[list[Array], dict[str, Array]]:
        by_x, by_tensors = back(slope)
        return [by_x], by_tensors

    return listed


def can_apply(kind: str, fields: dict[str, Any], shape: Shape) -> bool:
    """Return whether an operation can be computed here.

    Args:
        kind: of the node.
        fields: of the node.
        shape: shape of one input sample, channels last.
    """
    if kind in SEVERAL:
        return not fields.get("masked")
    if kind in OTHERS:
        return can_apply_other(kind, fields)
    if kind in PADDED:
        fields = _without_padding(fields)
    try:
        element(kind, fields, shape)
    except (LookupError, ValueError):
        return False
    return True


def _fitted(name: str, value: Array, node: LayerNode) -> Array:
    """Return a tensor in the shape of an element, if it has no effect."""
    wanted = node.tensors.get(f"{node.name}/{name}")
    neutral = neutral_value(name)
    if wanted is None or neutral is None or value.shape == wanted:
        return value
    return np.full(wanted, neutral) if np.all(value == neutral) else value


def _padded_first(
    kind: str, fields: dict[str, Any], tensors: dict[str, Array], x: Array
) -> Applied:
    """Apply a window after its padding, which the language has not."""
    mode = PAD_MODES.get(fields.get("padding_mode") or "", "constant")
    value = 0.0 if kind != "max_pool" else float(x.min()) - 1.0
    wide, unpadded = padded(x, fields["pads"], mode, value)
    done = applied(kind, _without_padding(fields), tensors, [wide])

    def back(slope: Array) -> tuple[list[Array], dict[str, Array]]:
        (by_wide,), by_tensors = done.back(slope)
        return [unpadded(by_wide)], by_tensors

    return Applied(done.output, back, done.kept)


def _without_padding(fields: dict[str, Any]) -> dict[str, Any]:
    plain = {k: v for k, v in fields.items() if k != "padding_mode"}
    return plain | {"pads": ((0, 0), (0, 0))}


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
