"""A model that a user wrote in Keras, and its operations."""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, ClassVar

import keras
import tensorflow as tf

from framework_parity.common.layouts import Array
from framework_parity.common.live.base import BaseLiveModel
from framework_parity.common.live.graph import Graph
from framework_parity.common.live.loading import called, load
from framework_parity.common.live.trace import Trace
from framework_parity.common.spec.errors import SpecError
from framework_parity.keras_impl.live import tensors
from framework_parity.keras_impl.live.creation import creation_sites
from framework_parity.keras_impl.live.reading import read_graph
from framework_parity.keras_impl.live.tensors import (
    arguments,
    from_array,
    to_array,
)
from framework_parity.keras_impl.live.trace import record

SCALES = {
    keras.layers.MultiHeadAttention: "_inverse_sqrt_key_dim",
    keras.layers.GroupQueryAttention: "_inverse_sqrt_head_dim",
}
"""Layers that multiply by a scale, and the name of it."""


class LiveModel(BaseLiveModel):
    """A live Keras model in evaluation mode."""

    layout: ClassVar[Any] = tensors
    misfits: ClassVar[tuple[type[Exception], ...]] = (
        tf.errors.InvalidArgumentError,
        ValueError,
        LookupError,
    )

    def __init__(
        self,
        address: Any,
        dtype: str,
        seed: int,
        orders: dict[int, tuple[int, ...]] | None = None,
    ) -> None:
        self.before = keras.config.floatx(), keras.config.dtype_policy()
        if isinstance(address, str):
            # A garbage collection would look at every network before.
            keras.utils.clear_session(free_memory=False)
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)
        keras.utils.set_random_seed(seed)
        self.kept: list[Array] = []
        self.scales: list[tuple[Any, str, float]] = []
        super().__init__(address, dtype, orders)

    def built(self) -> Any:
        """Return the model that the address names.

        Raises:
            SpecError: if it is no model or layer of Keras.
        """
        self.sites: dict[int, str] = {}
        if self.live is not None:
            return self.live
        with creation_sites(self.sites):
            made = load(self.address)
            if not isinstance(made, keras.layers.Layer):
                made = called(self.address, "calling it", made)
        if not isinstance(made, keras.layers.Layer):
            raise SpecError(
                self.address,
                f"got {type(made).__name__}, expected a keras.Model",
            )
        return made

    def _use_exact_scales(self) -> None:
        """Let attention multiply by its scale without rounding to float32.

        TensorFlow casts a Python number by way of float32.
        """
        for layer in self.model._flatten_layers():
            for kind, name in SCALES.items():
                scale = getattr(layer, name, None)
                if isinstance(layer, kind) and isinstance(scale, float):
                    self.scales.append((layer, name, scale))
                    exact = tf.constant(scale, self.dtype)
                    object.__setattr__(layer, name, exact)

    def notes(self) -> list[str]:
        """Return what was replaced in the model, in sentences."""
        if not self.scales:
            return []
        name = self.scales[0][0].name
        text = f"Keras rounds the scale of attention to float32 ({name}); "
        return [f"{text}the exact number was used in its place"]

    def close(self) -> None:
        """Give a live object, and the framework, their state back."""
        for layer, name, scale in self.scales:
            object.__setattr__(layer, name, scale)
        floatx, policy = self.before
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)
        for variable, value in zip(
            self.model.variables, self.kept, strict=True
        ):
            variable.assign(value)

    def load_file(self, file: Path) -> None:
        """Load the model's weights.

        Raises:
            SpecError: if the file cannot be read, or has other tensors.
        """
        try:
            self.model.load_weights(file)
        except Exception as error:
            text = str(error).strip().partition("\n")[0]
            raise SpecError(str(file), f"cannot be loaded: {text}") from error

    def save_file(self, file: Path) -> None:
        """Save the model's weights, in the form that the name says."""
        if file.suffix == ".keras":
            self.model.save(file)
        else:
            self.model.save_weights(file)

    def size(self) -> int:
        """Return the number of elements of all tensors of the model."""
        return sum(
            math.prod(variable.shape) for variable in self.model.weights
        )

    def id_limits(self) -> list[int]:
        """Return the number of ids of each embedding."""
        layers = self.model._flatten_layers()
        return [
            layer.input_dim
            for layer in layers
            if isinstance(layer, keras.layers.Embedding)
        ]

    def tensor(self, array: Array, place: int) -> Any:
        """Return an input as a tensor, in the framework's layout.

        Args:
            array: the input.
            place: its number.
        """
        kind = self.dtype if array.dtype.kind == "f" else "int32"
        return tf.convert_to_tensor(array.astype(kind))

    def own(self, array: Array) -> Any:
        """Return an array in the framework's layout as a tensor."""
        return from_array(array)

    def recorded(
        self, inputs: list[Any], *, training: bool
    ) -> tuple[Trace, Graph]:
        """Run the model once, and read its operations.

        Args:
            inputs: the framework's tensors.
            training: whether it runs in training mode.
        """
        called(self.address, "a pass", self._first_pass, inputs)
        if not self.kept:
            self.kept = list(map(to_array, self.model.variables))
        if self.dtype == "float64":
            self._use_exact_scales()
        trace = called(
            self.address,
            "a pass",
            record,
            *(self.model, inputs, self.sites, training),
        )
        return trace, read_graph(trace)

    def repeated(self, call: Any, values: list[Any]) -> list[Any]:
        """Return the outputs of one operation for some inputs."""
        outputs: list[Any] = call.repeated(values)
        return outputs

    def without_gradients(self) -> AbstractContextManager[Any]:
        """Return a context in which no derivatives are recorded."""
        return nullcontext()

    def differentiable(
        self, compute: Callable[..., Any], given: list[Any]
    ) -> Any:
        """Return an operation that NumPy computes, as a tensor.

        Args:
            compute: from the tensors, as arrays, to the output, and to a
                function from the derivative of the loss by the output to
                those by the tensors.
            given: inputs of the operation, and tensors of its layer.
        """

        @tf.custom_gradient
        def in_numpy(*tensors: Any) -> Any:
            output, back = compute(*(each.numpy() for each in tensors))

            def slopes(slope: Any) -> list[Any]:
                return list(map(from_array, back(slope.numpy())))

            return from_array(output), slopes

        return in_numpy(
            *(
                tf.convert_to_tensor(
                    each.value if isinstance(each, keras.Variable) else each
                )
                for each in given
            )
        )

    def _first_pass(self, inputs: list[Any]) -> None:
        """Run the model once, which creates its variables."""
        self.model(*arguments(self.model, inputs), training=False)
