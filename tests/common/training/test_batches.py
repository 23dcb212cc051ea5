"""Batches: the steps that both frameworks receive."""

import math
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.recipe import batch_sizes
from framework_parity.common.spec.replay import RecordedDraws
from framework_parity.common.training import batches
from framework_parity.common.training.batches import (
    Segment,
    segments,
    steps_per_epoch,
)
from tests.cases import STEPS, arm

DROPPING = [{"dropout": 0.25}, {"dense": 4}, {"dropout": 0.5}, {"dense": 3}]


def steps(
    example: Arm, samples: int, epochs: range, seed: int = 0, **more: Any
) -> list[tuple[list[int], float, dict[str, Any]]]:
    """Return each step's rows, rate and masks, from all segments."""
    return [
        (
            segment.indices[step].tolist(),
            float(segment.rates[step]),
            {
                name: mask[step].tolist()
                for name, mask in segment.masks.items()
            },
        )
        for segment in segments(example, samples, seed, epochs, **more)
        for step in range(len(segment))
    ]


def rows_of(result: list[Segment]) -> list[int]:
    return [row for s in result for row in s.indices.ravel().tolist()]


sizes = st.one_of(st.just("full"), st.integers(1, 60))


@given(st.integers(1, 50), sizes, st.sampled_from(["keep", "drop"]))
def test_an_epoch_sees_every_sample_once(
    samples: int, size: Any, last_batch: str
) -> None:
    example = arm([{"dense": 3}], batch_size=size, last_batch=last_batch)
    full = batch_sizes(example.recipe, samples)[0]
    result = list(segments(example, samples, 0, range(1)))
    rows = rows_of(result)
    dropped = samples % full if last_batch == "drop" else 0
    assert len(rows) == len(set(rows)) == samples - dropped
    assert set(rows) <= set(range(samples))
    count = sum(len(segment) for segment in result)
    assert count == steps_per_epoch(example.recipe, samples) > 0
    assert all(s.indices.shape[1] == full for s in result[:-1])


def test_a_last_batch_that_is_not_full_is_kept_or_dropped() -> None:
    def widths(last_batch: str) -> list[int]:
        example = arm([{"dense": 3}], batch_size=16, last_batch=last_batch)
        return [len(rows) for rows, _, _ in steps(example, 40, range(2))]

    assert widths("keep") == [16, 16, 8] * 2
    assert widths("drop") == [16, 16] * 2


@pytest.mark.parametrize(
    ("shuffle", "same_each_epoch", "as_given"),
    [
        ("each_epoch", False, False),
        ("once", True, False),
        ("never", True, True),
    ],
)
def test_order_is_shuffled_as_the_recipe_says(
    shuffle: str, same_each_epoch: bool, as_given: bool
) -> None:
    example = arm([{"dense": 3}], shuffle=shuffle, batch_size=48)
    first, second = (rows for rows, _, _ in steps(example, 48, range(2)))
    assert (first == second) is same_each_epoch
    assert (first == list(range(48))) is as_given
    assert sorted(second) == list(range(48))


def test_another_seed_gives_another_order_and_other_masks() -> None:
    example = arm(DROPPING)
    [first] = segments(example, 48, 0, range(1))
    [second] = segments(example, 48, 1, range(1))
    assert (first.indices != second.indices).any()
    assert (first.masks["dropout_1"] != second.masks["dropout_1"]).any()


