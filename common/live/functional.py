"""Functions that are layers with tensors from outside."""

from dataclasses import dataclass
from typing import Any

from framework_parity.common.live.graph import Edge


@dataclass(frozen=True)
class FunctionalLayer:
    """A function as the layer that it is.

    Attributes:
        module: a layer with the same fields and shapes.
        edges: where each of its tensors comes from, by the layer's name.
    """

    module: Any
    edges: dict[str, Edge]
