"""What Keras has no class for: the smallest subclass for each."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops


class AbsolutelyTruncatedNormal(keras.initializers.TruncatedNormal):
    """N(mean, stddev²), cut at ±2, by the inverse of its distribution.

    x = mean + √2 stddev erf⁻¹(u), with u drawn evenly between
    erf((-2 - mean) / (√2 stddev)) and erf((2 - mean) / (√2 stddev))
    """

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        dtype = keras.backend.standardize_dtype(dtype)
        wide = math.sqrt(2.0) * self.stddev
        # erf⁻¹(1) is infinite; the last number before it is 5.3 deviations
        # out in float32, where Keras's own normals end, too.
        most = 1.0 - np.finfo(dtype).eps
        low, high = (
            np.clip(math.erf((bound - self.mean) / wide), -most, most)
            for bound in (-2.0, 2.0)
        )
        u = keras.random.uniform(shape, low, high, dtype, seed=self.seed)
        return ops.clip(self.mean + wide * ops.erfinv(u), -2.0, 2.0)


class ChannelsFirstFlatten(keras.layers.Layer):
    """Flatten (n, h, w, c) in the order channel, height, width."""

    def call(self, x: Any) -> Any:
        moved = ops.transpose(x, (0, 3, 1, 2))
        return ops.reshape(moved, (ops.shape(x)[0], -1))

    def compute_output_shape(self, shape: Any) -> Any:
        return shape[0], shape[1] * shape[2] * shape[3]


class MaskedDropout(keras.layers.Dropout):
    """x · mask while training, x in evaluation.

    The mask holds 0 and 1 / (1 - rate); `mask` is set before each step.
    """

    mask: Any = None

    def call(self, inputs: Any, training: bool = False) -> Any:
        return inputs * self.mask if training else inputs


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
