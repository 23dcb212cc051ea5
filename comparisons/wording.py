"""What an audit comes to, in words and rows: for terminal and report.

Every sentence is made of what was measured.
"""

import math
from collections.abc import Iterable

from common.counted import counted
from comparisons.findings import Audit, Option, Switch
from comparisons.laboratory import METRICS, Measured
from comparisons.naive import Mix
from comparisons.workers import LABELS

SWITCH_COLUMNS = (
    "convention",
    "alone",
    "last",
    "loss",
    "drift",
    "step",
    "evaluated",
)


def headline(audit: Audit) -> str:
    """Return what the aligned run came to, in a sentence."""
    bad = [v for v in audit.climb.verdicts if v.outcome == "disagree"]
    if bad:
        return (
            "With the same conventions PyTorch and Keras still disagree, on "
            f"the rung “{bad[0].rung}”: {bad[0].sentence}. Nothing that "
            "they leave unsaid explains it, so nothing was switched."
        )
    if audit.verdict == "undecided":
        open_ = next(
            v for v in audit.climb.verdicts if v.outcome == "undecided"
        )
        return f"The aligned run is undecided: {open_.sentence}."
    return (
        "With the same conventions PyTorch and Keras agree: nothing parts by "
        f"more than {audit.aligned_residual:.1f} times the noise floor."
        f"{_where_both_diverge(audit)}"
    )


def _where_both_diverge(audit: Audit) -> str:
    """Return a sentence about how far the aligned run was judged."""
    trajectory = audit.climb.trajectory
    if trajectory is None or not trajectory.diverges:
        return ""
    return f" They agree up to step {trajectory.judged:,}, where both diverge."


def sentences(audit: Audit) -> list[str]:
    """Say what the naive ports reach, what makes it, what amplifies it."""
    if not audit.port.conventions:
        said = (
            "Nothing differs: the specification says all that PyTorch's and "
            "Keras's defaults would fill differently, so there is no naive "
            "port to audit."
        )
        return [said]
    if not audit.corners:
        return []
    return [
        _what_is_reached(audit),
        _what_makes_it(audit),
        _what_amplifies(audit),
    ]


def metric_name(audit: Audit) -> str:
    """Return the metric as one reads it: `test accuracy`."""
    return audit.metric.replace("_", " ")


def _what_is_reached(audit: Audit) -> str:
    seeds = audit.settings["seeds"]
    reached = [
        f"{_reached(audit, audit.naive(side))} with {label}'s defaults"
        for side, label in LABELS.items()
    ]
    return (
        f"The same words reach a {metric_name(audit)} of "
        f"{' and of '.join(reached)} "
        f"({counted(seeds, 'seed')}; {_how_many_differ(audit)})."
    )


def _how_many_differ(audit: Audit) -> str:
    count = len(audit.port.conventions)
    verb = "differs" if count == 1 else "differ"
    return f"{counted(count, 'convention')} {verb}"


def _reached(audit: Audit, runs: Measured) -> str:
    values = runs.values(audit.metric)
    return (
        f"{number(runs.mean(audit.metric))} "
        f"({number(min(values))} to {number(max(values))})"
    )


def _what_makes_it(audit: Audit) -> str:
    if not math.isfinite(audit.gap):
        return (
            "One of the two diverges, so there is no difference to take "
            "apart, and no set of conventions was sought."
        )
    if not audit.gap_is_real:
        return (
            f"That difference of {change(audit.gap)} is no larger than what "
            f"seeds do ({number(audit.spread)}), so no set of conventions was "
            f"sought; each alone changes it by {_range(audit.switches)}, "
            f"{change(audit.effects_sum)} in sum."
        )
    assert audit.makes is not None
    made = audit.culprits
    if made is None:
        return (
            f"No set of up to {counted(audit.makes.size, 'convention')} "
            f"makes half of "
            f"that difference{_searched(audit)}."
        )
    effect = _effect(audit, audit.good ^ made)
    if len(made) == 1:
        said = f"{listed(made)} alone makes that difference ({change(effect)})"
    else:
        parts = [
            f"{change(_effect(audit, audit.good ^ {name}))}"
            for name in sorted(made)
        ]
        said = (
            f"{listed(made)} make that difference together "
            f"({change(effect)}{_only(audit)}), while each alone is harmless "
            f"({listed(parts, sort=False)})"
        )
    others = len(audit.makes.sets) - 1
    more = (
        f", and so do{'es' if others == 1 else ''} "
        f"{counted(others, 'other set')} of that size"
        if others
        else ""
    )
    return f"{said}{more}{_searched(audit)}{_undone(audit)}."


def _only(audit: Audit) -> str:
    """Say of how many sets it is the only one, where all were tried."""
    search = audit.makes
    if search is None or len(search.sets) > 1 or search.tried == 1:
        return ""
    if search.tried < search.possible:
        return ""
    possible = counted(search.possible, "set")
    return f"; no other of {possible} of {search.size} does"


def _searched(audit: Audit) -> str:
    search = audit.makes
    if search is None or search.tried == search.possible:
        return ""
    return (
        f" (of {counted(search.possible, 'set')} of {search.size}, the "
        f"strongest {search.tried} were tried)"
    )


def _undone(audit: Audit) -> str:
    search = audit.unmakes
    if search is None or not search.sets:
        return ""
    found = [listed(each) for each in search.sets]
    which = {1: "", 2: "either of "}.get(len(found), "any one of ")
    return (
        f"; from the worse side, taking back {which}"
        f"{listed(found, sort=False)} undoes it"
    )


def _effect(audit: Audit, mix: Mix) -> float:
    good = audit.corner(audit.good).runs["torch"]
    found = audit.corner(mix).runs["torch"]
    return found.mean(audit.metric) - good.mean(audit.metric)


