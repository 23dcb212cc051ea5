"""Compare one quantity of both frameworks with its noise floor.

The unit of every ratio is the noise floor: the distance between two runs of
one framework that differ only in rounding. The constants are defined in
`comparisons/ladder/thresholds.py`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from framework_parity.common.training.record import Curve
from framework_parity.comparisons.ladder.thresholds import (
    FLOOR_ULPS,
    HORIZON,
    LEAST_DRIFT,
    TIMES_FLOOR,
    TIMES_OTHER,
    WINDOW,
)
from framework_parity.comparisons.workers.worker import LABELS


@dataclass
class Comparison:
    """One quantity of both frameworks, compared with its noise floor.

    Attributes:
        difference: distance between the frameworks at each step, relative
            to the size of the quantity, of shape (steps,).
        floors: noise floor of each framework, of shape (2, steps): the
            distance between its unmodified and its perturbed runs, raised
            to that of the NumPy reference, as a running maximum.
        horizon: first step at which the smaller of the two frameworks' own
            drifts exceeds `HORIZON`, or both values are not finite; or None.
        weight: size of the quantity relative to its neighbours', of shape
            (steps,).
        judge_self_drift: whether a floor that is much larger in one
            framework than in the other counts as a difference, for all
            steps or of shape (steps,); not in float32 nor after a drift as
            large, where one perturbation can cross the kink of a ReLU that
            another does not.
    """

    difference: Curve
    floors: Curve
    horizon: int | None
    weight: Curve
    judge_self_drift: bool | np.ndarray

    @property
    def shared_drift(self) -> Curve:
        """The smaller floor in units of the neighbours, of shape (steps,)."""
        return np.asarray(self.floors.min(0) * self.weight)

    @property
    def floor(self) -> Curve:
        """The larger of the two floors at each step, of shape (steps,)."""
        return np.asarray(self.floors.max(0))

    def ratios(self) -> Curve:
        """Return the ratio to the floor at each step, of shape (steps,).

        A framework whose runs drift `TIMES_OTHER` times as far as those of
        the other counts as one that differs `TIMES_FLOOR` times the floor,
        although its own floor is large.
        """
        excess = self._times_other() / TIMES_OTHER
        self_drift = np.where(excess > 1, excess, 0) * TIMES_FLOOR
        return np.asarray(np.maximum(self.difference / self.floor, self_drift))

    def worst(self, before: int | None = None) -> tuple[float, int]:
        """Return the largest ratio to the floor, and its step.

        Args:
            before: use only earlier steps; None uses all.

        Returns:
            The ratio and the step.
        """
        ratios = self.ratios()[:before]
        if not len(ratios):
            return 0.0, 0
        step = int(np.argmax(ratios))
        return float(ratios[step]), step

    def _times_other(self) -> Curve:
        """Return the ratio of the larger floor to the smaller, by step."""
        with np.errstate(invalid="ignore", over="ignore"):
            counts = self.judge_self_drift & (
                self.floor * self.weight > LEAST_DRIFT
            )
            return np.where(counts, self.floor / self.floors.min(0), 1.0)

    def unstable_backend(self, step: int) -> str | None:
        """Return the framework whose own runs drift too far, or None."""
        ratio = self.difference[step] / self.floor[step]
        if ratio > TIMES_FLOOR or self._times_other()[step] <= TIMES_OTHER:
            return None
        return list(LABELS)[int(self.floors[:, step].argmax())]

    def sentence(self, what: str, step: int) -> str:
        """Describe one step: the difference, or the framework that drifts.

        Args:
            what: the quantity, such as `the loss`.
            step: index of the step.

        Returns:
            A clause without a full stop.
        """
        if unstable := self.unstable_backend(step):
            [stable] = (name for name in LABELS if name != unstable)
            return (
                f"{LABELS[unstable]}'s own run-to-run drift in {what} is "
                f"{self._times_other()[step]:.3g} times {LABELS[stable]}'s: "
                "its run is not reproducible"
            )
        ratio = self.difference[step] / self.floor[step]
        return f"{what} is {ratio:.3g} times the floor"


PerturbedRuns = tuple[list[tuple[Curve, Curve]], list[tuple[Curve, Curve]]]
"""For PyTorch and for Keras: the unmodified run with each perturbed run."""

ReferenceRuns = list[Curve]
"""Of the NumPy reference: unmodified, then with rounded predictions or, inside
a step, rounded weights."""


def compare_tensor(
    torch: Curve,
    keras: Curve,
    perturbed_runs: PerturbedRuns,
    references: ReferenceRuns | None = None,
    group: float = 0.0,
    unit: float | None = None,
) -> Comparison:
    """Compare one tensor, as a trajectory of a single step.

    Distances are Euclidean norms, since the error of the largest element
    alone, and its floor, would vary too much between runs.

    Args:
        torch: PyTorch's tensor, in neutral layout, of any shape.
        keras: Keras's tensor; another shape counts as an infinite
            difference.
        perturbed_runs: pairs of runs of each framework, for the floors.
        references: the same tensor of the NumPy reference. The floor is at
            least its distance to the nearer of the two frameworks, and at
            least its change when predictions or weights are rounded.
        group: norm of the largest neighbour; a tensor that results from
            cancellation is a sum of terms as large, and the floor is at
            least their rounding error.
        unit: machine epsilon of the precision that was computed in; by
            default that of the tensor's dtype.

    Returns:
        The comparison, whose arrays have a single step.
    """
    if torch.shape != keras.shape:
        weight = np.ones(1)
        return Comparison(
            weight * np.inf, np.ones((2, 1)), None, weight, False
        )
    unit = unit or resolution(torch)
    scale = _size(max(length(torch), length(keras)), torch.dtype)
    group = max(group, scale)
    # Where both are NaN they are equal; norms are of the finite elements.
    alike = (torch == keras) | (np.isnan(torch) & np.isnan(keras))
    with np.errstate(invalid="ignore", over="ignore"):
        apart = torch - keras
        difference = length(apart) / scale
        self_drift = [
            [length(b - a) / scale for a, b in pairs]
            for pairs in perturbed_runs
        ]
        shared = [FLOOR_ULPS * unit, unit * group / scale]
        if references:
            truth, *rounded = references
            shared += [length(variant - truth) / scale for variant in rounded]
            errors = [
                length(value - truth) / scale for value in (torch, keras)
            ]
            shared.append(min(errors))
    floors = np.array([[max([*shared, *drifts])] for drifts in self_drift])
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

    Where both stop being finite at the same step, the curve is compared up
    to that step; where only one does, the difference is infinite from there.

    Args:
        torch: PyTorch's curve, of shape (steps,).
        keras: Keras's curve; the longer of the two is cut.
        perturbed_runs: pairs of runs of each framework, for the floors.
        unit: machine epsilon of the precision that was computed in; by
            default that of the curves' dtype.
        references: the same curve of the reference, as in `compare_tensor`.
        group: size of the largest neighbour at each step, of shape
            (steps,), as in `compare_tensor`.

    Returns:
        The comparison.
    """
    truth, rounded = (
        (references[:1], references[1:]) if references else ([], [])
    )
    nudged = [b for pairs in perturbed_runs for _, b in pairs]
    steps = min(map(len, [torch, keras, *nudged, *truth, *rounded]))
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
        for drift, pairs in zip(self_drift, perturbed_runs, strict=True):
            for base, perturbed in pairs:
                distance = np.abs(perturbed[:steps] - base[:steps]) / scale
                np.fmax(drift, distance, out=drift)
        for third in truth:
            off = np.abs(both - third[:steps]).min(0) / scale
            self_drift = np.fmax(self_drift, off)
        for third in rounded:
            off = np.abs(third[:steps] - truth[0][:steps]) / scale
            self_drift = np.fmax(self_drift, off)
        difference = np.abs(both[0] - both[1]) / scale
    same = (both[0] == both[1]) | np.isnan(both).all(0)
    difference = np.where(same, 0.0, difference)
    difference = np.where(np.isnan(difference), np.inf, difference)
    # In units of the largest neighbour the floor never falls: a curve that
    # begins as noise beside it may grow later.
    with np.errstate(over="ignore"):
        self_drift = (
            np.maximum.accumulate(self_drift * weight, axis=1) / weight
        )
    floors = np.fmax(self_drift, np.maximum(FLOOR_ULPS * unit, unit / weight))
    # A curve far smaller than its neighbours is noise, not chaos.
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
    """Return the Euclidean norm of the finite elements.

    The elements are scaled where their squares overflow or underflow.

    >>> length(np.array([3e300, 4e300, np.nan])) / 5e300
    1.0
    """
    values = values[np.isfinite(values)]
    with np.errstate(over="ignore", under="ignore"):
        norm = float(np.linalg.norm(values))
        if not 0.0 < norm < np.inf:
            largest = float(np.abs(values).max(initial=0.0))
            norm = largest * float(np.linalg.norm(values / (largest or 1.0)))
    return min(norm, float(np.finfo(np.float64).max))


def _is_double(unit: float) -> bool:
    return unit <= float(np.finfo(np.float64).eps)


def _recent(sizes: Curve) -> Curve:
    """Return the running maximum over the last `WINDOW` steps."""
    padded = np.concatenate([np.zeros(WINDOW - 1), sizes])
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)
    return np.asarray(windows.max(-1))


def resolution(values: Curve) -> float:
    """Return the machine epsilon of the values' dtype."""
    kind = values.dtype if values.dtype.kind == "f" else np.float64
    return float(np.finfo(kind).eps)


def _size(scale: Any, kind: Any) -> Any:
    """Return a positive size: at least the smallest normal number."""
    kind = kind if np.dtype(kind).kind == "f" else np.float64
    return np.maximum(scale, float(np.finfo(kind).tiny))
