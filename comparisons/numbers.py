"""Numbers as JSON documents hold them."""

import math


def finite(value: float | None) -> float | None:
    """Return a finite number unchanged, and None for any other value.

    >>> finite(0.5), finite(float("nan")), finite(float("inf")), finite(None)
    (0.5, None, None, None)
    """
    return value if value is not None and math.isfinite(value) else None
