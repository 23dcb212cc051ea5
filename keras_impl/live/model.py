"""A model that a user wrote in Keras, and its operations."""

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
from framework_parity.keras_impl.live.reading import read_graph
from framework_parity.keras_impl.live.trace import creation_sites, record


class LiveModel(BaseLiveModel):
    """A live Keras model in evaluation mode."""

    layout: ClassVar[Any] = tensors

    def __init__(self, address: str, dtype: str, seed: int) -> None:
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)
        keras.utils.set_random_seed(seed)
        super().__init__(address, dtype)

    def built(self) -> Any:
        """Return the model that the address names.

        Raises:
            SpecError: if it is no model or layer of Keras.
        """
        self.sites: dict[int, str] = {}
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

    def id_limits(self) -> list[int]:
        """Return the number of ids of each embedding."""
        layers = self.model._flatten_layers()
        return [
            layer.input_dim
            for layer in layers
            if isinstance(layer, keras.layers.Embedding)
        ]

    def tensor(self, array: Array) -> Any:
        """Return an input as a tensor, in the framework's layout."""
        kind = self.dtype if array.dtype.kind == "f" else "int32"
        return tf.convert_to_tensor(array.astype(kind))

    def _own(self, array: Array) -> Any:
        return tf.convert_to_tensor(array)

    def recorded(self, inputs: list[Any]) -> tuple[Trace, Graph]:
        """Run the model once, and read its operations."""
        called(self.address, "a pass", self._first_pass, inputs)
        trace = called(
            self.address, "a pass", record, self.model, inputs, self.sites
        )
        return trace, read_graph(trace)

    def repeated(self, call: Any, values: list[Any]) -> list[Any]:
        """Return the outputs of one operation for some inputs."""
        outputs: list[Any] = call.repeated(values)
        return outputs

    def _first_pass(self, inputs: list[Any]) -> None:
        """Run the model once, which creates its variables."""
        self.model(*inputs, training=False)
