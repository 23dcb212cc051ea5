"""Worker processes: each framework in its own, spawned and never forked.

Thread pools, precision, determinism and memory belong to a process, and the
two frameworks cannot share one (their compilers abort each other). A worker
is started once and kept for the session.
"""

import os
import pickle
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import (
    FIRST_EXCEPTION,
    Future,
    ThreadPoolExecutor,
    wait,
)
from pathlib import Path
from types import TracebackType
from typing import Any

from framework_parity.common.spec.errors import SpecError, names
from framework_parity.common.spec.two_sided.arms import TwoSides

ENTRY = "framework_parity.comparisons.workers.entry"
PACKAGES = {"torch": "torch_impl", "keras": "keras_impl"}
LABELS = {"torch": "PyTorch", "keras": "Keras"}
DEVICES = ("cpu", "cuda", "mps")

# Silence what can be silenced, and hide accelerators: unless one is asked
# for, the two frameworks are compared on the device that is everywhere.
ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONUNBUFFERED": "1",
}


def _environment(device: str) -> dict[str, str]:
    """Return ours for the worker, less what makes errors of warnings.

    The frameworks' own warnings are not the user's.
    """
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONWARNINGS"}
    ours = dict(ENVIRONMENT)
    if device != "cpu":
        del ours["CUDA_VISIBLE_DEVICES"]
    return kept | ours


Progress = Callable[[str, int, int], None]
"""Called with the backend, the steps done and the steps in all."""

Watcher = Callable[[str, str, int, int], None]
"""Called with the stage, the backend, and how much is done of how much."""

# The worker prints this line when it has started: what stands before it in
# its log are the framework's start-up messages.
STARTED = "parity: the worker has started"

# TensorFlow's messages that say nothing about an error: those of level INFO,
# and the announcement that they come on standard error.
CHATTER = re.compile(
    r"I\d{4} \d\d:\d\d:|WARNING: All log messages before absl"
)


class WorkerError(RuntimeError):
    """A worker that died, or a task that broke in it.

    The message ends with what the worker printed last, where it printed
    anything after its start.
    """


