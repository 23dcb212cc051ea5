"""The result of an audit as sentences, for terminal and report.

Every sentence is computed from the measurements.
"""

from framework_parity.common.spec.counted import counted
from framework_parity.comparisons.audit.causes import Search
from framework_parity.comparisons.audit.result import (
    AuditResult,
    Option,
    SingleChange,
    corrected,
)
from framework_parity.comparisons.ladder.effects import Effect
from framework_parity.comparisons.ladder.thresholds import MOST_SEEDS
from framework_parity.comparisons.report.audit.formats import (
    change,
    effect_text,
    listed,
    mean_and_range,
    metric_name,
    rounded,
    side_name,
)
from framework_parity.comparisons.workers.worker import LABELS


def headline(audit: AuditResult) -> str:
    """Return the result of the aligned run, in a sentence."""
    bad = [v for v in audit.ladder.verdicts if v.outcome == "disagree"]
    if bad:
        return (
            "With the same conventions PyTorch and Keras still disagree, on "
            f"the rung “{bad[0].rung}”: {bad[0].sentence}. Their defaults do "
            "not explain the difference, so no default was switched."
        )
    if audit.verdict == "undecided":
        open_ = next(
            v for v in audit.ladder.verdicts if v.outcome == "undecided"
        )
        return f"The aligned run is undecided: {open_.sentence}."
    return (
        "With the same conventions PyTorch and Keras agree: no difference "
        f"exceeds {audit.aligned_residual:.1f} times the noise floor."
    )


def sentences(audit: AuditResult) -> list[str]:
    """Return sentences about the ports' metrics, the causes and amplifiers."""
    if not audit.port.conventions:
        sentence = (
            "Nothing differs: the specification has a value for every field "
            "whose default differs between PyTorch and Keras, so there is no "
            "naive port to audit."
        )
        return [sentence]
    if not audit.corners:
        return []
    return [
        _what_is_reached(audit),
        _what_makes_it(audit),
        _what_amplifies(audit),
    ]


def _what_is_reached(audit: AuditResult) -> str:
    seeds = audit.settings.seeds
    reached = [
        f"{mean_and_range(audit, audit.naive(side))} "
        f"with {side_name(audit, side)}"
        for side in LABELS
    ]
    return (
        f"The same specification reaches a {metric_name(audit)} of "
        f"{' and of '.join(reached)} "
        f"({counted(seeds, 'seed')}; {_counted(audit)})."
    )


def _counted(audit: AuditResult) -> str:
    """Return how many conventions and two-sided values differ."""
    written = len(audit.port.two_sided)
    rows = len(audit.port.conventions) - written
    parts = []
    if rows or not written:
        parts.append(counted(rows, "convention"))
    if written:
        parts.append(f"{counted(written, 'value')} of the specification")
    verb = "differs" if rows + written == 1 else "differ"
    return f"{' and '.join(parts)} {verb}"


def _what_makes_it(audit: AuditResult) -> str:
    assert audit.causes is not None
    cause = audit.causes.cause
    if audit.causes.only:
        assert cause is not None
        return (
            f"{listed(cause)} is the only difference, so it is the cause. "
            f"{_gap(audit)}"
        )
    if audit.causes.decision != "shown":
        return (
            f"{_gap(audit)} No cause was searched for; each convention alone "
            f"changes the metric by {_range(audit.switches)}, "
            f"{change(audit.effects_sum)} in total."
        )
    return f"{_gap(audit)} {_cause(audit)}"


def _gap(audit: AuditResult) -> str:
    """Return whether the difference of the two ports is shown."""
    assert audit.causes is not None
    gap, seeds = audit.gap, audit.settings.seeds
    if audit.causes.decision == "shown":
        return f"The difference of {effect_text(gap)} is significant."
    if audit.causes.decision == "negligible":
        return (
            f"The difference of {effect_text(gap)} is negligible: the "
            f"interval lies within ±{rounded(audit.margin)}."
        )
    return (
        f"Whether the difference of {effect_text(gap)} is significant is "
        f"undecided at {counted(seeds, 'seed')}"
        f"{_would_do(gap.seeds_needed(audit.margin))}."
    )


def _would_do(seeds: int | None) -> str:
    if seeds is None:
        return f"; more than {MOST_SEEDS:,} would be needed"
    return f"; about {seeds:,} would likely decide"


def _cause(audit: AuditResult) -> str:
    """Return which conventions cause the difference, or what is known."""
    search = audit.search
    assert search is not None
    if not search.sets:
        return _no_cause(audit, search)
    made = search.sets[0]
    effect = audit.effect(audit.good, audit.good ^ made)
    causes = "alone causes" if len(made) == 1 else "together cause"
    sentence = (
        f"{listed(made)} {causes} it: {effect_text(effect)}"
        f"{_share_of(audit, effect)}"
    )
    if len(made) > 1:
        sentence += f"{_only(search)}; {_parts(audit, sorted(made))}"
    others, more = len(search.sets) - 1, ""
    if others:
        cause = "causes" if others == 1 else "cause"
        sets = counted(others, "other set")
        more = f"; {sets} of that size also {cause} it"
    return f"{sentence}{more}{_searched(search)}{_undone(audit)}."


