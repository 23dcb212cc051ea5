"""Arms that each framework trains in its own way, on purpose.

See `common.spec.two_sided.experiment` for how they are written.
"""

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any, Generic, TypeVar

from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm

SIDES = ("torch", "keras")
LABELS = {"torch": "PyTorch", "keras": "Keras"}

Value = TypeVar("Value")


@dataclass(frozen=True)
class TwoSides(Generic[Value]):
    """One value for each framework."""

    torch: Value
    keras: Value

    def of(self, backend: str) -> Value:
        """Return the value of `torch` or of `keras`."""
        value: Value = getattr(self, backend)
        return value


@dataclass(frozen=True)
class TwoArms(TwoSides[Arm]):
    """One arm as each framework trains it."""

    @property
    def name(self) -> str:
        """The arm's name, which both sides share."""
        return self.torch.name

    @cached_property
    def partners(self) -> dict[str, str]:
        """The places that both sides have: Keras's name to PyTorch's."""
        return partners(self.torch.all_nodes, self.keras.all_nodes)


def two_arms(torch: Arm, keras: Arm) -> TwoArms:
    """Return an arm with two sides that draw alike what both have.

    Weights and masks are drawn by the name of their place. Where the lists
    of layers differ, one layer may have two names; on Keras's side it draws
    by PyTorch's name, and a layer that PyTorch's side has not draws by a
    name of its own.

    Args:
        torch: the arm that PyTorch trains.
        keras: the arm that Keras trains.
    """
    shared = partners(torch.all_nodes, keras.all_nodes)
    taken = {place.name for place in torch.all_nodes}
    streams = {}
    for place in keras.all_nodes:
        name = place.name
        own = f"{name} of Keras" if name in taken else name
        streams[name] = shared.get(name, own)
    renamed = tuple((k, v) for k, v in streams.items() if k != v)
    return TwoArms(torch, replace(keras, streams=renamed))


def partners(
    torch: tuple[LayerNode, ...], keras: tuple[LayerNode, ...]
) -> dict[str, str]:
    """Return which places of two networks stand for one another.

    First those of one kind and shape in the same order, then those of one
    kind and shape in another order; then, where as many places lie between
    two such on either side, the first with the first and so on.

    Args:
        torch: the places of PyTorch's side, inner ones first.
        keras: those of Keras's side.

    Returns:
        The name on PyTorch's side by the name on Keras's.
    """
    ours, theirs = ([_form(p) for p in found] for found in (torch, keras))
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    codes = matcher.get_opcodes()
    pairs = [
        (i + step, k + step)
        for word, i, j, k, _ in codes
        if word == "equal"
        for step in range(j - i)
    ]
    left = _left(len(ours), [i for i, _ in pairs])
    for k in _left(len(theirs), [k for _, k in pairs]):
        same = [i for i in left if ours[i] == theirs[k]]
        if same:
            pairs.append((same[0], k))
            left.remove(same[0])
    used = {i for i, _ in pairs}, {k for _, k in pairs}
    for word, i, j, k, m in codes:
        if word == "replace" and j - i == m - k:
            pairs += [
                (i + step, k + step)
                for step in range(j - i)
                if i + step not in used[0] and k + step not in used[1]
            ]
    return {keras[k].name: torch[i].name for i, k in pairs}


def _left(count: int, used: list[int]) -> list[int]:
    return [index for index in range(count) if index not in set(used)]


def _form(place: LayerNode) -> tuple[Any, ...]:
    tensors = place.parameters | place.state
    return (
        place.layer.kind(),
        place.output_shape,
        tuple((n.rpartition("/")[2], shape) for n, shape in tensors.items()),
    )


def sides_of(arm: Arm | TwoArms) -> dict[str, Arm]:
    """Return the arm that each framework trains."""
    if isinstance(arm, TwoArms):
        return {"torch": arm.torch, "keras": arm.keras}
    return dict.fromkeys(SIDES, arm)
