"""Print the result of a fuzzing run in the terminal."""

from rich.console import Console
from rich.text import Text

from framework_parity.comparisons.fuzz.fuzz import Fuzzed
from framework_parity.comparisons.report.table import STYLES


def show_fuzzed(result: Fuzzed) -> None:
    """Print the outcome of a fuzzing run and the file of each failure."""
    console = Console()
    for failure in result.failures:
        reason = f"{failure.verdict.rung}: {failure.verdict.sentence}"
        where = Text(f"{failure.path or 'not saved'}  {reason}")
        console.print(where, soft_wrap=True)
    counts = ", ".join(f"{n:,} {what}" for what, n in result.outcomes.items())
    summary = f"{counts}; {result.per_minute:.0f} specifications a minute"
    console.print(Text(summary, STYLES[result.verdict]))
