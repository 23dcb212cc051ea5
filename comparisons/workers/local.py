"""The tasks of a worker, in the process that has the user's live object."""

from concurrent.futures import Future
from importlib import import_module
from typing import Any

from framework_parity.comparisons.workers.worker import (
    PACKAGES,
    Progress,
    Worker,
    WorkerPair,
)


class LocalWorker:
    """Runs tasks at once, in this process, which has imported the framework.

    Args:
        backend: `torch` or `keras`.
    """

    def __init__(self, backend: str) -> None:
        package = f"framework_parity.{PACKAGES[backend]}"
        self._trainer = import_module(f"{package}.trainer").Trainer
        self._tasks = import_module(
            "framework_parity.comparisons.workers.live_tasks"
        )

    def submit(
        self, task: str, progress: Progress | None = None, **arguments: Any
    ) -> "Future[Any]":
        """Run a task of `live_tasks`, and return its future."""
        future: Future[Any] = Future()
        try:
            result = getattr(self._tasks, task)(self._trainer, **arguments)
        except Exception as error:  # noqa: BLE001 - the future raises it
            future.set_exception(error)
        else:
            future.set_result(result)
        return future

    def alive(self) -> bool:
        """Return True: the process runs."""
        return True

    def close(self) -> None:
        """Give the live object and the framework their state back."""
        self.submit("close_model").result()


class LocalPair(WorkerPair):
    """One framework in this process, and one in a process of its own.

    Args:
        local: the framework in this process.
    """

    def __init__(self, local: str) -> None:
        other = next(name for name in PACKAGES if name != local)
        super().__init__((other,))
        workers: dict[str, Any] = {local: LocalWorker(local), **self.workers}
        self.workers: dict[str, Worker] = {
            name: workers[name] for name in PACKAGES
        }
