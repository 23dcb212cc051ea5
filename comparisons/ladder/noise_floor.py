"""Comparisons: one quantity in both frameworks, against its noise floor.

The unit of every ratio is the floor: how far one framework drifts from
itself where nothing has changed but rounding. The numbers are those of
`tolerances.py`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from framework_parity.common.training.record import Curve
from framework_parity.comparisons.ladder.thresholds import (
    HORIZON,
    RESTLESS,
    TIMES_FLOOR,
    TIMES_OTHER,
    UNITS,
    WINDOW,
)
from framework_parity.comparisons.workers.pool import LABELS


@dataclass
class Comparison:
    """One quantity in both frameworks, measured against its floor.

    Attributes:
        difference: at each step, in units of the quantity's size.
        floors: how far each framework drifts from itself, (2, steps), and
            what it is raised to by an independent implementation; likewise,
            never falling.
        horizon: first step at which both floors exceed `HORIZON`, or None.
        weight: the quantity's size as a share of its neighbours'.
        restless: whether it counts that one self_drift much further than the
            other; not in float32, where one nudge can cross a kink of a
            ReLU that another does not.
    """

    difference: Curve
    floors: Curve
    horizon: int | None
    weight: Curve
    judge_self_drift: bool

    @property
    def floor(self) -> Curve:
        """The larger of the two floors, at each step."""
        return np.asarray(self.floors.max(0))

    def ratios(self) -> Curve:
        """Return the ratio to the floor at each step.

        A framework that drifts from itself `TIMES_OTHER` times as far as
        the other counts as one that differs `TIMES_FLOOR` times the floor:
        its own floor cannot excuse it.
        """
        excess = self._times_other() / TIMES_OTHER
        self_drift = np.where(excess > 1, excess, 0) * TIMES_FLOOR
        return np.asarray(np.maximum(self.difference / self.floor, self_drift))

    def worst(self, before: int | None = None) -> tuple[float, int]:
        """Return the largest ratio to the floor, and its step.

        Args:
            before: judge only earlier steps; None judges all.
        """
        ratios = self.ratios()[:before]
        if not len(ratios):
            return 0.0, 0
        step = int(np.argmax(ratios))
        return float(ratios[step]), step

    def _times_other(self) -> Curve:
        """One framework's drift from its own runs, over the other's."""
        with np.errstate(invalid="ignore", over="ignore"):
            counts = self.judge_self_drift & (
                self.floor * self.weight > RESTLESS
            )
            return np.where(counts, self.floor / self.floors.min(0), 1.0)

    def unstable_backend(self, step: int) -> str | None:
        """Return the framework whose own runs drift too far, if one does."""
        ratio = self.difference[step] / self.floor[step]
        if ratio > TIMES_FLOOR or self._times_other()[step] <= TIMES_OTHER:
            return None
        return list(LABELS)[int(self.floors[:, step].argmax())]

    def said(self, what: str, step: int) -> str:
        """Return a sentence about one step: what differs, or which drifts.

        Args:
            what: the quantity, such as `the loss`.
            step: of training.
        """
        if unstable := self.unstable_backend(step):
            [other] = (each for each in LABELS if each != unstable)
            return (
                f"{LABELS[unstable]}'s own run-to-run drift in {what} is "
                f"{self._times_other()[step]:.3g} times {LABELS[other]}'s: "
                "its run is not reproducible"
            )
        ratio = self.difference[step] / self.floor[step]
        return f"{what} is {ratio:.3g} times the floor"


PerturbedRuns = tuple[list[tuple[Curve, Curve]], list[tuple[Curve, Curve]]]
"""For PyTorch and for Keras: a run as it is, with each of its nudged runs."""

ReferenceRuns = list[Curve]
"""The same from the NumPy reference: as it is, then with rounded p."""


def compare_tensor(
    torch: Curve,
    keras: Curve,
    perturbed_runs: PerturbedRuns,
    references: ReferenceRuns | None = None,
    group: float = 0.0,
    unit: float | None = None,
) -> Comparison:
    """Compare one tensor, as a trajectory of a single step.

    Distances are Euclidean: what the largest element does is a matter of
    luck, and its floor would be too.

    Args:
        torch: PyTorch's, in neutral layout.
        keras: Keras's, of the same shape.
        perturbed_runs: what the floors are taken from.
        references: the same tensor from the reference. No floor is below its
            distance to the nearer of the two, nor below what rough
            rounding does to it.
        group: size of the largest neighbour; a tensor that cancels is a sum
            of terms as large, and no floor is below their rounding.
        unit: one unit in the last place of 1, in the precision that was
            computed in; by default that of the tensor's own type.
    """
    if torch.shape != keras.shape:
        one = np.ones(1)
        return Comparison(one * np.inf, np.ones((2, 1)), None, one, False)
    unit = unit or resolution(torch)
    scale = _size(max(length(torch), length(keras)), torch.dtype)
    group = max(group, scale)
    # What is no number in both is the same; a norm is of the rest.
    alike = (torch == keras) | (np.isnan(torch) & np.isnan(keras))
    with np.errstate(invalid="ignore", over="ignore"):
        apart = torch - keras
        difference = length(apart) / scale
        self_drift = [
            [length(b - a) / scale for a, b in own] for own in perturbed_runs
        ]
        shared = [UNITS * unit, unit * group / scale]
        if references:
            truth, *rounding_variant = references
            shared += [
                length(found - truth) / scale for found in rounding_variant
            ]
            off = [length(found - truth) / scale for found in (torch, keras)]
            shared.append(min(off))
    floors = np.array([[max([*shared, *own])] for own in self_drift])
    if not np.isfinite(apart[~alike]).all():
        difference = np.inf
    return Comparison(
        np.array([difference]),
        floors,
        None,
        np.array([scale / group]),
        _is_double(unit),
    )


def compare_curves(
    torch: Curve,
    keras: Curve,
    perturbed_runs: PerturbedRuns,
    unit: float | None = None,
    references: ReferenceRuns | None = None,
    group: Curve | None = None,
) -> Comparison:
    """Compare one curve, step by step.

    Where both stop being finite at the same step, the curve is judged up to
    there; where only one does, it differs without bound from there on.

    Args:
        torch: PyTorch's, of shape (steps,).
        keras: Keras's; a shorter one is compared as far as it goes.
        perturbed_runs: what the floors are taken from.
        unit: one unit in the last place of 1, in the precision that was
            computed in; by default that of the curves' own type.
        references: the same curve from the reference, as in `compare_tensor`.
        group: size of the largest neighbour at each step, likewise.
    """
    truth, rounding_variant = (
        (references[:1], references[1:]) if references else ([], [])
    )
    nudged = [b for own in perturbed_runs for _, b in own]
    steps = min(map(len, [torch, keras, *nudged, *truth, *rounding_variant]))
    both = np.stack([torch[:steps], keras[:steps]]).astype(np.float64)
    finite = np.isfinite(both)
    sizes = np.where(finite, np.abs(both), 0.0).max(0)
    scale = _size(_recent(sizes), torch.dtype)
    largest = scale
    if group is not None:
        shown = np.where(np.isfinite(group[:steps]), group[:steps], 0.0)
        largest = np.maximum(scale, _recent(shown))
    unit = unit or max(resolution(torch), resolution(keras))
    weight = np.maximum(scale / largest, float(np.finfo(np.float64).tiny))
    self_drift = np.zeros((2, steps))
    with np.errstate(invalid="ignore", over="ignore"):
        for stray, own in zip(self_drift, perturbed_runs, strict=True):
            for base, other in own:
                found = np.abs(other[:steps] - base[:steps]) / scale
                np.fmax(stray, found, out=stray)
        for third in truth:
            off = np.abs(both - third[:steps]).min(0) / scale
            self_drift = np.fmax(self_drift, off)
        for third in rounding_variant:
            off = np.abs(third[:steps] - truth[0][:steps]) / scale
            self_drift = np.fmax(self_drift, off)
        difference = np.abs(both[0] - both[1]) / scale
    same = (both[0] == both[1]) | np.isnan(both).all(0)
    difference = np.where(same, 0.0, difference)
    difference = np.where(np.isnan(difference), np.inf, difference)
    # The floor never falls in units of the largest neighbour: a curve that
    # begins as noise beside it may yet grow into something.
    with np.errstate(over="ignore"):
        self_drift = (
            np.maximum.accumulate(self_drift * weight, axis=1) / weight
        )
    floors = np.fmax(self_drift, np.maximum(UNITS * unit, unit / weight))
    # What is nothing beside its neighbours is noise, but no chaos.
    chaotic = self_drift.min(0) * weight > HORIZON
    past = np.flatnonzero(chaotic | ~finite.any(0))
    return Comparison(
        difference,
        floors,
        int(past[0]) if len(past) else None,
        weight,
        _is_double(unit),
    )


def length(values: Curve) -> float:
    """Return the Euclidean norm of what is finite, where squares are not.

    >>> length(np.array([3e300, 4e300, np.nan])) / 5e300
    1.0
    """
    values = values[np.isfinite(values)]
    with np.errstate(over="ignore", under="ignore"):
        found = float(np.linalg.norm(values))
        if not 0.0 < found < np.inf:
            largest = float(np.abs(values).max(initial=0.0))
            found = largest * float(np.linalg.norm(values / (largest or 1.0)))
    return min(found, float(np.finfo(np.float64).max))


def _is_double(unit: float) -> bool:
    return unit <= float(np.finfo(np.float64).eps)


def _recent(sizes: Curve) -> Curve:
    """Return the largest value of the last `WINDOW` steps."""
    padded = np.concatenate([np.zeros(WINDOW - 1), sizes])
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)
    return np.asarray(windows.max(-1))


def resolution(values: Curve) -> float:
    """Return one unit in the last place of 1, in the values' precision."""
    kind = values.dtype if values.dtype.kind == "f" else np.float64
    return float(np.finfo(kind).eps)


def _size(scale: Any, kind: Any) -> Any:
    """Return a size to divide by; of nothing, the smallest number."""
    kind = kind if np.dtype(kind).kind == "f" else np.float64
    return np.maximum(scale, float(np.finfo(kind).tiny))
