"""Random streams, and the nudge that the noise floor is made of."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.training.randomness import nudged, stream


def test_stream_of_a_purpose_is_reproducible() -> None:
    first, second = (stream(7, "order", 3).random(100) for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((0, "order", 1), (0, "order", 2)),
        ((0, "order", 1), (1, "order", 1)),
        ((0, "order"), (0, "weights")),
        ((0, "dropout", "dropout_1", 0), (0, "dropout", "dropout_2", 0)),
        ((0, "dropout", "dropout_1", 12), (0, "dropout", "dropout_11", 2)),
        ((1, "order", 0), (10, "order", 0)),
    ],
    ids=str,
)
def test_streams_of_different_purposes_are_uncorrelated(
    first: Any, second: Any
) -> None:
    a, b = (
        stream(*first).normal(size=10_000),
        stream(*second).normal(size=10_000),
    )
    # Five standard errors of a correlation.
    assert abs(np.corrcoef(a, b)[0, 1]) < 5 / np.sqrt(10_000)
    assert len(np.intersect1d(a, b)) == 0


@pytest.fixture(params=["float32", "float64"])
def weights(request: pytest.FixtureRequest) -> dict[str, Any]:
    sizes = 10.0 ** np.linspace(-20, 20, 40)
    drawn = stream(0, "test").normal(size=(50, 40)) * sizes
    drawn[0] = 0.0
    drawn[1] = -0.0
    values = drawn.astype(request.param)
    return {"kernel": values, "bias": np.ones(50, request.param)}


def places_apart(a: Any, b: Any) -> Any:
    """Return the distance in representable numbers, of equal signs."""
    whole = {4: np.int32, 8: np.int64}[a.itemsize]
    return np.abs(a.view(whole) - b.view(whole))


def test_a_nudge_moves_every_weight_by_one_unit_in_the_last_place(
    weights: dict[str, Any],
) -> None:
    moved = nudged(weights, 1)
    assert list(moved) == list(weights)
    for name, value in weights.items():
        assert moved[name].dtype == value.dtype
        nonzero = value != 0
        assert (places_apart(moved[name], value)[nonzero] == 1).all()
        share = (moved[name] > value)[nonzero].mean()
        # Five standard errors of as many throws of a fair coin.
        assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(nonzero.sum())


def test_nudge_for_bfloat16_moves_the_upper_16_bits() -> None:
    """The upper 16 bits of a float32 are its bfloat16."""
    drawn = stream(0, "test").normal(size=4000).astype(np.float32)
    moved = nudged({"kernel": drawn}, 1, "bfloat16")["kernel"]
    assert moved.dtype == np.float32
    kept = np.abs((moved.view(np.int32) >> 16) - (drawn.view(np.int32) >> 16))
    # Below a power of two the units are half as large.
    assert (kept == 1).mean() > 0.99
    assert kept.max() <= 2


def test_nudge_does_not_change_zeros(weights: dict[str, Any]) -> None:
    moved = nudged(weights, 1)["kernel"]
    assert (moved[:2] == 0).all()


def test_nudge_does_not_change_its_argument(
    weights: dict[str, Any],
) -> None:
    before = {name: value.copy() for name, value in weights.items()}
    nudged(weights, 1)
    for name, value in weights.items():
        assert (value == before[name]).all()


def test_nudges_of_two_seeds_and_of_two_names_differ() -> None:
    ones = {"a": np.ones(100), "b": np.ones(100)}
    first, second = nudged(ones, 1), nudged(ones, 2)
    assert (first["a"] != second["a"]).any()
    assert (first["a"] != first["b"]).any()
