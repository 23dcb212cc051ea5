"""Names of axes, by their position in a batch."""

from typing import Any

# By position in a batch, channels first.
AXES: dict[tuple[int, ...], Any] = {
    (1,): "channels",
    (2,): "height",
    (3,): "width",
    (3, 2): "positions",
}
