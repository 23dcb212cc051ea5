"""A result as sentences and rows of tables, for terminal and report."""

import math

from framework_parity.common.spec.counted import counted
from framework_parity.comparisons.ladder.trajectory import Trajectory
from framework_parity.comparisons.run.claim_verdicts import Answer, Judged
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.workers.worker import LABELS

SUMMARY_COLUMNS = (
    "arm",
    "parameters",
    *LABELS.values(),
    "difference",
    "floor",
    "× floor",
    "verdict",
)


# What is added to a verdict that a single seed decides.
ONE_SEED = ", in one seed"

OVERVIEW_COLUMNS = (
    "experiment",
    "arms",
    "× floor",
    "hold",
    "refuted",
    "undecided",
    "disagree",
    "seconds",
    "verdict",
)


def overview_row(result: Result, name: str, seconds: float) -> tuple[str, ...]:
    """Return the row of one experiment in the table of the catalogue.

    Claims are counted by their verdict; × floor is the worst of all arms.

    Args:
        result: of the experiment.
        name: the name of the row.
        seconds: its run time.

    Returns:
        The cells, in the order of `OVERVIEW_COLUMNS`.
    """
    verdicts = [judged.verdict for judged in result.claims]
    counts = [
        sum(verdict.startswith(word) for verdict in verdicts)
        for word in ("holds", "refuted", "undecided", "frameworks")
    ]
    ratios = [
        verdict.worst_ratio for a in result.arms for verdict in a.verdicts
    ]
    return (
        name,
        str(len(result.arms)),
        f"{max(ratios):.2g}" if ratios else "—",
        *(str(count or "") for count in counts),
        f"{seconds:.0f}",
        result.verdict,
    )


def headline(result: Result) -> str:
    """Return the verdict and its reason, in one sentence or more."""
    verdicts = [v for arm in result.arms for v in arm.verdicts]
    if not verdicts:
        return "Only one framework was run, so nothing was compared."
    bad = [v for v in verdicts if v.outcome == "disagree"]
    if bad:
        first = bad[0]
        return (
            f"PyTorch and Keras disagree on {first.arm}, on the rung "
            f"“{first.rung}”: {first.sentence}."
        )
    differing = [
        c.claim.name
        for c in result.claims
        if c.verdict == "frameworks disagree"
    ]
    if differing:
        listed = ", ".join(differing)
        return f"PyTorch and Keras disagree on the claims: {listed}."
    open_ = [v for v in verdicts if v.outcome == "undecided"]
    if open_:
        return f"Undecided for {open_[0].arm}: {open_[0].sentence}."
    worst = max(verdicts, key=lambda verdict: verdict.worst_ratio)
    return (
        f"PyTorch and Keras agree: over {_steps(result)}, no difference in "
        f"any arm exceeds {worst.worst_ratio:.1f} times the noise "
        f"floor.{_where_both_diverge(result)}{_beyond(result)}"
        f"{_two_sided(result)}"
    )


def _two_sided(result: Result) -> str:
    """Return the effects of two-sided values if all arms agree, else ""."""
    sentences = {arm.explained.sentence for arm in result.arms} - {""}
    return "".join(f" {s[0].upper()}{s[1:]}." for s in sorted(sentences))


def _trajectories(result: Result) -> list[tuple[str, Trajectory]]:
    """Return the judged trajectories, with the names of their arms."""
    return [
        (arm.arm.name, arm.ladder.trajectory)
        for arm in result.arms
        if arm.ladder and arm.ladder.trajectory
    ]


def _steps(result: Result) -> str:
    """Return the number of steps over which the arms were judged.

    Arms that diverge count only if all arms do; their number of steps is in
    the sentence of `_where_both_diverge`.
    """
    judged = {t.judged for _, t in _trajectories(result) if not t.diverges}
    judged = judged or {t.judged for _, t in _trajectories(result)}
    least = "at least " if len(judged) > 1 else ""
    return f"{least}{counted(min(judged), 'float64 step')}"


def _where_both_diverge(result: Result) -> str:
    """Return a sentence about arms that diverge in both frameworks, or ""."""
    ends = [
        f"{name} (step {trajectory.judged:,})"
        for name, trajectory in _trajectories(result)
        if trajectory.diverges
    ]
    if not ends:
        return ""
    return (
        " Where training diverges in both frameworks, at the same step, they "
        f"agree up to that step: {', '.join(ends)}."
    )


def _beyond(result: Result) -> str:
    """Return a sentence about steps that were not judged, or ""."""
    ends = [
        f"{name} (step {trajectory.horizon:,})"
        for name, trajectory in _trajectories(result)
        if trajectory.horizon is not None and not trajectory.diverges
    ]
    if not ends:
        return ""
    return (
        " Beyond the horizon, training is chaotic, and no statement is made, "
        f"not even about accuracies: {', '.join(ends)}."
    )


def summary_caption(result: Result) -> str:
    """Return a description of the columns of the table."""
    seeds = result.settings.seeds
    mean = f", mean of {counted(seeds, 'seed')}" if seeds > 1 else ""
    drew = {
        "shared": "",
        "replay": ", with the random draws of PyTorch",
        "native": ", each framework with its own random draws",
    }[result.settings.randomness]
    labels = ", ".join(LABELS[backend] for backend in result.backends)
    metrics = (
        f"{labels}: {result.metric.replace('_', ' ')}, "
        f"{result.dtype}{mean}{drew}."
    )
    if len(result.backends) < 2:
        return metrics
    return (
        f"{metrics} Difference, floor: the largest relative difference of "
        "the loss in float64 training, and its largest noise floor. × floor: "
        "the largest ratio of a difference to its floor, over all curves and "
        "final weights; at most 10 where they agree."
    )


