"""Find the two-sided values that make two frameworks differ.

Each value is tried alone: Keras takes its own side of that value and
PyTorch's side of all others, so that the ladder shows the effect of this one
value. Values without an effect alone may have one together with others. Each
side is also trained in both frameworks: where the frameworks agree on either
side, the difference is in the specification and not in a framework.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from framework_parity.common.choices import Dtype, Rung
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.two_sided.arms import (
    LABELS,
    SIDES,
    TwoArms,
    sides_of,
    two_arms,
)
from framework_parity.common.spec.two_sided.experiment import (
    TwoSided,
    TwoSidedValue,
    brief,
)
from framework_parity.comparisons.ladder.diagnosis import (
    Cause,
    diagnose,
    remembering,
)
from framework_parity.comparisons.ladder.ladder import (
    RUNGS,
    SHARED_RUNGS,
    LadderResult,
    run_ladder,
)
from framework_parity.comparisons.ladder.verdict import Verdict, outcome_of
from framework_parity.comparisons.workers.worker import Progress, WorkerPair

EffectKind = Literal["alone", "together", "none", "equivalent", "untried"]

# The maximum number of sets tried, of values that have no effect alone.
MOST_SETS = 30


@dataclass(frozen=True)
class ValueEffect:
    """The effect of one two-sided value on one arm.

    Attributes:
        value: the value.
        arm: the arm's name.
        kind: `alone` where the value alone makes the frameworks differ,
            `together` where it does so with others, `none` where it
            changes nothing that is compared, `equivalent` where both sides are
            equivalent, `untried` where an experiment with it alone is
            invalid.
        rung: the rung at which they differ.
        where: the part, layer, tensor or curve that differs.
        at_step: the step, where there are several.
        others: the values that have the effect together with it.
        restores: whether the frameworks agree once both train the same
            side; None where they do not differ.
    """

    value: TwoSidedValue
    arm: str
    kind: EffectKind
    rung: str | None = None
    where: str | None = None
    at_step: int | None = None
    others: tuple[str, ...] = ()
    restores: bool | None = None

    @property
    def name(self) -> str:
        """The path to the value."""
        return self.value.name

    @property
    def sentence(self) -> str:
        """The effect in one sentence."""
        return f"{self.value.sentence[:-1]}, which {self._done()}."

    def _done(self) -> str:
        if self.kind == "alone":
            step = f", step {self.at_step}" if self.at_step else ""
            at = f"“{self.rung}” ({self.where}{step})"
            return f"alone causes a difference on the rung {at}"
        if self.kind == "together":
            return (
                f"causes a difference together with {', '.join(self.others)}"
            )
        if self.kind == "equivalent":
            return "is equivalent on both sides"
        if self.kind == "untried":
            return "cannot be tried alone"
        return "has no effect on what the ladder compares"

    def as_json(self) -> dict[str, Any]:
        """Return the object of the command line's contract."""
        return {
            "cause": self.name,
            "arm": self.arm,
            "sentence": self.sentence,
            "effect": self.kind,
            "rung": self.rung,
            "where": self.where,
            "at_step": self.at_step,
            "together_with": list(self.others),
            "restores": self.restores,
            "change": {"torch": self.value.torch, "keras": self.value.keras},
        }


@dataclass(frozen=True)
class Explanation:
    """Why the two sides of an arm differ, or do not.

    Attributes:
        effects: of each two-sided value of the arm.
        sentence: the effects and the evidence for them; empty where the arm
            has no two-sided values.
        causes: the conventions behind a disagreement that remains where
            both frameworks train the same side.
    """

    effects: tuple[ValueEffect, ...] = ()
    sentence: str = ""
    causes: tuple[Cause, ...] = ()

    @property
    def all_causes(self) -> list[ValueEffect | Cause]:
        """The effects of the values, then the conventions behind the rest."""
        return [*self.effects, *self.causes]


def run_and_explain(
    pair: WorkerPair,
    experiment: TwoSided,
    name: str,
    seed: int = 0,
    steps: int = 500,
    level: Rung = "trajectory",
    dtype: Dtype = "float64",
    progress: Progress | None = None,
    **more: Any,
) -> tuple[LadderResult, Explanation]:
    """Run the ladder on an arm with two sides, and explain the result.

    Args:
        pair: the two workers.
        experiment: the experiment.
        name: name of the arm.
        seed: as in `run_ladder`.
        steps: as in `run_ladder`.
        level: as in `run_ladder`.
        dtype: as in `run_ladder`.
        progress: as in `run_ladder`.
        more: further arguments of `run_ladder`.

    Returns:
        The result of the ladder, whose last verdict includes the
        explanation, and the explanation itself.

    Raises:
        WorkerError: if a framework fails.
    """
    pair = remembering(pair)
    arm = experiment.arm(name)
    ladder = run_ladder(pair, arm, seed, steps, level, dtype, progress, **more)
    highest = min(RUNGS.index(level), RUNGS.index("trajectory"))
    tries = _Tries(
        *(pair, experiment, name, seed, steps, RUNGS[highest], dtype),
        progress,
    )
    explained = tries.explanation(ladder)
    if explained.sentence:
        ladder.verdicts[-1].sentence += f"; {explained.sentence}"
    return ladder, explained


