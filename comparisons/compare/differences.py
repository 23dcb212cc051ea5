"""The differences between two graphs, and what removes each."""

from collections.abc import Iterable

from framework_parity.common.live.graph import OPAQUE, Graph, Node
from framework_parity.common.live.joins import JOINS
from framework_parity.common.live.replay import NORMAL, StandIns
from framework_parity.common.live.standins import NEUTRAL, can_apply
from framework_parity.common.spec.conventions import CONVENTIONS
from framework_parity.comparisons.compare.pairing import (
    ACTIVATIONS,
    Pairing,
    differing,
)
from framework_parity.comparisons.compare.result import Difference

SLUGS = {row.field: row.name for row in CONVENTIONS}

INHERENT = {"running_variance"}
"""Fields that no argument of the frameworks' classes sets."""

SINGLE = {
    *("resize", "pixel_shuffle", "softmax", "log_softmax"),
    *("mean", "sum", "max", "min", "global_average_pool", "global_max_pool"),
    *("square", "absolute", "sqrt", "exp", "negative"),
}
"""Operations of one input."""

IDLE = {"dropout", "spatial_dropout", "stochastic_depth"}
"""Kinds that do nothing in evaluation mode."""

TRAINING_ONLY = {"running_decay", "running_variance", "rate", "dropout"}
"""Fields without an effect in evaluation mode."""


def found_differences(
    torch: Graph, keras: Graph, pairing: Pairing
) -> list[Difference]:
    """Return all differences, in the order of PyTorch's operations.

    Args:
        torch: PyTorch's graph.
        keras: Keras's graph.
        pairing: of their operations.
    """
    found = []
    for one, other in pairing.pairs:
        found += _of_pair(torch.nodes[one], keras.nodes[other])
        if (one, other) in pairing.orders:
            found.append(
                _of_order(
                    torch.nodes[one],
                    keras.nodes[other],
                    pairing.orders[one, other],
                )
            )
    sides = {
        "torch": (torch, pairing.torch_alone),
        "keras": (keras, pairing.keras_alone),
    }
    for side, (graph, alone) in sides.items():
        used = graph.used()
        found += [
            _alone(graph.nodes[index], side)
            for index in alone
            if index in used and graph.nodes[index].kind != "constant"
        ]
    return found


def _of_order(one: Node, other: Node, order: tuple[int, ...]) -> Difference:
    places = ", ".join(str(place + 1) for place in order)
    return Difference(
        "concatenate_order",
        one,
        other,
        f"the inputs of {one.label} in PyTorch are the inputs {places} of "
        f"{other.label} in Keras",
        "concatenate them in the same order",
        "order",
        order=order,
    )


def _of_pair(one: Node, other: Node) -> list[Difference]:
    if one.kind != other.kind:
        if OPAQUE in (one.kind, other.kind):
            return []
        return [
            Difference(
                f"{_family(one.kind)}_replaced",
                one,
                other,
                f"PyTorch has {_words(one)}, Keras {_words(other)}",
                f"use {one.kind} in both, or {other.kind} in both",
            )
        ]
    found = []
    names = [] if one.kind == OPAQUE else differing(one, other)
    if "bias" in one.tensors and "bias" not in other.tensors:
        names = [name for name in names if name != "bias"]
    for name in names:
        slug = SLUGS.get(f"{one.kind}.{name}", f"{one.kind}_{name}")
        values = one.fields.get(name), other.fields.get(name)
        found.append(
            Difference(
                slug,
                one,
                other,
                f"{name} of {one.kind} is {values[0]!r} in PyTorch and "
                f"{values[1]!r} in Keras",
                f"set Keras's to {values[0]!r} at {other.label}, or "
                f"PyTorch's to {values[1]!r} at {one.label}",
                name,
                inherent=name in INHERENT,
            )
        )
    found += _missing_tensors(one, other)
    for name in one.tensors.keys() & other.tensors.keys():
        shapes = tuple(one.tensors[name]), tuple(other.tensors[name])
        if squeezed(shapes[0]) != squeezed(shapes[1]):
            found.append(
                Difference(
                    f"{one.kind}_{name}_shape",
                    one,
                    other,
                    f"{name} of {one.kind} has the shape {shapes[0]} in "
                    f"PyTorch and {shapes[1]} in Keras",
                    "use the same sizes",
                    name if name in NEUTRAL else None,
                    part="shape" if name in NEUTRAL else "model",
                )
            )
    return found