def _what_amplifies(audit: Audit) -> str:
    tried = [o for o in audit.options if o.gap_without is not None]
    if not audit.gap_is_real:
        return "There is no failure that an option of the recipe could cause."
    if not tried:
        return "The recipe has no option that could have amplified it."
    found = sorted(
        (option for option in tried if option.amplifies),
        key=lambda option: abs(option.gap_without or 0.0),
    )
    if not found:
        gaps = [
            f"without {o.name} the gap is {number(o.gap_without)}"
            for o in tried
        ]
        return (
            f"No option of the recipe makes the failure: it is "
            f"{number(tried[0].gap)} with all of them; {', '.join(gaps)}."
        )
    return _amplified(audit, found[0])


def _amplified(audit: Audit, option: Option) -> str:
    assert option.bad_without is not None
    return (
        f"What turns it into a failure is {option.name}: "
        f"{_why(audit, option)}without it the same network reaches "
        f"{number(option.bad_without.mean(audit.metric))}, and the gap "
        f"shrinks from {number(option.gap)} to {number(option.gap_without)}."
    )


def _why(audit: Audit, option: Option) -> str:
    """Say what the option did, where it ended training earlier."""
    assert option.bad_without is not None
    ends = [runs.mean("epochs") for runs in (option.bad, option.bad_without)]
    if ends[0] >= ends[1]:
        return ""
    last = [
        (record.steps["loss"][-1], record.epochs["validation_loss"][-1])
        for record in option.bad.records
        if "validation_loss" in record.epochs
    ]
    healed = ""
    if last:
        steps, validation = (sum(v) / len(v) for v in zip(*last, strict=True))
        healed = (
            f", with the loss of the training steps at {number(steps)} and "
            f"that of the validation still at {number(validation)}"
        )
    return (
        f"it ends the training after {ends[0]:.3g} of "
        f"{counted(ends[1], 'epoch')}"
        f"{healed}; "
    )


def _range(switches: list[Switch]) -> str:
    effects = [switch.alone for switch in switches]
    low, high = min(effects), max(effects)
    if low == high:
        return change(low)
    return f"{change(low)} to {change(high)}"


def switch_rows(audit: Audit) -> list[tuple[str, ...]]:
    """Return one row a convention, in `SWITCH_COLUMNS`."""
    return [
        (
            switch.convention.name,
            change(switch.alone),
            change(switch.last),
            change(switch.loss),
            f"{switch.drift.largest:.1e}",
            "—"
            if switch.drift.first_step is None
            else f"{switch.drift.first_step:,}",
            f"{switch.drift.evaluated:.1e}",
        )
        for switch in audit.switches
    ]


def switch_caption(audit: Audit) -> str:
    """Return what the numbers of `switch_rows` are, in sentences."""
    return (
        f"Alone: change of the {metric_name(audit)} when PyTorch's defaults "
        "take this one convention from Keras. Last: change when it is the "
        "last to become Keras's. Loss: of the training part, as alone. "
        "Drift: the largest relative change, alone, of the losses of the "
        "training steps; step: where they leave the noise floor. Evaluated: "
        "as drift, of the losses evaluated between epochs. Alone, all sum "
        f"to {change(audit.effects_sum)}; the two ports part by "
        f"{change(audit.gap)}."
    )


def corner_rows(audit: Audit) -> list[tuple[str, ...]]:
    """Return one row a corner: what it is, each framework, epochs."""
    return [
        (
            corner_name(audit, corner.mix),
            *(_reached(audit, runs) for runs in corner.runs.values()),
            f"{corner.runs['torch'].mean('epochs'):.3g}",
        )
        for corner in audit.corners
    ]


def confirmed(audit: Audit) -> str:
    """Say how far the frameworks part under the same conventions."""
    within = audit.confirmed_within(audit.metric)
    loss = audit.confirmed_within("train_loss")
    same = f"part by {within:.1e} at most" if within else "are the same"
    small = audit.gap_is_real and within < abs(audit.gap) / 2
    end = ": it is the conventions, not the framework" if small else ""
    return (
        f"In every corner and seed the two frameworks {same} in "
        f"{metric_name(audit)}, and part by at most {loss:.1e} in the "
        f"training part's loss{end}."
    )


def corner_name(audit: Audit, mix: Mix) -> str:
    """Say what a mix is: a naive port, or one with something switched."""
    sides = audit.port.corners
    for side, label in LABELS.items():
        if mix == sides[side]:
            return f"{label}'s defaults"
    good = next(s for s, corner in sides.items() if corner == audit.good)
    other = "keras" if good == "torch" else "torch"
    switched = audit.switched(mix)
    if len(switched) > len(sides["keras"]) / 2:
        good, other = other, good
        switched = mix ^ audit.bad
    return (
        f"{LABELS[good]}'s defaults, with {LABELS[other]}'s {listed(switched)}"
    )


def option_rows(audit: Audit) -> list[tuple[str, ...]]:
    """Return one row an option: name, gap with it and without, meaning."""
    return [
        (
            option.name,
            number(option.gap),
            "cannot be meant"
            if option.gap_without is None
            else number(option.gap_without),
            "amplifies" if option.amplifies else "",
        )
        for option in audit.options
    ]


def better(audit: Audit) -> str:
    """Return the end of a sentence that says which way is good."""
    return "higher" if METRICS[audit.metric] else "lower"


def listed(names: Iterable[str], *, sort: bool = True) -> str:
    """Return names as one says them.

    >>> listed({"b", "a", "c"})
    'a, b and c'
    """
    *first, last = sorted(names) if sort else names
    return f"{', '.join(first)} and {last}" if first else last


def number(value: float | None) -> str:
    """Return a number with three decimals, or three digits.

    >>> number(0.5), number(12.34), number(1e-5)
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
