"""Parameter updates: accumulation, clipping and the optimiser's step."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from framework_parity.common.codegen.calls import Call, builder_for
from framework_parity.common.spec.recipe import Recipe
from framework_parity.torch_impl.weights import parameters


def optimizer_call(recipe: Recipe) -> Call:
    """Return the PyTorch call of the optimiser.

    Translation: clipping and accumulation are part of the training loop.
    """
    return builder_for("torch_impl", recipe.optimizer)(recipe.optimizer)


def build_optimizer(recipe: Recipe, model: nn.Module) -> torch.optim.Optimizer:
    """Return the optimiser of the model's parameters.

    Args:
        recipe: the optimiser and its options.
        model: the network.

    Translation: parameters without weight decay are a parameter group.
    """
    spec = recipe.optimizer
    named = parameters(model).items()
    groups: list[dict[str, Any]] = [
        {"params": [p for name, p in named if spec.decays(name)]},
        {"params": [p for name, p in named if not spec.decays(name)]},
    ]
    groups[1] |= {"weight_decay": 0.0, "decoupled_decay": 0.0}
    optimizer: torch.optim.Optimizer = optimizer_call(recipe).construct(
        [group for group in groups if group["params"]]
    )
    return optimizer


def compile_update(
    recipe: Recipe, model: nn.Module, optimizer: torch.optim.Optimizer
) -> Callable[[list[Tensor], float], float]:
    """Return a function of gradients and a rate that updates the parameters.

    Args:
        recipe: the clipping and accumulation of gradients.
        model: the network.
        optimizer: the optimiser of its parameters.

    Returns:
        The function; it returns the rate as the optimiser stores it.

    Translation: the optimiser performs only the step. Gradients accumulate
    in `grad` and are clipped there; each parameter group has a rate.
    """
    variables = list(parameters(model).values())
    clip = recipe.clipping and builder_for("torch_impl", recipe.clipping)(
        recipe.clipping
    )
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
            group["lr"] = rate
        waiting = (waiting + 1) % batches
        if not waiting:
            if clip:
                clip.construct(variables)
            optimizer.step()
        used: float = optimizer.param_groups[0]["lr"]
        return used

    return update