def _missing_tensors(one: Node, other: Node) -> list[Difference]:
    """Return PyTorch's scales, shifts and biases that Keras has not."""
    if one.kind == OPAQUE or other.kind == OPAQUE:
        return []
    return [
        Difference(
            f"{one.kind}_{name}_missing",
            one,
            other,
            f"{one.kind} has {name} in PyTorch and none in Keras",
            f"add it at {other.label}, or remove it at {one.label}",
            name,
            part="tensor",
        )
        for name in NEUTRAL
        if name in one.tensors and name not in other.tensors
    ]


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without axes of size 1, which are a matter of writing."""
    return tuple(size for size in shape if size != 1)


def _alone(node: Node, side: str) -> Difference:
    label = {"torch": "PyTorch", "keras": "Keras"}
    other = {"torch": "keras", "keras": "torch"}[side]
    return Difference(
        f"missing_in_{other}",
        node if side == "torch" else None,
        node if side == "keras" else None,
        f"{label[side]} has {_words(node)}, which {label[other]} has not",
        f"add it in {label[other]}, or remove it at {node.label}",
    )


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
    if difference.part != "model":
        return difference.part != "unread"
    one, other = difference.torch, difference.keras
    if one is None or other is None:
        node = one or other
        assert node is not None
        idle = node.kind in IDLE
        idle = idle and not training
        joins = len(node.inputs) == 2 and node.kind in JOINS
        single = len(node.inputs) == 1
        return (single or joins) and not node.tensors and not idle
    # The operation is computed with Keras's tensors.
    needed = set(one.tensors)
    if one.kind in NORMAL:
        needed -= {"gamma", "beta"}
    if not needed <= set(other.tensors) or not other.inputs:
        return False
    shaped = difference.slug.endswith("_shape")
    if shaped or (difference.field in TRAINING_ONLY and not training):
        return False
    standin = stand_ins([difference])["keras"][other.index]
    assert standin is not None
    if standin[0] in JOINS:
        numbers = {"by", "of"} & standin[1].keys()
        wanted = 1 if numbers or standin[0] in SINGLE else len(one.inputs)
        return len(other.inputs) == wanted
    source, port = other.inputs[0]
    return can_apply(*standin, keras.nodes[source].shapes[port][1:])


def stand_ins(differences: Iterable[Difference]) -> dict[str, StandIns]:
    """Return what removes differences, for each framework's nodes.

    Keras's operation gets PyTorch's value of the field; an operation that
    only one side has is left out.

    Args:
        differences: all are testable.
    """
    chosen: dict[str, StandIns] = {"torch": {}, "keras": {}}
    for each in differences:
        one, other = each.torch, each.keras
        if each.part != "model":
            continue
        if one is None or other is None:
            node = one or other
            assert node is not None
            chosen["torch" if one else "keras"][node.index] = None
            continue
        known = chosen["keras"].get(other.index)
        kind, fields = known or (other.kind, other.fields)
        if each.order:
            fields = fields | {"order": each.order}
        elif each.field is None:
            kind, fields = one.kind, one.fields
        else:
            fields = fields | {each.field: one.fields.get(each.field)}
        chosen["keras"][other.index] = kind, fields
    return chosen


def in_one_place(causes: list[Difference]) -> list[Difference]:
    """Return causes, with an operation at another place as one of them.

    Args:
        causes: among which each side may have the same operation alone.
    """
    torch = [each for each in causes if each.keras is None and each.torch]
    keras = [each for each in causes if each.torch is None and each.keras]
    for one in torch:
        for other in keras:
            assert one.torch is not None
            assert other.keras is not None
            same = one.torch.fields == other.keras.fields
            if one.torch.kind != other.keras.kind or not same:
                continue
            moved = Difference(
                "operation_order",
                one.torch,
                other.keras,
                f"{one.torch.kind} is applied at another place: at "
                f"{one.torch.label} in PyTorch, at {other.keras.label} in "
                "Keras",
                "apply it at the same place",
                cost=one.cost,
            )
            rest = [each for each in causes if each not in (one, other)]
            return in_one_place([*rest, moved])
    return causes


def _family(kind: str) -> str:
    return "activation" if kind in ACTIVATIONS else "operation"


def _words(node: Node) -> str:
    return f"{node.kind} ({node.label})"
