"""What each backend found, and what NumPy says, asked for once."""

from collections.abc import Callable
from typing import Any

import pytest

from common import loop, reference
from comparisons.workers import Pair
from tests.backends.examination import STEPS, Findings, examine
from tests.cases import Case

Examined = Callable[..., Findings]
Referred = Callable[[Case], Findings]


@pytest.fixture(scope="session")
def examined(pair: Pair) -> Examined:
    """Return a function from a case, a backend and a precision."""
    known: dict[Any, Findings] = {}

    def ask(
        case: Case,
        backend: str,
        dtype: loop.Dtype = "float64",
        steps: int = STEPS,
    ) -> Findings:
        key = case.id, backend, dtype, steps
        if key not in known:
            asked = pair.workers[backend].submit(
                "examine", arm=case.arm, dtype=dtype, steps=steps
            )
            known[key] = asked.result()
        return known[key]

    return ask


@pytest.fixture(scope="session")
def referred() -> Referred:
    """Return a function from a case to what NumPy says, in float64."""
    known: dict[str, Findings] = {}

    def ask(case: Case) -> Findings:
        if case.id not in known:
            known[case.id] = examine(reference.Trainer, case.arm, "float64")
        return known[case.id]

    return ask
