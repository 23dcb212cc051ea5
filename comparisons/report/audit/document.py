"""The JSON document of an audit, which `--json` prints."""

from typing import Any

from framework_parity.common.spec.two_sided.experiment import TwoSidedValue
from framework_parity.comparisons.audit.causes import Candidate
from framework_parity.comparisons.audit.result import (
    AuditResult,
    NamedMix,
    Option,
    SingleChange,
)
from framework_parity.comparisons.audit.sweep import MixRuns
from framework_parity.comparisons.ladder.effects import Effect
from framework_parity.comparisons.numbers import finite
from framework_parity.comparisons.report.audit.text import headline, sentences
from framework_parity.comparisons.workers.worker import LABELS


def document(audit: AuditResult) -> dict[str, Any]:
    """Return the JSON document of an audit, as the command line prints it."""
    causes = audit.causes
    search = audit.search
    return {
        "command": "audit",
        "name": audit.port.name,
        "arm": audit.port.arm,
        "verdict": audit.verdict,
        "sentence": headline(audit),
        "sentences": sentences(audit),
        "warnings": audit.warnings,
        "settings": audit.settings.as_json(),
        "rungs": [verdict.as_json() for verdict in audit.ladder.verdicts],
        "aligned_residual": finite(audit.aligned_residual),
        "conventions": [_switch_json(audit, s) for s in audit.switches],
        **(_measured_json(audit) if causes else {}),
        "makes": [sorted(s) for s in search.sets] if search else [],
        "unmakes": [sorted(s) for s in causes.undone_by] if causes else [],
        "candidates": [
            _candidate_json(c) for c in (search.candidates if search else ())
        ],
        "amplifiers": [o.name for o in audit.options if o.amplifies],
        "options": [_option_json(o, audit.metric) for o in audit.options],
        "corners": [_corner_json(audit, c) for c in audit.corners],
        "runs": audit.runs,
        "report": str(audit.report) if audit.report else None,
    }


def _measured_json(audit: AuditResult) -> dict[str, Any]:
    assert audit.causes is not None
    gap, search = audit.gap, audit.search
    undecided = audit.causes.decision == "undecided"
    needed = gap.seeds_needed(audit.margin) if undecided else None
    return {
        "metric": audit.metric,
        "gap": finite(gap.mean),
        **_error_json("gap", gap),
        "gap_p_value": gap.p_value,
        "gap_decision": audit.causes.decision,
        "gap_is_real": audit.gap_is_real,
        "margin": audit.margin,
        "seeds_needed": search.seeds_needed if search else needed,
        "effects_sum": finite(audit.effects_sum),
        "confirmed_within": {
            name: finite(audit.confirmed_within(name))
            for name in (audit.metric, "train_loss", "epochs")
        },
    }


def _switch_json(audit: AuditResult, switch: SingleChange) -> dict[str, Any]:
    row = switch.convention
    return {
        "convention": row.name,
        "field": row.field,
        "torch": row.torch,
        "keras": row.keras,
        "sentence": row.sentence,
        "sources": dict(zip(LABELS, row.sources, strict=True)),
        "written": isinstance(row, TwoSidedValue),
        "effect": finite(switch.alone.mean),
        **_error_json("effect", switch.alone),
        "decision": switch.decision(audit.margin),
        "share": finite(audit.share(switch.alone.mean)),
        "effect_as_last": finite(switch.last.mean),
        **_error_json("effect_as_last", switch.last),
        "effect_on_train_loss": finite(switch.loss.mean),
        "max_drift": finite(switch.drift.largest),
        "first_step_past_floor": switch.drift.first_step,
        "max_drift_of_evaluations": finite(switch.drift.evaluated),
    }


def _corner_json(audit: AuditResult, corner: NamedMix) -> dict[str, Any]:
    named = {mix: side for side, mix in audit.port.corners.items()}
    return {
        "naive": named.get(corner.mix),
        "as_in_keras": sorted(corner.mix),
        "switched": sorted(audit.switched(corner.mix)),
        **{
            backend: runs_json(runs, audit.metric)
            for backend, runs in corner.runs.items()
        },
    }


def runs_json(runs: MixRuns, metric: str) -> dict[str, Any]:
    """Return the measurements of the runs of one experiment.

    Args:
        runs: one record for each seed.
        metric: name of the final metric, for example `test_accuracy`.
    """
    return {
        metric: finite(runs.mean(metric)),
        "values": [finite(value) for value in runs.values(metric)],
        "train_loss": finite(runs.mean("train_loss")),
        "epochs": [int(value) for value in runs.values("epochs")],
    }


def _error_json(name: str, effect: Effect) -> dict[str, Any]:
    return {
        f"{name}_standard_error": finite(effect.standard_error),
        f"{name}_interval": [finite(end) for end in effect.interval],
    }


def _candidate_json(candidate: Candidate) -> dict[str, Any]:
    return {
        "conventions": sorted(candidate.places),
        "makes": finite(candidate.makes.mean),
        **_error_json("makes", candidate.makes),
        "undoes": finite(candidate.undoes.mean),
        **_error_json("undoes", candidate.undoes),
        "strongest_in_seeds": candidate.wins,
        "p_value": candidate.p_value,
    }


def _option_json(option: Option, metric: str) -> dict[str, Any]:
    without = option.bad_without
    left = option.gap_without
    return {
        "option": option.name,
        "amplifies": option.amplifies,
        "gap": finite(option.gap.mean),
        "gap_without": finite(left.mean) if left else None,
        "bad_corner": runs_json(option.bad, metric),
        "bad_corner_without": without and runs_json(without, metric),
    }
