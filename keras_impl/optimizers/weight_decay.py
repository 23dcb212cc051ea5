"""Weight decay, in Keras."""

from typing import Any

import numpy as np

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.update_rule import UpdateRule
from framework_parity.keras_impl import optimizer_extensions as extensions


def with_weight_decay(own: Any, spec: UpdateRule, **kwargs: Any) -> Call:
    """Return the call of an optimiser with its weight decay.

    Keras's own decay is decoupled; the other forms are mixins.

    Args:
        own: the optimiser class.
        spec: the optimiser, with the form of its decay.
        **kwargs: the arguments of the class.
    """
    decay = np.float64(spec.weight_decay)
    if spec.weight_decay == 0 and spec.kind() != "adamw":
        return call(own, **kwargs)
    if spec.decay == "decoupled":
        return call(own, **kwargs, weight_decay=decay)
    if spec.kind() == "adamw":
        kwargs["weight_decay"] = np.float64(0.0)
    if spec.decay == "coupled":
        own = extensions.mixed(extensions.CoupledDecay, own)
        return call(own, **kwargs, coupled_decay=decay)
    own = extensions.mixed(extensions.FactoredDecay, own)
    return call(own, **kwargs, factored_decay=decay)
