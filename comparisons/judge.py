"""The judge: how far two frameworks part, against how far one strays.

All rungs obey one law, in `tolerances.py`. The unit of every ratio here is
the noise floor.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from common.record import Curve, Record
from comparisons.tolerances import (
    FEWEST_STEPS,
    HORIZON,
    TIMES_FLOOR,
    TIMES_OTHER,
    UNITS,
    WINDOW,
)
from comparisons.workers import LABELS

Outcome = Literal["agree", "disagree", "undecided"]


class UnusedVerdictWarning(UserWarning):
    """A verdict was passed and nobody looked at it."""


@dataclass(eq=False)
class Verdict:
    """What the judge says of one rung of one arm.

    It has to be looked at: reading `outcome` is what makes it used, and a
    verdict that is dropped unread warns, as a coroutine does that nobody
    awaits.

    Attributes:
        rung: which step of the ladder.
        arm: which network.
        worst_ratio: the largest difference, in units of the floor.
        at_step: where in training it is, where there is training.
        horizon: the step at which the floor says that training is chaotic.
        where: the part, place, parameter or curve that is worst.
        sentence: what was found, in words.
    """

    rung: str
    arm: str
    given: Outcome
    worst_ratio: float = 0.0
    at_step: int | None = None
    horizon: int | None = None
    where: str | None = None
    sentence: str = ""
    _used: bool = field(default=False, repr=False)

    @property
    def outcome(self) -> Outcome:
        """Whether the two agree; reading it uses the verdict."""
        self._used = True
        return self.given

    @property
    def agrees(self) -> bool:
        """Whether the outcome is `agree`."""
        return self.outcome == "agree"

    def __bool__(self) -> bool:
        raise TypeError("a verdict is no truth value; ask .agrees or .outcome")

    def __del__(self) -> None:
        if not self._used:
            warnings.warn(
                f"the verdict on {self.rung} of {self.arm} was not used",
                UnusedVerdictWarning,
                stacklevel=2,
            )

    def as_json(self) -> dict[str, Any]:
        """Return the object of the command line's contract."""
        ratio = self.worst_ratio
        return {
            "rung": self.rung,
            "arm": self.arm,
            "verdict": self.outcome,
            "worst_ratio_to_floor": ratio if np.isfinite(ratio) else None,
            "at_step": self.at_step,
            "horizon": self.horizon,
            "where": self.where,
            "sentence": self.sentence,
        }


def outcome_of(verdicts: Sequence[Verdict]) -> Outcome:
    """Return the outcome of several verdicts together: the worst."""
    found = {verdict.outcome for verdict in verdicts}
    for outcome in ("disagree", "undecided"):
        if outcome in found:
            return outcome
    return "agree"


@dataclass
class Comparison:
    """One quantity in both frameworks, measured against its floor.

    Attributes:
        difference: at each step, in units of the quantity's size.
        floors: how far each framework strays from itself, (2, steps), and
            what it is raised to by an independent implementation; likewise,
            never falling.
        horizon: first step at which both floors exceed `HORIZON`, or None.
        restless: whether it counts that one strays much further than the
            other; not in float32, where one nudge can cross a kink of a
            ReLU that another does not.
    """

    difference: Curve
    floors: Curve
    horizon: int | None = None
    restless: bool = True

    @property
    def floor(self) -> Curve:
        """The larger of the two floors, at each step."""
        return np.asarray(self.floors.max(0))

    def worst(self, before: int | None = None) -> tuple[float, int]:
        """Return the largest ratio to the floor, and its step.

        A framework that strays from itself `TIMES_OTHER` times as far as
        the other counts as one that differs `TIMES_FLOOR` times the floor:
        its own floor cannot excuse it.

        Args:
            before: judge only earlier steps; None judges all.
        """
        ratios = (self.difference / self.floor)[:before]
        if self.restless:
            excess = self.floors.max(0) / self.floors.min(0) / TIMES_OTHER
            counted = np.where(excess > 1.0, excess * TIMES_FLOOR, 0.0)
            ratios = np.maximum(ratios, counted[:before])
        if not len(ratios):
            return 0.0, 0
        step = int(np.argmax(ratios))
        return float(ratios[step]), step

    def said(self, what: str, step: int) -> str:
        """Return a sentence about one step: what differs, or who strays."""
        ratio = self.difference[step] / self.floor[step]
        times = self.floors[:, step] / self.floors[::-1, step]
        if ratio <= TIMES_FLOOR and times.max() > TIMES_OTHER:
            label = list(LABELS.values())[int(times.argmax())]
            return (
                f"{label} strays from itself {times.max():.3g} times as far "
                f"as the other does, in {what}"
            )
        return f"{what} is {ratio:.3g} times the floor"


Twins = tuple[list[tuple[Curve, Curve]], list[tuple[Curve, Curve]]]
"""For PyTorch and for Keras: a run as it is, with each of its nudged runs."""


