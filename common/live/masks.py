"""The numbers that dropouts draw, the same on both sides."""

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.graph import Graph
from framework_parity.common.live.records import Batches
from framework_parity.common.live.replay import Uniform
from framework_parity.common.live.standins import DROPOUTS
from framework_parity.common.spec.layer import Shape
from framework_parity.common.training.randomness import stream


class Masks:
    """The numbers that dropouts draw, the same on both sides.

    Args:
        graph: the model in training mode.
        batches: with the names of the dropouts and the seed.
    """

    def __init__(self, graph: Graph, batches: Batches) -> None:
        self.nodes = [node for node in graph if node.kind in DROPOUTS]
        self.batches = batches
        self.step, self.drawn = 0, 0

    def begin(self, step: int) -> None:
        """Begin a step, or the same one again."""
        self.step, self.drawn = step, 0

    def of_node(self, index: int) -> Uniform:
        """Return what draws the numbers of a dropout, by its node."""
        places = [node.index for node in self.nodes]
        if index not in places:
            return np.ones
        return self._at(places.index(index))

    def drawn_next(self, shape: Shape) -> Array:
        """Return the numbers of the next dropout that runs.

        Args:
            shape: of its mask, as the framework has it.
        """
        place, self.drawn = self.drawn, self.drawn + 1
        first = place < len(self.nodes) and self.nodes[place].channels_first
        if not first or len(shape) < 3:
            return self._at(place)(shape)
        moved = self._at(place)((shape[0], *shape[2:], shape[1]))
        return np.moveaxis(moved, -1, 1)

    def _at(self, place: int) -> Uniform:
        keys = self.batches.keys
        key = keys[place] if place < len(keys) else f"further {place}"
        return stream(self.batches.seed, "mask", key, self.step).random
