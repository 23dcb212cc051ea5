"""Replay: what one framework drew, to be played into both.

Published figures hang on the very numbers that a framework drew; another
stream is another experiment. Played into the other framework, they let it
be asked for the same figures.
"""

from dataclasses import dataclass, field

from framework_parity.common.data.spec import Part
from framework_parity.common.spec.node import (
    DialectFilled,
    NonNegativeInt,
    StrictBool,
)
from framework_parity.common.training.record import Curve, Weights


class Replay(DialectFilled):
    """How the framework is seeded whose draws are replayed.

    It is seeded once and draws the data; then come each arm's network and
    its steps, as if the arm were the first. Only `--randomness replay` asks.

    Attributes:
        seed: of the first run; further runs count on from it.
        reseed: whether it is seeded again after the data, before a network.
    """

    seed: NonNegativeInt = 0
    reseed: StrictBool = True


UNSAID = Replay()


@dataclass
class Drawn:
    """All that one run draws, by one framework.

    Attributes:
        parts: the data; None where their source draws them by itself.
        weights: what the network starts from, in neutral layout.
        orders: for each epoch, the rows in the order that it sees them.
        masks: for each place that drops, the factors of every step, as
            `common.training.batches.Segment` has them.
    """

    parts: dict[str, Part] | None
    weights: Weights
    orders: list[Curve]
    masks: dict[str, list[Curve]] = field(default_factory=dict)
