"""Read a trace of a PyTorch model as a neutral graph.

PyTorch's images have their channels first; axes in the graph are counted in
the neutral layout, where they are last. A tensor has its channels first if an
operation on images or sequences with channels made it, or if it is an input
of four or five axes.
"""

import math
from dataclasses import replace
from typing import Any

from torch import nn

from framework_parity.common.live.constants import with_constants
from framework_parity.common.live.elements import Described, described
from framework_parity.common.live.functional import (
    FunctionalLayer,
    functional_layer,
)
from framework_parity.common.live.graph import OPAQUE, Edge, Graph, Node
from framework_parity.common.live.rules import arranged, selected
from framework_parity.common.live.trace import Call, Source, Trace
from framework_parity.common.spec.layer import LayerSpec, Shape
from framework_parity.torch_impl import introspect
from framework_parity.torch_impl.layouts import layouts_of
from framework_parity.torch_impl.live import tensors
from framework_parity.torch_impl.live.functional import FUNCTIONAL
from framework_parity.torch_impl.live.functions import FUNCTIONS
from framework_parity.torch_impl.live.layers import LAYERS
from framework_parity.torch_impl.live.words import (
    ARITHMETIC,
    AS_MODULE,
    IMAGES,
    JOINS,
    KEEPING,
    NOISE,
    REDUCTIONS,
)

NUMBERS = {"slope", "alpha", "form", "beta", "by", "of"}
"""Fields of operations on single numbers."""


def read_graph(trace: Trace) -> Graph:
    """Return the neutral graph of a trace, in the order of its events."""
    reader = Reader(trace)
    nodes = tuple(
        reader.node(index, event) for index, event in enumerate(trace.events)
    )
    graph = Graph(tuple(map(reader.arranged, nodes)), trace.outputs)
    return with_constants(graph, trace, tensors.to_array)


