"""Worker processes: each framework runs in its own, spawned process.

Thread pools, precision, determinism and memory are settings of a process,
and the two frameworks cannot share one (their compilers abort each other). A
worker is started once and kept for the session.
"""

import math
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
from threading import Lock, Timer
from types import TracebackType
from typing import Any, TypedDict, Unpack

from framework_parity.common.data.image_cache import ImageFiles, image_files
from framework_parity.common.spec.errors import SpecError, names
from framework_parity.common.spec.two_sided.arms import TwoSides
from framework_parity.comparisons.store.identity import (
    Identity,
    Place,
    identities,
)
from framework_parity.comparisons.store.store import RunStore

ENTRY = "framework_parity.comparisons.workers.entry"
PACKAGES = {"torch": "torch_impl", "keras": "keras_impl"}
LABELS = {"torch": "PyTorch", "keras": "Keras"}
DEVICES = ("cpu", "cuda", "mps")

# The tasks that return a list of records.
OF_RUNS = ("train", "train_together", "train_independently")

# Suppress start-up messages, and hide accelerators: by default the two
# frameworks are compared on the CPU, which every machine has.
ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONUNBUFFERED": "1",
}


def _environment(device: str) -> dict[str, str]:
    """Return the environment variables of a worker.

    PYTHONWARNINGS is removed, so that warnings of the frameworks do not
    become errors.
    """
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONWARNINGS"}
    variables = dict(ENVIRONMENT)
    if device != "cpu":
        del variables["CUDA_VISIBLE_DEVICES"]
    return kept | variables


Progress = Callable[[str, int, int], None]
"""Called with the backend, the steps done and the steps in all."""

Watcher = Callable[[str, str, int, int], None]
"""Called with the stage, the backend, and how much is done of how much."""

FuzzWatcher = Callable[[int, int, int], None]
"""Called with the specs done, the specs in all, and the disagreements."""

# The worker prints this line when it has started; the lines before it in its
# log are the framework's start-up messages.
STARTED = "parity: the worker has started"

# TensorFlow's messages that are unrelated to an error: those of level INFO,
# and the announcement that they are written to standard error.
CHATTER = re.compile(
    r"I\d{4} \d\d:\d\d:|WARNING: All log messages before absl"
)


class WorkerError(RuntimeError):
    """A worker died, or a task raised an exception in it.

    The message ends with the worker's last output, if it printed anything
    after its start.
    """


class WorkerOptions(TypedDict, total=False):
    """The options of a worker, which a pair and a pool pass on.

    Attributes:
        threads: maximum number of threads of one operation; by default
            half the cores.
        device: `cpu`, `cuda` or `mps`; by default `cpu`.
        images: where the processes find image data sets; by default in the
            default folder.
        store: where the results of tasks are stored, and found again; by
            default nowhere. A worker with a `setup` stores nothing.
        timeout: seconds without progress after which a process is killed;
            by default there is no limit.
    """

    threads: int | None
    device: str
    images: ImageFiles | None
    store: RunStore | None
    timeout: float | None


