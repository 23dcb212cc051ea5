"""Minimal subclasses for elements that Keras has no class for."""

import math
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from framework_parity.common.spec.layers.activations import (
    SELU_ALPHA,
    SELU_SCALE,
)

# Makes a class known to `keras.saving`, as "parity>" and its name.
registered = keras.saving.register_keras_serializable("parity")


class SampleLayer(keras.layers.Layer):
    """A base class of layers that need the shape of a sample.

    In a graph the shape is not always known: TensorFlow's depthwise
    convolution loses it with a stride and a dilation.
    """

    def build(self, shape: Any) -> None:
        self.sample = tuple(shape[1:])
        super().build(shape)


class EachStep(keras.layers.Layer):
    """A base class of layers that pass on the mask of a sequence.

    They compute each step by itself. Keras would drop the mask, with a
    warning.
    """

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask


@registered
class JointSoftmax(SampleLayer):
    """Joint softmax along all axes of a sample, or all but the channels.

    keras.layers.Softmax takes several axes, too, but computes
    exp(x - log Σ exp x), which is inaccurate where the sum is large.

    Args:
        channels: whether the channels are included.
        log: whether to return the logarithm.
    """

    def __init__(self, channels: bool, log: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels, self.log = channels, log

    def call(self, x: Any) -> Any:
        last = self.sample[-1]
        sizes = (-1,) if self.channels else (-1, last)
        inner = math.prod(self.sample) // (1 if self.channels else last)
        flat = ops.reshape(x, (-1, inner, *sizes[1:]))
        of = ops.log_softmax if self.log else ops.softmax
        return ops.reshape(of(flat, axis=1), (-1, *self.sample))

    def get_config(self) -> dict[str, Any]:
        own = {"channels": self.channels, "log": self.log}
        return super().get_config() | own


@registered
class LogSoftmax(EachStep):
    """log_softmax along one axis, which Activation has no argument for."""

    def __init__(self, axis: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, x: Any) -> Any:
        return ops.log_softmax(x, axis=self.axis)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis}


@registered
class ExactLeakyReLU(keras.layers.LeakyReLU):
    """x above 0, slope · x elsewhere.

    TensorFlow's own operation stores the slope in float32.
    """

    def call(self, inputs: Any) -> Any:
        return ops.where(inputs > 0, inputs, self.negative_slope * inputs)


@registered
class LeftSlopeSELU(EachStep):
    """λ x above 0, λα expm1(x) elsewhere, so that the slope at 0 is λα.

    `ops.elu` computes exp(x) - 1, which loses digits near 0.
    """

    def call(self, x: Any) -> Any:
        below = SELU_ALPHA * ops.expm1(ops.minimum(x, 0))
        return SELU_SCALE * ops.where(x > 0, x, below)


@registered
class ExactGELU(EachStep):
    """x/2 (1 + erf(x/√2)), or x sigmoid(2 √(2/π) (x + 0.044715 x³)).

    The second equals x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))), whose slope
    is inaccurate where tanh is nearly 1. TensorFlow's own operation stores
    its constants in float32.
    """

    def __init__(self, form: Literal["erf", "tanh"], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.form = form

    def call(self, x: Any) -> Any:
        if self.form == "erf":
            return 0.5 * x * (1 + ops.erf(x * math.sqrt(0.5)))
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
        return x * ops.sigmoid(2 * inner)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"form": self.form}


@registered
class Swish(EachStep):
    """x sigmoid(β x)."""

    def __init__(self, beta: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.beta = beta

    def call(self, x: Any) -> Any:
        return x * ops.sigmoid(self.beta * x)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"beta": self.beta}


def maximum(a: Any, b: Any) -> Any:
    """The maximum; for equal arguments, the slope is the mean of the two."""
    return (ops.maximum(a, b) + ops.maximum(b, a)) / 2


def minimum(a: Any, b: Any) -> Any:
    """The minimum; for equal arguments, the slope is the mean of the two."""
    return (ops.minimum(a, b) + ops.minimum(b, a)) / 2


