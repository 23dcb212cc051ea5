"""The third opinion: which of two frameworks is off, and by how much."""

import numpy as np

from framework_parity.common.training.record import Curve
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR, UNITS
from framework_parity.comparisons.workers.pool import LABELS


def third_opinion(
    reference: Curve, torch: Curve, keras: Curve, suspect: str | None
) -> str:
    """Say how far each framework is from the reference.

    The unit is one in the last place of the reference's size, in the
    frameworks' precision.

    Args:
        reference: the reference's values.
        torch: PyTorch's.
        keras: Keras's.
        suspect: the framework to call off; see `which_is_off`.

    Returns:
        The end of a sentence, beginning with a semicolon.
    """
    off = [_units(reference, found) for found in (torch, keras)]
    pairs = zip(LABELS.values(), off, strict=True)
    said = ", ".join(f"{label} {units:.2g}" for label, units in pairs)
    said = f"{said} rounding units from the NumPy reference"
    return f"; {LABELS[suspect]} is off: {said}" if suspect else f"; {said}"


def which_is_off(reference: Curve, torch: Curve, keras: Curve) -> str | None:
    """Return the framework that is off, or None if neither clearly is.

    It is further from the reference than the other by more than the judge
    allows.
    """
    off = [_units(reference, found) for found in (torch, keras)]
    if max(off) <= TIMES_FLOOR * max(min(off), UNITS):
        return None
    return list(LABELS)[int(np.argmax(off))]


def _units(reference: Curve, found: Curve) -> float:
    if np.shape(found) != np.shape(reference):
        return float("inf")
    unit = np.finfo(found.dtype if found.dtype.kind == "f" else float).eps
    distance = float(np.linalg.norm(found - reference))
    if distance:
        # Of a reference of exactly nothing, the framework's own size.
        size = np.linalg.norm(reference) or np.linalg.norm(found)
        distance = float(distance / size / unit)
    return distance if np.isfinite(distance) else float("inf")
