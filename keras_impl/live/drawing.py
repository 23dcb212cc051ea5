"""Layers that draw, or do something else in training, in a Keras model."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf
from keras.src import backend

from framework_parity.common.live.training import BaseLiveTraining
from framework_parity.keras_impl.live.tensors import from_array

FROZEN = (keras.layers.BatchNormalization,)
"""Layers that run in evaluation mode where they are not trained."""

MODED = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.BatchNormalization,
)
"""Layers that do something else in training."""


DRAWING = (
    keras.layers.SimpleRNNCell,
    keras.layers.LSTMCell,
    keras.layers.GRUCell,
)
"""Layers with dropouts inside, which are switched off."""


class Drawing(BaseLiveTraining):
    """A live Keras model whose dropouts draw from given numbers."""

    replayed: bool | None = None
    """The mode in which operations are replayed; None outside."""

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Let dropouts draw from `self.masks`."""
        plain = backend.random.dropout

        def dropout(
            inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None
        ) -> Any:
            if rate == 0:
                return inputs
            shape = tuple(inputs.shape)
            if noise_shape is not None:
                sizes = zip(noise_shape, shape, strict=True)
                shape = tuple(n if m is None else int(m) for m, n in sizes)
            kept = self.masks.drawn_next(shape) >= rate
            mask = from_array(kept / (1 - rate))
            return inputs * tf.cast(mask, inputs.dtype)

        backend.random.dropout = dropout
        inside = _rates_inside(self.live.model)
        for layer, name, _ in inside:
            object.__setattr__(layer, name, 0.0)
        calls = {kind: kind.call for kind in MODED}
        for kind, call in calls.items():
            kind.call = self._in_mode(call)
        eager = tf.config.functions_run_eagerly()
        tf.config.run_functions_eagerly(True)
        try:
            yield
        finally:
            backend.random.dropout = plain
            for kind, call in calls.items():
                kind.call = call
            for layer, name, rate in inside:
                object.__setattr__(layer, name, rate)
            tf.config.run_functions_eagerly(eager)

    def _in_mode(self, plain: Any) -> Any:
        """Note the mode of a layer, or set the one that replaces it."""

        def call(
            layer: Any, inputs: Any, training: Any = None, **more: Any
        ) -> Any:
            if self.replayed is not None or self.changes.trained:
                training = self.modes.get(id(layer), bool(self.replayed))
            wanted = self.mode_of(layer)
            if wanted and _is_frozen(layer):
                # In training mode although its tensors are not trained.
                self.seen[id(layer)] = True
                object.__setattr__(layer, "_trainable", True)
                try:
                    return plain(layer, inputs, training=True, **more)
                finally:
                    object.__setattr__(layer, "_trainable", False)
            training = bool(training) if wanted is None else wanted
            self.seen[id(layer)] = training and not _is_frozen(layer)
            return plain(layer, inputs, training=training, **more)

        return call

    def in_training(self, layer: Any) -> bool:
        """Return whether a layer that is replayed runs in training mode."""
        wanted = self.mode_of(layer)
        if wanted is not None:
            return wanted
        mode = self.modes.get(id(layer), bool(self.replayed))
        return mode and not _is_frozen(layer)


def _rates_inside(model: Any) -> list[tuple[Any, str, float]]:
    """Return the dropouts inside layers, which are switched off."""
    found: list[tuple[Any, str, float]] = []
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.MultiHeadAttention):
            inner = layer._dropout_layer
            found.append((inner, "rate", inner.rate))
        for name in ("dropout", "recurrent_dropout"):
            rate: Any = getattr(layer, name, 0.0)
            if isinstance(layer, DRAWING) and rate:
                found.append((layer, name, rate))
    return found


def _is_frozen(layer: Any) -> bool:
    """Return whether a layer runs in evaluation mode as it is not trained."""
    return isinstance(layer, FROZEN) and not layer.trainable
