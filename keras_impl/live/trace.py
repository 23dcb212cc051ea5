"""Record the operations of a live Keras model.

Layers of Keras are recorded as one operation each; the user's own layers and
models are looked into, so that functions of `keras.ops` and of TensorFlow that
they call are recorded as well. Every operation can be repeated on other
inputs. The model runs eagerly, on real values.
"""

import inspect
import operator
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from keras.layers import Activation
from keras.src import tree
from keras.src.layers.layer import Layer
from keras.src.ops.operation import Operation
from tensorflow.python.eager import context, execute
from tensorflow.python.framework import op_callbacks

from framework_parity.common.live.graph import Edge
from framework_parity.common.live.sites import user_site
from framework_parity.common.live.trace import Call, Source, Trace
from framework_parity.keras_impl.live.tensors import (
    SEPARABLE,
    arguments,
    separated,
)
from framework_parity.keras_impl.live.words import FUSED

LIBRARY = (
    f"{Path(keras.__file__).parent}/",
    f"{Path(tf.__file__).parent}/",
    __file__,
)

LINEAR = keras.activations.linear

NAMESPACES = ("ops", "ops.image", "activations", "random")
"""Modules of Keras whose functions are recorded as one operation each."""


def record(
    model: Any,
    inputs: list[Any],
    sites: dict[int, str] | None = None,
    training: bool = False,
) -> Trace:
    """Run a model once and return its operations.

    Args:
        model: the model, which has been called before.
        inputs: the arguments of the call.
        sites: lines of the operations of functional models.
        training: whether it runs in training mode.

    Returns:
        The trace.
    """
    recorder = _Recorder(model, sites or {})
    for number, value in enumerate(inputs):
        recorder.source("input", f"input {number + 1}", value)
    with recorder:
        result = model(*arguments(model, inputs), training=training)
    trace = recorder.trace
    trace.outputs = tuple(recorder.edge(value) for value in _tensors(result))
    flat = tree.flatten(result)
    places = [n for n, value in enumerate(flat) if _is_tensor(value)]

    def rebuilt(values: list[Any]) -> Any:
        filled = list(flat)
        for place, value in zip(places, values, strict=True):
            filled[place] = value
        return tree.pack_sequence_as(result, filled)

    trace.result = rebuilt
    return trace


