"""Initialisers, in Keras: objects that make a tensor of a given shape.

`VarianceScaling` and its kin count the fans of the shape they are given.
Where those are not the layer's, a class of ours is told them; see
`layers.py`. What Keras would cast through float32 is a NumPy float64.
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
    """Constant, which casts a Python float through float32."""
    return call(initializers.Constant, np.float64(spec.value))


def normal(spec: Normal, fan_in: int, fan_out: int) -> Call:
    """RandomNormal.

    Translation: unsaid, the deviation is 0.05.
    """
    return call(initializers.RandomNormal, spec.mean, spec.stddev)


def truncated_normal(spec: TruncatedNormal, fan_in: int, fan_out: int) -> Call:
    """TruncatedNormal.

    Translation: bounds stand at two deviations, whatever those are;
    absolute ones need a subclass.
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

    Translation: unsaid, from -0.05 to 0.05.
    """
    low, high = np.float64(spec.low), np.float64(spec.high)
    return call(initializers.RandomUniform, low, high)


def fan_in_uniform(spec: FanInUniform, fan_in: int, fan_out: int) -> Call:
    """What PyTorch's Linear and its bias start from, as a subclass.

    Translation: as `VarianceScaling(1/3, "fan_in", "uniform")` it would count
    the fans of a bias.
    """
    return call(extensions.FanInUniform, fan_in)


def glorot_uniform(spec: GlorotUniform, fan_in: int, fan_out: int) -> Call:
    """GlorotUniform: what Keras gives every kernel."""
    return call(initializers.GlorotUniform)


def glorot_normal(spec: GlorotNormal, fan_in: int, fan_out: int) -> Call:
    """GlorotNormal.

    Translation: it is always cut; the form that is not is the general
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

    Translation: it is always cut; the form that is not is the general
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

    Translation: it is always cut; the form that is not is the general
    VarianceScaling.
    """
    if spec.truncated:
        return call(initializers.LecunNormal)
    return _untruncated(1.0, "fan_in")


def orthogonal(spec: Orthogonal, fan_in: int, fan_out: int) -> Call:
    """Orthogonal.

    Translation: the matrix is (all the rest, shape[-1]), so outputs are its
    columns, where PyTorch has rows.
    """
    return call(initializers.Orthogonal, spec.gain)


def _untruncated(scale: float, mode: str) -> Call:
    return call(
        initializers.VarianceScaling, scale, mode, "untruncated_normal"
    )