def basis(result: Result) -> str:
    """Return which runs the verdict is based on, or ""."""
    if len(result.backends) < 2:
        return ""
    dtype = result.dtype
    claims = ""
    if result.claims:
        claims = f", and on the claims, evaluated on the {dtype} runs"
    return (
        "The verdict is based on the ladder, which is run in float64 from "
        f"the same initial values in both frameworks{claims}. The {dtype} "
        "curves are shown for illustration; the verdict does not depend on "
        "them."
    )


def summary_rows(result: Result) -> list[tuple[str, ...]]:
    """Return one row for each arm, with the columns of `SUMMARY_COLUMNS`.

    The columns PyTorch and Keras have the result's first metric, in the
    precision of the curves. Difference and floor are the maxima over the
    steps before the horizon, of the float64 loss.
    """
    return [_summary_row(result, arm) for arm in result.arms]


def _summary_row(result: Result, arm: ArmResult) -> tuple[str, ...]:
    shown = [
        four_digits(arm.mean(backend, result.metric))
        if backend in arm.records
        else "—"
        for backend in LABELS
    ]
    return (
        arm.arm.name,
        _parameters(arm),
        *shown,
        *_measured(arm),
        _outcome(arm),
    )


def _parameters(arm: ArmResult) -> str:
    """Return the number of parameters; of two sides, both if they differ."""
    counts = [side.parameter_count for side in arm.sides.values()]
    if len(set(counts)) > 1:
        return " / ".join(f"{count:,}" for count in counts)
    return f"{arm.arm.parameter_count:,}"


def _measured(arm: ArmResult) -> tuple[str, str, str]:
    trajectory = arm.ladder.trajectory if arm.ladder else None
    if trajectory is None:
        return "—", "—", "—"
    loss, horizon = trajectory.curves["loss"], trajectory.horizon
    difference, floor = loss.difference[:horizon], loss.floor[:horizon]
    return (
        f"{difference.max(initial=0.0):.1e}",
        f"{floor.max(initial=0.0):.1e}",
        f"{trajectory.worst()[0]:.2g}",
    )


def _outcome(arm: ArmResult) -> str:
    if not arm.verdicts:
        return "—"
    last = arm.verdicts[-1]
    if last.outcome == "disagree":
        return f"disagree: {last.rung}"
    trajectory = arm.ladder.trajectory if arm.ladder else None
    if last.outcome == "agree" and trajectory and trajectory.horizon:
        return f"agree up to step {trajectory.horizon:,}"
    return last.outcome


def claim_rows(result: Result) -> list[tuple[str, ...]]:
    """Return one row for each claim: sentence, both answers, verdict."""
    seeds = result.settings.seeds
    return [claim_row(judged, seeds) for judged in result.claims]


def one_seed(result: Result) -> str:
    """Return a sentence about verdicts from a single seed, or ""."""
    if result.settings.seeds > 1 or not result.claims:
        return ""
    return (
        "Each verdict is that of the one seed that was run; with other seeds "
        "it may be different."
    )


def claim_row(judged: Judged, seeds: int) -> tuple[str, ...]:
    """Return the row of a claim: sentence, both answers, verdict.

    Args:
        judged: the claim with its answers.
        seeds: the number of seeds; the verdict of a single one says so.
    """
    verdict = judged.verdict
    if seeds == 1 and "seed" not in verdict:
        verdict += ONE_SEED
    return (
        judged.claim.sentence,
        *(_answered(judged.answers.get(backend)) for backend in LABELS),
        verdict,
    )


def _answered(answer: Answer | None) -> str:
    """Return the answer of one framework, and in how many seeds it holds."""
    if answer is None:
        return "—"
    if answer.names:
        return f"{answer.names}: {four_digits(answer.value)}"
    seeds = len(answer.margins)
    counted = f", in {answer.held} of {seeds}" if seeds > 1 else ""
    return (
        f"{answer.word}: {_side(answer.value)} against "
        f"{_side(answer.bound)}{counted}"
    )


def _side(value: float) -> str:
    """Format one side of a claim; an epoch that is not reached is infinite."""
    if math.isnan(value):
        return "no number"
    return "∞" if value == math.inf else four_digits(value)


def rung_rows(result: Result) -> list[tuple[str, str, str, str]]:
    """Return one row for each verdict: arm, rung, outcome, sentence."""
    return [
        (v.arm, v.rung, v.outcome, v.sentence)
        for arm in result.arms
        for v in arm.verdicts
    ]


def four_digits(value: float | None) -> str:
    """Return a number with four digits; "—" for None."""
    if value is None:
        return "—"
    if not math.isfinite(value):
        return "diverged"
    if abs(value) >= 1000 and abs(value) < 1e6:
        return f"{value:,.0f}"
    if float(value).is_integer() and abs(value) >= 10:
        return f"{value:,.0f}"
    return f"{value:.4g}"