def _share_of(audit: AuditResult, effect: Effect) -> str:
    """Return the share of the gap, unless it is within 0.75 and 1.25."""
    share = abs(effect.mean / audit.gap.mean)
    if 0.75 <= share <= 1.25:
        return ""
    return f", {share:.0%} of it".replace("%", " %")


def _parts(audit: AuditResult, places: list[str]) -> str:
    """Return the effect of each convention of a set alone."""
    good = audit.good
    effects = {p: audit.effect(good, good ^ {p}) for p in places}
    decisions = {
        place: corrected(effect, audit.margin, len(effects))
        for place, effect in effects.items()
    }
    if set(decisions.values()) == {"negligible"}:
        changes = [change(effect.mean) for effect in effects.values()]
        return (
            f"each alone is harmless: {listed(changes, sort=False)}, with "
            f"intervals within ±{rounded(audit.margin)}"
        )
    words = {
        "negligible": "harmless",
        "shown": "significant",
        "undecided": "undecided",
    }
    return "; ".join(
        f"{place} alone changes it by {effect_text(effects[place])}: "
        f"{words[decisions[place]]}"
        for place in places
    )


def _no_cause(audit: AuditResult, search: Search) -> str:
    if not search.candidates:
        return (
            f"No set of up to {counted(search.size, 'convention')} causes "
            f"half of it{_searched(search)}."
        )
    best = search.candidates[0]
    return (
        "Which conventions cause it is undecided at "
        f"{counted(audit.settings.seeds, 'seed')}: the most likely cause "
        f"is {listed(best.places)}, {effect_text(best.makes)}, among "
        f"{counted(search.tried, 'set')} that were tried"
        f"{_would_do(search.seeds_needed)}."
    )


def _only(search: Search) -> str:
    """Return of how many sets it is the only one, if all were tried."""
    if len(search.candidates) > 1 or search.tried == 1:
        return ""
    if search.tried < search.possible:
        return ""
    return f"; no other of {search.possible} sets of {search.size} causes it"


def _searched(search: Search) -> str:
    if search.tried == search.possible:
        return ""
    return (
        f" (of {search.possible} sets of {search.size}, the strongest "
        f"{search.tried} were tried)"
    )


def _undone(audit: AuditResult) -> str:
    assert audit.causes is not None
    names = [listed(places) for places in audit.causes.undone_by]
    if not names:
        return ""
    back = names[0]
    if len(names) == 1 and len(audit.causes.undone_by[0]) > 1:
        back += " together"
    elif len(names) == 2:
        back = f"either {names[0]} or {names[1]}"
    elif len(names) > 2:
        back = f"any one of {listed(names, sort=False)}"
    return f"; in the worse port, switching back {back} removes it"


def _what_amplifies(audit: AuditResult) -> str:
    tried = [o for o in audit.options if o.gap_without is not None]
    if not audit.gap_is_real:
        return (
            "No option of the recipe was tried, since no difference was shown "
            "to be significant."
        )
    if not tried:
        return "The recipe has no option that could amplify it."
    amplifiers = sorted(
        (option for option in tried if option.amplifies),
        key=lambda option: abs(_mean(option.gap_without)),
    )
    if not amplifiers:
        gaps = [
            f"without {o.name} it is {rounded(_mean(o.gap_without))}"
            for o in tried
        ]
        return (
            "No option of the recipe is shown to amplify it: it is "
            f"{rounded(tried[0].gap.mean)} with all of them; "
            f"{', '.join(gaps)}."
        )
    return _amplified(audit, amplifiers[0])


def _mean(effect: Effect | None) -> float:
    return effect.mean if effect else 0.0


def _amplified(audit: AuditResult, option: Option) -> str:
    assert option.bad_without is not None
    return (
        f"{option.name} amplifies it: {_why(audit, option)}without it the "
        "same network reaches "
        f"{rounded(option.bad_without.mean(audit.metric))}, and the "
        f"difference shrinks from {rounded(option.gap.mean)} to "
        f"{rounded(_mean(option.gap_without))}."
    )


def _why(audit: AuditResult, option: Option) -> str:
    """Return what the option did, if it ended training earlier."""
    assert option.bad_without is not None
    ends = [runs.mean("epochs") for runs in (option.bad, option.bad_without)]
    if ends[0] >= ends[1]:
        return ""
    last = [
        (record.steps["loss"][-1], record.epochs["validation_loss"][-1])
        for record in option.bad.records
        if "validation_loss" in record.epochs
    ]
    losses = ""
    if last:
        steps, validation = (sum(v) / len(v) for v in zip(*last, strict=True))
        losses = (
            f", with the loss of the training steps at {rounded(steps)} and "
            f"that of the validation still at {rounded(validation)}"
        )
    return (
        f"it ends the training after {ends[0]:.3g} of {ends[1]:.3g} epochs"
        f"{losses}; "
    )


def _range(switches: list[SingleChange]) -> str:
    effects = [switch.alone.mean for switch in switches]
    low, high = min(effects), max(effects)
    if low == high:
        return change(low)
    return f"{change(low)} to {change(high)}"
