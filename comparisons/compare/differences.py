"""The differences between two graphs."""

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.graph import (
    COMMUTATIVE,
    OPAQUE,
    Graph,
    Node,
)
from framework_parity.common.live.replay import NORMAL
from framework_parity.common.live.standins import (
    neutral_value,
)
from framework_parity.common.reference.recurrence import GATES
from framework_parity.comparisons.compare.fields import slug_of
from framework_parity.comparisons.compare.pairing import (
    ACTIVATIONS,
    Pairing,
    differing,
)
from framework_parity.comparisons.compare.result import Difference, Place

INHERENT = {"running_variance"}
"""Fields that no argument of the frameworks' classes sets."""

SIZES = {
    *("units", "filters", "groups", "size", "ids", "slopes"),
    *("heads", "key_size"),
}
"""Fields that the shapes of tensors depend on."""

LONGEST = 60
"""Letters of a value that a sentence has."""

PARTS = {"padding_row": "padding_row"}
"""Fields that only training depends on, and what removes them."""

FLOAT32 = 2.0**-22
"""Largest relative difference that a constant rounded to float32 explains."""


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
        found += _of_constants(torch, keras, one, other)
        found += _of_ports(torch.nodes[one], keras.nodes[other], pairing)
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
        f"{one.kind}_order",
        one,
        other,
        f"the inputs of {one.label} in PyTorch are the inputs {places} of "
        f"{other.label} in Keras",
        "give them in the same order",
        "order",
        order=order,
    )


def _of_ports(one: Node, other: Node, pairing: Pairing) -> list[Difference]:
    """Return the difference that two operations take other parts of one.

    A split has several outputs, and so has a recurrent layer.
    """
    if one.kind != other.kind or len(one.inputs) != len(other.inputs):
        return []
    mine: dict[int | None, list[int]] = {}
    for source, port in one.inputs:
        mine.setdefault(pairing.keras_of.get(source), []).append(port)
    theirs: dict[int, list[tuple[int, int]]] = {}
    for place, (source, port) in enumerate(other.inputs):
        theirs.setdefault(source, []).append((place, port))
    ordered = (one.index, other.index) in pairing.orders
    if mine.keys() != theirs.keys() or ordered:
        return []
    swapped = one.kind in COMMUTATIVE
    ports = tuple(
        (place, wanted)
        for source, places in theirs.items()
        # Exchanged inputs of a sum have no effect.
        if not swapped or {port for _, port in places} != set(mine[source])
        for wanted, (place, port) in zip(mine[source], places, strict=False)
        if wanted != port
    )
    if not ports:
        return []
    place, port = ports[0]
    return [
        Difference(
            f"{one.kind}_part",
            one,
            other,
            f"{one.kind} takes part {port + 1} of what is before it in "
            f"PyTorch, and part {other.inputs[place][1] + 1} in Keras",
            "take the same part",
            ports=ports,
        )
    ]


def _of_constants(
    torch: Graph, keras: Graph, one: int, other: int
) -> list[Difference]:
    """Return the difference of two constants that are not copied."""
    nodes = torch.nodes[one], keras.nodes[other]
    mine, theirs = nodes[0].value, nodes[1].value
    copied = nodes[0].tensors and nodes[1].tensors
    if mine is None or theirs is None or copied:
        return []
    wanted = _arranged_as(theirs, mine)
    if wanted is None or np.array_equal(wanted, theirs):
        return []
    places = Place(
        *(
            f"the constant of {user.label}"
            for graph, index in ((torch, one), (keras, other))
            for user in graph.consumers(index)[:1]
        )
    )
    numbers, others = wanted.astype(np.float64), theirs.astype(np.float64)
    scale = np.abs(numbers).max()
    apart = np.abs(numbers - others).max() / scale if scale else np.inf
    close = bool(apart < FLOAT32)
    return [
        Difference(
            "float32_constant" if close else "constant",
            *nodes,
            f"{places.torch} in PyTorch and that in Keras differ by "
            f"{apart:.2g} of their size"
            + (", as numbers that are rounded to float32 do" * close),
            "compute it in the same way and the same precision",
            places=places,
            inherent=close,
            value=wanted,
        )
    ]


