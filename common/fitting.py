"""Whether an arm's network, data and recipe fit together."""

import math
from collections.abc import Callable
from typing import TypeAlias

from common.activations import Softmax
from common.architecture import Place, ShapeError, walk
from common.arm import Arm
from common.layers import BatchNorm
from common.losses import BinaryCrossEntropy, CrossEntropy
from common.recipe import batch_sizes

Path: TypeAlias = tuple[str | int, ...]
Refusal: TypeAlias = tuple[Path, str]
Where: TypeAlias = Callable[..., Path]
"""From a part (layers, recipe, data) and a path inside to where it stands."""


def check_arm(arm: Arm, where: Where) -> Refusal | None:
    """Return what of an arm cannot be meant, or None.

    Args:
        arm: the network with its data and recipe.
        where: says where something of the arm is written.

    Returns:
        The place, and the sentence that says what is wrong there.
    """
    source, loss = arm.data.source, arm.recipe.loss
    classes = source.class_count
    fits = {
        CrossEntropy: classes is not None,
        BinaryCrossEntropy: classes == 2,
    }.get(type(loss), classes is None)
    if not fits:
        has = f"{classes} classes" if classes else "a number"
        return where("recipe", "loss"), (
            f"got {loss.kind()!r}, but the target of {source.kind()!r} is "
            f"{has}{'' if classes else source.way_to_classes}"
        )
    try:
        found = arm.places
    except ShapeError as error:
        return where("layers", *error.path), str(error)
    units = source.class_count if isinstance(loss, CrossEntropy) else 1
    if found[-1].output_shape != (units,):
        return where("layers"), (
            f"ends in shape {found[-1].output_shape}, but {loss.kind()!r} on "
            f"{source.kind()!r} needs ({units},)"
        )
    if any(isinstance(place.layer, Softmax) for place in walk(found)):
        return where("layers"), (
            f"has a 'softmax', but {loss.kind()!r} starts from logits; leave "
            "it out, predictions apply it"
        )
    return _check_batch_norm(arm, found, where)


def _check_batch_norm(
    arm: Arm, found: tuple[Place, ...], where: Where
) -> Refusal | None:
    """Refuse to normalise a single number: it has no variance."""
    samples = arm.data.part_sizes()["train"]
    smallest = min(batch_sizes(arm.recipe, samples))
    for place in walk(found):
        numbers = smallest * math.prod(place.input_shape[:-1])
        if isinstance(place.layer, BatchNorm) and numbers < 2:
            return where("layers"), (
                f"{place.name} meets a batch of 1 of the {samples} training "
                "samples, and one number has no variance; change the batch "
                "size, or say 'last_batch: drop'"
            )
    return None


def check_watching(arm: Arm, where: Where) -> Refusal | None:
    """Return what a recipe watches and nobody measures, or None."""
    recipe = arm.recipe
    stopping, plateau = recipe.early_stopping, recipe.plateau
    if recipe.checkpoint and stopping and stopping.restore_best:
        return where("recipe", "checkpoint"), (
            "stands beside early_stopping.restore_best; both say whose "
            "weights are kept, so say one"
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
    if monitor.endswith("accuracy") and not arm.data.source.class_count:
        inner = () if field == "checkpoint" else ("monitor",)
        return where("recipe", field, *inner), (
            "got 'validation_accuracy', but the target is a number; expected "
            "'validation_loss'"
        )
    return None
