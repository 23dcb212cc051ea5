"""An element to build and observe, and the inputs to observe it with."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from framework_parity.common.codegen.lookup import SPEC
from framework_parity.common.spec.layer import Shape, TokenShape
from framework_parity.common.spec.losses import CrossEntropy
from framework_parity.common.spec.node import SpecNode

LR, STEPS_PER_EPOCH, STEPS = 0.03, 3, 20
FAN_IN, FAN_OUT = 4, 6
OURS = ("framework_parity", "tests")


@dataclass(frozen=True)
class Item:
    """An element to build, and for a layer the shape of its input."""

    spec: SpecNode
    shape: Shape = (5,)

    @property
    def book(self) -> str:
        """The file or package that builds it."""
        address = type(self.spec).__module__.removeprefix(SPEC)
        return address.partition(".")[0]


def facts(live: Any) -> dict[str, Any]:
    """Return an object's class and its public attributes of plain types."""
    plain = (bool, int, float, str, tuple, type(None))
    return {"class": type(live).__name__} | {
        name: value
        for name, value in getattr(live, "__dict__", {}).items()
        if not name.startswith("_") and isinstance(value, plain)
    }


def steps_of(item: Item) -> int:
    """Return the number of steps; PyTorch's OneCycleLR ends in an error."""
    return min(getattr(item.spec, "steps", STEPS), STEPS) - 1


def sample(shape: Shape) -> np.ndarray:
    rng = np.random.Generator(np.random.Philox(7))
    if isinstance(shape, TokenShape):
        return rng.integers(shape.vocabulary, size=(6, *shape))
    return rng.normal(size=(6, *shape))


def outputs_of(item: Item) -> tuple[np.ndarray, np.ndarray]:
    """Return outputs and labels that a loss can take."""
    rng = np.random.Generator(np.random.Philox(8))
    if isinstance(item.spec, CrossEntropy):
        weights = getattr(item.spec, "class_weights", (1.0, 1.0, 1.0))
        classes = len(weights)
        return rng.normal(size=(6, classes)), np.arange(6) % classes
    y = (np.arange(6.0) % 2).reshape(6, 1)
    return 3 * rng.normal(size=(6, 1)), y
