"""Progress on standard error: a bar on a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from framework_parity.common.spec.counted import counted
from framework_parity.comparisons.cli.ticker import Stages, Ticker
from framework_parity.comparisons.workers.pool import LABELS, Watcher

FuzzWatcher = Callable[[int, int, int], None]
"""Called with how many are done, of how many, and how many disagree."""


@contextmanager
def watching(title: str, unit: str = "steps") -> Iterator[Watcher]:
    """Show how far each framework is while the block runs.

    It is a bar for each on a terminal, and plain lines elsewhere.

    Args:
        title: of what runs.
        unit: what is counted, in the plural.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        stages = Stages(LABELS, unit)
        with Ticker(title, stages.say):
            yield stages.watch
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(24),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        bars: dict[str, TaskID] = {
            backend: progress.add_task(
                f"{title}: starting {label}", total=None
            )
            for backend, label in LABELS.items()
        }

        def watch(stage: str, backend: str, done: int, total: int) -> None:
            progress.update(
                bars[backend],
                description=f"{title} · {stage} · {LABELS[backend]}",
                completed=done,
                total=total,
            )

        yield watch


@contextmanager
def counting(title: str) -> Iterator[FuzzWatcher]:
    """Show how many specifications are done while the block runs.

    It is a bar on a terminal, and plain lines elsewhere.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        counts: list[int] = []

        def count(done: int, total: int, failed: int) -> None:
            counts[:] = done, total, failed

        with Ticker(title, partial(_counted, counts)):
            yield count
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(f"{title}: starting", total=None)

        def watch(done: int, total: int, failed: int) -> None:
            said = f"{title} · {failed} disagree"
            progress.update(bar, description=said, completed=done, total=total)

        yield watch


def _counted(counts: list[int]) -> tuple[str, str]:
    if not counts:
        return "", ""
    done, total, failed = counts
    verb = "disagrees" if failed == 1 else "disagree"
    said = f"{done:,} of {counted(total, 'specification')}"
    return str(failed), f"{said}, {failed:,} {verb}"
