"""Initialisers, read from PyTorch: functions of a tensor.

A live initialiser is a `functools.partial` of one of PyTorch's functions;
`torch_impl.model.build` stores those of a layer as its attribute.
"""

from functools import partial
from typing import Any, get_args

from torch.nn import init

from framework_parity.common.spec.initializers import (
    Bounds,
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
    """trunc_normal_, with bounds that a spec can express."""
    if live.func is not init.trunc_normal_:
        return None
    mean, stddev, *limits = (
        live.keywords[name] for name in ("mean", "std", "a", "b")
    )
    for bounds in get_args(Bounds):
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
    """An extension function, since a bias has no fans."""
    matches = live.func is extensions.fan_in_uniform_
    return FanInUniform() if matches else None


def units_uniform(live: Any) -> UnitsUniform | None:
    """An extension function."""
    matches = live.func is extensions.units_uniform_
    return UnitsUniform() if matches else None


def glorot_uniform(live: Any) -> GlorotUniform | None:
    """xavier_uniform_, or the extension that takes the fans."""
    native = live.func is init.xavier_uniform_
    scaled = _scaled(live, 1.0, "fan_avg", "uniform")
    return GlorotUniform() if native or scaled else None


def glorot_normal(live: Any) -> GlorotNormal | None:
    """xavier_normal_, or an extension that truncates or takes the fans."""
    scaled = partial(_scaled, live, 1.0, "fan_avg")
    if live.func is init.xavier_normal_ or scaled("untruncated_normal"):
        return GlorotNormal(truncated=False)
    if live.func is extensions.xavier_trunc_normal_ or scaled(
        "truncated_normal"
    ):
        return GlorotNormal(truncated=True)
    return None


def he_uniform(live: Any) -> HeUniform | None:
    """kaiming_uniform_ for a ReLU, or the extension that takes the fans."""
    return HeUniform() if _kaiming(live, 2.0, "uniform") else None


def he_normal(live: Any) -> HeNormal | None:
    """kaiming_normal_ for a ReLU, or an extension."""
    truncated = _kaiming(live, 2.0, "truncated_normal")
    if not truncated and not _kaiming(live, 2.0, "untruncated_normal"):
        return None
    return HeNormal(truncated=truncated)


def lecun_uniform(live: Any) -> LecunUniform | None:
    """kaiming_uniform_ for a linear layer, or an extension."""
    return LecunUniform() if _kaiming(live, 1.0, "uniform") else None


def lecun_normal(live: Any) -> LecunNormal | None:
    """kaiming_normal_ for a linear layer, or an extension."""
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
    """Return whether it is this scaling by fan_in.

    The gain of a ReLU is √2, that of a linear layer 1.
    """
    function = {
        "uniform": init.kaiming_uniform_,
        "untruncated_normal": init.kaiming_normal_,
        "truncated_normal": extensions.kaiming_trunc_normal_,
    }[distribution]
    if live.func is function:
        gain = {"relu": 2.0, "linear": 1.0}.get(live.keywords["nonlinearity"])
        return gain == scale
    return _scaled(live, scale, "fan_in", distribution)


def _scaled(live: Any, scale: float, mode: str, distribution: str) -> bool:
    if live.func is not extensions.variance_scaling_:
        return False
    names = ("scale", "mode", "distribution")
    fields = tuple(live.keywords[name] for name in names)
    return fields == (scale, mode, distribution)
