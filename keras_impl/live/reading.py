"""Read a trace of a Keras model as a neutral graph.

Keras's images have their channels last, which is the neutral layout.
"""

from typing import Any

import keras
from keras import layers

from framework_parity.common.live.constants import with_constants
from framework_parity.common.live.elements import Described, described
from framework_parity.common.live.functional import (
    FunctionalLayer,
    functional_layer,
)
from framework_parity.common.live.graph import OPAQUE, Edge, Graph, Node
from framework_parity.common.live.trace import Call, Source, Trace
from framework_parity.common.spec.layer import LayerSpec
from framework_parity.keras_impl import introspect
from framework_parity.keras_impl.layouts import layouts_of
from framework_parity.keras_impl.live import tensors
from framework_parity.keras_impl.live.functional import FUNCTIONAL
from framework_parity.keras_impl.live.functions import (
    FUNCTIONS,
    axes_of,
    axis_of,
    snake_case,
)
from framework_parity.keras_impl.live.layers import LAYERS
from framework_parity.keras_impl.live.words import (
    ALIASES,
    ARITHMETIC,
    NOISE,
    SINGLE,
)


def read_graph(trace: Trace) -> Graph:
    """Return the neutral graph of a trace, in the order of its events."""
    reader = Reader(trace)
    nodes = tuple(
        reader.node(index, event) for index, event in enumerate(trace.events)
    )
    graph = Graph(nodes, trace.outputs)
    return with_constants(graph, trace, tensors.to_array)


class Reader:
    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def _number(self, edge: Edge) -> float | None:
        """Return the number that an edge is, if it is one of the code."""
        event = self.trace.events[edge[0]]
        if isinstance(event, Call) or event.kind == "input" or event.name:
            return None
        if tuple(event.value.shape):
            return None
        return float(keras.ops.convert_to_numpy(event.value))

    def node(self, index: int, event: Source | Call) -> Node:
        if isinstance(event, Source):
            shape = tuple(event.value.shape)
            named = event.kind == "constant" and event.name
            return Node(
                index,
                event.kind,
                name=event.name or event.kind,
                tensors={"value": shape} if named else {},
                shapes=(shape,),
                event=index,
            )
        found = functional_layer(self.trace, event, FUNCTIONAL)
        if found is not None:
            return self._layer_of(index, event, found)
        kind, fields = self._read(event)
        edges = fields.pop("inputs", tuple(event.inputs.values()))
        held, source = {}, event.name
        if isinstance(event.layer, layers.Layer):
            held = {k: v.shape for k, v in tensors.read(event.layer).items()}
            source = f"{type(event.layer).__module__}."
            source += type(event.layer).__qualname__
        return Node(
            index,
            kind,
            fields,
            tuple(edge for edge in edges if self._number(edge) is None),
            event.name,
            source,
            event.site,
            held,
            tuple(tuple(value.shape) for value in event.outputs),
            event=index,
        )

    def _layer_of(
        self, index: int, event: Call, found: FunctionalLayer
    ) -> Node:
        """Return the node of a function with the model's tensors."""
        kind, fields = self.layer(event, found.module)
        sources = found.sources(layouts_of(found.module))
        read = tensors.read(found.module)
        return Node(
            index,
            kind,
            fields,
            (found.input or event.first[1],),
            event.name,
            event.name,
            event.site,
            {name: tuple(read[name].shape) for name in sources},
            (tuple(event.outputs[0].shape),),
            event=index,
            sources=sources,
        )

    def _read(self, event: Call) -> Described:
        if isinstance(event.layer, layers.Layer):
            return self.layer(event, event.layer)
        name = event.name.rpartition(".")[2]
        name = ALIASES.get(name, name)
        plain = name if name in ARITHMETIC else snake_case(name)
        if name in NOISE or plain in NOISE:
            return "identity", {}
        if ARITHMETIC.get(plain) == "matmul":
            return FUNCTIONS["matmul"](self, event)
        if plain in ARITHMETIC:
            return self._arithmetic(event, ARITHMETIC[plain])
        plain = ALIASES.get(plain, plain)
        if plain in SINGLE:
            return plain, {}
        reader = FUNCTIONS.get(plain)
        if reader is None:
            return OPAQUE, {"function": event.name}
        return reader(self, event)

    def _arithmetic(self, event: Call, kind: str) -> Described:
        """Return an operation with its number, if one input is a number."""
        numbers = [
            (place, value)
            for place, value in enumerate(event.flat)
            if place not in event.inputs
            and isinstance(value, int | float)
            and not isinstance(value, bool)
        ]
        numbers += [
            (place, number)
            for place, edge in event.inputs.items()
            if (number := self._number(edge)) is not None
        ]
        if not numbers:
            return kind, {}
        place, number = numbers[0]
        ordered = kind in ("subtract", "divide") and place == 0
        return kind, {"of" if ordered else "by": float(number)}

    def layer(self, event: Call, layer: Any) -> Described:
        """Return a layer as a node."""
        for kind, reader in LAYERS.items():
            if isinstance(layer, kind):
                return reader(self, event, layer)
        return self.element(event, layer)

    def element(self, event: Call, layer: Any) -> Described:
        """Return a layer as an element of the language.

        The activation is an operation of its own, and how weights are drawn
        does not matter.
        """
        drawn = [name for name in vars(layer) if name.endswith("_initializer")]
        instead: dict[str, Any] = dict.fromkeys(
            drawn, keras.initializers.Zeros()
        )
        if getattr(layer, "activation", None) is not None:
            instead["activation"] = keras.activations.linear
        plain = {name: getattr(layer, name) for name in instead}
        try:
            for name, value in instead.items():
                object.__setattr__(layer, name, value)
            spec = introspect.read(layer)
        except LookupError:
            spec = None
        finally:
            for name, value in plain.items():
                object.__setattr__(layer, name, value)
        if not isinstance(spec, LayerSpec):
            return OPAQUE, {"layer": type(layer).__name__}
        return described(spec, tuple(event.first[0].shape)[1:])

    def axis(self, event: Call, axis: int, more: int = 0) -> int:
        """Return an axis from the first."""
        return axis_of(event, axis, more)

    def axes(self, event: Call, axes: Any) -> tuple[int, ...] | str:
        """Return axes from the first, in order."""
        return axes_of(event, axes)

    def reshaped(self, event: Call) -> Described:
        """Return what a change of shape is."""
        return FUNCTIONS["reshape"](self, event)
