"""Clipping, in Keras: arguments of the optimiser, which clips.

`clip_epsilon` is an argument of `optimizer_extensions.EpsilonClipping`.
"""

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.clipping import ByGlobalNorm, ByNorm, ByValue

# The constant that Keras adds to the norm; it is no argument.
EPSILON = 0.0


def by_value(spec: ByValue) -> Call:
    """The argument clipvalue."""
    return call(dict, clipvalue=spec.limit)


def by_norm(spec: ByNorm) -> Call:
    """The argument clipnorm.

    Translation: PyTorch's `clip_grad_norm_` is `by_global_norm`.
    """
    return _by_norm("clipnorm", spec)


def by_global_norm(spec: ByGlobalNorm) -> Call:
    """The argument global_clipnorm."""
    return _by_norm("global_clipnorm", spec)


def _by_norm(name: str, spec: ByNorm | ByGlobalNorm) -> Call:
    if spec.epsilon == EPSILON:
        return call(dict, **{name: spec.limit})
    return call(dict, **{name: spec.limit}, clip_epsilon=spec.epsilon)
