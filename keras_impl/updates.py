"""Parameter updates: accumulation, clipping and the optimiser's step."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import keras

from framework_parity.common.codegen.calls import Call, builder_for
from framework_parity.common.spec.recipe import Recipe
from framework_parity.keras_impl.optimizer_extensions import (
    EpsilonClipping,
    ParameterGroups,
    mixed,
)


def optimizer_call(recipe: Recipe) -> Call:
    """Return the Keras call of the optimiser.

    Translation: clipping and accumulation are arguments of the optimiser.
    Groups need a mixin, unless their parameters only have no weight decay.
    """
    optimizer = builder_for("keras_impl", recipe.optimizer)(recipe.optimizer)
    usual = (None, 0.0, recipe.optimizer.weight_decay)
    if any(
        group.lr_factor != 1 or group.weight_decay not in usual
        for group in recipe.groups
    ):
        function = mixed(ParameterGroups, optimizer.function)
        optimizer = replace(optimizer, function=function)
    return _accumulated(_clipped(optimizer, recipe), recipe)


def build_optimizer(
    recipe: Recipe, parameters: Mapping[str, Any]
) -> keras.optimizers.Optimizer:
    """Return the optimiser of some parameters.

    Args:
        recipe: the optimiser and its options.
        parameters: the trainable tensors, by neutral name.

    Translation: parameters without weight decay are excluded by a method,
    and by another one parameters with a rate or a decay of their own are
    made a group.
    """
    optimizer = optimizer_call(recipe).construct()
    groups = {
        options: [parameters[name] for name in names]
        for options, names in recipe.grouped(parameters).items()
    }
    optimizer.exclude_from_weight_decay(
        [v for (_, decay), own in groups.items() if decay == 0 for v in own]
    )
    if isinstance(optimizer, ParameterGroups):
        for (factor, decay), variables in groups.items():
            optimizer.add_group(variables, factor, decay)
    optimizer.build(list(parameters.values()))
    return optimizer


def clipping_of(recipe: Recipe) -> Callable[[list[Any]], list[Any]]:
    """Return a function from the gradients of a step to the clipped ones.

    Args:
        recipe: the clipping of gradients.

    Translation: it is the method by which the optimiser clips.
    """
    method: Callable[[list[Any]], list[Any]] = (
        optimizer_call(recipe).construct()._clip_gradients
    )
    return method


def compile_update(
    variables: list[Any], optimizer: keras.optimizers.Optimizer
) -> Callable[[list[Any], Any], Any]:
    """Return a function of gradients and a rate that updates the parameters.

    Args:
        variables: the trainable tensors.
        optimizer: their optimiser.

    Returns:
        The function; it returns the rate as the optimiser stores it.

    Translation: the optimiser performs clipping and accumulation, too.
    """

    def update(gradients: list[Any], rate: Any) -> Any:
        optimizer.learning_rate.assign(rate)
        optimizer.apply(gradients, variables)
        return optimizer.learning_rate.value

    return update


def _clipped(optimizer: Call, recipe: Recipe) -> Call:
    if recipe.clipping is None:
        return optimizer
    clip = builder_for("keras_impl", recipe.clipping)(recipe.clipping)
    function = optimizer.function
    if "clip_epsilon" in clip.kwargs:
        function = mixed(EpsilonClipping, function)
    return Call(function, optimizer.args, optimizer.kwargs | clip.kwargs)


def _accumulated(optimizer: Call, recipe: Recipe) -> Call:
    """Add accumulation; for a sum, `loss_scale_factor` undoes the mean."""
    if recipe.accumulation is None:
        return optimizer
    batches = recipe.accumulation.batches
    more: dict[str, Any] = {"gradient_accumulation_steps": batches}
    if recipe.accumulation.reduction == "sum":
        more["loss_scale_factor"] = 1.0 / batches
    return Call(optimizer.function, optimizer.args, optimizer.kwargs | more)
