"""Weight decay, in PyTorch."""

from typing import Any

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.update_rule import UpdateRule
from framework_parity.torch_impl import optimizer_extensions as extensions


def with_weight_decay(own: Any, spec: UpdateRule, **kwargs: Any) -> Call:
    """Couple the decay, as most of PyTorch's classes do, or do not."""
    if spec.decay == "coupled":
        return call(own, **kwargs, weight_decay=spec.weight_decay)
    factored = spec.decay == "factored"
    mixin = extensions.FactoredDecay if factored else extensions.DecoupledDecay
    return call(
        extensions.mixed(mixin, own),
        **kwargs,
        decoupled_decay=spec.weight_decay,
    )
