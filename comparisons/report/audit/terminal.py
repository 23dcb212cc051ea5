"""Print an audit in the terminal."""

from rich.console import Console
from rich.text import Text

from framework_parity.comparisons.audit.result import AuditResult
from framework_parity.comparisons.report.audit import tables
from framework_parity.comparisons.report.audit.text import headline, sentences
from framework_parity.comparisons.report.table import STYLES, print_table
from framework_parity.comparisons.workers.worker import LABELS


def show_audit(audit: AuditResult) -> None:
    """Print the sentences, the tables, the verdict and the report's path."""
    console = Console()
    console.print(Text(f"\n{audit.port.name}: {audit.port.arm}", "bold"))
    for sentence in sentences(audit):
        console.print(Text(f"\n{sentence}"))
    if audit.corners:
        rows = tables.switch_rows(audit)
        print_table(console, tables.SWITCH_COLUMNS, rows)
        console.print(Text(tables.switch_caption(audit), "dim"))
        heads = ("conventions", *LABELS.values(), "epochs")
        print_table(console, heads, tables.corner_rows(audit))
        console.print(Text(tables.confirmed(audit), "dim"))
    if audit.options:
        heads = ("option", "gap with it", "without it", "")
        print_table(console, heads, tables.option_rows(audit))
    console.print(Text(headline(audit), STYLES[audit.verdict]))
    if audit.report:
        console.print(Text(f"Report: {audit.report}"), soft_wrap=True)
