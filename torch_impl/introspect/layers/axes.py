"""Names of axes, by their position in a batch.

Positions are counted from the first in a vector or an image, whose channels
are first, and from the last in a sequence.
"""

from typing import Any

AXES: dict[tuple[int, ...], Any] = {
    (-1,): "channels",
    (-2,): "time",
    (1,): "channels",
    (2,): "height",
    (3,): "width",
    (2, 3): "positions",
}
