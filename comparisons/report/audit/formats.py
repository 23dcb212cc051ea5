"""Names, numbers and effects as text, for the sentences and the tables."""

import math
from collections.abc import Iterable

from framework_parity.comparisons.audit.causes import DefaultsMix
from framework_parity.comparisons.audit.result import AuditResult
from framework_parity.comparisons.audit.sweep import MixRuns
from framework_parity.comparisons.ladder.effects import Effect
from framework_parity.comparisons.ladder.thresholds import ALPHA_EFFECT
from framework_parity.comparisons.workers.worker import LABELS


def metric_name(audit: AuditResult) -> str:
    """Return the name of the metric with spaces: `test accuracy`."""
    return audit.metric.replace("_", " ")


def side_name(audit: AuditResult, side: str) -> str:
    """Return a name for the values of one of the two ports.

    It is `PyTorch's defaults` if only defaults differ, `PyTorch's values` if
    only two-sided values of the specification differ, and
    `PyTorch's defaults and values` if both do.

    Args:
        audit: the result.
        side: `torch` or `keras`.
    """
    label = LABELS[side]
    if not audit.port.two_sided:
        return f"{label}'s defaults"
    if len(audit.port.two_sided) == len(audit.port.conventions):
        return f"{label}'s values"
    return f"{label}'s defaults and values"


def corner_name(audit: AuditResult, mix: DefaultsMix) -> str:
    """Return a name for a mix of defaults.

    Args:
        audit: the result.
        mix: a naive port, or a naive port with some conventions switched.
    """
    sides = audit.port.corners
    for side in LABELS:
        if mix == sides[side]:
            return side_name(audit, side)
    good = next(s for s, corner in sides.items() if corner == audit.good)
    bad = "keras" if good == "torch" else "torch"
    switched = audit.switched(mix)
    if len(switched) > len(sides["keras"]) / 2:
        good, bad = bad, good
        switched = mix ^ audit.bad
    return f"{side_name(audit, good)}, with {LABELS[bad]}'s {listed(switched)}"


def mean_and_range(audit: AuditResult, runs: MixRuns) -> str:
    """Return the mean of the metric, and the smallest and largest value.

    Args:
        audit: the result, which names the metric.
        runs: the runs of one mix in one framework.
    """
    values = runs.values(audit.metric)
    return (
        f"{rounded(runs.mean(audit.metric))} "
        f"({rounded(min(values))} to {rounded(max(values))})"
    )


def effect_text(effect: Effect) -> str:
    """Return an effect with its interval: `−0.36 (95 % interval ...)`."""
    low, high = (change(end) for end in effect.interval)
    share = round(100 * (1 - ALPHA_EFFECT))
    return f"{change(effect.mean)} ({share} % interval {low} to {high})"


def with_error(effect: Effect) -> str:
    """Return an effect with its standard error: `−0.36±0.02`."""
    if not math.isfinite(effect.standard_error):
        return change(effect.mean)
    return f"{change(effect.mean)}±{effect.standard_error:.1g}"


def listed(names: Iterable[str], *, sort: bool = True) -> str:
    """Return names as an enumeration in a sentence.

    Args:
        names: at least one name.
        sort: whether to sort them.

    >>> listed({"b", "a", "c"})
    'a, b and c'
    """
    *first, last = sorted(names) if sort else names
    return f"{', '.join(first)} and {last}" if first else last


def rounded(value: float | None) -> str:
    """Return a number with three decimals, or three digits.

    >>> rounded(0.5), rounded(12.34), rounded(1e-5)
    ('0.500', '12.3', '1e-05')
    """
    if value is None or not math.isfinite(value):
        return "diverged"
    small = 0 < abs(value) < 5e-4
    return f"{value:.3g}" if small or abs(value) >= 10 else f"{value:.3f}"


def change(value: float) -> str:
    """Return a change with its sign and three decimals.

    >>> change(-0.4071), change(1e-5), change(0.0)
    ('−0.407', '+1.0e-05', '0')
    """
    if not math.isfinite(value):
        return "diverged"
    if abs(value) < 1e-12:
        return "0"
    text = f"{value:+.3f}" if abs(value) >= 5e-4 else f"{value:+.1e}"
    return text.replace("-", "−", 1) if value < 0 else text
