"""The evaluation of a Keras script, and its plot."""

from framework_parity.common.codegen.scripts import parts
from framework_parity.common.codegen.scripts.script import (
    ScriptOptions,
    Section,
    section,
)
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.losses import (
    BinaryLoss,
    CrossEntropy,
)


def metric_code(arm: Arm) -> list[str]:
    """Return the metrics of `compile`, as code."""
    loss = arm.recipe.loss
    found = []
    if isinstance(loss, CrossEntropy):
        found.append('"accuracy"')
    elif isinstance(loss, BinaryLoss):
        found.append('metrics.BinaryAccuracy(name="accuracy", threshold=0.0)')
    elif arm.data.class_count is not None:
        found.append('metrics.CategoricalAccuracy(name="accuracy")')
    if separate_loss(arm):
        # The loss itself would be one number for each batch, and the mean of
        # those gives the samples of a smaller last batch more weight.
        mean = 'metrics.MeanMetricWrapper(loss.call, name="data_loss")'
        found.append(mean)
    return found


def separate_loss(arm: Arm) -> bool:
    """Return whether the loss without the penalty is a metric of its own.

    Translation: the loss that `fit` reports includes the penalties.
    """
    rule = arm.recipe.penalty
    return summed(arm) or (rule is not None and not rule.reported)


def summed(arm: Arm) -> bool:
    """Return whether accumulated gradients are added up.

    Translation: Keras takes their mean, so the loss has a weight.
    """
    grouped = arm.recipe.accumulation
    return grouped is not None and grouped.reduction == "sum"


def evaluation_section(arm: Arm) -> Section:
    """Return the code that evaluates the trained network."""
    held = "test" if "test" in parts.suffixes(arm.data) else "train"
    measured = metric_code(arm)
    accuracy = any("accuracy" in metric for metric in measured)
    names = f"{held}_loss, {held}_accuracy" if accuracy else f"{held}_loss"
    shown = ", ".join(f"{name} {{{name}:.6f}}" for name in names.split(", "))
    call = f"model.evaluate(x_{held}, y_{held}, verbose=0"
    lines = [f"{names} = {call})"]
    if separate_loss(arm):
        lines = [f"values = {call}, return_dict=True)"]
        lines.append(f'{held}_loss = values["data_loss"]')
        if accuracy:
            lines.append(f'{held}_accuracy = values["accuracy"]')
    return section("Evaluation", *lines, f'print(f"{shown}")')


def plot_section(arm: Arm, options: ScriptOptions) -> Section:
    """Return the code of the plot.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.
    """
    loss = "data_loss" if separate_loss(arm) else "loss"
    names = {loss: "training"}
    if parts.evaluated(arm.data) and arm.recipe.evaluate_every == 1:
        names[f"val_{loss}"] = "validation"
    return section(
        "Plot", parts.plot_code(names, f"{options.experiment}, {arm.name}")
    )
