"""Pairs of workers that run functions in parallel."""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from queue import LifoQueue
from threading import Event, Lock
from typing import TypeVar, Unpack

from framework_parity.common.data.image_cache import image_files
from framework_parity.common.spec.errors import SpecError
from framework_parity.comparisons.workers.worker import (
    WorkerOptions,
    WorkerPair,
)

Item = TypeVar("Item")
Value = TypeVar("Value")

# Number of calls after which a pair is replaced: TensorFlow never frees the
# memory of a graph that it has traced, up to 40 MB for each network.
LIFETIME = 80


@dataclass
class _Slot:
    """The place of one pair, which is started when it is needed."""

    pair: WorkerPair | None = None
    calls: int = 0


class WorkerPool:
    """Pairs of workers that run functions in parallel; use it in a `with`.

    A pair is started when there is work for it, kept for the next call, and
    replaced when it has served `LIFETIME` calls or when a worker has died.

    Args:
        jobs: maximum number of pairs.
        backends: the frameworks of each pair.
        setup: `module:function` that each process calls first, by backend.
        **options: of each worker; see `WorkerOptions`.

    Attributes:
        jobs: maximum number of pairs.
        backends: the frameworks of each pair.
        images: where all workers find image data sets.
        started: number of pairs that were started.
    """

    def __init__(
        self,
        jobs: int = 1,
        *,
        backends: tuple[str, ...] = ("torch", "keras"),
        setup: dict[str, str] | None = None,
        **options: Unpack[WorkerOptions],
    ) -> None:
        self.jobs, self.backends, self.started = jobs, backends, 0
        self.images = options.get("images") or image_files()
        self._start = partial(WorkerPair, backends, setup, **options)
        # Last in, first out: a running pair is used before one is started.
        self._idle: LifoQueue[_Slot] = LifoQueue()
        self._slots = [_Slot() for _ in range(jobs)]
        for slot in self._slots:
            self._idle.put(slot)
        self._threads = ThreadPoolExecutor(jobs, "worker-pool")
        self._busy: Counter[str] = Counter()
        self._lock = Lock()
        self._closed = False

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(self, *error: object) -> None:
        self._closed = True
        # Calls that still run fail at once when their workers are killed.
        self._threads.shutdown(wait=False, cancel_futures=True)
        for _ in range(2):  # the second time, pairs that were just starting
            for slot in self._slots:
                self._close(slot)
            self._threads.shutdown()

    def call(self, function: Callable[[WorkerPair], Value]) -> Value:
        """Call a function with the next idle pair, and return its value.

        Args:
            function: called with a pair of workers.

        Returns:
            The value of the function.

        Raises:
            SpecError: if the pool is closed, if a framework does not find
                the device, or as the function does.
            WorkerError: as the function does.
        """
        self._require_open()
        slot = self._idle.get()
        try:
            return function(self._ready(slot))
        finally:
            self._idle.put(slot)

    def submit(
        self, function: Callable[[WorkerPair], Value]
    ) -> "Future[Value]":
        """Call a function with the next idle pair, in the background.

        Args:
            function: called with a pair of workers.

        Returns:
            The future of its value.
        """
        self._require_open()
        # The function sees the context variables of its caller.
        return self._threads.submit(copy_context().run, self.call, function)

    def map(
        self,
        function: Callable[[WorkerPair, Item], Value],
        items: Iterable[Item],
    ) -> list[Value]:
        """Call a function on every item, on up to `jobs` pairs in parallel.

        Args:
            function: called with a pair of workers and an item.
            items: the items.

        Returns:
            The values in the order of the items.

        Raises:
            SpecError: as `call` does; the remaining items are skipped.
            WorkerError: as `call` does; the remaining items are skipped.
        """
        self._require_open()
        failed = Event()

        def unless_failed(item: Item) -> Value:
            if failed.is_set():
                raise CancelledError
            try:
                return self.call(lambda pair: function(pair, item))
            except BaseException:
                failed.set()
                raise

        futures = [
            self._threads.submit(copy_context().run, unless_failed, item)
            for item in items
        ]
        return [future.result() for future in futures]

    def busy(self) -> Counter[str]:
        """Return the seconds that the workers of each framework worked."""
        seconds = Counter(self._busy)
        for slot in self._slots:
            if slot.pair is not None:
                seconds.update(slot.pair.busy())
        return seconds

    def _require_open(self) -> None:
        if self._closed:
            raise SpecError(
                "pool", "is closed; use it inside its 'with' block"
            )

    def _ready(self, slot: _Slot) -> WorkerPair:
        """Return the slot's pair; start it, or replace it."""
        pair = slot.pair
        if pair and (slot.calls >= LIFETIME or not pair.alive()):
            self._close(slot)
            pair = None
        if pair is None:
            pair = self._start().__enter__()
            with self._lock:
                slot.pair, slot.calls = pair, 0
                self.started += 1
        slot.calls += 1
        return pair

    def _close(self, slot: _Slot) -> None:
        # The slot is emptied first: a thread may be filling it again.
        with self._lock:
            pair, slot.pair = slot.pair, None
        if pair is not None:
            pair.__exit__(None, None, None)
            with self._lock:
                self._busy.update(pair.busy())
