"""Initialisers, in PyTorch: functions that fill a tensor in place.

`xavier_*` and `kaiming_*` count the fans of the tensor they are given. Where
those are not the layer's, a function of ours is told them; see `model.py`.
"""

from torch.nn import init

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
from framework_parity.torch_impl import initializer_extensions as extensions


def zeros(spec: Zeros, fan_in: int, fan_out: int) -> Call:
    """zeros_."""
    return call(init.zeros_)


def ones(spec: Ones, fan_in: int, fan_out: int) -> Call:
    """ones_."""
    return call(init.ones_)


def constant(spec: Constant, fan_in: int, fan_out: int) -> Call:
    """constant_."""
    return call(init.constant_, spec.value)


def normal(spec: Normal, fan_in: int, fan_out: int) -> Call:
    """normal_.

    Translation: unsaid, the deviation is 1.
    """
    return call(init.normal_, spec.mean, spec.stddev)


def truncated_normal(spec: TruncatedNormal, fan_in: int, fan_out: int) -> Call:
    """trunc_normal_.

    Translation: bounds are arguments, and absolute: ±2 if unsaid, which
    cuts nothing off a normal of deviation 0.02.
    """
    return call(init.trunc_normal_, spec.mean, spec.stddev, *spec.limits)


def uniform(spec: Uniform, fan_in: int, fan_out: int) -> Call:
    """uniform_.

    Translation: unsaid, from 0 to 1.
    """
    return call(init.uniform_, spec.low, spec.high)


def fan_in_uniform(spec: FanInUniform, fan_in: int, fan_out: int) -> Call:
    """What PyTorch's Linear and its bias start from, as a function of ours.

    Translation: as `kaiming_uniform_(a=math.sqrt(5))` it would have to be
    told apart from He's, and a bias has no fans.
    """
    return call(extensions.fan_in_uniform_, fan_in)


def glorot_uniform(spec: GlorotUniform, fan_in: int, fan_out: int) -> Call:
    """xavier_uniform_: Xavier Glorot's first name instead of his last."""
    return call(init.xavier_uniform_)


def glorot_normal(spec: GlorotNormal, fan_in: int, fan_out: int) -> Call:
    """xavier_normal_.

    Translation: it is never cut, so the truncated form is a function of ours.
    """
    if spec.truncated:
        return call(extensions.xavier_trunc_normal_)
    return call(init.xavier_normal_)


def he_uniform(spec: HeUniform, fan_in: int, fan_out: int) -> Call:
    """kaiming_uniform_.

    Translation: unsaid, it is for a leaky ReLU of slope 0, which has the
    same gain √2 as ReLU itself.
    """
    return call(init.kaiming_uniform_, nonlinearity="relu")


def he_normal(spec: HeNormal, fan_in: int, fan_out: int) -> Call:
    """kaiming_normal_.

    Translation: it is never cut, so the truncated form is a function of ours.
    """
    if spec.truncated:
        return call(extensions.kaiming_trunc_normal_, nonlinearity="relu")
    return call(init.kaiming_normal_, nonlinearity="relu")


def lecun_uniform(spec: LecunUniform, fan_in: int, fan_out: int) -> Call:
    """kaiming_uniform_, with the gain 1 of a linear layer.

    Translation: there is no function of LeCun's name.
    """
    return call(init.kaiming_uniform_, nonlinearity="linear")


def lecun_normal(spec: LecunNormal, fan_in: int, fan_out: int) -> Call:
    """kaiming_normal_, with the gain 1 of a linear layer.

    Translation: there is no function of LeCun's name; it is never cut, so
    the truncated form is a function of ours.
    """
    if spec.truncated:
        return call(extensions.kaiming_trunc_normal_, nonlinearity="linear")
    return call(init.kaiming_normal_, nonlinearity="linear")


def orthogonal(spec: Orthogonal, fan_in: int, fan_out: int) -> Call:
    """orthogonal_.

    Translation: the matrix is (shape[0], all the rest), so outputs are its
    rows, where Keras has columns.
    """
    return call(init.orthogonal_, spec.gain)
