"""How two stored results differ."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from framework_parity.comparisons.store.files import Stored, contents


def differences(
    first: Any, second: Any, path: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Yield the values in which two JSON documents differ.

    Args:
        first: a document.
        second: another one.
        path: where both stand, in a larger document.

    Yields:
        The path of a value, and the value of each; None where it is missing.
    """
    if isinstance(first, dict) and isinstance(second, dict):
        for key in dict.fromkeys((*first, *second)):
            yield from differences(
                *(first.get(key), second.get(key)),
                f"{path}.{key}" if path else str(key),
            )
    elif (
        isinstance(first, list)
        and isinstance(second, list)
        and len(first) == len(second)
    ):
        for place, pair in enumerate(zip(first, second, strict=True)):
            yield from differences(*pair, f"{path}[{place}]")
    elif first != second:
        yield path, first, second


def distances(first: Stored, second: Stored) -> dict[str, float | None]:
    """Return the largest difference of each array of two results.

    Args:
        first: a record or an inspected step.
        second: another one.

    Returns:
        By the name of the array: the largest absolute difference; None where
        the shapes differ, or only one result has the array. Equal values that
        are not finite do not differ; others are infinitely far apart.
    """
    sides = []
    for result in (first, second):
        _, arrays, weights = contents(result)
        tensors = {f"weights/{k}": v for k, v in (weights or {}).items()}
        sides.append(arrays | tensors)
    one, other = sides
    return {
        name: _distance(one.get(name), other.get(name))
        for name in dict.fromkeys((*one, *other))
    }


def _distance(first: Any, second: Any) -> float | None:
    if first is None or second is None or first.shape != second.shape:
        return None
    if first.size == 0:
        return 0.0
    first, second = np.float64(first), np.float64(second)
    equal = (first == second) | (np.isnan(first) & np.isnan(second))
    with np.errstate(invalid="ignore"):
        apart = np.where(equal, 0.0, np.abs(first - second))
    return float(np.nan_to_num(apart, nan=np.inf, posinf=np.inf).max())
