"""What removes the differences between two graphs."""

from collections.abc import Iterable

from framework_parity.common.live.graph import Graph, Node
from framework_parity.common.live.joins import JOINS
from framework_parity.common.live.replay import StandIns
from framework_parity.common.live.standins import SEVERAL, can_apply
from framework_parity.comparisons.compare.differences import (
    SIZES,
    has_tensors_of,
)
from framework_parity.comparisons.compare.pairing import NORMS
from framework_parity.comparisons.compare.result import Difference

SINGLE = {
    *("resize", "pixel_shuffle", "softmax", "log_softmax"),
    *("reshape", "permute", "clip", "variance", "deviation", "pad"),
    "adaptive_average_pool",
    *("mean", "sum", "max", "min", "global_average_pool", "global_max_pool"),
    *("square", "absolute", "sqrt", "exp", "negative"),
}
"""Operations of one input."""

TRAINING_ONLY = {"running_decay", "running_variance", "rate", "dropout"}
"""Fields without an effect in evaluation mode."""

IDLE = {"dropout", "spatial_dropout", "stochastic_depth", "stop_gradient"}
"""Kinds that do nothing in evaluation mode."""


def is_testable(
    difference: Difference, keras: Graph, *, training: bool = False
) -> bool:
    """Return whether removing a difference is possible, and may show.

    Args:
        difference: between the models, or between their training.
        keras: Keras's graph, in which an operation is replaced.
        training: whether the models run in training mode.
    """
    if difference.part in ("tensor", "shape"):
        return not training
    if difference.part == "padding_row":
        return training
    if difference.part == "state":
        stateful = _with_states(difference)
        return can_apply(stateful.kind, stateful.fields, ())
    if difference.part not in ("model", "layer"):
        return difference.part != "unread"
    if difference.value is not None:
        return True
    if difference.ports:
        node = difference.keras
        assert node is not None
        source, port = node.inputs[0]
        shape = keras.nodes[source].shapes[port][1:]
        return node.kind in JOINS or can_apply(node.kind, node.fields, shape)
    one, other = difference.torch, difference.keras
    if one is None or other is None:
        node = one or other
        assert node is not None
        idle = node.kind in IDLE
        idle = idle and not training
        joins = len(node.inputs) == 2 and node.kind in JOINS
        single = len(node.inputs) == 1
        plain = not node.tensors or node.kind in NORMS
        return (single or joins) and plain and not idle
    if not other.inputs:
        return False
    if difference.part == "layer":
        # It is computed with PyTorch's tensors, which are not trained.
        if training or len(one.inputs) != len(other.inputs):
            return False
    elif not has_tensors_of(one, other):
        return False
    if difference.field in TRAINING_ONLY and not training:
        return False
    standin = stand_ins([difference])["keras"][other.index]
    assert standin is not None
    if standin[0] in JOINS:
        numbers = {"by", "of"} & standin[1].keys()
        wanted = 1 if numbers or standin[0] in SINGLE else len(one.inputs)
        return len(other.inputs) == wanted
    if len(other.inputs) != (3 if standin[0] in SEVERAL else 1):
        return False
    source, port = other.inputs[0]
    return can_apply(*standin, keras.nodes[source].shapes[port][1:])


def _with_states(difference: Difference) -> Node:
    """Return the recurrent layer that starts from given states."""
    one, other = difference.torch, difference.keras
    assert one is not None
    assert other is not None
    return one if len(one.inputs) > 1 else other


def stand_ins(
    differences: Iterable[Difference], graphs: dict[str, Graph] | None = None
) -> dict[str, StandIns]:
    """Return what removes differences, for each framework's nodes.

    Keras's operation gets PyTorch's value of the field; an operation that
    only one side has is left out.

    Args:
        differences: all are testable.
        graphs: of both sides, where operations are at other places.
    """
    chosen: dict[str, StandIns] = {"torch": {}, "keras": {}}
    for each in differences:
        one, other = each.torch, each.keras
        if each.part == "placement":
            assert one is not None
            for side, graph in (graphs or {}).items():
                chosen[side] |= {
                    node.index: None for node in graph if node.kind == one.kind
                }
        if each.part == "state":
            own = _with_states(each)
            side = "torch" if own is one else "keras"
            chosen[side].setdefault(own.index, (own.kind, own.fields))
        if each.part not in ("model", "layer"):
            continue
        if one is None or other is None:
            node = one or other
            assert node is not None
            chosen["torch" if one else "keras"][node.index] = None
            continue
        known = chosen["keras"].get(other.index)
        kind, fields = known or (other.kind, other.fields)
        if each.value is not None:
            fields = {"value": each.value}
        elif each.ports:
            fields = fields | {"ports": dict(each.ports)}
        elif each.order:
            fields = fields | {"order": each.order}
        elif each.field is None:
            kind = one.kind
            fields = fields if one.kind == other.kind else one.fields
        else:
            names = {each.field} | (SIZES if each.part == "layer" else set())
            fields = fields | {
                name: one.fields.get(name)
                for name in names
                if name in one.fields or name == each.field
            }
        chosen["keras"][other.index] = kind, fields
    return chosen
