"""Attribute a difference: which framework deviates, and by how much."""

import numpy as np

from framework_parity.common.training.record import Curve
from framework_parity.comparisons.ladder.thresholds import (
    FLOOR_ULPS,
    TIMES_FLOOR,
)
from framework_parity.comparisons.workers.worker import LABELS


def reference_clause(
    reference: Curve, torch: Curve, keras: Curve, suspect: str | None
) -> str:
    """Return a clause with the distance of each framework to the reference.

    The unit is the rounding unit of the reference: its norm times the
    machine epsilon of the frameworks' precision.

    Args:
        reference: the values of the NumPy reference.
        torch: PyTorch's values, of the same shape.
        keras: Keras's values.
        suspect: the framework to name as deviating; see `which_is_off`.

    Returns:
        The end of a sentence, beginning with a semicolon.
    """
    distances = [_units(reference, values) for values in (torch, keras)]
    pairs = zip(LABELS.values(), distances, strict=True)
    clause = ", ".join(f"{label} {units:.2g}" for label, units in pairs)
    clause = f"{clause} rounding units from the NumPy reference"
    return (
        f"; {LABELS[suspect]} deviates: {clause}" if suspect else f"; {clause}"
    )


def which_is_off(reference: Curve, torch: Curve, keras: Curve) -> str | None:
    """Return the framework that deviates, or None if neither clearly does.

    A framework deviates if it is more than `TIMES_FLOOR` times as far from
    the reference as the other.

    Args:
        reference: the values of the NumPy reference.
        torch: PyTorch's values, of the same shape.
        keras: Keras's values.

    Returns:
        `torch`, `keras` or None.
    """
    distances = [_units(reference, values) for values in (torch, keras)]
    if max(distances) <= TIMES_FLOOR * max(min(distances), FLOOR_ULPS):
        return None
    return list(LABELS)[int(np.argmax(distances))]


def _units(reference: Curve, values: Curve) -> float:
    if np.shape(values) != np.shape(reference):
        return float("inf")
    unit = np.finfo(values.dtype if values.dtype.kind == "f" else float).eps
    distance = float(np.linalg.norm(values - reference))
    if distance:
        # Where the reference is exactly 0, relative to the framework's norm.
        size = np.linalg.norm(reference) or np.linalg.norm(values)
        distance = float(distance / size / unit)
    return distance if np.isfinite(distance) else float("inf")
