"""What is calculated for the witnesses, asked for once."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

import pytest

from framework_parity.common.reference.trainer import Trainer
from framework_parity.comparisons.workers.pool import Worker, WorkerPair
from tests.external.calculations import Arrays, Calculation, calculate


class Desk:
    """Hands calculations to the workers, each only once.

    Args:
        workers: returns those of both frameworks, by name; not called
            before one of them is needed.
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
        """Start calculating, unless it was started before.

        Args:
            key: what the calculations are remembered by.
            items: returns them.
            backend: `torch`, `keras` or `reference`, which is NumPy.
            dtype: the precision.
        """
        asked = (key, backend, dtype)
        if asked not in self.begun:
            if backend == "reference":
                self.begun[asked] = Future()
                self.begun[asked].set_result(
                    calculate(Trainer, items(), dtype)
                )
            else:
                self.begun[asked] = self.workers()[backend].submit(
                    "calculate", items=items(), dtype=dtype
                )
        return self.begun[asked]

    def ask(self, *question: Any) -> list[Arrays]:
        """Return what was calculated; the arguments are those of `begin`."""
        return self.begin(*question).result()


@pytest.fixture(scope="session")
def desk(request: pytest.FixtureRequest) -> Desk:
    """Both frameworks and NumPy, ready to calculate."""

    def workers() -> dict[str, Worker]:
        pair: WorkerPair = request.getfixturevalue("pair")
        return pair.workers

    return Desk(workers)
