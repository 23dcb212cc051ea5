"""The JSON document of a result, which `--json` prints."""

from typing import Any

from framework_parity.comparisons.numbers import finite
from framework_parity.comparisons.report.run.text import headline
from framework_parity.comparisons.run.result import ArmResult, Result


def document(result: Result) -> dict[str, Any]:
    """Return the JSON document of a result, as the command line prints it."""
    return {
        "command": "run",
        "name": result.experiment.name,
        "lesson": result.experiment.lesson,
        "data": result.experiment.data.source.kind(),
        "verdict": result.verdict,
        "sentence": headline(result),
        "settings": result.settings.as_json() | {"dtype": result.dtype},
        "content_hash": result.experiment.content_hash,
        "warnings": result.warnings,
        "rungs": [verdict.as_json() for verdict in result.verdicts],
        "claims": [claim.as_json() for claim in result.claims],
        "causes": [
            cause.as_json()
            for arm in result.arms
            for cause in arm.explained.all_causes
        ],
        "arms": [_arm_json(arm) for arm in result.arms],
        "report": str(result.report) if result.report else None,
    }


def _arm_json(arm: ArmResult) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "arm": arm.arm.name,
        "parameters": arm.arm.parameter_count,
    }
    if arm.sides:
        fields["parameters_by_side"] = {
            backend: side.parameter_count
            for backend, side in arm.sides.items()
        }
    for backend, records in arm.records.items():
        fields[backend] = {
            "final": {
                name: finite(arm.mean(backend, name))
                for name in records[0].final
            },
            "seconds": sum(record.seconds for record in records),
            "diverged_at": [record.diverged_at for record in records],
        }
    if arm.curves:
        ratio, step, where = arm.curves.worst()
        fields["curves"] = {
            "worst_ratio_to_floor": finite(ratio),
            "at_step": step,
            "where": where,
            "horizon": arm.curves.horizon,
        }
    return fields
