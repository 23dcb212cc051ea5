"""The result of a comparison of two models."""

import math
from dataclasses import dataclass, field
from typing import Any

from framework_parity.common.live.graph import Graph, Node
from framework_parity.comparisons.compare.pairing import Pairing
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR
from framework_parity.comparisons.ladder.verdict import Outcome


@dataclass(frozen=True)
class Difference:
    """One way in which the two models differ.

    Attributes:
        slug: the name of the convention, or of the kind of difference, such
            as `missing_in_keras`.
        torch: PyTorch's operation, or None.
        keras: Keras's operation, or None.
        sentence: the difference, in one sentence.
        change: what to change so that the models agree, in one sentence.
        field: the field that differs; None where the whole operation does.
    """

    slug: str
    torch: Node | None
    keras: Node | None
    sentence: str
    change: str
    field: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the difference as a JSON value."""
        return {
            "slug": self.slug,
            "torch": self.torch.label if self.torch else None,
            "keras": self.keras.label if self.keras else None,
            "sentence": self.sentence,
            "change": self.change,
        }


@dataclass(frozen=True)
class OperationRatio:
    """How far one pair of operations differs, in units of the noise floor.

    Attributes:
        torch: PyTorch's operation.
        keras: Keras's operation.
        arrived: ratio of the outputs in the two whole models.
        own: ratio of the outputs for the same input; None where it was not
            computed.
    """

    torch: Node
    keras: Node
    arrived: float
    own: float | None


@dataclass
class PairResult:
    """The comparison of two models.

    Attributes:
        addresses: PyTorch's and Keras's `file.py:NAME`.
        dtype: the precision that was computed in.
        graphs: the operations of both.
        pairing: which operation is which.
        ratios: of each pair with outputs, in PyTorch's order.
        outputs: the largest ratio of the models' outputs.
        difference: the largest difference of the outputs, relative to their
            size.
        causes: the smallest set of differences that explains it.
        tried: differences that were tried and are no causes.
        remaining: the largest ratio of the outputs after the causes are
            removed.
        not_decided: differences that the comparison does not reach.
        inputs: what the models were applied to, in sentences.
        notes: what was replaced before the comparison, in sentences.
    """

    addresses: tuple[str, str]
    dtype: str
    graphs: tuple[Graph, Graph]
    pairing: Pairing
    ratios: list[OperationRatio] = field(default_factory=list)
    outputs: float = 0.0
    difference: float = 0.0
    causes: list[Difference] = field(default_factory=list)
    tried: list[Difference] = field(default_factory=list)
    remaining: float | None = None
    not_decided: list[Difference] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> Outcome:
        """Whether the outputs of the two models agree."""
        if math.isnan(self.outputs):
            return "undecided"
        return "agree" if self.outputs <= TIMES_FLOOR else "disagree"

    @property
    def first(self) -> OperationRatio | None:
        """The first pair that differs for the same input, if one does."""
        over = (
            each
            for each in self.ratios
            if each.own is not None and each.own > TIMES_FLOOR
        )
        return next(over, None)

    @property
    def structural(self) -> bool:
        """Whether an operation has no partner or one of another kind."""
        differences = (*self.causes, *self.not_decided)
        return any(each.field is None for each in differences)
