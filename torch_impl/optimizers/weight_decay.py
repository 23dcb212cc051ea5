"""Weight decay, in PyTorch."""

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
