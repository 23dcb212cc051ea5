"""Clipping, read from PyTorch: functions of the parameters.

Live clipping is a `functools.partial` of the function that clips.
"""

from typing import Any

from torch import nn

from framework_parity.common.spec.clipping import ByGlobalNorm, ByNorm, ByValue
from framework_parity.torch_impl import extensions
from framework_parity.torch_impl.clipping import EPSILON


def by_value(live: Any) -> ByValue | None:
    """clip_grad_value_."""
    if live.func is not nn.utils.clip_grad_value_:
        return None
    return ByValue(limit=live.keywords["clip_value"])


def by_norm(live: Any) -> ByNorm | None:
    """An extension function."""
    if live.func is not extensions.clip_each_grad_norm_:
        return None
    return ByNorm(
        limit=live.keywords["max_norm"], epsilon=live.keywords["epsilon"]
    )


def by_global_norm(live: Any) -> ByGlobalNorm | None:
    """clip_grad_norm_, or an extension function with another epsilon."""
    native = live.func is nn.utils.clip_grad_norm_
    if not native and live.func is not extensions.clip_grad_norm_to_:
        return None
    return ByGlobalNorm(
        limit=live.keywords["max_norm"],
        epsilon=live.keywords.get("epsilon", EPSILON),
    )