class _Recorder:
    """Record by patching `Layer.__call__` and the functions of Keras.

    Everything else is recorded as operations of TensorFlow.
    """

    def __init__(self, model: Any, sites: dict[int, str]) -> None:
        self.trace = Trace()
        self.sites = sites
        self.own = {
            id(variable): variable.path for variable in model.variables
        }
        self.handles = {
            id(variable.value.handle): variable for variable in model.variables
        }
        self.edges: dict[int, Edge] = {}
        # Identities are unique only as long as the tensors exist.
        self.kept: list[Any] = []
        self.stack: list[str] = []
        self.inside = 0
        self.saved: list[tuple[Any, str, Any]] = []
        self.split: dict[int, tuple[Any, Any]] = {}

    def source(self, kind: str, name: str, value: Any) -> Edge:
        self.trace.events.append(Source(kind, name, value))
        self.kept.append(value)
        edge = (len(self.trace.events) - 1, 0)
        self.edges[id(value)] = edge
        return edge

    def edge(self, value: Any) -> Edge:
        """Return the edge of a tensor, which may be a new constant."""
        if id(value) in self.edges:
            return self.edges[id(value)]
        return self.source("constant", self.own.get(id(value), ""), value)

    def _given(
        self, args: Any, kwargs: Any
    ) -> tuple[list[Any], Any, dict[int, Edge]]:
        """Flatten arguments, and return the edges of the tensors."""
        flat = tree.flatten((tuple(args), dict(kwargs)))
        structure = tree.map_structure(
            lambda _: 0, (tuple(args), dict(kwargs))
        )
        edges = {
            place: self.edge(value)
            for place, value in enumerate(flat)
            if _is_tensor(value)
        }
        return flat, structure, edges

    def _add(
        self,
        function: Any,
        name: str,
        layer: Any,
        given: Any,
        result: Any,
        attributes: dict[str, Any] | None = None,
        made_by: Any = None,
    ) -> None:
        flat, structure, edges = given
        outputs = _tensors(result)
        if not outputs:
            return
        self.trace.events.append(
            Call(
                function=_tensors_of(function),
                name=name,
                layer=layer,
                flat=flat,
                rebuilt=partial(tree.pack_sequence_as, structure),
                inputs=edges,
                outputs=outputs,
                site=user_site(sys._getframe(1), LIBRARY)
                or self.sites.get(id(made_by or layer)),
                path="/".join(self.stack),
                attributes=attributes or {},
            )
        )
        self.kept.append((flat, outputs))
        for port, value in enumerate(outputs):
            self.edges[id(value)] = (len(self.trace.events) - 1, port)

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """Record nothing inside."""
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    def __enter__(self) -> "_Recorder":
        recorder = self
        self._patch(
            Layer,
            "__call__",
            lambda plain: (
                lambda layer, *args, **kwargs: recorder._called(
                    plain, layer, args, kwargs
                )
            ),
        )
        self._patch(
            Operation,
            "__call__",
            lambda plain: (
                lambda operation, *args, **kwargs: recorder._operated(
                    plain, operation, args, kwargs
                )
            ),
        )
        for namespace in NAMESPACES:
            module = operator.attrgetter(namespace)(keras)
            for name, function in list(vars(module).items()):
                if isinstance(function, types.FunctionType):
                    self._patch(module, name, self._wrapping(name))
        op_callbacks.add_op_callback(self._operation)
        return self

    def __exit__(self, *error: object) -> None:
        op_callbacks.remove_op_callback(self._operation)
        for place, name, plain in reversed(self.saved):
            setattr(place, name, plain)

    def _patch(self, place: Any, name: str, wrapped: Any) -> None:
        plain = vars(place)[name]
        self.saved.append((place, name, plain))
        setattr(place, name, wrapped(plain))

    def _wrapping(self, name: str) -> Callable[[Any], Any]:
        def wrapped(plain: Any) -> Any:
            def call(*args: Any, **kwargs: Any) -> Any:
                return self._function(plain, name, args, kwargs)

            return call

        return wrapped

    def _function(self, plain: Any, name: str, args: Any, kwargs: Any) -> Any:
        if self.inside:
            return plain(*args, **kwargs)
        if name == "gelu":  # `keras.ops` has another default
            default = inspect.signature(plain).parameters["approximate"]
            kwargs = {"approximate": default.default} | kwargs
            args, more = args[:1], args[1:]
            kwargs |= dict(zip(("approximate",), more, strict=False))
        with self._whole():
            given = self._given(args, kwargs)
            result = plain(*args, **kwargs)
        self._add(plain, f"keras.{name}", None, given, result)
        return result

    def _operated(
        self, plain: Any, operation: Any, args: Any, kwargs: Any
    ) -> Any:
        """Record an operation of a functional model."""
        if self.inside or isinstance(operation, Layer):
            return plain(operation, *args, **kwargs)
        with self._whole():
            given = self._given(args, kwargs)
            result = plain(operation, *args, **kwargs)
        name = f"keras.{type(operation).__name__}"
        again = partial(plain, operation)
        self._add(again, name, operation, given, result)
        return result

    def _called(self, plain: Any, layer: Any, args: Any, kwargs: Any) -> Any:
        if self.inside:
            return plain(layer, *args, **kwargs)
        if not is_leaf(layer):
            self.stack.append(layer.name)
            try:
                return plain(layer, *args, **kwargs)
            finally:
                self.stack.pop()
        if isinstance(layer, SEPARABLE):
            for part in self._parts(layer):
                args = (self._called(plain, part, args, kwargs),)
            return args[0]
        name = "/".join((*self.stack[1:], layer.name))
        activation: Any = getattr(layer, "activation", None)
        own = activation is not None and not _is_of_library(activation)
        if own and isinstance(layer, Activation):
            return activation(*args)
        fused = isinstance(layer, FUSED) and activation not in (
            None,
            LINEAR,
        )
        again = partial(_without_activation, plain) if fused else plain
        again = partial(again, layer)
        with self._whole():
            given = self._given(args, kwargs)
            result = again(*args, **kwargs)
        self._add(again, name, layer, given, result)
        if not fused:
            return result
        if isinstance(activation, Layer) or own:
            return activation(result)
        called = getattr(activation, "__name__", type(activation).__name__)
        with self._whole():
            given = self._given((result,), {})
            active = activation(result)
        name = f"keras.{called}"
        self._add(activation, name, None, given, active, made_by=layer)
        return active

    def _parts(self, layer: Any) -> tuple[Any, Any]:
        """Return the two convolutions of a separable one."""
        if id(layer) not in self.split:
            with self._whole():
                self.split[id(layer)] = separated(layer)
            for part in self.split[id(layer)]:
                site = self.sites.get(id(layer))
                if site is not None:
                    self.sites[id(part)] = site
        return self.split[id(layer)]

    def _operation(
        self,
        kind: Any,
        inputs: Any,
        attributes: Any,
        outputs: Any,
        op_name: Any = None,
        graph: Any = None,
    ) -> None:
        """Record an operation of TensorFlow."""
        if self.inside or graph is not None or not outputs:
            return
        kind = kind.decode() if isinstance(kind, bytes) else kind
        if kind == "ReadVariableOp":
            variable = self.handles.get(id(inputs[0]))
            if variable is not None:
                edge = self.edge(variable)
                self.kept.append(outputs[0])
                self.edges[id(outputs[0])] = edge
                return
        with self._whole():
            given = self._given(tuple(inputs), {})
            number = len(outputs)

            def again(*values: Any) -> Any:
                plain = [tf.convert_to_tensor(value) for value in values]
                results = execute.execute(
                    kind, number, plain, attributes, context.context()
                )
                execute.record_gradient(kind, plain, attributes, results)
                return results

            named = zip(attributes[::2], attributes[1::2], strict=True)
            self._add(
                again,
                f"tf.{kind}",
                None,
                given,
                list(outputs),
                dict(named),
            )