@dataclass(frozen=True)
class _Tries:
    """One arm with two sides, and the runs of the ladder that explain it."""

    pair: WorkerPair
    experiment: TwoSided
    arm: str
    seed: int
    steps: int
    level: Rung
    dtype: Dtype
    progress: Progress | None

    def explanation(self, ladder: LadderResult) -> Explanation:
        values = self._values()
        same = tuple(
            ValueEffect(value, self.arm, "equivalent")
            for value in self._standing()
            if value not in values
        )
        last = ladder.verdicts[-1]
        if not values:
            identical = [effect.name for effect in same]
            causes = diagnose(
                *(self.pair, ladder, self.seed, self.steps, self.dtype)
            )
            return Explanation(
                same, _same(identical) if identical else "", tuple(causes)
            )
        if last.outcome != "disagree" or last.rung not in SHARED_RUNGS:
            effects = tuple(ValueEffect(v, self.arm, "none") for v in values)
            return Explanation(effects + same, self._without_effect(ladder))
        wrong, causes = self._aligned()
        restores = not wrong
        effects = tuple(self._effects(values, last, restores)) + same
        return Explanation(effects, _why(effects, wrong), tuple(causes))

    def _standing(self) -> list[TwoSidedValue]:
        """Return the values that stand in this arm or outside all arms."""
        prefixes = (
            f"arms.{self.arm}",
            f"arms.{self.arm}.",
            f"arms.{self.arm}[",
        )
        return [
            value
            for value in self.experiment.values
            if not value.name.startswith("arms.")
            or value.name == prefixes[0]
            or value.name.startswith(prefixes[1:])
        ]

    def _values(self) -> list[TwoSidedValue]:
        """Return those of the values that change the arm."""
        standing = self._standing()
        everything = frozenset(v.name for v in self.experiment.values)
        torch, keras = (
            spec.arm(self.arm) for spec in self.experiment.sides.values()
        )
        return [
            value
            for value in standing
            if self._mixed(frozenset({value.name})) != torch
            or self._mixed(everything - {value.name}) != keras
        ]

    def _mixed(self, from_keras: frozenset[str]) -> Arm | None:
        spec = self.experiment.mixed(from_keras)
        return None if spec is None else spec.arm(self.arm)

    def _aligned(self) -> tuple[str, list[Cause]]:
        """Train each side in both frameworks; describe a disagreement."""
        arms = sides_of(self.experiment.arm(self.arm))
        for side in SIDES:
            again = self._run_ladder(arms[side])
            if outcome_of(again.verdicts) == "disagree":
                last = again.verdicts[-1]
                causes = diagnose(
                    *(self.pair, again, self.seed, self.steps, self.dtype)
                )
                return (
                    f"they also differ where both train {LABELS[side]}'s "
                    f"side, on the rung “{last.rung}”: {last.sentence}"
                ), causes
        return "", []

    def _run_ladder(self, arm: Arm | TwoArms) -> LadderResult:
        return run_ladder(
            *(self.pair, arm, self.seed, self.steps, self.level, self.dtype),
            self.progress,
        )

    def _effects(
        self, values: list[TwoSidedValue], last: Verdict, restores: bool
    ) -> Iterator[ValueEffect]:
        """Yield the effect of each value, alone and then together."""
        if len(values) == 1:
            yield self._causing(values[0], last, restores)
            return
        ineffective: list[TwoSidedValue] = []
        untried = set()
        for value in values:
            verdict = self._disagreement((value,))
            if verdict is None:
                ineffective.append(value)
            elif isinstance(verdict, str):
                ineffective.append(value)
                untried.add(value.name)
            else:
                yield self._causing(value, verdict, restores)
        together = self._together(
            ineffective, all_of_them=len(ineffective) == len(values)
        )
        for value in ineffective:
            others = [v.name for v in together if v != value]
            if value in together and others:
                yield ValueEffect(
                    *(value, self.arm, "together"),
                    others=tuple(others),
                    restores=restores,
                )
            else:
                alone = value.name in untried
                yield ValueEffect(
                    value, self.arm, "untried" if alone else "none"
                )

    def _causing(
        self, value: TwoSidedValue, verdict: Verdict, restores: bool
    ) -> ValueEffect:
        return ValueEffect(
            *(value, self.arm, "alone", verdict.rung, verdict.where),
            at_step=verdict.at_step,
            restores=restores,
        )

    def _disagreement(
        self, values: tuple[TwoSidedValue, ...]
    ) -> Verdict | Literal["untried"] | None:
        """Return the verdict that some values alone cause, or None.

        The result is `untried` where the experiment is invalid both with
        the other values of PyTorch's side and with those of Keras's.
        """
        chosen = frozenset(value.name for value in values)
        everything = frozenset(v.name for v in self.experiment.values)
        for start in (frozenset[str](), everything - chosen):
            torch, keras = self._mixed(start), self._mixed(start | chosen)
            if torch is None or keras is None:
                continue
            if torch == keras:
                return None
            verdicts = self._run_ladder(two_arms(torch, keras)).verdicts
            disagree = outcome_of(verdicts) == "disagree"
            return verdicts[-1] if disagree else None
        return "untried"

    def _together(
        self, ineffective: list[TwoSidedValue], all_of_them: bool
    ) -> tuple[TwoSidedValue, ...]:
        """Return the fewest values that together make the frameworks differ.

        Args:
            ineffective: the values that have no effect alone.
            all_of_them: whether there are no other values, so that all of
                these together are known to have the effect.
        """
        if len(ineffective) < 2:
            return ()
        if not all_of_them and not isinstance(
            self._disagreement(tuple(ineffective)), Verdict
        ):
            return ()
        tried = 0
        for size in range(2, len(ineffective)):
            for some in combinations(ineffective, size):
                tried += 1
                if tried > MOST_SETS:
                    return tuple(ineffective)
                if isinstance(self._disagreement(some), Verdict):
                    return some
        return tuple(ineffective)

    def _without_effect(self, ladder: LadderResult) -> str:
        """Return the sentence for values without an effect."""
        value_names = [value.name for value in self._values()]
        last = ladder.verdicts[-1]
        if last.outcome == "disagree" and last.rung == "statistics":
            return (
                "they agree on all lower rungs, so it was not tried which of "
                f"the two-sided values ({_listed(value_names)}) is the cause"
            )
        if last.outcome != "agree":
            return ""
        trajectory = ladder.trajectory
        over = (
            f"over {trajectory.judged:,} {self.dtype} steps"
            if trajectory
            else f"up to the rung “{last.rung}”"
        )
        differ = "differs" if len(value_names) == 1 else "differ"
        has = "has" if len(value_names) == 1 else "have"
        return (
            f"{_listed(value_names)} {differ} between the two sides and "
            f"{has} no effect {over}"
        )