def compare_tensor(
    torch: Curve, keras: Curve, twins: Twins, independent: Curve | None = None
) -> Comparison:
    """Compare one tensor, as a trajectory of a single step.

    Distances are Euclidean: what the largest element does is a matter of
    luck, and its floor would be too.

    Args:
        torch: PyTorch's, in neutral layout.
        keras: Keras's, of the same shape.
        twins: what the floors are taken from.
        independent: the same tensor from a third implementation; no floor
            is below its distance to the nearer of the two.
    """
    if torch.shape != keras.shape:
        return Comparison(np.array([np.inf]), np.ones((2, 1)))
    norm = np.linalg.norm
    unit = _resolution(torch)
    scale = _size(np.fmax(norm(torch), norm(keras)), torch.dtype)
    floors = np.array(
        [
            [max([UNITS * unit, *(norm(b - a) / scale for a, b in own)])]
            for own in twins
        ]
    )
    if independent is not None:
        off = [norm(found - independent) / scale for found in (torch, keras)]
        floors = np.fmax(floors, np.fmin(*off))
    difference = norm(torch - keras) / scale
    if np.isnan(difference):
        difference = np.inf
    return Comparison(np.array([difference]), floors, None, _is_double(unit))


def compare_curves(
    torch: Curve,
    keras: Curve,
    twins: Twins,
    unit: float | None = None,
    independent: Curve | None = None,
) -> Comparison:
    """Compare one curve, step by step.

    Where both stop being finite at the same step, the curve is judged up to
    there; where only one does, it differs without bound from there on.

    Args:
        torch: PyTorch's, of shape (steps,).
        keras: Keras's; a shorter one is compared as far as it goes.
        twins: what the floors are taken from.
        unit: one unit in the last place of 1, in the precision that was
            computed in; by default that of the curves' own type.
        independent: the same curve from a third implementation; no floor
            is below its distance to the nearer of the two.
    """
    thirds = [] if independent is None else [independent]
    nudged = [b for own in twins for _, b in own]
    steps = min(map(len, [torch, keras, *nudged, *thirds]))
    both = np.stack([torch[:steps], keras[:steps]]).astype(np.float64)
    finite = np.isfinite(both)
    sizes = np.where(finite, np.abs(both), 0.0).max(0)
    scale = _size(_recent(sizes), torch.dtype)
    unit = unit or max(_resolution(torch), _resolution(keras))
    floors = np.full((2, steps), UNITS * unit)
    with np.errstate(invalid="ignore"):
        for floor, own in zip(floors, twins, strict=True):
            for base, other in own:
                stray = np.abs(other[:steps] - base[:steps]) / scale
                np.fmax(floor, stray, out=floor)
        for third in thirds:
            floors = np.fmax(
                floors, np.abs(both - third[:steps]).min(0) / scale
            )
        difference = np.abs(both[0] - both[1]) / scale
    same = (both[0] == both[1]) | np.isnan(both).all(0)
    difference = np.where(same, 0.0, difference)
    difference = np.where(np.isnan(difference), np.inf, difference)
    floors = np.maximum.accumulate(floors, axis=1)
    past = np.flatnonzero((floors.min(0) > HORIZON) | ~finite.any(0))
    horizon = int(past[0]) if len(past) else None
    return Comparison(difference, floors, horizon, _is_double(unit))


def _is_double(unit: float) -> bool:
    return unit <= float(np.finfo(np.float64).eps)


def _recent(sizes: Curve) -> Curve:
    """Return the largest value of the last `WINDOW` steps."""
    padded = np.concatenate([np.zeros(WINDOW - 1), sizes])
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)
    return np.asarray(windows.max(-1))


def _resolution(values: Curve) -> float:
    """Return one unit in the last place of 1, in the values' precision."""
    kind = values.dtype if values.dtype.kind == "f" else np.float64
    return float(np.finfo(kind).eps)


def _size(scale: Any, kind: Any) -> Any:
    """Return a size to divide by; of nothing, the smallest number."""
    kind = kind if np.dtype(kind).kind == "f" else np.float64
    return np.maximum(scale, float(np.finfo(kind).tiny))


Compared = dict[str, Comparison]


def step_curves(record: Record) -> dict[str, Curve]:
    """Return the curves with an entry a step, one for each column."""
    found: dict[str, Curve] = {}
    for name, values in record.steps.items():
        if values.ndim == 1:
            found[name] = values
        else:
            for column, parameter in enumerate(record.weights):
                found[f"{name} of {parameter}"] = values[:, column]
    return found


def evaluation_curves(record: Record) -> dict[str, Curve]:
    """Return the curves with an entry an evaluation that are judged.

    An accuracy is not: it counts on which side of a boundary samples fall,
    and one rounding error can move a sample that lies on it. The loss
    beside it is judged.
    """
    return {
        name: values
        for name, values in record.epochs.items()
        if not name.endswith("accuracy")
    }


