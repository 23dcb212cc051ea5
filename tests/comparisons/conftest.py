"""Fixtures of the tests of `comparisons`."""

from collections.abc import Iterator

import pytest

from framework_parity.comparisons.workers.pool import (
    LABELS,
    Worker,
    WorkerPair,
)


@pytest.fixture(scope="session")
def torch_worker(pair: WorkerPair) -> Worker:
    """PyTorch alone."""
    return pair.workers["torch"]


@pytest.fixture(scope="session")
def faulty() -> Iterator[WorkerPair]:
    """Both frameworks, ready to have a fault planted; see `tests.faults`."""
    with WorkerPair(
        setup=dict.fromkeys(LABELS, "tests.faults:install")
    ) as workers:
        yield workers


@pytest.fixture
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every attempt to start a framework fail."""

    def started(*_: object, **__: object) -> None:
        raise AssertionError("a worker was started")

    monkeypatch.setattr(Worker, "__init__", started)
