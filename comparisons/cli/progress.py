"""Progress on standard error: a bar on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
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
from framework_parity.comparisons.workers.worker import (
    LABELS,
    FuzzWatcher,
    Watcher,
)


@contextmanager
def watching(title: str, unit: str = "steps") -> Iterator[Watcher]:
    """Show the progress of each framework while the block runs.

    Progress is a bar for each framework on a terminal, and plain lines
    elsewhere.

    Args:
        title: name of the experiment or command.
        unit: what is counted, in the plural.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        stages = Stages(LABELS, unit)
        with Ticker(title, stages.report):
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
    """Show the number of finished specifications while the block runs.

    Progress is a bar on a terminal, and plain lines elsewhere.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        counts: list[int] = []

        def count(done: int, total: int, failed: int) -> None:
            counts[:] = done, total, failed

        with Ticker(title, partial(_progress_line, counts)):
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
            progress.update(
                bar,
                description=f"{title} · {failed} disagree",
                completed=done,
                total=total,
            )

        yield watch


def _progress_line(counts: list[int]) -> tuple[str, str]:
    """Return the stage and the line that a `Ticker` prints."""
    if not counts:
        return "", ""
    done, total, failed = counts
    verb = "disagrees" if failed == 1 else "disagree"
    share = f"{done:,} of {counted(total, 'specification')}"
    return str(failed), f"{share}, {failed:,} {verb}"
