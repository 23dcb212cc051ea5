"""The calculations of the external tests, each done once."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

import pytest

from framework_parity.common.reference.trainer import Trainer
from framework_parity.comparisons.workers.worker import Worker, WorkerPair
from tests.external.calculations import Arrays, Calculation, calculate


class Desk:
    """Submits calculations to the workers, each only once.

    Args:
        workers: a function that returns the workers by name; called only
            when one of them is needed.
    """

    def __init__(self, workers: Callable[[], dict[str, Worker]]) -> None:
        self.workers = workers
        self.begun: dict[Hashable, Future[list[Arrays]]] = {}

    def begin(
        self,
        key: Hashable,
        items: Callable[[], list[Calculation]],
        backend: str,
        dtype: str = "float64",
    ) -> "Future[list[Arrays]]":
        """Start a calculation, unless it was started before.

        Args:
            key: identifies the calculations.
            items: a function that returns them.
            backend: `torch`, `keras` or `reference`, which is NumPy.
            dtype: the precision.
        """
        full_key = (key, backend, dtype)
        if full_key not in self.begun:
            if backend == "reference":
                self.begun[full_key] = Future()
                self.begun[full_key].set_result(
                    calculate(Trainer, items(), dtype)
                )
            else:
                self.begun[full_key] = self.workers()[backend].submit(
                    "calculate", items=items(), dtype=dtype
                )
        return self.begun[full_key]

    def ask(self, *question: Any) -> list[Arrays]:
        """Return the results; the arguments are those of `begin`."""
        return self.begin(*question).result()


@pytest.fixture(scope="session")
def desk(request: pytest.FixtureRequest) -> Desk:
    """Both frameworks and NumPy, ready to calculate."""

    def workers() -> dict[str, Worker]:
        pair: WorkerPair = request.getfixturevalue("pair")
        return pair.workers

    return Desk(workers)
