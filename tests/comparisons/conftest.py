"""Fixtures of the tests of `comparisons`."""

from collections.abc import Iterator
from typing import Unpack

import pytest

from framework_parity.common.data.image_cache import image_files
from framework_parity.comparisons.workers.worker import (
    LABELS,
    Worker,
    WorkerOptions,
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


@pytest.fixture(scope="module")
def shared_workers(pair: WorkerPair) -> Iterator[None]:
    """Let commands and runs use the session's workers, not their own.

    Starting a pair takes ten seconds of processor time. That workers are
    started, replaced and closed is tested in `test_workers.py`,
    `test_pairing.py` and with the commands of README.
    """
    start, close = Worker.__init__, Worker.close
    shared = [worker.__dict__ for worker in pair.workers.values()]

    def adopt(
        self: Worker,
        backend: str,
        setup: str = "",
        **options: Unpack[WorkerOptions],
    ) -> None:
        own = setup or options.get("store") or options.get("timeout")
        elsewhere = options.get("images") not in (None, image_files())
        if own or elsewhere or options.get("device") == "cuda":
            start(self, backend, setup, **options)
        else:
            self.__dict__ = pair.workers[backend].__dict__

    def leave(self: Worker) -> None:
        if not any(self.__dict__ is each for each in shared):
            close(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "__init__", adopt)
        patch.setattr(Worker, "close", leave)
        yield


@pytest.fixture
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every attempt to start a framework fail."""

    def started(*_: object, **__: object) -> None:
        raise AssertionError("a worker was started")

    monkeypatch.setattr(Worker, "__init__", started)
