"""Initialisers, in PyTorch: functions that fill a tensor in place."""

import math

from torch.nn import init

from common.calls import Call, call
from common.initializers import (
    TRUNCATED_STDDEV,
    FanInUniform,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Normal,
    Zeros,
)


def zeros(spec: Zeros, fan_in: int, fan_out: int) -> Call:
    """zeros_."""
    return call(init.zeros_)


def normal(spec: Normal, fan_in: int, fan_out: int) -> Call:
    """normal_."""
    return call(init.normal_, std=spec.stddev)


def fan_in_uniform(spec: FanInUniform, fan_in: int, fan_out: int) -> Call:
    """uniform_ with PyTorch's own default limit for Linear and its bias."""
    limit = 1.0 / math.sqrt(fan_in)
    return call(init.uniform_, -limit, limit)


def glorot_uniform(spec: GlorotUniform, fan_in: int, fan_out: int) -> Call:
    """xavier_uniform_: Xavier Glorot's first name instead of his last."""
    return call(init.xavier_uniform_)


def glorot_normal(spec: GlorotNormal, fan_in: int, fan_out: int) -> Call:
    """xavier_normal_.

    Translation: it is never cut, so the truncated form is said by hand.
    """
    if spec.truncated:
        return _truncated(math.sqrt(2.0 / (fan_in + fan_out)))
    return call(init.xavier_normal_)


def he_uniform(spec: HeUniform, fan_in: int, fan_out: int) -> Call:
    """kaiming_uniform_, whose own default is for a leaky ReLU."""
    return call(init.kaiming_uniform_, nonlinearity="relu")


def he_normal(spec: HeNormal, fan_in: int, fan_out: int) -> Call:
    """kaiming_normal_.

    Translation: it is never cut, so the truncated form is said by hand.
    """
    if spec.truncated:
        return _truncated(math.sqrt(2.0 / fan_in))
    return call(init.kaiming_normal_, nonlinearity="relu")


def _truncated(stddev: float) -> Call:
    """trunc_normal_, whose bounds are absolute and not in deviations."""
    wide = stddev / TRUNCATED_STDDEV
    return call(init.trunc_normal_, 0.0, wide, -2 * wide, 2 * wide)