class Reader:
    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.first: set[Edge] = set()  # edges with the channels first
        for index, event in enumerate(trace.events):
            if not isinstance(event, Source) or event.kind != "input":
                continue
            first = event.first
            if first is None:
                first = event.value.ndim in (4, 5)
            if first:
                self.first.add((index, 0))

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
                channels_first=(index, 0) in self.first,
            )
        module = functional_layer(self.trace, event, FUNCTIONAL)
        if module is not None:
            return self._layer_of(index, event, module)
        kind, fields = self._read(event)
        inputs = fields.pop("inputs", tuple(event.inputs.values()))
        shapes = tuple(tuple(value.shape) for value in event.outputs)
        self._mark(index, event, kind, fields)
        held = {}
        if event.layer is not None:
            held = {k: v.shape for k, v in tensors.read(event.layer).items()}
        source = event.name
        if event.layer is not None:
            source = f"{type(event.layer).__module__}."
            source += type(event.layer).__qualname__
        return Node(
            index,
            kind,
            fields,
            inputs,
            event.name,
            source,
            event.site,
            held,
            shapes,
            event=index,
            channels_first=(index, 0) in self.first,
        )

    def arranged(self, node: Node) -> Node:
        """Return a node, as an arrangement if it only moves the channels.

        Whether they are first is known when they come to a layer with
        channels.
        """
        if node.kind == "reshape":
            return self._as_image(node)
        order = node.fields.get("order")
        number = len(node.shapes[0]) if node.shapes else 0
        first = (0, number - 1, *range(1, number - 1))
        moves = node.kind == "permute" and order == first
        if not moves or (node.index, 0) not in self.first:
            return node
        if node.inputs[0] in self.first:
            return node
        fields = {"first": True}
        return replace(
            node, kind="arrange", fields=fields, channels_first=True
        )

    def _as_image(self, node: Node) -> Node:
        """Return a change of shape whose result has its channels first."""
        given = node.inputs and node.inputs[0] in self.first
        first = (node.index, 0) in self.first
        if given or not first or node.channels_first:
            return node
        channels, *sides = node.fields["shape"][-len(node.shapes[0]) + 1 :]
        fields = {"shape": (*sides, channels), "into": "channels_first"}
        return replace(node, fields=fields, channels_first=True)

    def _layer_of(
        self, index: int, event: Call, found: FunctionalLayer
    ) -> Node:
        """Return the node of a function with the model's tensors."""
        kind, fields = self._module(event, found.module)
        self._mark(index, event, kind, fields)
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
            {name: read[name].shape for name in sources},
            (tuple(event.outputs[0].shape),),
            event=index,
            channels_first=(index, 0) in self.first,
            sources=sources,
        )

    def _mark(
        self, index: int, event: Call, kind: str, fields: dict[str, Any]
    ) -> None:
        """Note whether the outputs have the channels first."""
        edges = list(event.inputs.values())
        given = any(edge in self.first for edge in edges)
        single = not fields.keys() - NUMBERS
        elementwise = single and kind not in ("matmul", "reshape", OPAQUE)
        # What cannot be read and takes and returns images, such as a pixel
        # shuffle, is an operation on images.
        image = event.inputs and event.first[0].ndim == 4
        boxed = kind == OPAQUE and image and event.outputs[0].ndim == 4
        after = kind in IMAGES or (
            given and (kind in KEEPING or elementwise or boxed)
        )
        if kind in REDUCTIONS.values() and given:
            after = event.first[0].ndim == event.outputs[0].ndim
        if kind == "arrange":
            after = bool(fields["first"])
        if kind == "reshape" and given:
            shapes = event.first[0].shape, event.outputs[0].shape
            before, now = map(tuple, shapes)
            after = self._keeps_channels(before, now, event.first[1])
        for port, value in enumerate(event.outputs):
            if after and value.ndim >= 3:
                self.first.add((index, port))

    def sample(self, event: Call) -> Shape:
        """Return the shape of a sample of the first input, channels last."""
        tensor, edge = event.first
        shape = tuple(tensor.shape)[1:]
        if edge in self.first:
            return (*shape[1:], shape[0])
        return shape

    def axis(self, event: Call, axis: int, more: int = 0) -> int:
        """Return an axis in the neutral layout, from the first."""
        tensor, edge = event.first
        number = tensor.ndim + more
        axis %= number
        if edge not in self.first or axis == 0:
            return axis
        return number - 1 if axis == 1 else axis - 1

    def _read(self, event: Call) -> Described:
        if event.layer is not None:
            return self._module(event, event.layer)
        name = event.name.rpartition(".")[2].strip("_")
        if name in NOISE:
            return "identity", {}
        if self._is_only_state(event):
            return "slice", {"axis": 0, "index": 0}
        if name == "detach":
            return "stop_gradient", {}
        if name in AS_MODULE:
            return self._as_module(event, name)
        if name in ARITHMETIC:
            return self._arithmetic(event, ARITHMETIC[name], name)
        axes = event.argument(1, "dim", None)
        if name in ("max", "min") and isinstance(axes, int):
            return name, {"axes": self._axes(event, axes)}
        if name == "var":
            return "variance", self._spread(event)
        if name == "std":
            return "deviation", self._spread(event)
        if name in REDUCTIONS:
            axes = event.argument(1, "dim", None)
            axes = event.argument(1, "axis", axes)
            return REDUCTIONS[name], {"axes": self._axes(event, axes)}
        if name in JOINS:
            axis = event.argument(1, "dim", event.argument(1, "axis", 0))
            more = int(name == "stack")
            return JOINS[name], {"axis": self.axis(event, axis, more)}
        if name in ("view", "reshape", "unflatten", "squeeze", "unsqueeze"):
            return self.reshaped(event)
        if name in ("permute", "transpose", "t", "mT", "T", "swapaxes"):
            return self._permuted(event, name)
        if name in ("getitem", "select", "narrow"):
            return self._sliced(event)
        if name in ("chunk", "split", "unbind", "tensor_split"):
            axis = event.argument(2, "dim", 0)
            return "split", {
                "axis": self.axis(event, axis),
                "parts": len(event.outputs),
            }
        reader = FUNCTIONS.get(name)
        if reader is None:
            return OPAQUE, {"function": event.name}
        return reader(self, event)

    def _as_module(self, event: Call, name: str) -> Described:
        args, keywords = event.arguments
        args = args[1:]
        keywords = {
            k: v
            for k, v in keywords.items()
            if k not in ("training", "inplace", "_stacklevel", "dtype")
        }
        if name == "dropout" and len(args) > 1:
            args = args[:1]
        if name in ("softmax", "log_softmax"):
            axis = event.argument(1, "dim", -1)
            return name, {"axis": self.axis(event, axis)}
        if name == "flatten":
            return self.reshaped(event)
        try:
            module = AS_MODULE[name](*args, **keywords)
        except TypeError:
            return OPAQUE, {"function": event.name}
        return self._module(event, module)

    def _arithmetic(self, event: Call, kind: str, name: str) -> Described:
        """Return an operation with its number, if one input is a number."""
        numbers = [
            value
            for place, value in enumerate(event.flat)
            if place not in event.inputs and isinstance(value, int | float)
        ]
        if not numbers or isinstance(numbers[0], bool):
            return kind, {}
        reverse = name.startswith("r") and name[1:] in ARITHMETIC
        side = "of" if reverse and kind in ("subtract", "divide") else "by"
        return kind, {side: float(numbers[0])}

    def _sliced(self, event: Call) -> Described:
        """Return a slice, or an identity where it only adds axes."""
        before = tuple(event.first[0].shape)
        after = tuple(event.outputs[0].shape)
        if math.prod(before) == math.prod(after):
            return self.reshaped(event)
        arrays = [
            tensors.to_array(each)
            for each in (event.first[0], event.outputs[0])
        ]
        place = selected(*arrays)
        if place is not None:
            axis, index = place
            return "slice", {"axis": self.axis(event, axis), "index": index}
        return "slice", {"of": f"{before} to {after}"}

    def _is_only_state(self, event: Call) -> bool:
        """Return whether the one last state is taken out of its axis."""
        if not event.inputs:
            return False
        states, (position, port) = event.first
        before = self.trace.events[position]
        layer = before.layer if isinstance(before, Call) else None
        recurrent = isinstance(layer, nn.modules.rnn.RNNBase)
        only = states.ndim == 3 and states.shape[0] == 1
        after = event.outputs[0].ndim == 2
        return recurrent and port == 1 and only and after

    def _spread(self, event: Call) -> dict[str, Any]:
        axes = event.argument(1, "dim", None)
        default = event.argument(2, "unbiased", True)
        correction = event.argument(2, "correction", int(bool(default)))
        return {
            "axes": self._axes(event, axes),
            "unbiased": bool(correction),
        }

    def _axes(self, event: Call, axes: Any) -> tuple[int, ...] | str:
        if axes is None:
            return "all"
        chosen = (axes,) if isinstance(axes, int) else tuple(axes)
        return tuple(sorted(self.axis(event, axis) for axis in chosen))

    def reshaped(self, event: Call) -> Described:
        tensor, edge = event.first
        before = tuple(tensor.shape)
        after = tuple(event.outputs[0].shape)
        if self._keeps_channels(before, after, edge):
            return "reshape", {"shape": (*after[2:], after[1])}
        return arranged(before, after, channels_first=edge in self.first)

    def _keeps_channels(self, before: Shape, after: Shape, edge: Edge) -> bool:
        """Return whether a change of shape leaves the channels second."""
        several = len(before) >= 3 and len(after) >= 3
        same = before[:2] == after[:2] and before != after
        wide = math.prod(before) != math.prod(before[:2])
        return edge in self.first and several and same and wide

    def _permuted(self, event: Call, name: str) -> Described:
        tensor, edge = event.first
        number = tensor.ndim
        order = list(range(number))
        if name == "permute":
            args, keywords = event.arguments
            given: Any = args[1] if len(args) == 2 else args[1:]
            order = list(keywords.get("dims") or given)
            order = [axis % number for axis in order]
        else:
            ends: tuple[Any, Any] = (-2, -1)
            if name in ("transpose", "swapaxes"):
                ends = (
                    event.argument(1, "dim0", event.argument(1, "axis0")),
                    event.argument(2, "dim1", event.argument(2, "axis1")),
                )
            a, b = (axis % number for axis in ends)
            order[a], order[b] = order[b], order[a]
        last = [0, *range(2, number), 1]
        first = [0, number - 1, *range(1, number - 1)]
        if number >= 3 and edge in self.first and order == last:
            return "arrange", {"first": False}
        if number >= 4 and edge not in self.first and order == first:
            return "arrange", {"first": True}
        moved = tuple(self.axis(event, axis) for axis in order)
        return "permute", {"order": moved}

    def _module(self, event: Call, module: nn.Module) -> Described:
        for kind, reader in LAYERS.items():
            if isinstance(module, kind):
                return reader(self, event, module)
        try:
            spec = introspect.read(module)
        except LookupError:
            spec = None
        if not isinstance(spec, LayerSpec):
            return OPAQUE, {"module": type(module).__name__}
        return described(spec, self._image(event, spec))

    def _image(self, event: Call, spec: LayerSpec) -> Shape:
        """Return the sample's shape, where a layer of images takes it."""
        tensor, edge = event.first
        if spec.kind() in IMAGES and tensor.ndim == 4:
            self.first.add(edge)
        return self.sample(event)
