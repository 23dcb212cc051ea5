"""Initialisers, in Keras: objects that make a tensor of a given shape.

Each builder takes the spec and the fans of the layer. `VarianceScaling` and
its subclasses compute the fans from the shape of the tensor; where those are
not the layer's, an extension class takes them as an argument; see
`layers/initial_weights.py`. Arguments that Keras would round to float32 are
NumPy float64.
"""

import numpy as np
from keras import initializers

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.initializers import (
    Constant,
    FanInUniform,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Normal,
    Ones,
    Orthogonal,
    TruncatedNormal,
    Uniform,
    UnitsUniform,
    Zeros,
)
from framework_parity.keras_impl import initializer_extensions as extensions


def zeros(spec: Zeros, fan_in: int, fan_out: int) -> Call:
    """Zeros."""
    return call(initializers.Zeros)


def ones(spec: Ones, fan_in: int, fan_out: int) -> Call:
    """Ones."""
    return call(initializers.Ones)


def constant(spec: Constant, fan_in: int, fan_out: int) -> Call:
    """Constant, which would round a Python float to float32."""
    return call(initializers.Constant, np.float64(spec.value))


def normal(spec: Normal, fan_in: int, fan_out: int) -> Call:
    """RandomNormal.

    Translation: the default standard deviation is 0.05.
    """
    return call(initializers.RandomNormal, spec.mean, spec.stddev)


def truncated_normal(spec: TruncatedNormal, fan_in: int, fan_out: int) -> Call:
    """TruncatedNormal.

    Translation: the bounds are at two standard deviations; absolute bounds
    need a subclass.
    """
    absolute = spec.bounds == "absolute"
    return call(
        extensions.AbsolutelyTruncatedNormal
        if absolute
        else initializers.TruncatedNormal,
        spec.mean,
        spec.stddev,
    )


def uniform(spec: Uniform, fan_in: int, fan_out: int) -> Call:
    """RandomUniform.

    Translation: the default interval is from -0.05 to 0.05.
    """
    low, high = np.float64(spec.low), np.float64(spec.high)
    return call(initializers.RandomUniform, low, high)


def fan_in_uniform(spec: FanInUniform, fan_in: int, fan_out: int) -> Call:
    """The default of PyTorch's Linear and its bias, a subclass.

    Translation: `VarianceScaling(1/3, "fan_in", "uniform")` would compute
    the fans from the shape of a bias.
    """
    return call(extensions.FanInUniform, fan_in)


def units_uniform(spec: UnitsUniform, fan_in: int, fan_out: int) -> Call:
    """The default of PyTorch's recurrent layers, a subclass."""
    return call(extensions.UnitsUniform, fan_in)


def glorot_uniform(spec: GlorotUniform, fan_in: int, fan_out: int) -> Call:
    """GlorotUniform, Keras's default for kernels."""
    return call(initializers.GlorotUniform)


def glorot_normal(spec: GlorotNormal, fan_in: int, fan_out: int) -> Call:
    """GlorotNormal.

    Translation: it is always truncated; the untruncated form is the general
    VarianceScaling.
    """
    if spec.truncated:
        return call(initializers.GlorotNormal)
    return _untruncated(1.0, "fan_avg")


def he_uniform(spec: HeUniform, fan_in: int, fan_out: int) -> Call:
    """HeUniform."""
    return call(initializers.HeUniform)


def he_normal(spec: HeNormal, fan_in: int, fan_out: int) -> Call:
    """HeNormal.

    Translation: it is always truncated; the untruncated form is the general
    VarianceScaling.
    """
    if spec.truncated:
        return call(initializers.HeNormal)
    return _untruncated(2.0, "fan_in")


def lecun_uniform(spec: LecunUniform, fan_in: int, fan_out: int) -> Call:
    """LecunUniform."""
    return call(initializers.LecunUniform)


def lecun_normal(spec: LecunNormal, fan_in: int, fan_out: int) -> Call:
    """LecunNormal.

    Translation: it is always truncated; the untruncated form is the general
    VarianceScaling.
    """
    if spec.truncated:
        return call(initializers.LecunNormal)
    return _untruncated(1.0, "fan_in")


def orthogonal(spec: Orthogonal, fan_in: int, fan_out: int) -> Call:
    """Orthogonal.

    Translation: the matrix has the shape (product of the rest, shape[-1]), so
    its columns are the outputs; in PyTorch they are the rows.
    """
    return call(initializers.Orthogonal, spec.gain)


def _untruncated(scale: float, mode: str) -> Call:
    return call(
        initializers.VarianceScaling, scale, mode, "untruncated_normal"
    )
