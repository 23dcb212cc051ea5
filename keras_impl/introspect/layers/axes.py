"""Axes by name, from where they stand in a batch."""

from typing import Any

# By where they stand in a batch; the last two are all of a sample's.
AXES: dict[tuple[int, ...], Any] = {
    (-1,): "channels",
    (1,): "height",
    (2,): "width",
    (1, 2): "positions",
    (-2, -1): "all",
    (1, 2, 3): "all",
}
