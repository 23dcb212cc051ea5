"""One tensor in both frameworks, where the right answer is known."""

from typing import Any

import numpy as np
import pytest

from framework_parity.comparisons.ladder.noise_floor import (
    Comparison,
    compare_curves,
    compare_tensor,
    length,
)
from framework_parity.comparisons.ladder.rungs import with_reference
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR
from framework_parity.comparisons.ladder.verdict import Verdict

VALUES = np.array([1.0, -2.0, 3.0, 4.0])


def compared(torch: Any, keras: Any, drift: float = 1e-13) -> Comparison:
    """Compare two tensors, each in a framework that drifts from itself."""
    perturbed_runs = [(x, x * (1.0 + drift)) for x in (torch, keras)]
    return compare_tensor(
        torch, keras, ([perturbed_runs[0]], [perturbed_runs[1]])
    )


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_the_same_non_number_in_both_is_no_difference(odd: float) -> None:
    both = np.where(VALUES == 3.0, odd, VALUES)
    assert compared(both, both * (1.0 + 1e-13)).worst()[0] < TIMES_FLOOR
    assert compared(both, both * (1.0 + 1e-10)).worst()[0] > TIMES_FLOOR


@pytest.mark.parametrize(
    ("one", "other"), [(np.nan, 3.0), (np.inf, 3.0), (np.inf, -np.inf)]
)
def test_different_non_numbers_are_a_difference(
    one: float, other: float
) -> None:
    torch = np.where(VALUES == 3.0, one, VALUES)
    keras = np.where(VALUES == 3.0, other, VALUES)
    assert compared(torch, keras).worst()[0] == np.inf
    assert compared(keras, torch).worst()[0] == np.inf


@pytest.mark.parametrize("size", [1e-200, 1.0, 1e300])
def test_no_size_is_too_large_or_too_small(size: float) -> None:
    torch = VALUES * size
    assert compared(torch, torch * (1.0 + 1e-13)).worst()[0] < TIMES_FLOOR
    assert compared(torch, torch * (1.0 + 1e-10)).worst()[0] > TIMES_FLOOR
    assert length(torch) == pytest.approx(np.sqrt(30.0) * size, rel=1e-12)


@pytest.mark.parametrize(
    ("accused", "suspect"),
    [(None, "keras"), ("keras", "keras"), ("torch", None)],
)
def test_the_reference_names_no_framework_where_it_contradicts_the_judge(
    accused: str | None, suspect: str | None
) -> None:
    verdict = Verdict(
        "step", "only", "disagree", sentence="it", suspect=accused
    )
    with_reference(verdict, VALUES, VALUES * (1 + 1e-15), VALUES * (1 + 1e-9))
    assert verdict.outcome == "disagree"
    assert verdict.suspect == suspect
    assert ("Keras deviates" in verdict.sentence) == (suspect is not None)
    assert "rounding units from the NumPy reference" in verdict.sentence


def test_noise_around_zero_is_small_beside_its_neighbours() -> None:
    """The bias of a mean absolute error: 20 slopes of 1 and 20 of -1."""
    zeros, noise = np.zeros(5), np.array([0.0, 1.4e-17, 0.0, 0.0, 0.0])
    compared = compare_curves(
        zeros,
        zeros,
        ([(zeros, noise)], [(zeros, zeros)]),
        group=np.full(5, 6.7e-3),
    )
    assert compared.worst()[0] == 0.0
    assert compared.unstable_backend(1) is None
    # Ten times the neighbour's last place is no longer noise.
    fault = np.array([0.0, 1e-16, 0.0, 0.0, 0.0])
    compared = compare_curves(
        zeros,
        fault,
        ([(zeros, zeros)], [(fault, fault)]),
        group=np.full(5, 6.7e-3),
    )
    assert compared.worst()[0] > 10
