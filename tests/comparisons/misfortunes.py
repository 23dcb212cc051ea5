"""What can go wrong in a worker process, for `Worker(setup=...)`."""

import os
import sys
import time
import warnings
from typing import Any


def die_at_once(backend: str) -> None:
    print("these are my last words", file=sys.stderr)
    os._exit(3)


def raise_at_once(backend: str) -> None:
    raise RuntimeError(f"{backend} will not start")


def install(backend: str) -> None:
    """Give the worker tasks that misbehave."""
    from framework_parity.comparisons.workers import tasks

    for task in (die, fail, chat, inform, sleep, count):
        setattr(tasks, task.__name__, task)


def install_with_a_message(backend: str) -> None:
    """As `install`, and print something before the worker serves."""
    print("a message of the start", file=sys.stderr, flush=True)
    install(backend)


def inform(trainer_class: Any, progress: Any = None) -> None:
    """Print messages of several levels, as TensorFlow does."""
    lines = (
        "WARNING: All log messages before absl::InitializeLog() is called",
        "I0000 00:00:1.5   7 a.cc:1] this only informs",
        "W0000 00:00:1.5   7 a.cc:2] this is a warning",
        "E0000 00:00:1.5   7 a.cc:3] this is an error",
    )
    print("\n".join(lines), file=sys.stderr, flush=True)


def die(trainer_class: Any, progress: Any = None) -> None:
    print("I was in the middle of a task", flush=True)
    os._exit(7)


def fail(trainer_class: Any, progress: Any = None) -> None:
    raise ZeroDivisionError("nothing to divide by")


def chat(trainer_class: Any, progress: Any = None) -> str:
    """Print in every way that a framework has."""
    print("chatter on standard output", flush=True)
    print("chatter on standard error", file=sys.stderr, flush=True)
    warnings.warn("chatter as a warning", stacklevel=1)
    os.write(1, b"chatter from C on standard output\n")
    os.write(2, b"chatter from C on standard error\n")
    os.system("echo chatter from a child")  # noqa: S605, S607 - as C would
    return "answer"


def sleep(
    trainer_class: Any, seconds: float, progress: Any = None
) -> tuple[float, float]:
    """Sleep, and return when that began and ended."""
    start = time.time()
    time.sleep(seconds)
    return start, time.time()


def count(trainer_class: Any, progress: Any = None) -> None:
    for done in (1, 2, 3):
        progress(done, 3)


def fail_on_residual(backend: str) -> None:
    """Break on every network that has a residual block."""
    _inspect_if(lambda: 1 // 0)


def die_on_residual(backend: str) -> None:
    """Die of every network that has a residual block."""
    _inspect_if(lambda: os._exit(9))


def _inspect_if(misfortune: Any) -> None:
    from framework_parity.comparisons.workers import tasks

    inspect_step = tasks.inspect_step

    def faulty(trainer_class: Any, arm: Any, *args: Any, **more: Any) -> Any:
        if any(node.name.startswith("residual_") for node in arm.all_nodes):
            misfortune()
        return inspect_step(trainer_class, arm, *args, **more)

    tasks.inspect_step = faulty
