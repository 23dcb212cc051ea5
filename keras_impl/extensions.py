"""What Keras has no class for: the smallest subclass for each."""

import math
from typing import Any

import keras
from keras import ops


class ChannelsFirstFlatten(keras.layers.Layer):
    """Flatten (n, h, w, c) in the order channel, height, width."""

    def call(self, x: Any) -> Any:
        moved = ops.transpose(x, (0, 3, 1, 2))
        return ops.reshape(moved, (ops.shape(x)[0], -1))

    def compute_output_shape(self, shape: Any) -> Any:
        return shape[0], shape[1] * shape[2] * shape[3]


class _Padded(keras.layers.Layer):
    """A layer that looks at windows, after `padding` on each side.

    Args:
        padding: ((above, below), (left, right)).
    """

    filling = 0.0

    def __init__(self, *args: Any, padding: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sides = ((0, 0), *padding, (0, 0))

    def padded_shape(self, shape: Any) -> Any:
        return tuple(
            None if n is None else n + sum(side)
            for n, side in zip(shape, self.sides, strict=True)
        )

    def build(self, shape: Any) -> None:
        super().build(self.padded_shape(shape))

    def compute_output_shape(self, shape: Any) -> Any:
        return super().compute_output_shape(self.padded_shape(shape))

    def call(self, x: Any) -> Any:
        padded = ops.pad(x, self.sides, constant_values=self.filling)
        return super().call(padded)


class PaddedConv2D(_Padded, keras.layers.Conv2D):
    """Conv2D after zeros."""


class PaddedDepthwiseConv2D(_Padded, keras.layers.DepthwiseConv2D):
    """DepthwiseConv2D after zeros."""


class PaddedMaxPooling2D(_Padded, keras.layers.MaxPooling2D):
    """MaxPooling2D after -∞, which is never the largest."""

    filling = -math.inf


class PaddedAveragePooling2D(_Padded, keras.layers.AveragePooling2D):
    """AveragePooling2D after zeros.

    Where padding does not count, the mean is divided by the mean of ones
    that are padded likewise: by the share of the window that is real.
    """

    def __init__(self, *args: Any, count_padding: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count_padding = count_padding

    def call(self, x: Any) -> Any:
        mean = super().call(x)
        if self.count_padding:
            return mean
        return mean / super().call(ops.ones_like(x[:1]))


class SteepPReLU(keras.layers.PReLU):
    """PReLU whose derivative at 0 is its slope a: x above 0, else a x."""

    def call(self, inputs: Any) -> Any:
        return ops.where(inputs > 0, inputs, self.alpha * inputs)


class MaskedDropout(keras.layers.Dropout):
    """x · mask while training, x in evaluation.

    The mask holds 0 and 1 / (1 - rate); `mask` is set before each step.
    """

    mask: Any = None

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.mask_shape = tuple(input_shape[1:])

    def call(self, inputs: Any, training: bool = False) -> Any:
        return inputs * self.mask if training else inputs


class MaskedSpatialDropout2D(keras.layers.SpatialDropout2D):
    """`MaskedDropout` with one factor for each channel."""

    mask: Any = None

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.mask_shape = (1, 1, input_shape[-1])

    def call(self, inputs: Any, training: bool = False) -> Any:
        return inputs * self.mask if training else inputs


# What stands in for a layer that draws, where the masks are handed in.
MASKED: dict[Any, type[keras.layers.Layer]] = {
    keras.layers.Dropout: MaskedDropout,
    keras.layers.SpatialDropout2D: MaskedSpatialDropout2D,
}


class UnbiasedBatchNormalization(keras.layers.BatchNormalization):
    """BatchNormalization that averages the unbiased variance.

    What the step added is the biased one; times n/(n - 1) it is unbiased.
    """

    def call(
        self, inputs: Any, training: bool | None = None, mask: Any = None
    ) -> Any:
        if not training:
            return super().call(inputs, training=training, mask=mask)
        kept = self.moving_variance * self.momentum
        outputs = super().call(inputs, training=training, mask=mask)
        shape = ops.shape(inputs)
        count = ops.cast(math.prod(shape[:-1]), kept.dtype)
        added = self.moving_variance - kept
        self.moving_variance.assign(kept + added * (count / (count - 1)))
        return outputs


class Residual(keras.layers.Layer):
    """after(body(x) + shortcut(x))."""

    def __init__(
        self, body: Any, shortcut: Any, after: Any, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.layers = [body, shortcut, after]

    def call(self, x: Any, training: bool = False) -> Any:
        body, shortcut, after = self.layers
        total = body(x, training=training) + shortcut(x, training=training)
        return after(total, training=training)


class Concatenate(keras.layers.Layer):
    """What several branches make of x, side by side along the channels."""

    def __init__(self, *branches: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layers = list(branches)

    def call(self, x: Any, training: bool = False) -> Any:
        found = [branch(x, training=training) for branch in self.layers]
        return ops.concatenate(found, axis=-1)


class GradientVelocitySGD(keras.optimizers.SGD):
    """SGD whose velocity sums gradients: b ← m b + g, p ← p - η b.

    With Nesterov's look-ahead, p ← p - η (g + m b).
    """

    def update_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        rate = ops.cast(rate, variable.dtype)
        velocity = self.momentums[self._get_variable_index(variable)]
        momentum = ops.cast(self.momentum, variable.dtype)
        self.assign(velocity, momentum * velocity + gradient)
        ahead = gradient + momentum * velocity if self.nesterov else velocity
        self.assign_sub(variable, rate * ahead)


class EpsilonAdam(keras.optimizers.Adam):
    """Adam with epsilon behind the corrected second moment.

    p ← p - η m/(1 - β₁ᵗ) / (√(v/(1 - β₂ᵗ)) + ε)
    """

    def update_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        kind = variable.dtype
        rate, step = ops.cast(rate, kind), ops.cast(self.iterations + 1, kind)
        beta_1, beta_2 = (
            ops.cast(self.beta_1, kind),
            ops.cast(self.beta_2, kind),
        )
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        self.assign_add(m, (gradient - m) * (1 - beta_1))
        self.assign_add(v, (ops.square(gradient) - v) * (1 - beta_2))
        corrected_m = m / (1 - ops.power(beta_1, step))
        corrected_v = v / (1 - ops.power(beta_2, step))
        epsilon = ops.cast(self.epsilon, kind)
        self.assign_sub(
            variable, rate * corrected_m / (ops.sqrt(corrected_v) + epsilon)
        )