def is_leaf(layer: Any) -> bool:
    """Return whether a layer is recorded as one operation."""
    module = type(layer).__module__
    library = module.partition(".")[0] == "keras"
    composed = ".applications." in module
    return library and not composed and not isinstance(layer, keras.Model)


def _is_of_library(function: Any) -> bool:
    """Return whether a function is one of Keras's, or a layer."""
    module = getattr(function, "__module__", None) or ""
    return isinstance(function, Layer) or module.startswith("keras.")


def _without_activation(
    plain: Any, layer: Any, *args: Any, **kwargs: Any
) -> Any:
    """Call a layer as if it had no activation."""
    activation = layer.activation
    object.__setattr__(layer, "activation", LINEAR)
    try:
        return plain(layer, *args, **kwargs)
    finally:
        object.__setattr__(layer, "activation", activation)


def _is_tensor(value: Any) -> bool:
    return tf.is_tensor(value) or isinstance(value, keras.Variable)


def _tensors(value: Any) -> list[Any]:
    return [each for each in tree.flatten(value) if _is_tensor(each)]


def _tensors_of(function: Callable[..., Any]) -> Callable[..., list[Any]]:
    """Return the function with its results flattened."""

    def again(*args: Any, **kwargs: Any) -> list[Any]:
        return _tensors(function(*args, **kwargs))

    return again
