"""Validation of an arm: its network, data and recipe together."""

import math
from collections.abc import Callable
from typing import TypeAlias

from framework_parity.common.spec.architecture import (
    LayerNode,
    ShapeError,
    walk,
)
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.errors import names, nearest, shown
from framework_parity.common.spec.layers.normalization import BatchNorm
from framework_parity.common.spec.losses import (
    BinaryLoss,
    CrossEntropy,
    Distance,
)
from framework_parity.common.spec.recipe import batch_sizes

Path: TypeAlias = tuple[str | int, ...]
Refusal: TypeAlias = tuple[Path, str]
Where: TypeAlias = Callable[..., Path]
"""From a part (layers, recipe, data) and a path inside to the full path."""


def check_arm(arm: Arm, where: Where) -> Refusal | None:
    """Return the first error of an arm's network and loss, or None.

    Args:
        arm: the network with its data and recipe.
        where: a function from a part and a path inside it to the path in the
            document.

    Returns:
        The path of the invalid field, and the message.
    """
    source, loss = arm.data.source, arm.recipe.loss
    classes = arm.data.class_count
    fits = True
    if isinstance(loss, CrossEntropy):
        fits = classes is not None
    elif isinstance(loss, BinaryLoss):
        fits = classes == 2
    if not fits and arm.data.target == "inputs":
        return where("recipe", "loss"), (
            f"got {loss.kind()!r}, but the target is the input, as "
            "'data.target' says; use a loss of a difference, such as "
            "'mean_squared_error'"
        )
    if not fits:
        has = f"{classes} classes" if classes else "a number"
        return where("recipe", "loss"), (
            f"got {loss.kind()!r}, but the target of {source.kind()!r} is "
            f"{has}{'' if classes else source.way_to_classes}"
        )
    weights = getattr(loss, "class_weights", ())
    if weights and len(weights) != classes:
        return where("recipe", "loss"), (
            f"has {len(weights)} class_weights, but {source.kind()!r} has "
            f"{classes} classes"
        )
    try:
        nodes = arm.nodes
    except ShapeError as error:
        return where("layers", *error.path), str(error)
    wanted = arm.data.target_shape(loss)
    if nodes[-1].output_shape != wanted:
        one_hot = isinstance(loss, Distance) and classes
        of = "the inputs of " if arm.data.target == "inputs" else ""
        return where("layers"), (
            f"ends in shape {nodes[-1].output_shape}, but {loss.kind()!r} on "
            f"{of}{source.kind()!r} needs {wanted}"
            + (", a number for each of its classes" if one_hot else "")
        )
    if not arm.parameters:
        inside = any(node.frozen and node.tensors for node in arm.all_nodes)
        frozen = ", or take one out of 'frozen'" if inside else ""
        return where("layers"), (
            "has no trainable parameters, so there is nothing to train, and "
            "PyTorch's optimisers refuse it; add a layer that learns, such "
            f"as 'dense'{frozen}"
        )
    return _check_groups(arm, where) or _check_batch_norm(arm, nodes, where)


def _check_groups(arm: Arm, where: Where) -> Refusal | None:
    """Return an error if a parameter group names no parameter, or None."""
    groups = arm.recipe.groups
    layers = [node.name for node in arm.all_nodes if node.parameters]
    frozen = {node.name for node in arm.all_nodes if node.frozen}
    for index, group in enumerate(groups):
        for place, layer in enumerate(group.layers or ()):
            if layer not in layers:
                path = where("recipe", "groups", index, "layers", place)
                if layer in frozen:
                    return path, (
                        f"got {shown(layer)}, whose parameters are frozen and "
                        "are not given to the optimizer"
                    )
                return path, (
                    f"got {shown(layer)}, expected a layer of arm "
                    f"{arm.name!r} with parameters: {names(layers)}"
                    f"{nearest(layer, layers)}"
                )
        own = [name for name in arm.parameters if group.contains(name)]
        if not own:
            return where("recipe", "groups", index), (
                f"has no parameters: {arm.name!r} has none that are "
                f"{group.parameters!r} in these layers"
            )
        for other, earlier in enumerate(groups[:index]):
            if twice := next(filter(earlier.contains, own), None):
                return where("recipe", "groups", index), (
                    f"contains {twice}, which is in groups[{other}], too; "
                    "a parameter belongs to one group"
                )
    return None


def _check_batch_norm(
    arm: Arm, nodes: tuple[LayerNode, ...], where: Where
) -> Refusal | None:
    """Return an error if a single number is normalised, or None."""
    samples = arm.data.part_sizes()["train"]
    smallest = min(batch_sizes(arm.recipe, samples))
    for node in walk(nodes):
        if not isinstance(node.layer, BatchNorm):
            continue
        shape = node.input_shape
        channels = shape[node.layer.along(shape)]
        if smallest * math.prod(shape) // channels < 2:
            return where("layers"), (
                f"{node.name} meets a batch of 1 of the {samples} training "
                "samples, and one number has no variance; change the batch "
                "size, or use 'last_batch: drop'"
            )
    return None


def check_watching(arm: Arm, where: Where) -> Refusal | None:
    """Return the first error of an arm's monitored curves, or None.

    Args:
        arm: the network with its data and recipe.
        where: a function from a part and a path inside it to the path in the
            document.

    Returns:
        The path of the invalid field, and the message.
    """
    recipe = arm.recipe
    stopping, plateau = recipe.early_stopping, recipe.plateau
    if recipe.checkpoint and stopping and stopping.restore_best:
        return where("recipe", "checkpoint"), (
            "cannot be combined with early_stopping.restore_best: both "
            "select the weights that are kept; use one of them"
        )
    watched = {
        "plateau": plateau.monitor if plateau else None,
        "early_stopping": stopping.monitor if stopping else None,
        "checkpoint": recipe.checkpoint,
    }
    for field, monitor in watched.items():
        refused = monitor and _check_monitor(arm, field, monitor, where)
        if refused:
            return refused
    return None


def _check_monitor(
    arm: Arm, field: str, monitor: str, where: Where
) -> Refusal | None:
    if arm.data.part_sizes()["validation"] == 0:
        return where("recipe", field), (
            "watches the validation part, but data.validation is 0"
        )
    if arm.recipe.evaluate_every != 1:
        return where("recipe", "evaluate_every"), (
            f"got {arm.recipe.evaluate_every}, but {field.replace('_', ' ')} "
            "needs an evaluation after every epoch: 1"
        )
    if monitor.endswith("accuracy") and not arm.data.class_count:
        inner = () if field == "checkpoint" else ("monitor",)
        return where("recipe", field, *inner), (
            f"got 'validation_accuracy', but the target is "
            f"{arm.data.target_word}; expected 'validation_loss'"
        )
    return None