class Worker:
    """One framework in a process of its own.

    Args:
        backend: `torch` or `keras`.
        setup: `module:function` that the process calls before it serves.
        **options: see `WorkerOptions`.

    Attributes:
        busy: seconds that its tasks took so far, including its start.
        task: the name of the task that runs; empty without one.
    """

    def __init__(
        self,
        backend: str,
        setup: str = "",
        **options: Unpack[WorkerOptions],
    ) -> None:
        self.backend = backend
        images = options.get("images") or image_files()
        half = max(1, (os.cpu_count() or 1) // 2)
        threads = options.get("threads") or half
        device = options.get("device", "cpu")
        self._place = Place(backend, threads, device, images)
        self._store = None if setup else options.get("store")
        self._timeout, self._stopped = options.get("timeout"), ""
        # TensorFlow leaves a file for each function it traces, and a worker
        # is killed; the files are deleted with this temporary folder.
        self._scratch = tempfile.TemporaryDirectory(
            prefix=f"parity-{backend}-", ignore_cleanup_errors=True
        )
        self._words = Path(self._scratch.name) / "words.log"
        self._log = self._words.open("wb")
        self._command = [
            # -P keeps the user's folder off the worker's path.
            *(sys.executable, "-P", "-m", ENTRY),
            *(PACKAGES[backend], setup, str(threads), device),
            *(str(images.folder), "download" if images.download else ""),
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self._closed, self._lock = False, Lock()
        self._queue = ThreadPoolExecutor(1, f"worker-{backend}")
        self.busy = 0.0
        self.task = ""
        # Where all results are stored, no process is needed.
        if self._store is None:
            self._started()

    def _started(self) -> "subprocess.Popen[bytes]":
        """Return the process, which is started when it is needed."""
        with self._lock:
            if self._process is None and self._closed:
                raise WorkerError(
                    f"the {LABELS[self.backend]} worker is closed"
                )
            if self._process is None:
                scratch = {"TMPDIR": self._scratch.name}
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._log,
                    env=_environment(self._place.device) | scratch,
                )
            return self._process

    def submit(
        self, task: str, progress: Progress | None = None, **arguments: Any
    ) -> "Future[Any]":
        """Submit a task of `comparisons.workers.tasks`; return at once.

        The tasks of one worker run one after another. A result that is
        stored is returned at once.

        Args:
            task: name of the task.
            progress: called with the backend, the steps done and the total.
            arguments: of the task; they have to be picklable.

        Returns:
            The future of the result. It raises `WorkerError` if the task
            fails or the process dies, and `SpecError` if the specification
            is invalid.
        """
        if self._store is None:
            return self._queue.submit(self._timed, task, progress, arguments)
        wanted = identities(task, arguments, self._place)
        known = self._store.load(wanted)
        if known is not None:
            found: Future[Any] = Future()
            found.set_result(known if task in OF_RUNS else known[0])
            return found
        return self._queue.submit(
            self._and_stored, self._store, wanted, task, progress, arguments
        )

    def _and_stored(
        self,
        store: RunStore,
        wanted: list[Identity],
        task: str,
        progress: Progress | None,
        arguments: dict[str, Any],
    ) -> Any:
        """Run a task, and store its results."""
        result = self._timed(task, progress, arguments)
        if wanted:
            store.save(wanted, result if task in OF_RUNS else [result])
        return result

    def _timed(
        self, task: str, progress: Progress | None, arguments: dict[str, Any]
    ) -> Any:
        start = time.perf_counter()
        self.task = task
        try:
            return self._ask(task, progress, arguments)
        finally:
            self.task = ""
            self.busy += time.perf_counter() - start

    def _ask(
        self, task: str, progress: Progress | None, arguments: dict[str, Any]
    ) -> Any:
        process = self._started()
        requests, replies = process.stdin, process.stdout
        assert requests is not None
        assert replies is not None
        limit = TimeLimit(self._timeout, process.kill)
        try:
            pickle.dump((task, arguments), requests)
            requests.flush()
            while True:
                with limit:
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
            ended = ending(process.wait())
            if limit.passed:
                self._stopped = (
                    f"{LABELS[self.backend]} made no progress in '{task}' for "
                    f"{limit.seconds:g} s, and was stopped; with a longer "
                    "limit the same command goes on from the stored runs"
                )
            if self._stopped:  # in this task or in one before it
                raise WorkerError(self._stopped) from error
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
        """Return whether the process runs, or has not been needed yet."""
        return self._process is None or self._process.poll() is None

    def last_words(self, lines: int = 15) -> str:
        """Return the last lines that the process printed after its start.

        If the process did not start, these are the last lines of its output.
        The framework's informational messages are left out.

        Args:
            lines: maximum number of lines.

        Returns:
            The lines, or an empty string if there are none.
        """
        text = self._words.read_text(errors="replace")
        printed = text.rpartition(f"{STARTED}\n")[-1].splitlines()
        printed = [line for line in printed if not CHATTER.match(line)]
        return "\n".join(printed[-lines:]).strip()

    def close(self) -> None:
        """Kill the process and delete its files."""
        with self._lock:
            self._closed = True
        if self._process is not None:
            self._process.kill()
        # Pending tasks fail at once, since the process is gone. If they were
        # cancelled, callers that wait for them would wait forever.
        self._queue.shutdown()
        if self._process is not None:
            self._process.communicate()
        self._log.close()
        self._scratch.cleanup()


class TimeLimit:
    """Calls a function if a `with` block takes too long.

    Args:
        seconds: the longest duration of a block; None for no limit.
        expire: called once a block has taken as long.

    Attributes:
        seconds: the same.
        passed: whether a block has taken too long.
    """

    def __init__(
        self, seconds: float | None, expire: Callable[[], None]
    ) -> None:
        self.seconds, self.passed = seconds or math.inf, False
        self._expire = expire
        self._timer: Timer | None = None

    def __enter__(self) -> None:
        if self.seconds < math.inf:
            self._timer = Timer(self.seconds, self._pass)
            self._timer.daemon = True
            self._timer.start()

    def __exit__(self, *error: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _pass(self) -> None:
        self.passed = True
        self._expire()


def ending(status: int) -> str:
    """Describe how a process ended, as the end of a sentence.

    Args:
        status: the exit status, or the negative number of a signal, as
            `subprocess` returns it.

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
    """One worker for each framework; use it in a `with` block.

    Args:
        backends: the frameworks, `torch`, `keras` or both.
        setup: `module:function` that each process calls first, by backend.
        **options: of each worker; see `WorkerOptions`.

    Attributes:
        options: the same.
    """

    def __init__(
        self,
        backends: tuple[str, ...] = ("torch", "keras"),
        setup: dict[str, str] | None = None,
        **options: Unpack[WorkerOptions],
    ) -> None:
        self.options = options
        self.device: str = options.get("device", "cpu")
        setups = setup or {}
        self.workers = {
            name: Worker(name, setups.get(name, ""), **options)
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
        """Raise `SpecError` if a framework does not find the device."""
        if self.device == "cpu":
            return
        for name, available in self.ask("devices").items():
            if self.device not in available:
                raise SpecError(
                    "--device",
                    f"got {self.device!r}, but {LABELS[name]} here has only: "
                    f"{names(available)}",
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
        """Return whether all workers run; a failed task does not end one."""
        return all(worker.alive() for worker in self.workers.values())

    def busy(self) -> dict[str, float]:
        """Return the seconds that each worker has been busy."""
        return {name: worker.busy for name, worker in self.workers.items()}

    def ask(
        self, task: str, progress: Progress | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Run one task in every framework at the same time.

        Args:
            task: name of a task of `comparisons.workers.tasks`.
            progress: called with the backend, the steps done and the total.
            arguments: of the task; of a value with two sides, each framework
                gets its own.

        Returns:
            The results by backend.

        Raises:
            WorkerError: as soon as one of the workers fails.
            SpecError: if a framework rejects the specification.
        """
        own_arguments = {
            backend: {
                name: value.of(backend)
                if isinstance(value, TwoSides)
                else value
                for name, value in arguments.items()
            }
            for backend in self.workers
        }
        return self.ask_each(task, own_arguments, progress)

    def ask_each(
        self,
        task: str,
        arguments: dict[str, dict[str, Any]],
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Run one task with different arguments for each framework.

        Args:
            task: name of a task of `comparisons.workers.tasks`.
            arguments: of the task, by backend.
            progress: called with the backend, the steps done and the total.

        Returns:
            The results by backend.

        Raises:
            WorkerError: as soon as one of the workers fails.
            SpecError: if a framework rejects the specification.
        """
        return results_of(
            {
                name: worker.submit(task, progress, **arguments[name])
                for name, worker in self.workers.items()
            }
        )


def results_of(futures: "dict[str, Future[Any]]") -> dict[str, Any]:
    """Wait for the results of one task in every framework.

    Args:
        futures: of the results, by backend.

    Returns:
        The results by backend.

    Raises:
        WorkerError: as soon as one of the workers fails.
        SpecError: if a framework rejects the specification.
    """
    done, _ = wait(futures.values(), return_when=FIRST_EXCEPTION)
    for future in done:
        future.result()
    return {name: future.result() for name, future in futures.items()}
