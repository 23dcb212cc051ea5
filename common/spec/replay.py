"""Replay: the random draws of one framework, used in both frameworks.

Published figures depend on the exact numbers that a framework drew; with
another random stream the figures differ. If the other framework uses the
same draws, it can be checked against the same figures.
"""

from dataclasses import dataclass, field

from framework_parity.common.data.spec import Part
from framework_parity.common.spec.node import (
    DialectFilled,
    NonNegativeInt,
    StrictBool,
)
from framework_parity.common.training.record import Curve, Tensors


class Replay(DialectFilled):
    """How the framework is seeded whose draws are replayed.

    The framework is seeded once and draws the data. Each arm's network and
    its steps are drawn next, as if the arm were the first. Only
    `--randomness replay` uses these fields.

    Attributes:
        seed: the seed of the first run; later runs use the next seeds.
        reseed: whether the framework is seeded again between the data and
            the network.
    """

    seed: NonNegativeInt = 0
    reseed: StrictBool = True


DEFAULT_REPLAY = Replay()


@dataclass
class RecordedDraws:
    """All random draws of one run, made by one framework.

    Attributes:
        parts: the parts of the data; None where the data source draws them.
        weights: the initial weights of the network, in neutral layout.
        orders: for each epoch, the row indices in the order of training.
        masks: for each dropout layer, the factors of every step, in the
            format of `common.training.batches.Segment`.
    """

    parts: dict[str, Part] | None
    weights: Tensors
    orders: list[Curve]
    masks: dict[str, list[Curve]] = field(default_factory=dict)
