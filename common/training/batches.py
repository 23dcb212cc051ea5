"""Batches: which samples each step sees, at which rate, under which masks.

All of it follows from the specification and a seed, so both frameworks are
handed the same steps, not the same intentions.
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
from framework_parity.common.spec.replay import Drawn
from framework_parity.common.training.randomness import stream

Indices: TypeAlias = npt.NDArray[np.int64]
Masks: TypeAlias = dict[str, npt.NDArray[Any]]

# Short epochs are handed over together, until they have this many samples:
# few enough to fit in memory beside the data, enough that handing over costs
# nothing. A longer epoch is handed over alone.
SAMPLES_AT_ONCE = 65_536

# A segment has no more numbers in its batches than this, or a single step:
# PyTorch copies all batches of a segment at once, 128 MiB in float64.
NUMBERS_AT_ONCE = 2**24


@dataclass(frozen=True)
class Segment:
    """Steps in a row, all with batches of one size.

    Attributes:
        indices: (steps, batch) rows of the training part.
        rates: (steps,) learning rates.
        masks: for each place that draws, what it drew, of shape
            (steps, batch, *shape); a dropout's factors, 0 where a number is
            dropped and 1 / (1 - rate) where it is kept.
    """

    indices: Indices
    rates: Array
    masks: Masks = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.indices)

    def first(self) -> "Segment":
        """Return the first step alone."""
        masks = {name: mask[:1] for name, mask in self.masks.items()}
        return Segment(self.indices[:1], self.rates[:1], masks)

    def slowed(self, factor: float) -> "Segment":
        """Return the same steps at `factor` times their rates."""
        return replace(self, rates=self.rates * factor)

    def reordered(self, rng: np.random.Generator) -> "Segment":
        """Return the same batches, each with its samples in another order.

        A batch is a set, so nothing may change but how sums are rounded.
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
    """Return how many steps go over `samples` once."""
    size, *rest = batch_sizes(recipe, samples)
    return samples // size + len(rest)


def order(recipe: Recipe, samples: int, seed: int, epoch: int) -> Indices:
    """Return the order in which one epoch sees the samples."""
    if recipe.shuffle == "never":
        return np.arange(samples)
    epoch = epoch if recipe.shuffle == "each_epoch" else 0
    return stream(seed, "order", epoch).permutation(samples)


def rates(recipe: Recipe, first: int, count: int, samples: int) -> Array:
    """Return the learning rates of `count` steps from step `first` on."""
    lr, epoch = recipe.optimizer.lr, steps_per_epoch(recipe, samples)
    found = [
        recipe.schedule.rate(step, lr, epoch)
        for step in range(first, first + count)
    ]
    return np.array(found, dtype=np.float64)


def segments(
    arm: Arm,
    samples: int,
    seed: int,
    epochs: range,
    nudge: int | None = None,
    drawn: Drawn | None = None,
) -> Iterator[Segment]:
    """Yield the steps of some epochs, as few long segments as may be.

    Args:
        arm: what is trained, and how.
        samples: how many the training part has.
        seed: of the order and the masks.
        epochs: which, counted from 0.
        nudge: a seed that reorders the samples inside each batch, or None;
            see `common.training.randomness.nudged`.
        drawn: an order and masks to take instead of those of the seed.
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
            place.name: np.stack(drawn.masks[place.name][step : step + count])
            if drawn
            else masks_of(
                place,
                indices.shape,
                seed,
                step,
                arm.stream_name(place.name),
            )
            for place in dropping
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
        recipe: says what becomes of a last batch that is not full.
        samples: how many an epoch has.
        orders: of the samples, one for each epoch.
        size: of a batch.
        numbers: that one sample has.
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
    """Yield steps in pieces of no more than `NUMBERS_AT_ONCE` numbers."""
    steps = max(1, NUMBERS_AT_ONCE // (batches.shape[1] * numbers))
    for first in range(0, len(batches), steps):
        yield batches[first : first + steps]


def masks_of(
    place: LayerNode,
    batches: tuple[int, ...],
    seed: int,
    first: int,
    name: str = "",
) -> npt.NDArray[Any]:
    """Return a dropout's factors, 0 or 1 / (1 - rate), from a step on.

    Args:
        place: where it stands.
        batches: how many steps, and how many samples each has.
        seed: of the run.
        first: the number of the first step.
        name: by which it draws, if not by that of its place.
    """
    name = name or place.name
    steps, size = batches
    assert place.mask_shape is not None
    shape = (size, *place.mask_shape)
    return np.stack(
        [
            place.layer.draw_mask(stream(seed, "dropout", name, step), shape)
            for step in range(first, first + steps)
        ]
    )
