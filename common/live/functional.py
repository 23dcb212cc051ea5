"""Functions that are layers with tensors from outside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from framework_parity.common.layouts import Layout
from framework_parity.common.live.graph import Edge
from framework_parity.common.live.trace import Call, Source, Trace


@dataclass(frozen=True)
class FunctionalLayer:
    """A function as the layer that it is.

    Attributes:
        module: a layer with the same fields and shapes.
        edges: where each of its tensors comes from, by the layer's name.
        input: where its input comes from, if that is not the first tensor.
    """

    module: Any
    edges: dict[str, Edge]
    input: Edge | None = None

    def sources(
        self, layouts: tuple[Layout, ...]
    ) -> dict[str, tuple[int, Layout]]:
        """Return where each neutral tensor is in the trace, and its layout.

        Args:
            layouts: of the layer's tensors.
        """
        return {
            layout.neutral: (self.edges[layout.own[0]][0], layout)
            for layout in layouts
            if layout.own[0] in self.edges
        }


def functional_layer(
    trace: Trace,
    event: Call,
    readers: Mapping[str, Callable[[Call], FunctionalLayer | None]],
) -> FunctionalLayer | None:
    """Return the layer that a function with the model's tensors is.

    Args:
        trace: of the model.
        event: a call in it.
        readers: a backend's, by the name of the function.

    Returns:
        The layer; None for another function, or if a tensor is not the
        model's own.
    """
    reader = readers.get(event.name.rpartition(".")[2])
    if event.layer is not None or reader is None:
        return None
    found = reader(event)
    if found is None or not found.edges:
        return None
    events = [trace.events[edge[0]] for edge in found.edges.values()]
    owned = all(isinstance(e, Source) and e.name for e in events)
    return found if owned else None
