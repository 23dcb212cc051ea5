"""Clipping, in PyTorch: functions of the parameters, called in every step."""

from torch import nn

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.clipping import ByGlobalNorm, ByNorm, ByValue
from framework_parity.torch_impl import extensions

# The constant that `clip_grad_norm_` adds to the norm; it is no argument.
EPSILON = 1e-6


def by_value(spec: ByValue) -> Call:
    """clip_grad_value_: a function that changes gradients in place."""
    return call(nn.utils.clip_grad_value_, clip_value=spec.limit)


def by_norm(spec: ByNorm) -> Call:
    """A custom function that clips one parameter at a time.

    Translation: `clip_grad_norm_` on all parameters is `by_global_norm`.
    """
    return call(
        extensions.clip_each_grad_norm_,
        max_norm=spec.limit,
        epsilon=spec.epsilon,
    )


def by_global_norm(spec: ByGlobalNorm) -> Call:
    """clip_grad_norm_, which adds 1e-6 to the norm."""
    if spec.epsilon == EPSILON:
        return call(nn.utils.clip_grad_norm_, max_norm=spec.limit)
    return call(
        extensions.clip_grad_norm_to_,
        max_norm=spec.limit,
        epsilon=spec.epsilon,
    )
