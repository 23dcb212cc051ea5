"""Batches: the samples, learning rate and masks of each training step.

All of them follow from the specification and a seed, so both frameworks
receive identical steps.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from framework_parity.common.spec.architecture import LayerNode, masked
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.recipe import Recipe, batch_sizes
from framework_parity.common.spec.replay import RecordedDraws
from framework_parity.common.training.randomness import stream

Indices: TypeAlias = npt.NDArray[np.int64]
Masks: TypeAlias = dict[str, npt.NDArray[Any]]

# Short epochs are merged until they have this many samples: few enough to fit
# in memory beside the data, enough to make the cost of a call negligible. A
# longer epoch is not merged with another.
SAMPLES_AT_ONCE = 65_536

# The batches of a segment have at most this many elements, unless it is a
# single step: PyTorch copies all batches of a segment at once, 128 MiB in
# float64.
NUMBERS_AT_ONCE = 2**24


@dataclass(frozen=True)
class Segment:
    """Consecutive training steps, all with the same batch size.

    Attributes:
        indices: rows of the training part, of shape (steps, batch).
        rates: learning rates, of shape (steps,).
        masks: for each layer that draws random numbers, its draws, of shape
            (steps, batch, *shape). For a dropout they are factors: 0 where
            an element is dropped and 1 / (1 - rate) where it is kept.
    """

    indices: Indices
    rates: Array
    masks: Masks = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.indices)

    def first(self) -> "Segment":
        """Return a segment with only the first step."""
        masks = {name: mask[:1] for name, mask in self.masks.items()}
        return Segment(self.indices[:1], self.rates[:1], masks)

    def slowed(self, factor: float) -> "Segment":
        """Return the same steps, with rates multiplied by `factor`."""
        return replace(self, rates=self.rates * factor)

    def reordered(self, rng: np.random.Generator) -> "Segment":
        """Return the same batches, with the samples of each in random order.

        A batch is a set, so only the rounding of sums may change.
        """
        places = rng.random(self.indices.shape).argsort(1)
        masks = {}
        for name, mask in self.masks.items():
            extra = (1,) * (mask.ndim - 2)
            index = places.reshape(*places.shape, *extra)
            masks[name] = np.take_along_axis(mask, index, 1)
        indices = np.take_along_axis(self.indices, places, 1)
        return Segment(indices, self.rates, masks)


def steps_per_epoch(recipe: Recipe, samples: int) -> int:
    """Return the number of steps in one epoch.

    Args:
        recipe: the batch size and what happens to an incomplete last batch.
        samples: the number of training samples.
    """
    size, *rest = batch_sizes(recipe, samples)
    return samples // size + len(rest)


def order(recipe: Recipe, samples: int, seed: int, epoch: int) -> Indices:
    """Return the order of the samples in one epoch.

    Args:
        recipe: whether and how often the samples are shuffled.
        samples: the number of training samples.
        seed: the seed of the run.
        epoch: the epoch, counted from 0.

    Returns:
        A permutation of the sample indices, of shape (samples,).
    """
    if recipe.shuffle == "never":
        return np.arange(samples)
    epoch = epoch if recipe.shuffle == "each_epoch" else 0
    return stream(seed, "order", epoch).permutation(samples)


def rates(recipe: Recipe, first: int, count: int, samples: int) -> Array:
    """Return the learning rates of consecutive steps.

    Args:
        recipe: the initial rate and the schedule.
        first: the first step, counted from 0.
        count: the number of steps.
        samples: the number of training samples.

    Returns:
        The rates, float64, of shape (count,).
    """
    lr, epoch = recipe.optimizer.lr, steps_per_epoch(recipe, samples)
    values = [
        recipe.schedule.rate(step, lr, epoch)
        for step in range(first, first + count)
    ]
    return np.array(values, dtype=np.float64)


def segments(
    arm: Arm,
    samples: int,
    seed: int,
    epochs: range,
    nudge: int | None = None,
    drawn: RecordedDraws | None = None,
) -> Iterator[Segment]:
    """Yield the steps of some epochs, in as few segments as possible.

    Args:
        arm: the network, its data and its training recipe.
        samples: the number of training samples.
        seed: the seed of the sample order and the masks.
        epochs: the epochs, counted from 0.
        nudge: a seed that reorders the samples inside each batch, or None;
            see `common.training.randomness.nudged`.
        drawn: a recorded order and masks that replace those of the seed.

    Yields:
        The segments, in the order of the steps.
    """
    recipe = arm.recipe
    size = batch_sizes(recipe, samples)[0]
    step = epochs.start * steps_per_epoch(recipe, samples)
    dropping = masked(arm.layers, arm.data.source.shape)
    orders = (
        drawn.orders[epoch] if drawn else order(recipe, samples, seed, epoch)
        for epoch in epochs
    )
    numbers = math.prod(arm.data.source.shape)
    for indices in _merged(recipe, samples, orders, size, numbers):
        count = len(indices)
        masks = {
            node.name: np.stack(drawn.masks[node.name][step : step + count])
            if drawn
            else draw_masks(
                node,
                indices.shape,
                seed,
                step,
                arm.stream_name(node.name),
            )
            for node in dropping
        }
        segment = Segment(indices, rates(recipe, step, count, samples), masks)
        if nudge is not None:
            segment = segment.reordered(stream(nudge, "reorder", step))
        yield segment
        step += count


def _merged(
    recipe: Recipe,
    samples: int,
    orders: Iterable[Indices],
    size: int,
    numbers: int,
) -> Iterator[Indices]:
    """Yield the batches of some epochs, (steps, batch), in long segments.

    Args:
        recipe: what happens to an incomplete last batch.
        samples: the number of samples in an epoch.
        orders: the order of the samples in each epoch.
        size: the batch size.
        numbers: the number of elements of one sample.
    """
    at_once = min(SAMPLES_AT_ONCE, NUMBERS_AT_ONCE // numbers)
    waiting: list[Indices] = []
    whole = samples - samples % size
    for rows in orders:
        waiting.append(rows[:whole].reshape(-1, size))
        rest = rows[whole:] if recipe.last_batch == "keep" else rows[:0]
        full = len(waiting) * samples >= at_once
        if len(rest) or full:
            yield from _pieces(np.concatenate(waiting), numbers)
            waiting = []
        if len(rest):
            yield rest.reshape(1, -1)
    if waiting:
        yield from _pieces(np.concatenate(waiting), numbers)


def _pieces(batches: Indices, numbers: int) -> Iterator[Indices]:
    """Yield steps in pieces of at most `NUMBERS_AT_ONCE` elements."""
    steps = max(1, NUMBERS_AT_ONCE // (batches.shape[1] * numbers))
    for first in range(0, len(batches), steps):
        yield batches[first : first + steps]


def draw_masks(
    node: LayerNode,
    batches: tuple[int, ...],
    seed: int,
    first: int,
    name: str = "",
) -> npt.NDArray[Any]:
    """Return what a layer draws in consecutive steps.

    For a dropout these are its factors, 0 or 1 / (1 - rate).

    Args:
        node: the layer.
        batches: the number of steps, and of samples in each.
        seed: the seed of the run.
        first: the first step, counted from 0.
        name: the name of the random stream; by default that of the layer.

    Returns:
        The draws, of shape (steps, batch, *node.mask_shape).
    """
    name = name or node.name
    steps, size = batches
    assert node.mask_shape is not None
    shape = (size, *node.mask_shape)
    return np.stack(
        [
            node.layer.draw_mask(stream(seed, "dropout", name, step), shape)
            for step in range(first, first + steps)
        ]
    )
