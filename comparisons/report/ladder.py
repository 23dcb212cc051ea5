"""Print ladders in the terminal: verdicts and causes of a disagreement."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from framework_parity.comparisons.ladder.diagnosis import Cause
from framework_parity.comparisons.ladder.ladder import LadderResult
from framework_parity.comparisons.ladder.two_sided_causes import ValueEffect
from framework_parity.comparisons.report.table import STYLES, print_table


def show_ladder(ladder: LadderResult) -> None:
    """Print one line for each rung that was run."""
    rows = [
        (v.arm, v.rung, Text(v.outcome, STYLES[v.outcome]), v.sentence)
        for v in ladder.verdicts
    ]
    heads = ("arm", "rung", "verdict", "details")
    print_table(Console(), heads, rows, numbers=False)


def show_causes(
    ladder: LadderResult, causes: Sequence[Cause | ValueEffect]
) -> None:
    """Print the causes of a disagreement, or that none is known.

    Args:
        ladder: the result of the ladder; nothing is printed unless its last
            rung disagrees.
        causes: the causes that diagnosis found.
    """
    if ladder.verdicts[-1].outcome != "disagree":
        return
    for cause in causes:
        Console().print(Text(f"{cause.name}: {cause.sentence}"))
    if not causes:
        Console().print(
            Text("No single convention of the table restores agreement.")
        )
