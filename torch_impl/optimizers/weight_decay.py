"""Weight decay, in PyTorch."""

from collections.abc import Container
from typing import Any

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.update_rule import UpdateRule
from framework_parity.torch_impl import optimizer_extensions as extensions


def with_weight_decay(own: Any, spec: UpdateRule, **kwargs: Any) -> Call:
    """Return the call of an optimiser with its weight decay.

    PyTorch's own decay is coupled; the other forms are mixins.

    Args:
        own: the optimiser class.
        spec: the optimiser, with the form of its decay.
        **kwargs: the arguments of the class.
    """
    if spec.decay == "coupled":
        return call(own, **kwargs, weight_decay=spec.weight_decay)
    factored = spec.decay == "factored"
    mixin = extensions.FactoredDecay if factored else extensions.DecoupledDecay
    return call(
        extensions.mixed(mixin, own),
        **kwargs,
        decoupled_decay=spec.weight_decay,
    )


def decay_key(options: Container[str]) -> str:
    """Return the name of the weight decay among an optimiser's options.

    Args:
        options: the arguments of its call, or one of its parameter groups.
    """
    mixin = "decoupled_decay"
    return mixin if mixin in options else "weight_decay"
