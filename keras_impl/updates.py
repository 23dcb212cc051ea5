"""From a gradient to new parameters: clip, accumulate, step."""

from collections.abc import Callable
from typing import Any

import keras

from framework_parity.common.codegen.calls import Call, builder_for
from framework_parity.common.spec.recipe import Recipe
from framework_parity.keras_impl.optimizer_extensions import (
    EpsilonClipping,
    mixed,
)
from framework_parity.keras_impl.weights import parameters


def optimizer_call(recipe: Recipe) -> Call:
    """Return how Keras says the optimiser.

    Translation: clipping and accumulation are arguments of it.
    """
    said = builder_for("keras_impl", recipe.optimizer)(recipe.optimizer)
    return _accumulated(_clipped(said, recipe), recipe)


def build_optimizer(
    recipe: Recipe, model: keras.Model
) -> keras.optimizers.Optimizer:
    """Return the optimiser of the model's parameters.

    Translation: parameters that do not decay are named to it.
    """
    spec, found = recipe.optimizer, parameters(model)
    optimizer = optimizer_call(recipe).construct()
    optimizer.exclude_from_weight_decay(
        [value for name, value in found.items() if not spec.decays(name)]
    )
    optimizer.build(list(found.values()))
    return optimizer


def compile_update(
    recipe: Recipe, model: keras.Model, optimizer: keras.optimizers.Optimizer
) -> Callable[[list[Any], Any], Any]:
    """Return a function of gradients and a rate that moves the parameters.

    It returns the rate as the optimiser has it.

    Translation: clipping and accumulation are the optimiser's own.
    """
    variables = list(parameters(model).values())

    def update(gradients: list[Any], rate: Any) -> Any:
        optimizer.learning_rate.assign(rate)
        optimizer.apply(gradients, variables)
        return optimizer.learning_rate.value

    return update


def _clipped(said: Call, recipe: Recipe) -> Call:
    if recipe.clipping is None:
        return said
    clip = builder_for("keras_impl", recipe.clipping)(recipe.clipping)
    own = said.function
    if "clip_epsilon" in clip.kwargs:
        own = mixed(EpsilonClipping, own)
    return Call(own, said.args, said.kwargs | clip.kwargs)


def _accumulated(said: Call, recipe: Recipe) -> Call:
    """Let the optimiser average; a sum is the mean of gradients unscaled."""
    if recipe.accumulation is None:
        return said
    batches = recipe.accumulation.batches
    more: dict[str, Any] = {"gradient_accumulation_steps": batches}
    if recipe.accumulation.reduction == "sum":
        more["loss_scale_factor"] = 1.0 / batches
    return Call(said.function, said.args, said.kwargs | more)
