"""Functions of Keras that are layers with tensors from outside."""

from collections.abc import Callable
from typing import Any

import keras

from framework_parity.common.live.functional import FunctionalLayer
from framework_parity.common.live.trace import Call


def _convolution(event: Call) -> FunctionalLayer | None:
    """keras.ops.conv, or Conv2D of TensorFlow, of images."""
    (_, image), (_, kernel) = list(event.inputs.items())[:2]
    given = [event.flat[place] for place in event.inputs]
    size = tuple(given[1].shape)
    if len(size) != 4 or len(given) > 2:
        return None
    del image
    fields = _fields(event)
    if fields is None:
        return None
    layer = keras.layers.Conv2D(size[-1], size[:2], use_bias=False, **fields)
    layer.build((None, *given[0].shape[1:]))
    return FunctionalLayer(layer, {"_kernel": kernel})


def _fields(event: Call) -> dict[str, Any] | None:
    """Return strides and padding; None if a layer has no such values."""
    if event.name.startswith("tf."):
        values = event.attributes
        padding = values["padding"].decode().lower()
        strides = tuple(values["strides"][1:3])
        dilation = tuple(values.get("dilations", (1, 1, 1, 1))[1:3])
        if padding not in ("same", "valid"):
            return None
    else:
        strides = event.argument(2, "strides", 1)
        padding = event.argument(3, "padding", "valid")
        dilation = event.argument(5, "dilation_rate", 1)
    return {
        "strides": strides,
        "padding": padding,
        "dilation_rate": dilation,
    }


def _embedding(event: Call) -> FunctionalLayer | None:
    """keras.ops.take, or GatherV2 of TensorFlow, of rows of a matrix."""
    tensors = [event.flat[place] for place in event.inputs]
    if len(tensors) < 2 or len(tensors[0].shape) != 2:
        return None
    axis = event.argument(2, "axis", None)
    if event.name.startswith("tf."):
        axis = int(keras.ops.convert_to_numpy(event.flat[2]))
    whole = "int" in keras.backend.standardize_dtype(tensors[1].dtype)
    if axis != 0 or not whole:
        return None
    table, ids = list(event.inputs.values())[:2]
    layer = keras.layers.Embedding(*tensors[0].shape)
    layer.build(None)
    return FunctionalLayer(layer, {"_embeddings": table}, ids)


FUNCTIONAL: dict[str, Callable[[Call], FunctionalLayer | None]] = {
    "conv": _convolution,
    "Conv2D": _convolution,
    "take": _embedding,
    "GatherV2": _embedding,
}
"""Readers of functions, whose first input is the layer's."""
