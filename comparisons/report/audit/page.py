"""The report of an audit, as one self-contained HTML file."""

import json
from pathlib import Path

import yaml

from framework_parity.comparisons.audit.result import AuditResult
from framework_parity.comparisons.report.audit import tables
from framework_parity.comparisons.report.audit.document import document
from framework_parity.comparisons.report.audit.figures import pictures
from framework_parity.comparisons.report.audit.formats import metric_name
from framework_parity.comparisons.report.audit.text import headline, sentences
from framework_parity.comparisons.report.files import ReportFiles
from framework_parity.comparisons.report.render import render
from framework_parity.comparisons.report.style import ReportFigure
from framework_parity.comparisons.workers.worker import LABELS


def write(audit: AuditResult, out: Path) -> Path:
    """Write the report and its data into a folder.

    `report.html` is self-contained. The folder also gets `result.json` (the
    document that `--json` prints), the pictures, and the complete
    specification of each naive port, `torch.yaml` and `keras.yaml`, which
    `parity run` accepts. Files of an earlier report in the same folder are
    replaced or deleted.

    Args:
        audit: the result; its `report` is set to the path.
        out: the folder; it is created if it does not exist.

    Returns:
        The path of `report.html`.
    """
    audit.report = out / "report.html"
    drawn = pictures(audit)
    with ReportFiles(out) as files:
        report = files.write("report.html", page(audit, drawn))
        for picture in drawn:
            files.write(f"{picture.name}.svg", picture.svg)
        written = json.dumps(document(audit), indent=2)
        files.write("result.json", written)
        for side in LABELS:
            files.write(f"{side}.yaml", complete(audit, side))
    return report


def complete(audit: AuditResult, side: str) -> str:
    """Return the complete specification of one naive port, as YAML.

    Args:
        audit: the result.
        side: `torch` or `keras`.
    """
    text: str = yaml.safe_dump(audit.port.sides[side], sort_keys=False)
    return text


def page(audit: AuditResult, drawn: list[ReportFigure]) -> str:
    """Return the report as HTML.

    Args:
        audit: the result.
        drawn: the pictures of the report.
    """
    measured = bool(audit.corners)
    return render(
        "audit.html",
        audit=audit,
        labels=LABELS,
        headline=headline(audit),
        sentences=sentences(audit),
        pictures=drawn,
        metric=metric_name(audit) if measured else "",
        switch_columns=tables.SWITCH_COLUMNS,
        switch_rows=tables.switch_rows(audit),
        switch_caption=tables.switch_caption(audit) if measured else "",
        corner_rows=tables.corner_rows(audit),
        confirmed=tables.confirmed(audit) if measured else "",
        option_rows=tables.option_rows(audit),
        rows=[switch.convention for switch in audit.switches],
        verdicts=[
            (v.rung, v.outcome, v.sentence) for v in audit.ladder.verdicts
        ],
        spec=complete(audit, "torch"),
        others=[name for name in audit.port.arms if name != audit.port.arm],
    )
