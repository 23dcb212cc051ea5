"""Initialisers, read from PyTorch: functions that wait for their tensor.

A live initialiser is a `functools.partial` of one of PyTorch's functions;
`torch_impl.model.build` leaves those of a layer on the layer.
"""

from functools import partial
from typing import Any

from torch.nn import init

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
from framework_parity.torch_impl import initializer_extensions as extensions


def zeros(live: Any) -> Zeros | None:
    """zeros_."""
    return Zeros() if live.func is init.zeros_ else None


def ones(live: Any) -> Ones | None:
    """ones_."""
    return Ones() if live.func is init.ones_ else None


def constant(live: Any) -> Constant | None:
    """constant_."""
    if live.func is not init.constant_:
        return None
    return Constant(value=live.keywords["val"])


def normal(live: Any) -> Normal | None:
    """normal_."""
    if live.func is not init.normal_:
        return None
    return Normal(mean=live.keywords["mean"], stddev=live.keywords["std"])


def truncated_normal(live: Any) -> TruncatedNormal | None:
    """trunc_normal_, with bounds that a spec can have."""
    if live.func is not init.trunc_normal_:
        return None
    mean, stddev, *limits = (
        live.keywords[name] for name in ("mean", "std", "a", "b")
    )
    for bounds in ("absolute", "deviations"):
        spec = TruncatedNormal(mean=mean, stddev=stddev, bounds=bounds)
        if spec.limits == tuple(limits):
            return spec
    return None


def uniform(live: Any) -> Uniform | None:
    """uniform_."""
    if live.func is not init.uniform_:
        return None
    return Uniform(low=live.keywords["a"], high=live.keywords["b"])


def fan_in_uniform(live: Any) -> FanInUniform | None:
    """A function of ours, since a bias has no fans to count."""
    ours = live.func is extensions.fan_in_uniform_
    return FanInUniform() if ours else None


def glorot_uniform(live: Any) -> GlorotUniform | None:
    """xavier_uniform_, or one of ours with fans that are told."""
    own = live.func is init.xavier_uniform_
    told = _told(live, 1.0, "fan_avg", "uniform")
    return GlorotUniform() if own or told else None


def glorot_normal(live: Any) -> GlorotNormal | None:
    """xavier_normal_, or one of ours that is cut, or told its fans."""
    told = partial(_told, live, 1.0, "fan_avg")
    if live.func is init.xavier_normal_ or told("untruncated_normal"):
        return GlorotNormal(truncated=False)
    if live.func is extensions.xavier_trunc_normal_ or told(
        "truncated_normal"
    ):
        return GlorotNormal(truncated=True)
    return None


def he_uniform(live: Any) -> HeUniform | None:
    """kaiming_uniform_ for a ReLU, or told its fans."""
    return HeUniform() if _kaiming(live, 2.0, "uniform") else None


def he_normal(live: Any) -> HeNormal | None:
    """kaiming_normal_ for a ReLU, or one of ours that is cut, or told."""
    truncated = _kaiming(live, 2.0, "truncated_normal")
    if not truncated and not _kaiming(live, 2.0, "untruncated_normal"):
        return None
    return HeNormal(truncated=truncated)


def lecun_uniform(live: Any) -> LecunUniform | None:
    """kaiming_uniform_ for a linear layer, or told its fans."""
    return LecunUniform() if _kaiming(live, 1.0, "uniform") else None


def lecun_normal(live: Any) -> LecunNormal | None:
    """kaiming_normal_ for a linear layer, or one of ours that is cut."""
    truncated = _kaiming(live, 1.0, "truncated_normal")
    if not truncated and not _kaiming(live, 1.0, "untruncated_normal"):
        return None
    return LecunNormal(truncated=truncated)


def orthogonal(live: Any) -> Orthogonal | None:
    """orthogonal_."""
    if live.func is not init.orthogonal_:
        return None
    return Orthogonal(gain=live.keywords["gain"])


def _kaiming(live: Any, scale: float, distribution: str) -> bool:
    """Whether it scales by fan_in; a ReLU's gain is √2, a linear one's 1."""
    function = {
        "uniform": init.kaiming_uniform_,
        "untruncated_normal": init.kaiming_normal_,
        "truncated_normal": extensions.kaiming_trunc_normal_,
    }[distribution]
    if live.func is function:
        gain = {"relu": 2.0, "linear": 1.0}.get(live.keywords["nonlinearity"])
        return gain == scale
    return _told(live, scale, "fan_in", distribution)


def _told(live: Any, scale: float, mode: str, distribution: str) -> bool:
    if live.func is not extensions.variance_scaling_:
        return False
    names = ("scale", "mode", "distribution")
    found = tuple(live.keywords[name] for name in names)
    return found == (scale, mode, distribution)
