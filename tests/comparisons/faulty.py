"""One framework with a planted fault beside the other, on shared workers."""

from collections.abc import Iterator
from contextlib import contextmanager

from framework_parity.comparisons.workers.worker import WorkerPair


@contextmanager
def planted(
    fault: str, suspect: str, pair: WorkerPair, faulty: WorkerPair
) -> Iterator[WorkerPair]:
    """Plant a fault of `tests.faults` in one framework, inside the block.

    Args:
        fault: name of the fault.
        suspect: the framework that gets it.
        pair: the sound workers.
        faulty: the workers of the fixture `faulty`.

    Yields:
        A pair of the faulty worker and the sound one of the other framework.
    """
    worker = faulty.workers[suspect]
    worker.submit("plant", name=fault).result()
    both = WorkerPair(backends=())
    both.workers = pair.workers | {suspect: worker}
    try:
        yield both
    finally:
        worker.submit("plant", name="").result()
