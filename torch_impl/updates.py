"""Parameter updates: accumulation, clipping and the optimiser's step."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from framework_parity.common.codegen.calls import Call, builder_for
from framework_parity.common.spec.recipe import Recipe
from framework_parity.torch_impl.optimizers.weight_decay import decay_key

# Clips the gradients of tensors in place.
Clip: TypeAlias = Callable[[Sequence[Tensor]], Any]


def optimizer_call(recipe: Recipe) -> Call:
    """Return the PyTorch call of the optimiser.

    Translation: clipping and accumulation are part of the training loop.
    """
    return builder_for("torch_impl", recipe.optimizer)(recipe.optimizer)


def build_optimizer(
    recipe: Recipe, parameters: Mapping[str, Tensor]
) -> torch.optim.Optimizer:
    """Return the optimiser of some parameters.

    Args:
        recipe: the optimiser and its options.
        parameters: the trainable tensors, by neutral name.

    Translation: parameters with other options are a parameter group, which
    holds the factor of its rate.
    """
    call = optimizer_call(recipe)
    key = decay_key(call.kwargs)
    optimizer: torch.optim.Optimizer = call.construct(
        [
            {
                "params": [parameters[name] for name in names],
                "lr": recipe.optimizer.lr * factor,
                "lr_factor": factor,
                key: decay,
            }
            for (factor, decay), names in recipe.grouped(parameters).items()
            # The first group has the optimiser's own rate, with or without
            # parameters.
            if names or recipe.groups
        ]
    )
    return optimizer


def clipping_of(recipe: Recipe) -> Clip | None:
    """Return a function that clips gradients in place; None without one.

    Args:
        recipe: the clipping of gradients.
    """
    if recipe.clipping is None:
        return None
    return builder_for("torch_impl", recipe.clipping)(
        recipe.clipping
    ).construct


def compile_update(
    recipe: Recipe,
    variables: Sequence[Tensor],
    optimizer: torch.optim.Optimizer,
    clip: Clip | None,
) -> Callable[[list[Tensor], float], float]:
    """Return a function of gradients and a rate that updates the parameters.

    Args:
        recipe: the accumulation of gradients.
        variables: the trainable tensors.
        optimizer: their optimiser.
        clip: clips the gradients of the tensors in place, or None.

    Returns:
        The function; it returns the rate as the optimiser stores it.

    Translation: the optimiser performs only the step. Gradients accumulate
    in `grad` and are clipped there; each parameter group has a rate.
    """
    batches = recipe.accumulation.batches if recipe.accumulation else 1
    mean = recipe.accumulation and recipe.accumulation.reduction == "mean"
    waiting = 0

    def update(gradients: list[Tensor], rate: float) -> float:
        nonlocal waiting
        for variable, gradient in zip(variables, gradients, strict=True):
            share = gradient / batches if mean else gradient
            kept = variable.grad if waiting else None
            variable.grad = share if kept is None else kept + share
        for group in optimizer.param_groups:
            group["lr"] = rate * group["lr_factor"]
        waiting = (waiting + 1) % batches
        if not waiting:
            if clip:
                clip(variables)
            optimizer.step()
        used: float = optimizer.param_groups[0]["lr"]
        return used

    return update
