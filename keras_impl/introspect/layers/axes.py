"""Names of axes, by their position in a batch."""

from typing import Any

# By position in a batch; the last three cover all axes of a sample.
AXES: dict[tuple[int, ...], Any] = {
    (-1,): "channels",
    (-2,): "time",
    (1,): "height",
    (2,): "width",
    (1, 2): "positions",
    (-2, -1): "all",
    (-1, 1, 2): "all",
    (-3, -2, -1): "all",
}
