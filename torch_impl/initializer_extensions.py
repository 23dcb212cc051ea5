"""Minimal functions for initialisers that PyTorch does not have."""

import math
from typing import Literal

from torch import Tensor
from torch.nn import init

# The standard deviation of a unit normal that is cut at ±2.
TRUNCATED_STDDEV = 0.87962566103423978


def fan_in_uniform_(tensor: Tensor, fan_in: int) -> Tensor:
    """U(±1/√fan_in), for a kernel or for its bias, which has no fans."""
    limit = math.sqrt(1 / fan_in)
    return init.uniform_(tensor, -limit, limit)


def units_uniform_(tensor: Tensor, units: int) -> Tensor:
    """U(±1/√units), for each tensor of a recurrent layer."""
    return fan_in_uniform_(tensor, units)


def variance_scaling_(
    tensor: Tensor,
    scale: float,
    mode: str,
    distribution: str,
    fans: tuple[int, int],
) -> Tensor:
    """A distribution of variance scale / fan, with the fans as an argument.

    The fan is `fan_in`, or `fan_avg`, the mean of both.
    """
    fan = fans[0] if mode == "fan_in" else sum(fans) / 2
    if distribution == "uniform":
        limit = math.sqrt(3 * scale / fan)
        return init.uniform_(tensor, -limit, limit)
    stddev = math.sqrt(scale / fan)
    if distribution == "truncated_normal":
        return _trunc_normal_(tensor, stddev)
    return init.normal_(tensor, 0.0, stddev)


def xavier_trunc_normal_(tensor: Tensor) -> Tensor:
    """xavier_normal_, truncated at 2σ and rescaled to the same variance."""
    fan_in, fan_out = fans_of(tensor)
    return _trunc_normal_(tensor, math.sqrt(2 / (fan_in + fan_out)))


def kaiming_trunc_normal_(
    tensor: Tensor, nonlinearity: Literal["relu", "linear"]
) -> Tensor:
    """kaiming_normal_, truncated at 2σ and rescaled to the same variance."""
    fan_in, _ = fans_of(tensor)
    gain = init.calculate_gain(nonlinearity)
    return _trunc_normal_(tensor, gain / math.sqrt(fan_in))


def fans_of(tensor: Tensor) -> tuple[int, int]:
    """Return the fans of a weight, of shape (outputs, inputs, *window)."""
    outputs, inputs, *window = tensor.shape
    return inputs * math.prod(window), outputs * math.prod(window)


def _trunc_normal_(tensor: Tensor, stddev: float) -> Tensor:
    wide = stddev / TRUNCATED_STDDEV
    return init.trunc_normal_(tensor, 0.0, wide, -2 * wide, 2 * wide)
