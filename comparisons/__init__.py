"""Run pairs, judge them, explain them, report them.

Nothing here imports a framework. A backend is reached by its name, in a
process of its own (see `comparisons.workers.pool`).
"""

from typing import Any


def __getattr__(name: str) -> Any:
    """Import `run` only when it is asked for: it is slow to import."""
    if name == "run":
        from framework_parity.comparisons.run.runner import run

        return run
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
