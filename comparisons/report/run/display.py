"""Results that display as text, and in a notebook as HTML."""

import io
from dataclasses import fields
from typing import Any

from rich.console import Console
from rich.text import Text

from framework_parity.comparisons.report.run.document import document
from framework_parity.comparisons.report.run.page import fragment
from framework_parity.comparisons.report.run.text import (
    SUMMARY_COLUMNS,
    claim_rows,
    headline,
    one_seed,
    summary_caption,
    summary_rows,
)
from framework_parity.comparisons.report.table import STYLES, print_table
from framework_parity.comparisons.run.result import Result
from framework_parity.comparisons.workers.worker import LABELS


class DisplayedResult(Result):
    """A result that displays as a table, in a notebook with its pictures."""

    @classmethod
    def of(cls, result: Result) -> "DisplayedResult":
        """Return the same result as a `DisplayedResult`."""
        names = [field.name for field in fields(result) if field.init]
        return cls(**{name: getattr(result, name) for name in names})

    def __repr__(self) -> str:
        text = io.StringIO()
        show(self, Console(file=text, color_system=None, force_jupyter=False))
        lines = text.getvalue().strip().splitlines()
        return "\n".join(line.rstrip() for line in lines)

    def as_json(self) -> dict[str, Any]:
        """Return the document that `parity run --json` prints."""
        return document(self)

    def _repr_html_(self) -> str:
        return fragment(self)


def show(result: Result, console: Console | None = None) -> None:
    """Print the table, the claims, the verdict and the report's path.

    Args:
        result: of one experiment.
        console: what to print to; None for standard output.
    """
    console = console or Console()
    console.print(Text(f"\n{result.experiment.name}", "bold"))
    print_table(console, SUMMARY_COLUMNS, summary_rows(result))
    console.print(Text(summary_caption(result), "dim"))
    if result.claims:
        heads = ("claim", *LABELS.values(), "verdict")
        print_table(console, heads, claim_rows(result), numbers=False)
        if note := one_seed(result):
            console.print(Text(note, "dim"))
    style = STYLES[result.verdict]
    console.print(Text(headline(result), style))
    if result.report:
        console.print(Text(f"Report: {result.report}"), soft_wrap=True)
