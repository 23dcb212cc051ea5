"""The judge: how far two frameworks part, against how far one strays.

All rungs obey one law, in `tolerances.py`. The unit of every ratio here is
the noise floor.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from common.record import Curve, Record
from comparisons.tolerances import (
    FEWEST_STEPS,
    HORIZON,
    TIMES_FLOOR,
    UNITS,
    WINDOW,
)

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
        floor: likewise, never falling.
        horizon: first step at which the floor exceeds `HORIZON`, or None.
    """

    difference: Curve
    floor: Curve
    horizon: int | None

    def worst(self, before: int | None = None) -> tuple[float, int]:
        """Return the largest ratio to the floor, and its step.

        Args:
            before: judge only earlier steps; None judges all.
        """
        ratios = (self.difference / self.floor)[:before]
        if not len(ratios):
            return 0.0, 0
        step = int(np.argmax(ratios))
        return float(ratios[step]), step


Twins = list[tuple[Curve, Curve]]
"""Pairs of one framework as it is and the same framework nudged."""


def compare_tensor(
    torch: Curve, keras: Curve, twins: Twins, independent: Curve | None = None
) -> Comparison:
    """Compare one tensor, as a trajectory of a single step.

    Distances are Euclidean: what the largest element does is a matter of
    luck, and its floor would be too.

    Args:
        torch: PyTorch's, in neutral layout.
        keras: Keras's, of the same shape.
        twins: what the floor is taken from.
        independent: the same tensor from a third implementation; the floor
            is not below its distance to the nearer of the two.
    """
    if torch.shape != keras.shape:
        return Comparison(np.array([np.inf]), np.array([1.0]), None)
    norm = np.linalg.norm
    scale = _size(np.fmax(norm(torch), norm(keras)), torch.dtype)
    strays = [norm(b - a) / scale for a, b in twins]
    if independent is not None:
        off = [norm(found - independent) / scale for found in (torch, keras)]
        strays.append(np.fmin(*off))
    floor = max(UNITS * _resolution(torch), *strays, 0.0)
    difference = norm(torch - keras) / scale
    if np.isnan(difference):
        difference = np.inf
    return Comparison(np.array([difference]), np.array([floor]), None)


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
        twins: what the floor is taken from.
        unit: one unit in the last place of 1, in the precision that was
            computed in; by default that of the curves' own type.
        independent: the same curve from a third implementation; the floor
            is not below its distance to the nearer of the two.
    """
    thirds = [] if independent is None else [independent]
    lengths = map(len, [torch, keras, *(b for _, b in twins), *thirds])
    steps = min(lengths)
    a = np.asarray(torch[:steps], np.float64)
    b = np.asarray(keras[:steps], np.float64)
    scale = _size(_recent(np.fmax(np.abs(a), np.abs(b))), torch.dtype)
    unit = unit or max(_resolution(torch), _resolution(keras))
    floor = np.full(steps, UNITS * unit)
    with np.errstate(invalid="ignore"):
        for base, nudged in twins:
            stray = np.abs(nudged[:steps] - base[:steps]) / scale
            floor = np.fmax(floor, stray)
        for third in thirds:
            off = np.abs(np.stack([a, b]) - third[:steps]).min(0) / scale
            floor = np.fmax(floor, off)
        difference = np.abs(a - b) / scale
    floor = np.maximum.accumulate(floor)
    difference = np.where(_both(a, b, np.isnan), 0.0, difference)
    difference = np.where((a == b), 0.0, difference)
    difference = np.where(np.isnan(difference), np.inf, difference)
    gone = _both(a, b, lambda x: ~np.isfinite(x))
    past = np.flatnonzero((floor > HORIZON) | gone)
    return Comparison(difference, floor, int(past[0]) if len(past) else None)


def _both(a: Curve, b: Curve, test: Any) -> npt.NDArray[np.bool_]:
    return np.asarray(test(a) & test(b))


def _recent(sizes: Curve) -> Curve:
    """Return the largest finite value of the last `WINDOW` steps."""
    finite = np.where(np.isfinite(sizes), sizes, 0.0)
    padded = np.concatenate([np.zeros(WINDOW - 1), finite])
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


def curves_of(record: Record) -> tuple[dict[str, Curve], dict[str, Curve]]:
    """Return the curves to judge by name: those of steps, of evaluations.

    A curve of several columns is one for each. An accuracy is not judged:
    it counts on which side of a boundary samples fall, and one rounding
    error can move a sample that lies on it. The loss beside it is judged.
    """
    steps: dict[str, Curve] = {}
    for name, values in record.steps.items():
        if values.ndim == 1:
            steps[name] = values
        else:
            for column, parameter in enumerate(record.weights):
                steps[f"{name} of {parameter}"] = values[:, column]
    evaluations = {
        name: values
        for name, values in record.epochs.items()
        if not name.endswith("accuracy")
    }
    return steps, evaluations


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
    curves: dict[str, Comparison]
    evaluations: dict[str, Comparison]
    weights: dict[str, Comparison]
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
        steps, evaluations = curves_of(record)
        where, step = str(verdict.where), verdict.at_step or 0
        if where in steps and step < len(steps[where]):
            return steps[where][step : step + 1]
        if where in evaluations:
            index = np.flatnonzero(self.evaluated_at == step)
            return evaluations[where][index] if len(index) else None
        return record.weights.get(where.removesuffix(" at the end"))

    def verdict(self) -> Verdict:
        """Judge the whole trajectory: the worst curve decides."""
        ratio, step, where = self.worst()
        horizon = self.horizon
        judged = min(self.steps) if horizon is None else horizon
        outcome: Outcome = "agree"
        said = f"within {ratio:.2g} times the floor over {judged} steps"
        if ratio > TIMES_FLOOR:
            outcome = "disagree"
            said = f"{where} is {ratio:.3g} times the floor at step {step}"
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
    twins = [(r[0], nudged) for r in (torch, keras) for nudged in r[1:]]
    compared: list[dict[str, Comparison]] = []
    for kind in range(2):
        ours, theirs = curves_of(base)[kind], curves_of(keras[0])[kind]
        strays = [(curves_of(a)[kind], curves_of(b)[kind]) for a, b in twins]
        third = curves_of(independent)[kind] if independent else {}
        compared.append(
            {
                name: compare_curves(
                    curve,
                    theirs[name],
                    [(a[name], b[name]) for a, b in strays],
                    unit,
                    third.get(name),
                )
                for name, curve in ours.items()
            }
        )
    weights = {
        f"{name} at the end": compare_tensor(
            value,
            keras[0].weights[name],
            [(a.weights[name], b.weights[name]) for a, b in twins],
            independent.weights[name] if independent else None,
        )
        for name, value in base.weights.items()
    }
    trained = len(base.steps["loss"]), len(keras[0].steps["loss"])
    epochs = base.epochs["epoch"]
    curves, evaluations = compared
    return Trajectory(
        arm=arm,
        steps=trained,
        curves=curves,
        evaluations=evaluations,
        weights=weights,
        evaluated_at=np.rint(epochs * (trained[0] / epochs[-1])).astype(int),
    )