def _arranged_as(theirs: Array, mine: Array) -> Array | None:
    """Return a constant of PyTorch's in the layout of Keras's, or None."""
    if mine.ndim >= 3 and squeezed(mine.shape) != squeezed(theirs.shape):
        mine = np.moveaxis(mine, 1, -1)
    if squeezed(mine.shape) != squeezed(theirs.shape):
        return None
    return mine.reshape(theirs.shape)


def _of_pair(one: Node, other: Node) -> list[Difference]:
    if one.kind == other.kind == "constant":
        return []
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
                part="model" if has_tensors_of(one, other) else "layer",
            )
        ]
    found = _of_states(one, other)
    names = [] if one.kind == OPAQUE else differing(one, other)
    resized = [
        name
        for name in one.tensors.keys() & other.tensors.keys()
        if squeezed(one.tensors[name]) != squeezed(other.tensors[name])
    ]
    # With other sizes, the operation needs PyTorch's tensors, too.
    kernels = [name for name in resized if neutral_value(name) is None]
    sized = set(names) & SIZES if kernels else set()
    missing = _missing_tensors(one, other)
    if missing:
        names = [name for name in names if name != "bias"]
    if sized:
        found.append(_of_sizes(one, other, sorted(sized)))
    for name in names:
        if name in sized:
            continue
        mine, theirs = (_shown(node.fields.get(name)) for node in (one, other))
        found.append(
            Difference(
                slug_of(one.kind, name),
                one,
                other,
                f"{name} of {one.kind} is {mine} in PyTorch and {theirs} in "
                "Keras",
                f"set Keras's to {mine} at {other.label}, or PyTorch's to "
                f"{theirs} at {one.label}",
                name,
                part=PARTS.get(name, "model"),
                inherent=name in INHERENT,
            )
        )
    found += missing
    found += [
        Difference(
            f"{one.kind}_{name}_shape",
            one,
            other,
            f"{name} of {one.kind} has the shape {tuple(one.tensors[name])} "
            f"in PyTorch and {tuple(other.tensors[name])} in Keras",
            "use the same sizes",
            name if neutral_value(name) is not None else None,
            part="shape" if neutral_value(name) is not None else "layer",
        )
        for name in resized
        if not (sized and neutral_value(name) is None)
    ]
    return found


def _of_states(one: Node, other: Node) -> list[Difference]:
    """Return the difference that one recurrent layer starts from 0."""
    given = len(one.inputs) > 1, len(other.inputs) > 1
    if one.kind not in GATES or given[0] == given[1]:
        return []
    sides = ("PyTorch", "Keras") if given[0] else ("Keras", "PyTorch")
    return [
        Difference(
            f"{one.kind}_initial_state",
            one,
            other,
            f"{one.kind} starts from a given state in {sides[0]}, and from 0 "
            f"in {sides[1]}",
            f"give the state in {sides[1]}, too",
            part="state",
        )
    ]


def _of_sizes(one: Node, other: Node, names: list[str]) -> Difference:
    """Return the difference of an operation whose tensors have other sizes.

    Args:
        one: PyTorch's operation.
        other: Keras's.
        names: the fields that the sizes depend on and that differ.
    """
    texts = [
        f"{name} is {one.fields.get(name)!r} in PyTorch and "
        f"{other.fields.get(name)!r} in Keras"
        for name in names
    ]
    return Difference(
        slug_of(one.kind, names[0]),
        one,
        other,
        f"of {one.kind}, " + "; ".join(texts),
        f"use the same values at {one.label} and {other.label}",
        names[0],
        part="layer",
    )


def _shown(value: object) -> str:
    """Return a value of a field in a sentence; of a matrix, its beginning."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def has_tensors_of(one: Node, other: Node) -> bool:
    """Return whether an operation has the tensors that another one needs.

    Args:
        one: the operation that is to be computed.
        other: the one whose tensors are used.
    """
    alike = one.kind == other.kind or one.kind in NORMAL
    return all(
        (alike and neutral_value(name) is not None)
        or (
            name in other.tensors
            and squeezed(shape) == squeezed(other.tensors[name])
        )
        for name, shape in one.tensors.items()
    )


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
        for name in one.tensors
        if name not in other.tensors and neutral_value(name) is not None
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
