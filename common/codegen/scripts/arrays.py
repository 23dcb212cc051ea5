"""The arrays that an exact script reads: rows, orders and masks."""

from typing import Any

import numpy as np

from framework_parity.common.codegen.scripts.parts import SUFFIXES
from framework_parity.common.codegen.scripts.sources import is_drawn
from framework_parity.common.data.image_sets import ImageSet
from framework_parity.common.spec.architecture import masked
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.recipe import batch_sizes
from framework_parity.common.training import batches
from framework_parity.common.training.record import Tensors


def data_arrays(arm: Arm) -> Tensors:
    """Return x and y, before any split, of data that have no code."""
    if _has_code(arm):
        return {}
    x, y = arm.data.source.draw(arm.data.seed)
    return {"x": x, "y": y}


def _has_code(arm: Arm) -> bool:
    """Return whether code in the script makes or loads the samples."""
    source = arm.data.source
    return is_drawn(source) or isinstance(source, ImageSet)


def are_read(arm: Arm, exact: bool) -> bool:
    """Return whether a script of an arm reads a file of arrays.

    Args:
        arm: the network, its data and its recipe.
        exact: whether the script repeats the run of this project.
    """
    return exact or not _has_code(arm)


def drawn_arrays(arm: Arm, seed: int) -> Tensors:
    """Return the rows of the parts, and the order of each epoch.

    Args:
        arm: the network, its data and its recipe.
        seed: the seed of the run.

    Returns:
        `train`, `val` and `test`, the rows of each part in the order of the
        source, and `order`, (epochs, samples), if the samples are shuffled.
    """
    _, y = arm.data.source.draw(arm.data.seed)
    rows = arm.data.rows(y)
    arrays: Tensors = {SUFFIXES[part]: rows[part] for part in rows}
    recipe, samples = arm.recipe, len(rows["train"])
    if recipe.shuffle != "never":
        epochs = recipe.epochs if recipe.shuffle == "each_epoch" else 1
        arrays["order"] = np.stack(
            [
                batches.order(recipe, samples, seed, epoch)
                for epoch in range(epochs)
            ]
        )
    return arrays


def mask_arrays(arm: Arm, seed: int, dtype: str) -> Tensors:
    """Return what each random layer draws in every step.

    Args:
        arm: the network, its data and its recipe.
        seed: the seed of the run.
        dtype: the dtype of the arrays.

    Returns:
        By the name of the layer, arrays (steps, batch, *mask) with channels
        last. Batches that are not full end with zeros.
    """
    samples = arm.data.part_sizes()["train"]
    size = batch_sizes(arm.recipe, samples)[0]
    names = [node.name for node in masked(arm.layers, arm.data.source.shape)]
    if not names:
        return {}
    steps: dict[str, list[Any]] = {name: [] for name in names}
    epochs = range(arm.recipe.epochs)
    for segment in batches.segments(arm, samples, seed, epochs):
        for name, mask in segment.masks.items():
            missing = size - mask.shape[1]
            padding = [(0, 0), (0, missing), *[(0, 0)] * (mask.ndim - 2)]
            steps[name].append(np.pad(mask, padding).astype(dtype))
    return {name: np.concatenate(steps[name]) for name in names}
