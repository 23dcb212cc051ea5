"""Comparisons: one quantity in both frameworks, against its noise floor.

The unit of every ratio is the floor: how far one framework strays from
itself where nothing has changed but rounding. The numbers are those of
`tolerances.py`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from common.record import Curve
from comparisons.tolerances import (
    HORIZON,
    TIMES_FLOOR,
    TIMES_OTHER,
    UNITS,
    WINDOW,
)
from comparisons.workers import LABELS


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
    unit = resolution(torch)
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
    unit = unit or max(resolution(torch), resolution(keras))
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


def resolution(values: Curve) -> float:
    """Return one unit in the last place of 1, in the values' precision."""
    kind = values.dtype if values.dtype.kind == "f" else np.float64
    return float(np.finfo(kind).eps)


def _size(scale: Any, kind: Any) -> Any:
    """Return a size to divide by; of nothing, the smallest number."""
    kind = kind if np.dtype(kind).kind == "f" else np.float64
    return np.maximum(scale, float(np.finfo(kind).tiny))
