"""What each backend found, and what NumPy says, asked for once."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from framework_parity.common.choices import Dtype
from framework_parity.common.reference import trainer as reference
from framework_parity.comparisons.workers.pool import WorkerPair
from tests.backends.examination import STEPS, Findings, examine
from tests.cases import Case

Examined = Callable[..., Findings]
Referred = Callable[[Case], Findings]


@pytest.fixture(scope="session")
def examined(pair: WorkerPair, request: pytest.FixtureRequest) -> Examined:
    """Return a function from a case, a backend and a precision.

    What the session will ask in float64 is begun at once, so that both
    frameworks work while one of them is waited for. Where the session shares
    the tests with others, it is begun for both frameworks when one is asked.
    """
    begun: dict[Any, Any] = {}

    def begin(
        case: Case, backend: str, dtype: Dtype, steps: int
    ) -> "Future[Findings]":
        key = case.id, backend, dtype, steps
        if key not in begun:
            begun[key] = pair.workers[backend].submit(
                "examine", arm=case.arm, dtype=dtype, steps=steps
            )
        return begun[key]

    def ask(
        case: Case,
        backend: str,
        dtype: Dtype = "float64",
        steps: int = STEPS,
    ) -> Findings:
        if shared:
            for each in pair.workers:
                begin(case, each, dtype, steps)
        return begin(case, backend, dtype, steps).result()

    shared = hasattr(request.config, "workerinput")
    for item in () if shared else request.session.items:
        asked = item.callspec.params if hasattr(item, "callspec") else {}
        if {"case", "backend"} <= set(
            asked
        ) and "examined" in item.fixturenames:
            begin(asked["case"], asked["backend"], "float64", STEPS)
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