def _same(value_names: list[str]) -> str:
    verb = "is" if len(value_names) == 1 else "are"
    return f"{_listed(value_names)} {verb} equivalent on both sides"


def _why(effects: tuple[ValueEffect, ...], wrong: str) -> str:
    """Return the sentence for values that make the frameworks differ."""
    causing = [e for e in effects if e.kind == "alone"]
    # The cause of the difference on the lowest rung is named first.
    causing.sort(key=lambda effect: RUNGS.index(effect.rung))
    clauses = []
    if len(effects) == 1 and causing:
        value = causing[0].value
        clauses.append(
            f"{value.name} is {brief(value.torch)} for PyTorch and "
            f"{brief(value.keras)} for Keras"
        )
    else:
        clauses += [
            f"{e.name} alone causes a difference on the rung “{e.rung}” "
            f"({e.where})"
            for e in causing
        ]
    groups = {
        tuple(sorted((e.name, *e.others)))
        for e in effects
        if e.kind == "together"
    }
    clauses += [
        f"{_listed(list(group))} cause a difference only together"
        for group in groups
    ]
    for kind, singular, plural in (
        ("none", "has no effect", "have no effect"),
        (
            "equivalent",
            "is equivalent on both sides",
            "are equivalent on both sides",
        ),
        ("untried", "cannot be tried alone", "cannot be tried alone"),
    ):
        value_names = [e.name for e in effects if e.kind == kind]
        if value_names:
            verb = singular if len(value_names) == 1 else plural
            clauses.append(f"{_listed(value_names)} {verb}")
    text = "; ".join(clauses)
    if wrong:
        return (
            f"the two sides of the specification differ ({text}), but {wrong}"
        )
    return (
        f"the difference is in the specification: {text}; the frameworks "
        "agree where both train the same side"
    )


def _listed(value_names: list[str]) -> str:
    *first, last = value_names
    return f"{', '.join(first)} and {last}" if first else last
