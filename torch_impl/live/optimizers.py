"""A user's optimiser in neutral terms, read from PyTorch."""

from collections.abc import Iterable
from typing import Any

from framework_parity.common.live.elements import Described
from framework_parity.common.live.records import (
    PER_TENSOR,
    OptimizerRead,
    Parameter,
)
from framework_parity.torch_impl import introspect
from framework_parity.torch_impl.optimizers.weight_decay import decay_key

LIBRARY = ("torch.optim.", "framework_parity.")
"""Modules whose optimisers do what their arguments say."""


def read_optimizer(
    optimizer: Any,
    parameters: Iterable[Parameter],
    clipping: Described | None,
) -> OptimizerRead:
    """Return an optimiser in neutral terms.

    Args:
        optimizer: the optimiser; None without one.
        parameters: the tensors that may be trained.
        clipping: how the user's training step clips gradients.

    Translation: rate and decay are those of a group of parameters, and what
    is in no group is not updated.
    """
    parameters = list(parameters)
    groups = getattr(optimizer, "param_groups", None) or [{"lr": float("nan")}]
    first, described = first_group(optimizer, parameters), None
    key = decay_key(first)
    decays = {group.get(key, 0.0) for group in groups} - {0.0}
    try:
        if type(optimizer).__module__.startswith(LIBRARY):
            spec = introspect.read(optimizer)
            fields = {k: v for k, v in spec if k not in PER_TENSOR}
            if "weight_decay" in fields:
                fields["weight_decay"] = max(decays, default=0.0)
            if len(decays) <= 1:
                described = spec.kind(), fields
    except LookupError:
        pass
    of = _group_of(optimizer)
    read = OptimizerRead(described, clipping, float(first["lr"]))
    for index, name, _, own in parameters:
        group = of.get(id(own[0]))
        read.stepped.setdefault(index, {})[name] = group is not None
        read.decayed.setdefault(index, {})[name] = bool(
            group and group.get(key)
        )
        factor = 1.0
        if group is not None and group["lr"] != first["lr"]:
            factor = float(group["lr"] / first["lr"] if first["lr"] else "inf")
        read.factors.setdefault(index, {})[name] = factor
    return read


def first_group(
    optimizer: Any, parameters: Iterable[Parameter]
) -> dict[str, Any]:
    """Return the first parameter group with the optimiser's own rate.

    Where no group has it, it is the group of the first parameter in any.

    Args:
        optimizer: the optimiser; None without one.
        parameters: the tensors that may be trained.
    """
    of = _group_of(optimizer)
    own = [of.get(id(variables[0])) for *_, variables in parameters]
    groups = [group for group in own if group is not None]
    if not groups:
        return {"lr": float("nan")}
    rate = getattr(optimizer, "defaults", {}).get("lr")
    # A scheduler keeps the rate with which a group began.
    usual = (g for g in groups if g.get("initial_lr", g["lr"]) == rate)
    return next(usual, groups[0])


def _group_of(optimizer: Any) -> dict[int, dict[str, Any]]:
    groups: list[dict[str, Any]] = getattr(optimizer, "param_groups", [])
    return {id(p): group for group in groups for p in group["params"]}
