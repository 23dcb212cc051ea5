"""Initialisers, in Keras: objects that make a tensor of a given shape."""

import math

from keras import initializers

from common.calls import Call, call
from common.initializers import (
    FanInUniform,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Normal,
    Zeros,
)


def zeros(spec: Zeros, fan_in: int, fan_out: int) -> Call:
    """Zeros."""
    return call(initializers.Zeros)


def normal(spec: Normal, fan_in: int, fan_out: int) -> Call:
    """RandomNormal."""
    return call(initializers.RandomNormal, stddev=spec.stddev)


def fan_in_uniform(spec: FanInUniform, fan_in: int, fan_out: int) -> Call:
    """RandomUniform with PyTorch's default limit for Linear and its bias."""
    limit = 1.0 / math.sqrt(fan_in)
    return call(initializers.RandomUniform, -limit, limit)


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


def _untruncated(scale: float, mode: str) -> Call:
    return call(
        initializers.VarianceScaling, scale, mode, "untruncated_normal"
    )
