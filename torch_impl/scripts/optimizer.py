"""The optimiser and the scheduler of a PyTorch script."""

from typing import Any

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
from framework_parity.torch_impl import weights
from framework_parity.torch_impl.model import build
from framework_parity.torch_impl.optimizers.weight_decay import decay_key
from framework_parity.torch_impl.scripts.names import VOCABULARY, style
from framework_parity.torch_impl.updates import optimizer_call


def optimizer_code(arm: Arm, options: ScriptOptions) -> list[str]:
    """Return the code of the loss, the optimiser and the scheduler.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: the parameters are an argument of the optimiser; parameters
    without weight decay are a group.
    """
    recipe = arm.recipe
    loss = builder_for("torch_impl", recipe.loss)(recipe.loss)
    lines = [statement(concise(loss, style(options)), VOCABULARY, "criterion")]
    spec = recipe.optimizer
    optimizer = concise(optimizer_call(recipe), style(options))
    first = Expression("model.parameters()")
    if recipe.groups:
        first = Expression("groups")
        lines += _groups_code(arm)
    elif len(recipe.grouped(arm.parameters)) > 1:
        first = Expression("groups")
        decays = ("weight_decay", "decoupled_decay")
        zeros = [name for name in decays if name in optimizer.kwargs]
        lines += [
            "groups = [",
            '    {"params": [p for p in model.parameters() if p.ndim > 1]},',
            "    {",
            '        "params": [p for p in model.parameters() if p.ndim < 2],',
            *(f'        "{name}": 0.0,' for name in zeros),
            "    },",
            "]",
        ]
    lines += assembled(optimizer, VOCABULARY)
    call = optimizer.with_args(first)
    lines.append(statement(call, VOCABULARY, "optimizer"))
    if scheduler := schedule_call(recipe):
        call = concise(scheduler, style(options)).with_args(
            Expression("optimizer")
        )
        lines.append(statement(call, VOCABULARY, "scheduler"))
    if recipe.plateau:
        lines.append(_plateau(recipe))
    notes = [
        (r"weight_decay=", _decay_note(spec)),
        (r"\beps=", epsilon_note(spec, "torch")),
        (r"CrossEntropyLoss\(", "of logits; called with (outputs, labels)"),
        (r"BCEWithLogits", "of logits; called with (outputs, targets)"),
        (r"^scheduler", "stepped by the training loop"),
    ]
    return annotated(lines, notes)


def _groups_code(arm: Arm) -> list[str]:
    """Return the parameter groups of a script, slices of all parameters."""
    recipe, model = arm.recipe, build(arm)
    spec = recipe.optimizer
    key = decay_key(optimizer_call(recipe).kwargs)
    places = {id(p): place for place, p in enumerate(model.parameters())}
    live = weights.parameters(model)
    lines = ["parameters = list(model.parameters())", "groups = ["]
    for (factor, decay), names in recipe.grouped(live).items():
        own = sorted(places[id(live[name])] for name in names)
        entries = [f'"params": {selected("parameters", own)}']
        if factor != 1:
            entries.append(f'"lr": {spec.lr} * {factor}')
        if sets_rates(recipe):
            entries.append(f'"lr_factor": {factor}')
        if decay != spec.weight_decay:
            entries.append(f'"{key}": {decay}')
        note = layers_note(names)
        line = f"    {{{', '.join(entries)}}},  {note}"
        if len(line) > 79:
            inside = (f"        {entry}," for entry in entries)
            line = "\n".join([f"    {note}", "    {", *inside, "    },"])
        if own or sets_rates(recipe):
            lines.append(line)
    return [*lines, "]"]


def sets_rates(recipe: Recipe) -> bool:
    """Return whether the loop sets the rates of the groups.

    Schedulers multiply the rate of each group alike, except those that end
    at a rate or are given the highest one, and ReduceLROnPlateau, whose
    bounds are rates.
    """
    if all(group.lr_factor == 1 for group in recipe.groups):
        return False
    scheduler = schedule_call(recipe)
    kwargs = scheduler.kwargs if scheduler else {}
    bounded = kwargs.get("eta_min") or "max_lr" in kwargs
    return bool(recipe.plateau or bounded)


def _decay_note(spec: Any) -> str:
    if spec.decay == "coupled":
        return "added to the gradient; Keras's is decoupled"
    return "subtracted from the weights, as in Keras"


def schedule_call(recipe: Recipe) -> Call | None:
    """Return the call of the scheduler, counted in its own unit, or None.

    Translation: a scheduler counts the calls of `step()`.
    """
    schedule = recipe.schedule
    if not isinstance(schedule, Changing):
        return None
    counted = schedule.model_copy(update={"per": "step"})
    builder = builder_for("torch_impl", counted)
    return builder(counted, recipe.optimizer.lr, 1)


def _plateau(recipe: Recipe) -> str:
    """Return ReduceLROnPlateau, with patience in PyTorch's counting."""
    rule = recipe.plateau
    assert rule is not None
    patience = rule.patience
    if rule.counting == "reaches":
        patience = max(patience, 1) - 1
    cooldown = rule.cooldown
    if rule.last_cooldown == "counted":
        cooldown = max(cooldown - 1, 0)
    mode = "max" if rule.monitor.endswith("accuracy") else "min"
    relative = "rel" if rule.threshold_mode == "relative" else "abs"
    numbers = (
        f'threshold={rule.threshold}, threshold_mode="{relative}"',
        f"cooldown={cooldown}, min_lr={rule.min_lr}, eps={rule.least_change}",
    )
    return "\n".join(
        [
            "plateau = lr_scheduler.ReduceLROnPlateau(",
            f'    optimizer, "{mode}", factor={rule.by}, patience={patience},',
            *(f"    {line}," for line in numbers),
            ")",
        ]
    )
