"""The results of each backend and of the NumPy reference, each once."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from framework_parity.common.choices import Dtype
from framework_parity.common.reference import trainer as reference
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.backends.examination import STEPS, Findings, examine
from tests.cases import Case

Examined = Callable[..., Findings]
Referred = Callable[..., Findings]


@pytest.fixture(scope="session")
def examined(pair: WorkerPair) -> Examined:
    """Return a function from a case, a backend and a precision.

    A case is submitted to both frameworks when either is needed, so that both
    work at the same time.
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
        for each in pair.workers:
            begin(case, each, dtype, steps)
        return begin(case, backend, dtype, steps).result()

    return ask


@pytest.fixture(scope="session")
def referred() -> Referred:
    """Return a function from a case to the reference's float64 result.

    It takes the number of steps as its second argument.
    """
    known: dict[tuple[str, int], Findings] = {}

    def ask(case: Case, steps: int = STEPS) -> Findings:
        key = case.id, steps
        if key not in known:
            known[key] = examine(reference.Trainer, case.arm, "float64", steps)
        return known[key]

    return ask
