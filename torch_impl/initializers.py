"""Initialisers, in PyTorch: functions that fill a tensor in place.

Each builder takes the spec and the fans of the layer. `xavier_*` and
`kaiming_*` compute the fans from the shape of the tensor; where those are not
the layer's, an extension function takes them as an argument; see
`layers/initial_weights.py`.
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
    UnitsUniform,
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

    Translation: the default standard deviation is 1.
    """
    return call(init.normal_, spec.mean, spec.stddev)


def truncated_normal(spec: TruncatedNormal, fan_in: int, fan_out: int) -> Call:
    """trunc_normal_.

    Translation: the bounds are absolute arguments; the default, ±2, does not
    truncate a normal of standard deviation 0.02.
    """
    return call(init.trunc_normal_, spec.mean, spec.stddev, *spec.limits)


def uniform(spec: Uniform, fan_in: int, fan_out: int) -> Call:
    """uniform_.

    Translation: the default interval is from 0 to 1.
    """
    return call(init.uniform_, spec.low, spec.high)


def fan_in_uniform(spec: FanInUniform, fan_in: int, fan_out: int) -> Call:
    """The default of PyTorch's Linear and its bias, an extension function.

    Translation: `kaiming_uniform_(a=math.sqrt(5))` would have to be
    distinguished from He's initialiser when it is read, and a bias has no
    fans.
    """
    return call(extensions.fan_in_uniform_, fan_in)


def units_uniform(spec: UnitsUniform, fan_in: int, fan_out: int) -> Call:
    """The default of PyTorch's recurrent layers, an extension function."""
    return call(extensions.units_uniform_, fan_in)


def glorot_uniform(spec: GlorotUniform, fan_in: int, fan_out: int) -> Call:
    """xavier_uniform_, which is named after Xavier Glorot's first name."""
    return call(init.xavier_uniform_)


def glorot_normal(spec: GlorotNormal, fan_in: int, fan_out: int) -> Call:
    """xavier_normal_.

    Translation: PyTorch does not truncate it; the truncated form is an
    extension function.
    """
    if spec.truncated:
        return call(extensions.xavier_trunc_normal_)
    return call(init.xavier_normal_)


def he_uniform(spec: HeUniform, fan_in: int, fan_out: int) -> Call:
    """kaiming_uniform_.

    Translation: the default is for a leaky ReLU of slope 0, which has the
    same gain √2 as ReLU.
    """
    return call(init.kaiming_uniform_, nonlinearity="relu")


def he_normal(spec: HeNormal, fan_in: int, fan_out: int) -> Call:
    """kaiming_normal_.

    Translation: PyTorch does not truncate it; the truncated form is an
    extension function.
    """
    if spec.truncated:
        return call(extensions.kaiming_trunc_normal_, nonlinearity="relu")
    return call(init.kaiming_normal_, nonlinearity="relu")


def lecun_uniform(spec: LecunUniform, fan_in: int, fan_out: int) -> Call:
    """kaiming_uniform_, with the gain 1 of a linear layer.

    Translation: PyTorch has no function named after LeCun.
    """
    return call(init.kaiming_uniform_, nonlinearity="linear")


def lecun_normal(spec: LecunNormal, fan_in: int, fan_out: int) -> Call:
    """kaiming_normal_, with the gain 1 of a linear layer.

    Translation: PyTorch has no function named after LeCun and does not
    truncate; the truncated form is an extension function.
    """
    if spec.truncated:
        return call(extensions.kaiming_trunc_normal_, nonlinearity="linear")
    return call(init.kaiming_normal_, nonlinearity="linear")


def orthogonal(spec: Orthogonal, fan_in: int, fan_out: int) -> Call:
    """orthogonal_.

    Translation: the matrix has the shape (shape[0], product of the rest), so
    its rows are the outputs; in Keras they are the columns.
    """
    return call(init.orthogonal_, spec.gain)
