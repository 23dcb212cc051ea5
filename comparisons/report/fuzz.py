"""Print in the terminal what a fuzzing run found."""

from rich.console import Console
from rich.text import Text

from framework_parity.comparisons.fuzz.fuzz import Fuzzed
from framework_parity.comparisons.report.table import STYLES


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
