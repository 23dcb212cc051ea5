"""The terminal: progress on standard error, tables on standard output."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from framework_parity.common.spec.counted import counted
from framework_parity.comparisons.audit.result import Audit
from framework_parity.comparisons.cli.progress import Stages, Ticker
from framework_parity.comparisons.cli.tables import print_table
from framework_parity.comparisons.fuzz.fuzz import Fuzzed
from framework_parity.comparisons.fuzz.fuzz import Watcher as FuzzWatcher
from framework_parity.comparisons.ladder.diagnosis import Cause
from framework_parity.comparisons.ladder.ladder import Climb
from framework_parity.comparisons.ladder.two_sided_causes import Effect
from framework_parity.comparisons.report import audit_text as wording
from framework_parity.comparisons.report.text import (
    OVERVIEW_COLUMNS,
    SUMMARY_COLUMNS,
    claim_rows,
    headline,
    summary_caption,
    summary_rows,
)
from framework_parity.comparisons.run.batch import Ran
from framework_parity.comparisons.run.result import Result
from framework_parity.comparisons.run.runner import Watcher
from framework_parity.comparisons.workers.pool import LABELS

STYLES = {"agree": "green", "disagree": "bold red", "undecided": "yellow"}


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


def show_fuzzed(result: Fuzzed) -> None:
    """Print what a fuzzing run came to, and each failure's file."""
    console = Console()
    for failure in result.failures:
        said = f"{failure.verdict.rung}: {failure.verdict.sentence}"
        where = Text(f"{failure.path or 'not saved'}  {said}")
        console.print(where, soft_wrap=True)
    counts = ", ".join(f"{n:,} {what}" for what, n in result.outcomes.items())
    said = f"{counts}; {result.per_minute:.0f} specifications a minute"
    console.print(Text(said, STYLES[result.verdict]))


def show(result: Result, console: Console | None = None) -> None:
    """Print the table, the claims, the verdict and where the report is."""
    console = console or Console()
    console.print(Text(f"\n{result.experiment.name}", "bold"))
    print_table(console, SUMMARY_COLUMNS, summary_rows(result))
    console.print(Text(summary_caption(result), "dim"))
    if result.claims:
        heads = ("claim", *LABELS.values(), "verdict")
        print_table(console, heads, claim_rows(result), numbers=False)
    style = STYLES[result.verdict]
    console.print(Text(headline(result), style))
    if result.report:
        console.print(Text(f"Report: {result.report}"), soft_wrap=True)


def show_all(found: list[Ran], page: Path) -> None:
    """Print the table that several experiments end with, and where to read."""
    console = Console()
    print_table(console, OVERVIEW_COLUMNS, [ran.row for ran in found])
    console.print(Text(f"Reports: {page}"), soft_wrap=True)


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
        print_table(console, wording.SWITCH_COLUMNS, rows)
        console.print(Text(wording.switch_caption(audit), "dim"))
        heads = ("conventions", *LABELS.values(), "epochs")
        print_table(console, heads, wording.corner_rows(audit))
        console.print(Text(wording.confirmed(audit), "dim"))
    if audit.options:
        heads = ("option", "gap with it", "without it", "")
        print_table(console, heads, wording.option_rows(audit))
    console.print(Text(wording.headline(audit), STYLES[audit.verdict]))
    if audit.report:
        console.print(Text(f"Report: {audit.report}"), soft_wrap=True)


def show_climb(climb: Climb) -> None:
    """Print one line for each rung that was reached."""
    rows = [
        (v.arm, v.rung, Text(v.outcome, STYLES[v.outcome]), v.sentence)
        for v in climb.verdicts
    ]
    heads = ("arm", "rung", "verdict", "found")
    print_table(Console(), heads, rows, numbers=False)


def show_causes(climb: Climb, causes: Sequence[Cause | Effect]) -> None:
    """Print what a disagreement comes from, or that nothing is known."""
    if climb.verdicts[-1].outcome != "disagree":
        return
    for cause in causes:
        Console().print(Text(f"{cause.name}: {cause.sentence}"))
    if not causes:
        Console().print(
            Text("No single convention of the table restores the agreement.")
        )
