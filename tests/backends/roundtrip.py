"""Tasks that build an element, read it back, emit it, and run what is emitted.

They run in a worker, which holds one framework, and import it there. Both
sides of a comparison, what is built and what is emitted, go through the same
function, `observed`, which says all that can be seen of a live object.
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
    """What became of an item.

    Attributes:
        read: what it was read back as.
        readers: the functions that recognised it.
        text: the code that was emitted.
        again: the same, emitted once more.
        built: what is seen of the object that was built.
        executed: what is seen of the object that the code made.
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
    found = []
    for item in items:
        live = side.build(item)
        read = side.read(item, live)
        found.append(Seen(read=read, readers=side.readers_of(item, live)))
    return found


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
    return [
        reading.read_model(build(arm(list(layers), shape), masked), shape)
        for layers in networks
    ]


def read_unknown(trainer_class: Any, name: str, progress: Any = None) -> str:
    """Return what is said of an object of a class that nobody knows."""
    side = Side.of(trainer_class)
    base, *arguments = side.bases()[name]
    return _refusal(side, type("Unheard", (base,), {})(*arguments))


def read_near(trainer_class: Any, name: str, progress: Any = None) -> str:
    """Return what is said of an object that means something else."""
    side = Side.of(trainer_class)
    return _refusal(side, side.near()[name])


def read_bare(trainer_class: Any, progress: Any = None) -> Any:
    """Return how a PyTorch layer is read that nobody left a note on."""
    import torch

    reading = Side.of(trainer_class).module("introspect")
    return reading.read(torch.nn.Linear(5, 3))


def _refusal(side: "Side", live: Any) -> str:
    try:
        return f"read as {side.module('introspect').read(live)!r}"
    except LookupError as error:
        return str(error)


def emit_and_run(
    trainer_class: Any, items: list[Item], progress: Any = None
) -> list[Seen]:
    """Build every item; also emit it, run that, and look at both."""
    side = Side.of(trainer_class)
    found = []
    for item in items:
        text, again = side.emit(item), side.emit(item)
        side.seed()
        live = side.build_alone(item)
        built = side.observe(item, live)
        executed = side.observe(item, side.execute(item, text))
        found.append(
            Seen(text=text, again=again, built=built, executed=executed)
        )
    return found


def emit_networks(
    trainer_class: Any,
    networks: list[Any],
    shape: Shape,
    progress: Any = None,
) -> tuple[np.ndarray, list[tuple[str, np.ndarray]]]:
    """Return inputs; for each network its code, and what it makes of them."""
    side = Side.of(trainer_class)
    build, emit = side.module("model").build, side.module("emit").emit_model
    found = []
    for layers in networks:
        example = arm(list(layers), shape)
        text = emit(example)
        side.seed()
        found.append((text, side.outputs(build(example), sample(shape))))
    return sample(shape), found
