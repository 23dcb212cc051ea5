"""Each framework's own draws against SciPy's distributions."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.external.calculations import InitialWeights
from tests.external.conftest import Desk
from tests.external.units import units

INPUTS, UNITS, SEED = 300, 200, 20240
FANS = INPUTS + UNITS

# Under the right law, one seed in ten thousand is below; the seed is fixed.
P_VALUE = 1e-4

# The standard deviation of a standard normal truncated at 2 and -2.
CUT = float(stats.truncnorm(-2, 2).std())

# Sums of 300 products; the largest error that was measured is 8.5 units.
ORTHOGONAL = 32.0

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])


def flat(bound: float) -> Any:
    """Return a uniform law from -bound to bound."""
    return stats.uniform(-bound, 2 * bound)


def cut(stddev: float) -> Any:
    """Return a normal law truncated at two deviations."""
    return stats.truncnorm(-2, 2, scale=stddev)


def _by_fan(kind: str, variance: float) -> dict[str, tuple[Any, Any]]:
    """Return a normal law, plain and truncated, by name."""
    stddev = variance**0.5
    return {
        kind: ({kind: {"truncated": False}}, stats.norm(scale=stddev)),
        f"{kind}-truncated": ({kind: {"truncated": True}}, cut(stddev / CUT)),
    }


LAWS: dict[str, tuple[Any, Any]] = {
    "fan_in_uniform": ("fan_in_uniform", flat(INPUTS**-0.5)),
    "glorot_uniform": ("glorot_uniform", flat((6 / FANS) ** 0.5)),
    "he_uniform": ("he_uniform", flat((6 / INPUTS) ** 0.5)),
    "lecun_uniform": ("lecun_uniform", flat((3 / INPUTS) ** 0.5)),
    **_by_fan("glorot_normal", 2 / FANS),
    **_by_fan("he_normal", 2 / INPUTS),
    **_by_fan("lecun_normal", 1 / INPUTS),
    "normal": ({"normal": {"stddev": 0.3}}, stats.norm(scale=0.3)),
    "uniform": (
        {"uniform": {"low": -0.2, "high": 0.5}},
        stats.uniform(-0.2, 0.7),
    ),
    "truncated_normal-deviations": (
        {"truncated_normal": {"stddev": 0.4, "bounds": "deviations"}},
        cut(0.4),
    ),
    "truncated_normal-absolute": (
        {"truncated_normal": {"stddev": 1.5, "bounds": "absolute"}},
        stats.truncnorm(-2 / 1.5, 2 / 1.5, scale=1.5),
    ),
}


def drawn(desk: Desk, initializer: Any, backend: str) -> np.ndarray:
    """Return the kernel (300, 200) that a framework draws."""
    dense = {"units": UNITS, "kernel_initializer": initializer}
    item = InitialWeights([{"dense": dense}], (INPUTS,), SEED)
    key = ("drawn", repr(initializer))
    [result] = desk.ask(key, lambda: [item], backend)
    return result["dense_1/kernel"]


@on_each_backend
@pytest.mark.parametrize("name", LAWS)
def test_a_kernel_follows_the_law(name: str, backend: str, desk: Desk) -> None:
    initializer, law = LAWS[name]
    kernel = drawn(desk, initializer, backend)
    low, high = law.support()
    assert low <= kernel.min() <= kernel.max() <= high
    assert stats.kstest(kernel.reshape(-1), law.cdf).pvalue > P_VALUE


@on_each_backend
def test_an_orthogonal_kernel_is_orthogonal(backend: str, desk: Desk) -> None:
    kernel = drawn(desk, "orthogonal", backend)
    assert units(kernel.T @ kernel, np.eye(UNITS)) <= ORTHOGONAL