@dataclass
class Trajectory:
    """Two training runs, compared curve by curve.

    Attributes:
        arm: which network.
        steps: for each of the two, how many steps it trained.
        curves: the comparisons of curves with one entry a step.
        evaluations: of those with one entry an evaluation.
        weights: of the learnt tensors at the end.
        evaluated_at: the step after which each evaluation stands.
    """

    arm: str
    steps: tuple[int, int]
    curves: Compared
    evaluations: Compared
    weights: Compared
    evaluated_at: Curve

    @property
    def horizon(self) -> int | None:
        """First step at which any curve is past its horizon."""
        found = [c.horizon for c in self.curves.values()]
        return min((h for h in found if h is not None), default=None)

    def worst(self) -> tuple[float, int, str]:
        """Return the largest ratio before the horizon, its step and curve."""
        horizon = self.horizon
        found = [
            (*compared.worst(horizon), name)
            for name, compared in self.curves.items()
        ]
        within = None
        if horizon is not None:
            within = int((self.evaluated_at <= horizon).sum())
        for name, compared in self.evaluations.items():
            ratio, index = compared.worst(within)
            found.append((ratio, int(self.evaluated_at[index]), name))
        if horizon is None:
            for name, compared in self.weights.items():
                found.append((compared.worst()[0], self.steps[0], name))
        return max(found)

    def value(self, record: Record, verdict: Verdict) -> Curve | None:
        """Return what a record has where a verdict found the worst.

        None where the record does not reach so far, or where the verdict
        is on no single quantity.
        """
        steps, evaluations = step_curves(record), evaluation_curves(record)
        where, step = str(verdict.where), verdict.at_step or 0
        if where in steps and step < len(steps[where]):
            return steps[where][step : step + 1]
        if where in evaluations:
            index = np.flatnonzero(self.evaluated_at == step)
            return evaluations[where][index] if len(index) else None
        return record.weights.get(where.removesuffix(" at the end"))

    def _said(self, where: str, step: int) -> str:
        compared = self.curves | self.evaluations | self.weights
        index = step if where in self.curves else 0
        if where in self.evaluations:
            index = int(np.flatnonzero(self.evaluated_at == step)[0])
        return f"{compared[where].said(where, index)} at step {step}"

    def verdict(self) -> Verdict:
        """Judge the whole trajectory: the worst curve decides."""
        ratio, step, where = self.worst()
        horizon = self.horizon
        judged = min(self.steps) if horizon is None else horizon
        outcome: Outcome = "agree"
        said = f"within {ratio:.2g} times the floor over {judged} steps"
        if ratio > TIMES_FLOOR:
            outcome = "disagree"
            said = self._said(where, step)
        elif self.steps[0] != self.steps[1] and horizon is None:
            outcome, where = "disagree", "steps"
            said = f"trained for {self.steps[0]} and {self.steps[1]} steps"
        elif judged < min(FEWEST_STEPS, min(self.steps)):
            outcome = "undecided"
            said = f"training is chaotic from step {judged} on"
        return Verdict(
            rung="trajectory",
            arm=self.arm,
            given=outcome,
            worst_ratio=ratio,
            at_step=step,
            horizon=horizon,
            where=where,
            sentence=said,
        )


def compare_records(
    arm: str,
    torch: list[Record],
    keras: list[Record],
    independent: Record | None = None,
) -> Trajectory:
    """Compare two training runs, each given with its nudged twins.

    Args:
        arm: which network.
        torch: PyTorch's record, then its nudged ones.
        keras: Keras's record, then its nudged ones.
        independent: the record of a third implementation; no floor is below
            its distance to the nearer of the two.
    """
    base = torch[0]
    unit = _resolution(base.steps["loss"])

    def twins(take: Callable[[Record], dict[str, Curve]], name: str) -> Twins:
        own = [
            [(take(runs[0])[name], take(run)[name]) for run in runs[1:]]
            for runs in (torch, keras)
        ]
        return own[0], own[1]

    def compared(take: Callable[[Record], dict[str, Curve]]) -> Compared:
        third = take(independent) if independent else {}
        return {
            name: compare_curves(
                curve,
                take(keras[0])[name],
                twins(take, name),
                unit,
                third.get(name),
            )
            for name, curve in take(base).items()
        }

    weights = {
        f"{name} at the end": compare_tensor(
            value,
            keras[0].weights[name],
            twins(lambda record: record.weights, name),
            independent.weights[name] if independent else None,
        )
        for name, value in base.weights.items()
    }
    trained = len(base.steps["loss"]), len(keras[0].steps["loss"])
    epochs = base.epochs["epoch"]
    return Trajectory(
        arm=arm,
        steps=trained,
        curves=compared(step_curves),
        evaluations=compared(evaluation_curves),
        weights=weights,
        evaluated_at=np.rint(epochs * (trained[0] / epochs[-1])).astype(int),
    )
