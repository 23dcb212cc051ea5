"""The tables of an audit: rows and captions, for terminal and report."""

from framework_parity.comparisons.audit.result import AuditResult
from framework_parity.comparisons.report.audit.formats import (
    change,
    corner_name,
    mean_and_range,
    metric_name,
    rounded,
    with_error,
)

SWITCH_COLUMNS = (
    "convention",
    "alone",
    "last",
    "loss",
    "drift",
    "step",
    "evaluated",
)


def switch_rows(audit: AuditResult) -> list[tuple[str, ...]]:
    """Return one row for each convention; columns as in `SWITCH_COLUMNS`."""
    return [
        (
            switch.convention.name,
            with_error(switch.alone),
            with_error(switch.last),
            change(switch.loss.mean),
            f"{switch.drift.largest:.1e}",
            "—"
            if switch.drift.first_step is None
            else f"{switch.drift.first_step:,}",
            f"{switch.drift.evaluated:.1e}",
        )
        for switch in audit.switches
    ]


def switch_caption(audit: AuditResult) -> str:
    """Return a description of the columns of `switch_rows`."""
    return (
        f"Alone: change of the {metric_name(audit)} when PyTorch's defaults "
        "take this one convention from Keras, with its standard error, "
        "paired by seed. Last: change when it is the "
        "last to become Keras's. Loss: of the training part, as alone. "
        "Drift: the largest relative change, alone, of the losses of the "
        "training steps; step: the first at which it exceeds the noise "
        "floor. Evaluated: "
        "as drift, of the losses evaluated between epochs. The effects alone "
        f"sum to {change(audit.effects_sum)}; the two ports differ by "
        f"{change(audit.gap.mean)}."
    )


def corner_rows(audit: AuditResult) -> list[tuple[str, ...]]:
    """Return one row for each corner: name, both frameworks, epochs."""
    return [
        (
            corner_name(audit, corner.mix),
            *(mean_and_range(audit, runs) for runs in corner.runs.values()),
            f"{corner.runs['torch'].mean('epochs'):.3g}",
        )
        for corner in audit.corners
    ]


def confirmed(audit: AuditResult) -> str:
    """Return how far the frameworks differ under the same conventions."""
    within = audit.confirmed_within(audit.metric)
    loss = audit.confirmed_within("train_loss")
    same = f"differ by at most {within:.1e}" if within else "are equal"
    small = audit.gap_is_real and within < abs(audit.gap.mean) / 2
    end = (
        ": the conventions cause the difference, not the framework"
        if small
        else ""
    )
    return (
        f"In every corner and seed the two frameworks {same} in "
        f"{metric_name(audit)}, and differ by at most {loss:.1e} in the "
        f"training loss{end}."
    )


def option_rows(audit: AuditResult) -> list[tuple[str, ...]]:
    """Return one row for each option: name, gap with and without it, role."""
    return [
        (
            option.name,
            rounded(option.gap.mean),
            "not valid"
            if option.gap_without is None
            else rounded(option.gap_without.mean),
            "amplifies" if option.amplifies else "",
        )
        for option in audit.options
    ]
