"""ONNX's published cases in PyTorch, Keras and the NumPy reference."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.external.conftest import Desk
from tests.external.onnx_cases.case import Case, Way, cases, records
from tests.external.onnx_cases.translation import translate
from tests.external.units import units

# The largest error that was measured, without the differences below, is 2.84
# units in the last place.
LIMIT = 3.0

# Units in the last place of float64 in one of float32.
SINGLE = float(np.finfo("float32").eps / np.finfo("float64").eps)

BACKENDS = ("torch", "keras", "reference")

# The way to write a softmax with the axis as the channels of an image.
OF_AN_IMAGE = "images, channels last"


@dataclass(frozen=True)
class Difference:
    """A case that differs for a reason outside this project.

    Attributes:
        case: its id, or a pattern of ids.
        dtype: the precision in which it differs.
        backends: those that differ.
        limit: a function from the expected array to the largest difference
            that is allowed, in units.
        cause: the reason.
        certain: whether it differs on every machine; if not, roundings
            decide.
    """

    case: str
    dtype: str
    backends: tuple[str, ...]
    limit: Callable[[np.ndarray], float]
    cause: str
    certain: bool = True


# In ONNX's two-way GRU the first update gate z is 0.8176. The state is
# 1 - z times a tanh, so that an error of one unit in z is one of z / (1 - z).
GATE = 0.8176

# How far ONNX's attention over many keys or channels, and that of the NumPy
# reference, are from the result in extended precision: up to 2.18 and 2.28.
OF_SCORES = 2.3
LONG_ATTENTION = (
    "node-attention_?d*_with_past_and_present*",
    "node-flexattention_diff_head_sizes",
)

DIFFERENCES = (
    Difference(
        "node-erf",
        "float64",
        BACKENDS,
        lambda expected: SINGLE,
        "ONNX's evaluator returns erf in float32",
    ),
    Difference(
        "node-gelu_*",
        "float64",
        BACKENDS,
        lambda expected: SINGLE,
        "ONNX's evaluator has erf, or the constants, in float32",
    ),
    Difference(
        "node-group_normalization*",
        "float64",
        BACKENDS,
        lambda expected: SINGLE,
        "ONNX's evaluator normalises groups in float32",
    ),
    *(
        Difference(
            f"node-causal_conv_with_state_{word}*",
            "float64",
            BACKENDS,
            lambda expected: SINGLE,
            "ONNX's evaluator computes silu in float32",
        )
        for word in ("silu", "swish")
    ),
    *(
        Difference(
            name,
            dtype,
            BACKENDS,
            lambda expected: 2 * OF_SCORES,
            "ONNX is up to 2.2 units from the exact result, as the others are",
            certain=False,
        )
        for name in LONG_ATTENTION
        for dtype in ("float32", "float64")
    ),
    *(
        Difference(
            "node-gru_bidirectional",
            dtype,
            BACKENDS,
            lambda expected: LIMIT + GATE / (1 - GATE),
            "1 - z of a gate near 1 multiplies the rounding of z",
            certain=False,
        )
        for dtype in ("float32", "float64")
    ),
    Difference(
        "node-averagepool_2d_ceil_last_window_starts_on_pad",
        "float32",
        ("torch", "keras"),
        lambda expected: _printed(expected, digits=4),
        "ONNX ships inputs and outputs that were printed with four digits",
    ),
    Difference(
        "pytorch-operator-operator_add_size1_broadcast",
        "float64",
        ("keras",),
        lambda expected: 1 / float(np.finfo("float64").eps),
        "TensorFlow takes numbers below 2.2e-308 for 0",
    ),
)
"""The largest that were measured, in units of the precision: erf 1.3e8, gelu
6.2e7 (0.12 units of float32), groups 2.5e8, silu 4.3e8, attention 3.5, the
GRU 5.5, the printed average 1.3e3 (5.6e-5), and the whole value."""


def _printed(expected: np.ndarray, digits: int) -> float:
    """Return half of the last digit of inputs and of outputs, in units.

    An average of inputs that were rounded to four digits is off by up to
    half a digit, and so is the average that was rounded itself.
    """
    size = float(np.abs(expected).max())
    eps = float(np.finfo("float32").eps)
    return 10.0**-digits / size / eps


@cache
def ways_of(case: Case, dtype: str) -> dict[str, Way]:
    """Return the ways to write a case in a precision, by name."""
    ways = translate(case, dtype)
    named = {way.name: way for way in ways}
    assert len(named) == len(ways), "two ways of one name"
    return named


def calculated(
    desk: Desk, case: Case, way: Way, backend: str, dtype: str
) -> dict[int, np.ndarray]:
    """Return the outputs of a backend for one way, by their number."""
    key = ("onnx", case.id, way.name)
    results = desk.ask(key, lambda: way.items, backend, dtype)
    return way.join(results)


def distances(
    desk: Desk, case: Case, way: Way, backend: str, dtype: str
) -> list[tuple[float, float]]:
    """Return the difference of each output, and the largest allowed.

    Args:
        desk: runs the calculation.
        case: the published case.
        way: the way it is written.
        backend: that calculates.
        dtype: the precision.
    """
    expected = case.expected(dtype, double=way.double)
    result = []
    for number, actual in calculated(desk, case, way, backend, dtype).items():
        wanted = expected[number]
        if wanted is None:
            continue
        if number in way.rows:
            wanted = wanted.reshape(-1)[way.rows[number]]
        known = [
            difference
            for difference in DIFFERENCES
            if fnmatchcase(case.id, difference.case)
            and dtype == difference.dtype
            and backend in difference.backends
        ]
        limit = known[0].limit(wanted) if known else LIMIT
        off = units(actual, wanted, dtype)
        if known and known[0].certain:
            assert off > LIMIT, "agrees now: take it off the differences"
        result.append((off, limit))
    return result


def says_something(case: Case, dtype: str) -> bool:
    return any(value is not None for value in case.expected(dtype))


def in_every_precision(chosen: tuple[Case, ...]) -> Any:
    """Parametrise by cases and by the precisions in which ONNX has values.

    The reference computes in float64 only.
    """
    rows = [
        pytest.param(case, dtype, backend, id=f"{case.id}-{dtype}-{backend}")
        for case in chosen
        for dtype in case.precisions
        for backend in BACKENDS
        if says_something(case, dtype)
        and (backend != "reference" or dtype == "float64")
    ]
    return pytest.mark.parametrize(("case", "dtype", "backend"), rows)


def in_first_precision(chosen: tuple[Case, ...]) -> Any:
    """Parametrise by cases and backends, in the precision that ONNX ships."""
    rows = [
        pytest.param(case, dtype, backend, id=f"{case.id}-{backend}")
        for case in chosen
        for backend in BACKENDS
        for dtype in [case.precisions[-1 if backend == "reference" else 0]]
        if says_something(case, dtype)
    ]
    return pytest.mark.parametrize(("case", "dtype", "backend"), rows)


def is_softmax_of_an_image(case: Case, way: Way) -> bool:
    return case.ops == "Softmax" and way.name == OF_AN_IMAGE


def first_of_each_operator() -> tuple[Case, ...]:
    """Return the smallest case of each operator."""
    result: dict[str, Case] = {}
    for case in cases():
        best = result.setdefault(case.ops, case)
        if _size(case) < _size(best) and "float32" in case.precisions:
            result[case.ops] = case
    return tuple(result.values())


def _size(case: Case) -> int:
    arrays = [v for v in case.values.values() if isinstance(v, np.ndarray)]
    return sum(array.size for array in arrays)


def check(desk: Desk, case: Case, way: Way, backend: str, dtype: str) -> int:
    """Compare one way with ONNX; return the number of outputs compared."""
    seen = distances(desk, case, way, backend, dtype)
    far = [each for each in seen if not each[0] <= each[1]]
    assert not far, f"{way.name}: units off, and allowed: {far}"
    return len(seen)


@in_first_precision(first_of_each_operator())
def test_one_case_of_each_operator(
    case: Case, dtype: str, backend: str, desk: Desk
) -> None:
    way = next(iter(ways_of(case, dtype).values()))
    assert check(desk, case, way, backend, dtype)


@pytest.mark.slow
@in_every_precision(cases())
def test_every_case_in_every_way(
    case: Case, dtype: str, backend: str, desk: Desk
) -> None:
    ways = [
        way
        for way in ways_of(case, dtype).values()
        if not is_softmax_of_an_image(case, way)
        and (way.double or dtype == "float32")
    ]
    for way in ways:
        desk.begin(("onnx", case.id, way.name), _items(way), backend, dtype)
    seen = [check(desk, case, way, backend, dtype) for way in ways]
    assert seen
    assert all(seen)


def _items(way: Way) -> Callable[[], list[Any]]:
    return lambda: way.items


SOFTMAXES = tuple(
    case
    for case in cases()
    for way in ways_of(case, case.precisions[0]).values()
    if is_softmax_of_an_image(case, way)
)


@pytest.mark.parametrize(
    ("backend", "dtype"),
    [
        ("torch", "float32"),
        ("torch", "float64"),
        ("keras", "float32"),
        ("keras", "float64"),
        ("reference", "float64"),
    ],
)
@pytest.mark.parametrize("case", SOFTMAXES, ids=lambda case: case.id)
def test_a_softmax_of_an_image_runs_along_its_channels(
    case: Case, backend: str, dtype: str, desk: Desk
) -> None:
    way = ways_of(case, dtype)[OF_AN_IMAGE]
    assert check(desk, case, way, backend, dtype)


def test_all_expressible_cases_are_present() -> None:
    """Without this test, a missing case would not be noticed."""
    beside = records()
    assert beside["onnx"] == "1.23.2"
    assert beside["published"] == 2024
    assert len(cases()) == 616
    assert len({case.id for case in cases()}) == 616
    assert len({case.ops for case in cases()}) == 107
    # Twelve are not published, but computed by ONNX's evaluator.
    assert sum(case.suite == "evaluator" for case in cases()) == 12
    assert sum(beside["not_expressible"].values()) == 2024 - (616 - 12)
    ways = [
        (case, dtype, way)
        for case in cases()
        for dtype in case.precisions
        for way in ways_of(case, dtype).values()
    ]
    assert len(ways) == 2308
    assert len(SOFTMAXES) == 6


def test_every_difference_names_present_cases() -> None:
    named = [
        [case.id for case in cases() if fnmatchcase(case.id, each.case)]
        for each in DIFFERENCES
    ]
    assert [len(ids) for ids in named] == [
        *(1, 4, 2, 2, 1),
        *(18, 18, 1, 1),
        *(1, 1, 1, 1),
    ]
