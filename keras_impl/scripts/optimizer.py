"""The optimiser and the schedule of a Keras script."""

from dataclasses import replace

import numpy as np

from framework_parity.common.codegen.calls import Call, builder_for
from framework_parity.common.codegen.concise import concise
from framework_parity.common.codegen.printing import (
    Expression,
    assembled,
    statement,
)
from framework_parity.common.codegen.scripts.script import (
    ScriptOptions,
    annotated,
    epsilon_note,
    layers_note,
    selected,
)
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.recipe import Recipe
from framework_parity.common.spec.schedules import Changing
from framework_parity.keras_impl import weights
from framework_parity.keras_impl.model import build
from framework_parity.keras_impl.scripts.evaluation import metric_code, summed
from framework_parity.keras_impl.scripts.names import VOCABULARY, style
from framework_parity.keras_impl.updates import optimizer_call


def optimizer_code(arm: Arm, options: ScriptOptions) -> list[str]:
    """Return the code of the optimiser and of `compile`.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: clipping, accumulation and a schedule that counts steps are
    arguments of the optimiser; the parameters are given by `fit`.
    """
    recipe, short = arm.recipe, style(options)
    optimizer = optimizer_call(recipe)
    if summed(arm):
        kwargs = dict(optimizer.kwargs)
        del kwargs["loss_scale_factor"]
        optimizer = replace(optimizer, kwargs=kwargs)
    schedule = recipe.schedule
    lines = []
    scheduler = schedule_call(recipe)
    if scheduler is not None:
        lines += assembled(scheduler, VOCABULARY)
        lines.append(
            statement(concise(scheduler, short), VOCABULARY, "schedule")
        )
        if isinstance(schedule, Changing) and schedule.per == "step":
            kwargs = optimizer.kwargs
            rate = {"learning_rate": Expression("schedule")}
            optimizer = replace(optimizer, kwargs=kwargs | rate)
    optimizer = concise(optimizer, short)
    if short.double:
        exact = {
            name: np.float64(value) if type(value) is float else value
            for name, value in optimizer.kwargs.items()
        }
        optimizer = replace(optimizer, kwargs=exact)
    lines += assembled(optimizer, VOCABULARY)
    lines.append(statement(optimizer, VOCABULARY, "optimizer"))
    spec = recipe.optimizer
    if recipe.groups:
        lines += _groups_code(arm)
    elif len(recipe.grouped(arm.parameters)) > 1:
        lines += [
            "optimizer.exclude_from_weight_decay(",
            '    var_names=["bias", "gamma", "beta"]',
            ")",
        ]
    loss = concise(builder_for("keras_impl", recipe.loss)(recipe.loss), short)
    lines.append(statement(loss, VOCABULARY, "loss"))
    measured = metric_code(arm)
    weight = ""
    if recipe.accumulation and summed(arm):
        weight = f"loss_weights=[{recipe.accumulation.batches}]"
    more = f", metrics=[{', '.join(measured)}]" if measured else ""
    more = f", {weight}{more}" if weight else more
    line = f"model.compile(optimizer, loss{more})"
    if len(line) > 79:
        items = "".join(f"        {metric},\n" for metric in measured)
        weights_line = f"    {weight},\n" if weight else ""
        line = (
            f"model.compile(\n    optimizer,\n    loss,\n{weights_line}"
            f"    metrics=[\n{items}    ],\n)"
        )
    lines.append(line)
    notes = [
        (r"weight_decay=", "PyTorch's is added to the gradient"),
        (r"Crossentropy\(", "by default of probabilities"),
        (r"loss_weights=", "the sum of the accumulated gradients"),
        (r"clipnorm=", "PyTorch: clip_grad_norm_ in the loop"),
        (r"^schedule = ", "Keras computes schedules in float32."),
    ]
    notes.append((r"\bepsilon=", epsilon_note(spec, "keras")))
    if recipe.optimizer.kind() == "adamw":
        notes[0] = (r"weight_decay=", "subtracted, as in PyTorch")
    return annotated(lines, notes)


def _groups_code(arm: Arm) -> list[str]:
    """Return the calls that make groups of slices of all variables."""
    recipe, model = arm.recipe, build(arm)
    live = weights.parameters(model)
    places = {v.path: n for n, v in enumerate(model.trainable_variables)}
    lines = ["variables = model.trainable_variables"]
    excluded = []
    usual = (0.0, recipe.optimizer.weight_decay)
    for (factor, decay), names in recipe.grouped(live).items():
        own = sorted(places[live[name].path] for name in names)
        if not decay:
            excluded += own
        options = [
            *([f"rate_factor={factor}"] if factor != 1 else []),
            *([f"weight_decay={decay}"] if decay not in usual else []),
        ]
        if own and options:
            chosen = selected("variables", own)
            line = f"optimizer.add_group({', '.join([chosen, *options])})"
            if len(line) > 79:
                inside = (f"    {each}," for each in (chosen, *options))
                line = "\n".join(["optimizer.add_group(", *inside, ")"])
            lines += [layers_note(names), line]
    if excluded and recipe.optimizer.weight_decay:
        chosen = selected("variables", sorted(excluded))
        lines.append(f"optimizer.exclude_from_weight_decay({chosen})")
    return lines


def schedule_call(recipe: Recipe) -> Call | None:
    """Return the call of the schedule, counted in its own unit, or None.

    Translation: a schedule is a function of the number of updates; of the
    number of epochs, where a callback calls it.
    """
    schedule = recipe.schedule
    if not isinstance(schedule, Changing):
        return None
    counted = schedule.model_copy(update={"per": "step"})
    builder = builder_for("keras_impl", counted)
    return builder(counted, recipe.optimizer.lr, 1)