@pytest.mark.parametrize("last_batch", ["keep", "drop"])
@pytest.mark.parametrize("at_once", [1, 100, 65_536])
@pytest.mark.parametrize("samples", [48, 50])
def test_merging_epochs_changes_no_step(
    samples: int,
    at_once: int,
    last_batch: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "SAMPLES_AT_ONCE", at_once)
    example = arm(DROPPING, schedule=STEPS, last_batch=last_batch)
    alone = [
        step
        for epoch in range(7)
        for step in steps(example, samples, range(epoch, epoch + 1))
    ]
    assert steps(example, samples, range(7)) == alone
    assert steps(example, samples, range(3, 7)) == alone[len(alone) // 7 * 3 :]


def test_short_epochs_are_merged_into_one_segment() -> None:
    example = arm([{"dense": 3}])
    assert [len(s) for s in segments(example, 48, 0, range(10))] == [30]


def test_samples_of_a_segment_are_limited() -> None:
    samples = batches.SAMPLES_AT_ONCE // 4
    example = arm([{"dense": 3}], batch_size=1024)
    result = list(segments(example, samples, 0, range(10)))
    assert [s.indices.size // samples for s in result] == [4, 4, 2]


def test_numbers_of_a_segment_are_limited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PyTorch copies all batches of a segment; there, the data are large."""
    example = arm(DROPPING, schedule=STEPS, batch_size=8)
    whole = steps(example, 48, range(3))
    numbers = math.prod(example.data.source.shape)
    monkeypatch.setattr(batches, "NUMBERS_AT_ONCE", 2 * 8 * numbers)
    assert [len(s) for s in segments(example, 48, 0, range(3))] == [2] * 9
    assert steps(example, 48, range(3)) == whole


def test_rates_follow_the_schedule_from_the_first_step_on() -> None:
    example = arm([{"dense": 3}], schedule=STEPS, optimizer={"sgd": 0.5})
    rates = [rate for _, rate, _ in steps(example, 48, range(3))]
    expected = [0.5 * 0.7 ** (step // 3) for step in range(9)]
    np.testing.assert_allclose(rates, expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "rate", "width"), [("dropout_1", 0.25, 5), ("dropout_2", 0.5, 4)]
)
def test_masks_drop_their_rate_and_scale_the_rest(
    name: str, rate: float, width: int
) -> None:
    [segment] = segments(arm(DROPPING), 4800, 0, range(5))
    mask = segment.masks[name]
    assert mask.shape == (*segment.indices.shape, width)
    assert set(np.unique(mask)) == {0.0, 1.0 / (1.0 - rate)}
    # Five standard errors of a share.
    error = np.sqrt(rate * (1 - rate) / mask.size)
    assert abs((mask == 0).mean() - rate) < 5 * error


def test_flips_and_crops_draw_uniform_integers() -> None:
    layers = ["random_flip", {"random_crop": 2}, "flatten", {"dense": 3}]
    [segment] = segments(arm(layers, (4, 4, 1)), 4800, 0, range(1))
    flips = segment.masks["random_flip_1"]
    corners = segment.masks["random_crop_1"]
    assert flips.shape == (*segment.indices.shape, 1, 1, 1)
    assert corners.shape == (*segment.indices.shape, 1, 1, 2)
    for drawn, values in ((flips, 2), (corners, 5)):
        assert set(np.unique(drawn)) == set(range(values))
        # Five standard errors of a share.
        error = np.sqrt((1 / values) * (1 - 1 / values) / drawn.size)
        for value in range(values):
            assert abs((drawn == value).mean() - 1 / values) < 5 * error


def test_masks_differ_between_steps_and_layers() -> None:
    twice = arm([{"dropout": 0.5}, {"dropout": 0.5}, {"dense": 3}])
    [segment] = segments(twice, 48, 0, range(2))
    first, second = segment.masks["dropout_1"], segment.masks["dropout_2"]
    assert (first != second).any()
    assert len({step.tobytes() for step in first}) == len(segment)


def test_a_network_without_dropout_has_no_masks() -> None:
    [segment] = segments(arm([{"dense": 3}]), 48, 0, range(1))
    assert segment.masks == {}


def test_dropping_nothing_masks_nothing() -> None:
    example = arm([{"dropout": 0.0}, {"dense": 3}])
    [segment] = segments(example, 48, 0, range(1))
    assert (segment.masks["dropout_1"] == 1).all()


def test_recorded_draws_are_replayed_step_by_step() -> None:
    example = arm(DROPPING, batch_size=16)
    rng = np.random.default_rng(0)
    widths = [16, 16, 8] * 3
    drawn = RecordedDraws(
        parts=None,
        weights={},
        orders=[rng.permutation(40) for _ in range(3)],
        masks={
            "dropout_1": [rng.random((width, 5)) for width in widths],
            "dropout_2": [rng.random((width, 4)) for width in widths],
        },
    )
    # Epochs that are passed separately continue where the last ones ended.
    first, rest = range(1), range(1, 3)
    replayed = steps(example, 40, first, drawn=drawn)
    replayed += steps(example, 40, rest, drawn=drawn)
    rows = [row for batch, _, _ in replayed for row in batch]
    assert rows == np.concatenate(drawn.orders).tolist()
    for name, masks in drawn.masks.items():
        played = [step[name] for _, _, step in replayed]
        assert played == [mask.tolist() for mask in masks]


def test_first_is_the_first_step_alone() -> None:
    [segment] = segments(arm(DROPPING), 48, 0, range(1))
    first = segment.first()
    assert len(first) == 1
    assert (first.indices[0] == segment.indices[0]).all()
    assert first.rates[0] == segment.rates[0]
    for name, mask in first.masks.items():
        assert (mask[0] == segment.masks[name][0]).all()


def pairs(indices: Any, mask: Any) -> list[tuple[int, bytes]]:
    """Return each row of one batch with its mask."""
    return sorted(
        (int(i), m.tobytes()) for i, m in zip(indices, mask, strict=True)
    )


@pytest.mark.parametrize("sides", [(5,), (4, 5, 3)], ids=["vector", "image"])
def test_reordering_keeps_the_samples_and_masks_of_each_batch(
    sides: tuple[int, ...],
) -> None:
    layers = [{"dropout": 0.25}, "flatten", {"dropout": 0.5}, {"dense": 3}]
    example = arm(layers, sides)
    [plain] = segments(example, 48, 0, range(2))
    [nudged] = segments(example, 48, 0, range(2), nudge=1)
    assert (plain.rates == nudged.rates).all()
    assert set(plain.masks) == set(nudged.masks)
    assert (plain.indices != nudged.indices).any(axis=1).all()
    for step in range(len(plain)):
        for name, mask in plain.masks.items():
            assert pairs(plain.indices[step], mask[step]) == pairs(
                nudged.indices[step], nudged.masks[name][step]
            )


def test_each_nudge_has_a_different_order() -> None:
    example = arm([{"dense": 3}])
    [first], [second], [repeated] = (
        segments(example, 48, 0, range(1), nudge=n) for n in (1, 2, 1)
    )
    assert (first.indices != second.indices).any()
    assert (first.indices == repeated.indices).all()
