"""Tasks that build an element, read it back, emit it, and run the code.

They run in a worker, which holds one framework, and import it there. Both
sides of a comparison, the object that is built and the one from emitted code,
go through the same method, `Side.observe`, which returns everything
observable of a live object.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from framework_parity.common.spec.layer import Shape
from tests.backends.items import Item, sample
from tests.backends.sides import Side
from tests.cases import arm


@dataclass
class Seen:
    """The results for one item.

    Attributes:
        read: what it was read back as.
        readers: the functions that recognised it.
        text: the code that was emitted.
        again: the same, emitted once more.
        built: what is observed of the object that was built.
        executed: what is observed of the object from the code.
    """

    read: Any = None
    readers: list[str] = field(default_factory=list)
    text: str = ""
    again: str = ""
    built: dict[str, Any] = field(default_factory=dict)
    executed: dict[str, Any] = field(default_factory=dict)


def read_back(
    trainer_class: Any, items: list[Item], progress: Any = None
) -> list[Seen]:
    """Build every item and read it."""
    side = Side.of(trainer_class)
    results = []
    for item in items:
        live = side.build(item)
        read = side.read(item, live)
        results.append(Seen(read=read, readers=side.readers_of(item, live)))
    return results


def read_networks(
    trainer_class: Any,
    networks: list[Any],
    shape: Shape,
    masked: bool,
    progress: Any = None,
) -> list[Any]:
    """Build every network and read it."""
    side = Side.of(trainer_class)
    build, reading = side.module("model").build, side.module("introspect")
    tokens = getattr(shape, "vocabulary", None)
    arms = [arm(list(layers), shape, tokens=tokens) for layers in networks]
    return [
        reading.read_model(build(network, masked), shape) for network in arms
    ]


def read_unknown(trainer_class: Any, name: str, progress: Any = None) -> str:
    """Return the error message for an object of an unknown class."""
    side = Side.of(trainer_class)
    base, *arguments = side.bases()[name]
    return _refusal(side, type("Unheard", (base,), {})(*arguments))


def read_near(trainer_class: Any, name: str, progress: Any = None) -> str:
    """Return the error message for an object with another meaning."""
    side = Side.of(trainer_class)
    return _refusal(side, side.near()[name])


def read_bare(trainer_class: Any, progress: Any = None) -> Any:
    """Return what a PyTorch layer without a note is read as."""
    import torch

    reading = Side.of(trainer_class).module("introspect")
    return reading.read(torch.nn.Linear(5, 3))


def read_frozen(
    trainer_class: Any, whole: bool, progress: Any = None
) -> tuple[Any, ...] | str:
    """Return what a network is read as whose first layers a user froze.

    Args:
        trainer_class: a backend's `Trainer`.
        whole: whether all parameters of the first two layers are frozen, or
            the bias of the first alone.
        progress: not used.
    """
    side = Side.of(trainer_class)
    network = arm([{"dense": 4}, {"batch_norm": {}}, "relu", {"dense": 3}])
    model = side.module("model").build(network)
    first, second = side.layers(model)[:2]
    side.freeze([first, second] if whole else [first.bias])
    try:
        layers: tuple[Any, ...] = side.module("introspect").read_model(model)
    except LookupError as error:
        return str(error)
    return layers


def _refusal(side: "Side", live: Any) -> str:
    try:
        return f"read as {side.module('introspect').read(live)!r}"
    except LookupError as error:
        return str(error)


def emit_and_run(
    trainer_class: Any, items: list[Item], progress: Any = None
) -> list[Seen]:
    """Build every item, emit it, run the code, and observe both objects."""
    side = Side.of(trainer_class)
    results = []
    for item in items:
        text, again = side.emit(item), side.emit(item)
        side.seed()
        live = side.build_alone(item)
        built = side.observe(item, live)
        executed = side.observe(item, side.execute(item, text))
        results.append(
            Seen(text=text, again=again, built=built, executed=executed)
        )
    return results


def emit_networks(
    trainer_class: Any,
    networks: list[Any],
    shape: Shape,
    progress: Any = None,
) -> tuple[np.ndarray, list[tuple[str, np.ndarray]]]:
    """Return inputs, and for each network its code and its outputs."""
    side = Side.of(trainer_class)
    build, emit = side.module("model").build, side.module("emit").emit_model
    results = []
    for layers in networks:
        example = arm(list(layers), shape)
        text = emit(example)
        side.seed()
        results.append((text, side.outputs(build(example), sample(shape))))
    return sample(shape), results
