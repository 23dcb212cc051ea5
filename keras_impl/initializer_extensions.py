"""Minimal subclasses for initialisers that Keras does not have."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from framework_parity.keras_impl.extensions import registered

# The standard deviation of a unit normal that is cut at ±2.
TRUNCATED_STDDEV = 0.87962566103423978


@registered
class AbsolutelyTruncatedNormal(keras.initializers.TruncatedNormal):
    """N(mean, stddev²), truncated at ±2, by inverse transform sampling.

    x = mean + √2 stddev erf⁻¹(u), with u drawn uniformly between
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


@registered
class FanInUniform(keras.initializers.RandomUniform):
    """U(±1/√fan_in), for a kernel or for its bias, which has no fans."""

    def __init__(self, fan_in: int, seed: Any = None) -> None:
        self.fan_in = fan_in
        limit = np.float64(math.sqrt(1 / fan_in))
        super().__init__(-limit, limit, seed)

    def get_config(self) -> dict[str, Any]:
        return {"fan_in": self.fan_in, "seed": super().get_config()["seed"]}


@registered
class UnitsUniform(keras.initializers.RandomUniform):
    """U(±1/√units), PyTorch's default in recurrent layers."""

    def __init__(self, units: int, seed: Any = None) -> None:
        self.units = units
        limit = np.float64(math.sqrt(1 / units))
        super().__init__(-limit, limit, seed)

    def get_config(self) -> dict[str, Any]:
        return {"units": self.units, "seed": super().get_config()["seed"]}


@registered
class ToldVarianceScaling(keras.initializers.VarianceScaling):
    """VarianceScaling with the fans as an argument."""

    def __init__(
        self,
        scale: float,
        mode: str,
        distribution: str,
        fans: tuple[int, int],
        seed: Any = None,
    ) -> None:
        super().__init__(scale, mode, distribution, seed)
        self.fans, self.fan_in = tuple(fans), fans[0]

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        fan = self.fan_in if self.mode == "fan_in" else sum(self.fans) / 2
        if self.distribution == "uniform":
            limit = np.float64(math.sqrt(3 * self.scale / fan))
            return keras.random.uniform(shape, -limit, limit, dtype, self.seed)
        stddev = math.sqrt(self.scale / fan)
        if self.distribution == "truncated_normal":
            return keras.random.truncated_normal(
                shape, 0.0, stddev / TRUNCATED_STDDEV, dtype, self.seed
            )
        return keras.random.normal(shape, 0.0, stddev, dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        names = "scale", "mode", "distribution", "seed"
        whole = super().get_config() | {"fans": list(self.fans)}
        return {name: whole[name] for name in (*names, "fans")}
