"""The evaluation of a PyTorch script, and its plot."""

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


def correct_code(arm: Arm) -> str:
    """Return the expression of the correct predictions, if classes."""
    loss = arm.recipe.loss
    if isinstance(loss, CrossEntropy):
        return "outputs.argmax(1) == y"
    if isinstance(loss, BinaryLoss):
        return "(outputs > 0) == (y > 0.5)"
    if arm.data.class_count is not None:
        return "outputs.argmax(1) == y.argmax(1)"
    return ""


def forward_code(x: str, options: ScriptOptions, margin: str) -> list[str]:
    """Return the code that computes the outputs of x."""
    if options.dtype != "bfloat16":
        return [f"{margin}outputs = model({x})"]
    return [
        f'{margin}with torch.autocast("cpu", dtype=torch.bfloat16):',
        f"{margin}    outputs = model({x}).float()",
    ]


def penalty_code(arm: Arm) -> list[str]:
    """Return the function of the penalty on the weights, if there is one.

    Translation: Keras's regularizers are arguments of the layers.
    """
    rule = arm.recipe.penalty
    if rule is None:
        return []
    terms = []
    if rule.l1:
        terms.append(f"{rule.l1} * p.abs().sum()")
    if rule.l2:
        terms.append(f"{rule.square_factor} * p.square().sum()")
    frozen = any(node.frozen for node in arm.all_nodes)
    conditions = ["p.ndim > 1"] if rule.weights == "kernels" else []
    conditions += ["p.requires_grad"] if frozen else []
    chosen = f" if {' and '.join(conditions)}" if conditions else ""
    return [
        "",
        "",
        "def penalty():",
        '    """Return the penalty; Keras: regularizers of the layers."""',
        f"    chosen = [p for p in model.parameters(){chosen}]",
        f"    return sum({' + '.join(terms)} for p in chosen)",
        "",
    ]


def evaluate_code(arm: Arm, options: ScriptOptions) -> list[str]:
    """Return the function that evaluates the network.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: evaluation mode is a state of the model, and gradients have
    to be switched off.
    """
    rule = arm.recipe.penalty
    added = " + penalty()" if rule and rule.reported else ""
    right = correct_code(arm)
    names = "loss and accuracy" if right else "loss"
    lines = [
        "",
        "@torch.no_grad()",
        "def evaluate(x, y):",
        f'    """Return the {names} of a part."""',
        "    model.eval()  # switches dropout off; Keras: set by evaluate()",
        *forward_code("x", options, "    "),
        f"    loss = criterion(outputs, y){added}",
    ]
    if right:
        lines.append(f"    correct = {right}")
        lines.append("    return loss.item(), correct.sum().item() / len(y)")
    else:
        lines.append("    return loss.item()")
    return [*lines, ""]


def evaluation_section(arm: Arm) -> Section:
    """Return the code that evaluates the trained network."""
    held = "test" if "test" in parts.suffixes(arm.data) else "train"
    names = (
        f"{held}_loss, {held}_accuracy"
        if correct_code(arm)
        else f"{held}_loss"
    )
    shown = ", ".join(f"{name} {{{name}:.6f}}" for name in names.split(", "))
    return section(
        "Evaluation",
        f"{names} = evaluate(x_{held}, y_{held})",
        f'print(f"{shown}")',
    )


def plot_section(arm: Arm, options: ScriptOptions) -> Section:
    """Return the code of the plot.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.
    """
    names = {"loss": "training"}
    if parts.evaluated(arm.data) and arm.recipe.evaluate_every == 1:
        names["val_loss"] = "validation"
    return section(
        "Plot", parts.plot_code(names, f"{options.experiment}, {arm.name}")
    )