@registered
class DenseEmbedding(keras.layers.Embedding):
    """Embedding with one derivative for each row of the table.

    Embedding passes on a derivative for each place of an id, which the
    averages of an optimiser take one by one; the product makes them one
    tensor. The row of the id `padding` starts at zero and stays there. The
    steps with the id `masked_id` are masked.
    """

    def __init__(
        self,
        *args: Any,
        padding: int | None = None,
        masked_id: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.padding, self.masked_id = padding, masked_id
        self.supports_masking = masked_id is not None

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        if self.padding is not None:
            rows = ops.arange(self.input_dim)[:, None] != self.padding
            table = self._embeddings
            table.assign(table * ops.cast(rows, table.dtype))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if self.masked_id is None:
            return None
        return ops.not_equal(inputs, self.masked_id)

    def call(self, inputs: Any) -> Any:
        inputs = ops.cast(inputs, "int64")
        rows = ops.take(ops.multiply(self.embeddings, 1), inputs, axis=0)
        rows = ops.cast(rows, self.compute_dtype)
        if self.padding is None:
            return rows
        others = ops.expand_dims(inputs != self.padding, -1)
        return rows * ops.cast(others, rows.dtype)

    def get_config(self) -> dict[str, Any]:
        own = {"padding": self.padding, "masked_id": self.masked_id}
        return super().get_config() | own


@registered
class SteepPReLU(keras.layers.PReLU):
    """PReLU whose derivative at 0 is its slope a: x above 0, else a x."""

    def call(self, inputs: Any) -> Any:
        return ops.where(inputs > 0, inputs, self.alpha * inputs)


@registered
class UnbiasedBatchNormalization(keras.layers.BatchNormalization):
    """BatchNormalization that averages the unbiased variance.

    The step adds the biased variance; times n/(n - 1) it is unbiased.
    """

    def call(
        self, inputs: Any, training: bool | None = None, mask: Any = None
    ) -> Any:
        if not training or not self.trainable:
            return super().call(inputs, training=training, mask=mask)
        kept = self.moving_variance * self.momentum
        outputs = super().call(inputs, training=training, mask=mask)
        shape = ops.shape(inputs)
        total = math.prod(shape) // shape[self.axis]
        count = ops.cast(total, kept.dtype)
        added = self.moving_variance - kept
        self.moving_variance.assign(kept + added * (count / (count - 1)))
        return outputs


@registered
class RegularizedRMSNormalization(EachStep, keras.layers.RMSNormalization):
    """RMSNormalization that may have a regularizer of its scale."""

    def __init__(
        self, *args: Any, gamma_regularizer: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.gamma_regularizer = keras.regularizers.get(gamma_regularizer)

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.scale.regularizer = self.gamma_regularizer

    def get_config(self) -> dict[str, Any]:
        rule = keras.saving.serialize_keras_object(self.gamma_regularizer)
        return super().get_config() | {"gamma_regularizer": rule}


@registered
class AnyRMSNormalization(RegularizedRMSNormalization):
    """RMSNormalization of any axes, that may have no scale.

    The scale is reshaped to the axes; RMSNormalization multiplies the last
    axes by it, whichever are normalised.

    Args:
        axis: the axis or axes.
        epsilon: a number, or None for the machine epsilon of the precision
            that it computes in, at least float32.
        affine: whether there is a scale.
    """

    def __init__(
        self, axis: Any, epsilon: float | None, affine: bool, **kwargs: Any
    ) -> None:
        super().__init__(axis, epsilon, **kwargs)
        self.affine = affine

    def build(self, input_shape: Any) -> None:
        if self.affine:
            super().build(input_shape)
        else:
            self.scale, self.built = None, True

    def call(self, x: Any) -> Any:
        double = self.compute_dtype == "float64"
        machine = np.finfo("float64" if double else "float32").eps
        epsilon = float(machine) if self.epsilon is None else self.epsilon
        normal = ops.rms_normalization(x, axis=self.axis, epsilon=epsilon)
        if not self.affine:
            return normal
        sizes = [1] * len(x.shape)
        for axis in self.axis:
            sizes[axis] = x.shape[axis]
        return normal * ops.reshape(self.scale, sizes)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"affine": self.affine}


def applied(block: Any, x: Any, training: bool, mask: Any) -> Any:
    """Apply a block, which is empty if it is no Sequential."""
    if isinstance(block, keras.Sequential):
        return block(x, training=training, mask=mask)
    return block(x)


@registered
class Residual(EachStep):
    """after(body(x) + shortcut(x))."""

    def __init__(
        self, body: Any, shortcut: Any, after: Any, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.layers, self.in_steps = [body, shortcut, after], True

    def call(self, x: Any, training: bool = False, mask: Any = None) -> Any:
        body, shortcut, after = self.layers
        given = {"training": training, "mask": mask}
        total = applied(body, x, **given) + applied(shortcut, x, **given)
        self.in_steps = len(total.shape) == 3
        given["mask"] = self.compute_mask(x, mask)
        return applied(after, total, **given)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask if self.in_steps else None

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | packed(self.layers)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        blocks, rest = unpacked(config)
        return cls(*blocks, **rest)


@registered
class Concatenate(EachStep):
    """The outputs of several branches, concatenated along `axis`."""

    def __init__(self, *branches: Any, axis: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layers, self.axis = list(branches), axis
        self.in_steps = True

    def call(self, x: Any, training: bool = False, mask: Any = None) -> Any:
        outputs = [
            applied(branch, x, training=training, mask=mask)
            for branch in self.layers
        ]
        self.in_steps = len(outputs[0].shape) == 3
        return ops.concatenate(outputs, axis=self.axis)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask if self.in_steps else None

    def get_config(self) -> dict[str, Any]:
        own = {"axis": self.axis, **packed(self.layers)}
        return super().get_config() | own

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        blocks, rest = unpacked(config)
        return cls(*blocks, **rest)


def packed(layers: list[Any]) -> dict[str, Any]:
    """Return the entry of a configuration for the blocks of a layer."""
    pack = keras.saving.serialize_keras_object
    return {"layers": [pack(layer) for layer in layers]}


def unpacked(config: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the blocks of a layer, and the rest of its configuration."""
    unpack = keras.saving.deserialize_keras_object
    blocks = [unpack(layer) for layer in config["layers"]]
    return blocks, {k: v for k, v in config.items() if k != "layers"}


@registered
class ExactL1L2(keras.regularizers.L1L2):
    """L1L2 whose factors are not rounded to float32.

    L1L2 converts its arguments to Python floats, which are then cast.
    """

    def __init__(self, l1: float, l2: float) -> None:
        super().__init__(l1, l2)
        self.l1, self.l2 = np.float64(l1), np.float64(l2)