class Worker:
    """One framework in a process of its own.

    Args:
        backend: `torch` or `keras`.
        setup: `module:function` that the process calls before it serves.
        threads: how many the framework may use for one operation; by
            default the cores are shared out between the two.
        device: `cpu`, `cuda` or `mps`.

    Attributes:
        busy: seconds that its tasks took so far, its start among them.
    """

    def __init__(
        self,
        backend: str,
        setup: str = "",
        threads: int | None = None,
        device: str = "cpu",
    ) -> None:
        self.backend = backend
        threads = threads or max(1, (os.cpu_count() or 1) // 2)
        # TensorFlow leaves a file for each function it traces, and a worker
        # is ended without notice; what it leaves goes with its folder.
        self._scratch = tempfile.TemporaryDirectory(
            prefix=f"parity-{backend}-", ignore_cleanup_errors=True
        )
        self._words = Path(self._scratch.name) / "words.log"
        self._log = self._words.open("wb")
        self._process = subprocess.Popen(
            [
                # -P keeps the user's folder off the worker's path.
                *(sys.executable, "-P", "-m", ENTRY),
                *(PACKAGES[backend], setup, str(threads), device),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=_environment(device) | {"TMPDIR": self._scratch.name},
        )
        self._queue = ThreadPoolExecutor(1, f"worker-{backend}")
        self.busy = 0.0

    def submit(
        self, task: str, progress: Progress | None = None, **arguments: Any
    ) -> "Future[Any]":
        """Ask for a task of `comparisons.workers.tasks`; return at once.

        The future raises `WorkerError` if the task breaks or the process
        dies, and `SpecError` if what it was asked for cannot be meant.
        Tasks of one worker run one after another.
        """
        return self._queue.submit(self._timed, task, progress, arguments)

    def _timed(
        self, task: str, progress: Progress | None, arguments: dict[str, Any]
    ) -> Any:
        start = time.perf_counter()
        try:
            return self._ask(task, progress, arguments)
        finally:
            self.busy += time.perf_counter() - start

    def _ask(
        self, task: str, progress: Progress | None, arguments: dict[str, Any]
    ) -> Any:
        requests, replies = self._process.stdin, self._process.stdout
        assert requests is not None
        assert replies is not None
        try:
            pickle.dump((task, arguments), requests)
            requests.flush()
            while True:
                kind, content = pickle.load(replies)
                if kind == "result":
                    return content
                if kind == "refused":
                    raise SpecError(**content)
                if kind == "error":
                    raise WorkerError(
                        f"{LABELS[self.backend]} broke in '{task}':\n{content}"
                    )
                if progress:
                    progress(self.backend, *content)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
            ended = ending(self._process.wait())
            words = self.last_words()
            printed = (
                f"its last words:\n{words}"
                if words
                else "it printed nothing after its start"
            )
            raise WorkerError(
                f"the {LABELS[self.backend]} worker died in '{task}'{ended}; "
                f"{printed}"
            ) from error

    def alive(self) -> bool:
        """Return whether the process still serves."""
        return self._process.poll() is None

    def last_words(self, lines: int = 15) -> str:
        """Return the end of what the process printed after its start.

        Of a process that did not start, it is what it printed until then;
        the framework's informational messages are left out.

        Args:
            lines: how many at most.

        Returns:
            The lines, or an empty text where there are none.
        """
        text = self._words.read_text(errors="replace")
        told = text.rpartition(f"{STARTED}\n")[-1].splitlines()
        told = [line for line in told if not CHATTER.match(line)]
        return "\n".join(told[-lines:]).strip()

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        # What still waits fails at once, as the process is gone; cancelled,
        # it would leave whoever waits for it waiting.
        self._queue.shutdown()
        self._process.communicate()
        self._log.close()
        self._scratch.cleanup()


def ending(status: int) -> str:
    """Say how a process ended, as the end of a sentence.

    Args:
        status: as `subprocess` returns it: the exit status, or the number of
            a signal, negative.

    >>> ending(3), ending(-11)
    (' with status 3', ', killed by signal 11 (SIGSEGV)')
    >>> ending(-9)
    ', killed by signal 9 (SIGKILL), possibly out of memory'
    """
    if status >= 0:
        return f" with status {status}"
    try:
        name = f" ({signal.Signals(-status).name})"
    except ValueError:
        name = ""
    memory = -status == getattr(signal, "SIGKILL", None)
    reason = ", possibly out of memory" if memory else ""
    return f", killed by signal {-status}{name}{reason}"


class WorkerPair:
    """Both frameworks, side by side; use it in a `with` block."""

    def __init__(
        self,
        backends: tuple[str, ...] = ("torch", "keras"),
        setup: dict[str, str] | None = None,
        threads: int | None = None,
        device: str = "cpu",
    ) -> None:
        self.device = device
        self.workers = {
            name: Worker(name, (setup or {}).get(name, ""), threads, device)
            for name in backends
        }

    def __enter__(self) -> "WorkerPair":
        try:
            self._demand_device()
        except BaseException:
            self._close()
            raise
        return self

    def _demand_device(self) -> None:
        """Refuse a device that one of the frameworks does not have here."""
        if self.device == "cpu":
            return
        for name, found in self.ask("devices").items():
            if self.device not in found:
                raise SpecError(
                    "--device",
                    f"got {self.device!r}, but {LABELS[name]} here has only: "
                    f"{names(found)}",
                )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        for worker in self.workers.values():
            worker.close()

    def alive(self) -> bool:
        """Return whether both still serve: a task that broke kills none."""
        return all(worker.alive() for worker in self.workers.values())

    def busy(self) -> dict[str, float]:
        """Return the seconds that each worker has been busy."""
        return {name: worker.busy for name, worker in self.workers.items()}

    def ask(
        self, task: str, progress: Progress | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Run one task in every framework at the same time.

        Args:
            task: of `comparisons.workers.tasks`.
            progress: called with the backend, the steps done and in all.
            arguments: of the task; of one with two sides each framework
                gets its own.

        Returns:
            The result of each, by backend.

        Raises:
            WorkerError: as soon as one of them fails.
        """
        each = {
            backend: {
                name: value.of(backend)
                if isinstance(value, TwoSides)
                else value
                for name, value in arguments.items()
            }
            for backend in self.workers
        }
        return self.ask_each(task, each, progress)

    def ask_each(
        self,
        task: str,
        arguments: dict[str, dict[str, Any]],
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """As `ask`, with arguments of its own for each framework."""
        futures = {
            name: worker.submit(task, progress, **arguments[name])
            for name, worker in self.workers.items()
        }
        done, _ = wait(futures.values(), return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        return {name: future.result() for name, future in futures.items()}
