"""The terminal: progress on standard error, tables on standard output."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from comparisons import wording
from comparisons.diagnosis import Cause
from comparisons.findings import Audit
from comparisons.fuzz import Fuzzed
from comparisons.fuzz import Watcher as FuzzWatcher
from comparisons.ladder import Climb
from comparisons.overview import Ran
from comparisons.pairing import Watcher
from comparisons.result import Result
from comparisons.summary import (
    OVERVIEW_COLUMNS,
    SUMMARY_COLUMNS,
    claim_rows,
    headline,
    summary_caption,
    summary_rows,
)
from comparisons.workers import LABELS

STYLES = {"agree": "green", "disagree": "bold red", "undecided": "yellow"}


@contextmanager
def watching(title: str, unit: str = "steps") -> Iterator[Watcher]:
    """Show a bar for each framework while the block runs."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(24),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
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
    """Show one bar of specifications while the block runs."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(f"{title}: starting", total=None)

        def watch(done: int, total: int, failed: int) -> None:
            said = f"{title} · {failed} disagree"
            progress.update(bar, description=said, completed=done, total=total)

        yield watch


def show_fuzzed(result: Fuzzed) -> None:
    """Print what a fuzzing run came to, and each failure's file."""
    console = Console()
    for failure in result.failures:
        said = f"{failure.verdict.rung}: {failure.verdict.sentence}"
        console.print(Text(f"{failure.path or 'not saved'}  {said}"))
    counts = ", ".join(f"{n:,} {what}" for what, n in result.outcomes.items())
    said = f"{counts}; {result.per_minute:.0f} specifications a minute"
    console.print(Text(said, STYLES[result.verdict]))


def show(result: Result, console: Console | None = None) -> None:
    """Print the table, the claims, the verdict and where the report is."""
    console = console or Console()
    console.print(Text(f"\n{result.experiment.name}", "bold"))
    console.print(_table(SUMMARY_COLUMNS, summary_rows(result)))
    console.print(Text(summary_caption(result), "dim"))
    if result.claims:
        heads = ("claim", *LABELS.values(), "verdict")
        console.print(_table(heads, claim_rows(result), numbers=False))
    style = STYLES[result.verdict]
    console.print(Text(headline(result), style))
    if result.report:
        console.print(Text(f"Report: {result.report}"))


def show_all(found: list[Ran], page: Path) -> None:
    """Print the table that several experiments end with, and where to read."""
    console = Console()
    console.print(_table(OVERVIEW_COLUMNS, [ran.row for ran in found]))
    console.print(Text(f"Reports: {page}"))


def plain(result: Result) -> str:
    """Return what `show` prints, as text without colours."""
    text = io.StringIO()
    show(result, Console(file=text, color_system=None, force_jupyter=False))
    lines = text.getvalue().strip().splitlines()
    return "\n".join(line.rstrip() for line in lines)


def show_audit(audit: Audit) -> None:
    """Print the sentences, the ranked conventions, the corners, the report."""
    console = Console()
    console.print(Text(f"\n{audit.port.name}: {audit.port.arm}", "bold"))
    for sentence in wording.sentences(audit):
        console.print(Text(f"\n{sentence}"))
    if audit.corners:
        rows = wording.switch_rows(audit)
        console.print(_table(wording.SWITCH_COLUMNS, rows))
        console.print(Text(wording.switch_caption(audit), "dim"))
        heads = ("conventions", *LABELS.values(), "epochs")
        console.print(_table(heads, wording.corner_rows(audit)))
        console.print(Text(wording.confirmed(audit), "dim"))
    if audit.options:
        heads = ("option", "gap with it", "without it", "")
        console.print(_table(heads, wording.option_rows(audit)))
    console.print(Text(wording.headline(audit), STYLES[audit.verdict]))
    if audit.report:
        console.print(Text(f"Report: {audit.report}"))


def show_climb(climb: Climb) -> None:
    """Print one line for each rung that was reached."""
    rows = [
        (v.arm, v.rung, Text(v.outcome, STYLES[v.outcome]), v.sentence)
        for v in climb.verdicts
    ]
    heads = ("arm", "rung", "verdict", "found")
    Console().print(_table(heads, rows, numbers=False))


def show_causes(climb: Climb, causes: Sequence[Cause]) -> None:
    """Print what a disagreement comes from, or that nothing is known."""
    if climb.verdicts[-1].outcome != "disagree":
        return
    for cause in causes:
        Console().print(Text(f"{cause.convention.name}: {cause.sentence}"))
    if not causes:
        Console().print(
            Text("No single convention of the table restores the agreement.")
        )


def _table(
    heads: tuple[str, ...],
    rows: Sequence[tuple[str | Text, ...]],
    *,
    numbers: bool = True,
) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for index, head in enumerate(heads):
        inner = numbers and 0 < index < len(heads) - 1
        side: Literal["left", "right"] = "right" if inner else "left"
        table.add_column(head, justify=side, overflow="fold")
    for row in rows:
        # As plain text: what a spec says is no markup.
        table.add_row(*(Text(c) if isinstance(c, str) else c for c in row))
    return table
