"""Arms with deliberate differences between the frameworks.

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
        """The name of the arm, the same on both sides."""
        return self.torch.name

    @cached_property
    def partners(self) -> dict[str, str]:
        """The layers on both sides: Keras's name → PyTorch's name."""
        return partners(self.torch.all_nodes, self.keras.all_nodes)


def two_arms(torch: Arm, keras: Arm) -> TwoArms:
    """Return an arm with two sides whose common layers draw the same values.

    Weights and masks are drawn from a stream that is named after the layer.
    Where the lists of layers differ, a common layer may have two names; on
    Keras's side it uses the stream of PyTorch's name. A layer that is only on
    Keras's side uses a separate stream.

    Args:
        torch: the arm that PyTorch trains.
        keras: the arm that Keras trains.

    Returns:
        Both arms, with the `streams` of Keras's side.
    """
    shared = partners(torch.all_nodes, keras.all_nodes)
    taken = {node.name for node in torch.all_nodes}
    streams = {}
    for node in keras.all_nodes:
        name = node.name
        stream = f"{name} of Keras" if name in taken else name
        streams[name] = shared.get(name, stream)
    renamed = tuple((k, v) for k, v in streams.items() if k != v)
    return TwoArms(torch, replace(keras, streams=renamed))


def partners(
    torch: tuple[LayerNode, ...], keras: tuple[LayerNode, ...]
) -> dict[str, str]:
    """Match the layers of two networks.

    Layers of the same kind and shape are matched first in the same order,
    then in another order. Between two matches, the remaining layers are
    matched one by one if there are as many on both sides.

    Args:
        torch: the layers of PyTorch's side, inner ones first.
        keras: the layers of Keras's side, inner ones first.

    Returns:
        The name on Keras's side → the name on PyTorch's side.
    """
    torch_forms, keras_forms = (
        [_form(node) for node in nodes] for nodes in (torch, keras)
    )
    matcher = SequenceMatcher(None, torch_forms, keras_forms, autojunk=False)
    codes = matcher.get_opcodes()
    pairs = [
        (i + step, k + step)
        for word, i, j, k, _ in codes
        if word == "equal"
        for step in range(j - i)
    ]
    left = _left(len(torch_forms), [i for i, _ in pairs])
    for k in _left(len(keras_forms), [k for _, k in pairs]):
        same = [i for i in left if torch_forms[i] == keras_forms[k]]
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


def _form(node: LayerNode) -> tuple[Any, ...]:
    shapes = node.tensors.items()
    return (
        node.layer.kind(),
        node.output_shape,
        tuple((n.rpartition("/")[2], shape) for n, shape in shapes),
    )


def sides_of(arm: Arm | TwoArms) -> dict[str, Arm]:
    """Return the arm of each framework: `torch` and `keras`."""
    if isinstance(arm, TwoArms):
        return {"torch": arm.torch, "keras": arm.keras}
    return dict.fromkeys(SIDES, arm)
