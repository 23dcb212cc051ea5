"""The report of a result, as one self-contained HTML file."""

import csv
import json
from pathlib import Path
from typing import Any

import yaml
from safetensors.numpy import save

from framework_parity.common.spec.conventions import CONVENTIONS
from framework_parity.comparisons.experiments._lessons import TITLES
from framework_parity.comparisons.report.files import ReportFiles
from framework_parity.comparisons.report.render import render
from framework_parity.comparisons.report.run.claims import grouped_claims
from framework_parity.comparisons.report.run.columns import (
    ArmScripts,
    side_by_side,
)
from framework_parity.comparisons.report.run.document import document
from framework_parity.comparisons.report.run.figures import (
    AGREEMENT,
    pictures,
)
from framework_parity.comparisons.report.run.listings import (
    layer_tables,
    metric_caption,
    metric_table,
)
from framework_parity.comparisons.report.run.text import (
    SUMMARY_COLUMNS,
    basis,
    claim_row,
    headline,
    one_seed,
    rung_rows,
    summary_caption,
    summary_rows,
)
from framework_parity.comparisons.report.style import ReportFigure, shown
from framework_parity.comparisons.run.result import Result
from framework_parity.comparisons.workers.worker import LABELS


def write(result: Result, out: Path) -> Path:
    """Write the report and its data into a folder.

    `report.html` is self-contained. The folder also gets `result.json` (the
    document that `--json` prints), `spec.yaml` (the complete specification,
    which `parity run` accepts), `curves.csv` (every evaluation, in tidy
    form), the pictures, and the trained weights and the probes of every run,
    in the framework-neutral layout, as safetensors. Files of an earlier
    report in the same folder are replaced or deleted.

    Args:
        result: of one experiment; its `report` is set to the path.
        out: the folder; it is created if it does not exist.

    Returns:
        The path of `report.html`.
    """
    result.report = out / "report.html"
    drawn = pictures(result)
    with ReportFiles(out) as files:
        report = files.write("report.html", page(result, drawn))
        for picture in drawn:
            svgs = [picture.svg, *picture.more] if picture.svg else []
            for number, svg in enumerate(svgs):
                suffix = f"_{number + 1}" if number else ""
                files.write(f"{picture.name}{suffix}.svg", svg)
        written = json.dumps(document(result), indent=2)
        files.write("result.json", written)
        files.write("spec.yaml", spec_yaml(result))
        _write_curves(result, files.path("curves.csv"))
        _write_tensors(result, files)
    return report


def page(result: Result, drawn: list[ReportFigure]) -> str:
    """Return the report as HTML.

    Args:
        result: of one experiment.
        drawn: the pictures of the report.
    """
    return render(
        "report.html",
        name=result.experiment.name,
        title=shown(result.experiment.name).capitalize(),
        lesson=_lesson(result),
        remarks=_remarks(result),
        scripts=[
            {
                "arm": shown(script.arm),
                "lines": side_by_side(script.torch, script.keras),
            }
            for script in arm_scripts(result)
        ],
        spec=spec_yaml(result),
        rungs=rung_rows(result),
        settings=result.settings,
        content_hash=result.experiment.content_hash,
        dialect=result.experiment.dialect,
        effects=[e for arm in result.arms for e in arm.explained.effects],
        conventions=CONVENTIONS,
        labels=LABELS,
        alone=LABELS[result.backends[0]] if len(result.backends) < 2 else "",
        mapped=any(picture.name == "disagreement" for picture in drawn),
        **_body(result, drawn),
    )


def arm_scripts(result: Result) -> list[ArmScripts]:
    """Return the scripts of the arms that have one in both frameworks."""
    return [
        ArmScripts(arm.arm.name, arm.scripts["torch"], arm.scripts["keras"])
        for arm in result.arms
        if len(arm.scripts) == 2
    ]


def fragment(result: Result) -> str:
    """Return the tables and the pictures, for a notebook."""
    return render("notebook.html", **_body(result, pictures(result)))


def spec_yaml(result: Result) -> str:
    """Return the complete specification, as YAML that can be run again."""
    text: str = yaml.safe_dump(
        result.experiment.model_dump(mode="json"), sort_keys=False
    )
    return text


def _body(result: Result, drawn: list[ReportFigure]) -> dict[str, Any]:
    claims, groups = grouped_claims(result)
    return {
        "verdict": result.verdict,
        "headline": headline(result),
        "basis": basis(result),
        "warnings": result.warnings,
        "teaches": result.experiment.teaches,
        "caption": summary_caption(result),
        "columns": SUMMARY_COLUMNS,
        "rows": summary_rows(result),
        "claims": claims,
        "claim_groups": groups,
        "claim_columns": ("claim", *LABELS.values(), "verdict"),
        "one_seed": one_seed(result),
        "pictures": [p for p in drawn if p.name not in AGREEMENT],
        "agreement": [p for p in drawn if p.name in AGREEMENT],
        "metrics": metric_table(result),
        "metrics_caption": metric_caption(result),
        "layers": layer_tables(result),
    }


def _lesson(result: Result) -> str:
    """Return the number and the title of the lesson, or ""."""
    number = result.experiment.lesson
    return "" if number is None else f"{number}, {TITLES.get(number, '')}"


def _remarks(result: Result) -> list[dict[str, Any]]:
    """Return the remarks on the notebook, with the rows of their claims."""
    seeds = result.settings.seeds
    return [
        {
            "says": remark.says,
            "correction": remark.correction,
            "rows": [
                claim_row(judged, seeds)
                for judged in result.claims
                if judged.claim.name in remark.claims
            ],
        }
        for remark in result.experiment.notebook
    ]


def _write_curves(result: Result, path: Path) -> None:
    parts = ("train_", "validation_")
    names = [n for n in result.curve_names if n.startswith(parts)]
    rows = [row for name in names for row in result.curves(name)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def _write_tensors(result: Result, files: ReportFiles) -> None:
    for arm in result.arms:
        for backend, records in arm.records.items():
            for seed, record in enumerate(records):
                name = f"{arm.arm.name}-{backend}-seed{seed}.safetensors"
                kinds = {"weights": record.weights, "probes": record.probes}
                for kind, tensors in kinds.items():
                    if tensors:
                        path = files.path(f"{kind}/{name}")
                        # `save_file` raises an error that is no OSError.
                        path.write_bytes(save(tensors))
