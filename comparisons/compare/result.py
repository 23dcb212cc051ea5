"""The result of a comparison of two models."""

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from framework_parity.common.layouts import Array
from framework_parity.common.live.graph import Graph, Node
from framework_parity.comparisons.compare.pairing import Pairing
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR
from framework_parity.comparisons.ladder.verdict import Outcome
from framework_parity.comparisons.numbers import finite

SCHEMA = "framework-parity/compare/1"


NOT_COMPARED: Any = field(default=None, compare=False)
"""The default of a field that does not make two objects unequal."""


class Place(NamedTuple):
    """Where something is in both files, each with the user's line."""

    torch: str
    keras: str


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
        part: `model`, `tensor`, `shape`, `layer` where the operation has to
            be computed with PyTorch's tensors, or the part of the training
            that differs: `loss`, `optimizer`, `constants`, `clipping`,
            `rates`, `rounded_rates`, `trained`, `modes`, `penalties`, `exact`,
            `fitted`, `dense`, `accumulation`, `decays`, `cleared`,
            `stepped`, `shared`, `draws`, `group_rates`, `padding_row`,
            `loss_scale`, `placement`, `penalized`, `plain_step`, `state`,
            `flat`, `loss_model`; `unread`
            where it cannot be replaced.
        places: where it is, if it is in no operation.
        inherent: whether no argument of the frameworks' classes changes it.
        order: of a concatenation, which of Keras's inputs each of PyTorch's
            is.
        ports: of Keras's inputs, by place, which output of the operation
            before PyTorch takes.
        group: of shared tensors, Keras's operations.
        value: of a constant of Keras's, the one that PyTorch has.
        factor: of two losses, PyTorch's relative to Keras's.
        loss_part: of an operation of a loss, the part that it would be of a
            model.
        cost: how far the losses are apart after the trajectory if it is left
            alone, relative to their size; None where that is not known.
    """

    slug: str
    torch: Node | None
    keras: Node | None
    sentence: str
    change: str
    field: str | None = None
    part: str = "model"
    places: Place | None = None
    inherent: bool = False
    order: tuple[int, ...] = ()
    ports: tuple[tuple[int, int], ...] = ()
    group: tuple[int, ...] = ()
    value: Array | None = NOT_COMPARED
    factor: float = 1.0
    loss_part: str = ""
    cost: float | None = None

    @classmethod
    def of_training(
        cls, slug: str, places: Place, sentence: str, change: str, **more: Any
    ) -> "Difference":
        """Return a difference that is in no operation of the models."""
        return cls(slug, None, None, sentence, change, places=places, **more)

    @property
    def key(self) -> tuple[Any, ...]:
        """What is the same for one difference, found in two recordings."""
        return self.slug, self.field, *self.labels

    @property
    def family(self) -> tuple[str, str]:
        """What differences of one kind have in common."""
        node = self.torch or self.keras
        return self.slug, node.kind if node else ""

    @property
    def labels(self) -> tuple[str | None, str | None]:
        """PyTorch's and Keras's place, each with the user's line."""
        if self.places is not None:
            return self.places.torch, self.places.keras
        return (
            self.torch.label if self.torch else None,
            self.keras.label if self.keras else None,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the difference as a JSON value."""
        return {
            "slug": self.slug,
            "torch": self.labels[0],
            "keras": self.labels[1],
            "sentence": self.sentence,
            "change": self.change,
            "cost": self.cost,
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
        draws: initial weights that the frameworks draw differently; the
            comparison uses PyTorch's.
        inputs: what the models were applied to, in sentences.
        notes: what was replaced before the comparison, in sentences.
        replaced: side, kind and label of the operations that are computed in
            NumPy in all runs, since it has rounded their constants to
            float32, or cannot differentiate them.
        level: the last rung that was compared.
        rungs: the ratio of each rung of training to the floor.
        first_training: the first rung of training that differs, and where.
        training_explained: whether the causes explain the rungs of training.
        inherent: differences that no argument changes; they were removed
            before the rungs of training were judged.
        excused: last activations that the losses make up for.
        cost: how far the last losses are apart, relative to their size.
        unknown: why the comparison cannot be decided, in sentences: what
            draws random numbers, or has tensors that were not copied.
        rates: PyTorch's learning rate in each step.
        keras_rates: Keras's.
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
    draws: list[Difference] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    output_shape: tuple[int, ...] = ()
    replaced: set[tuple[str, str, str]] = field(default_factory=set)
    level: str = "forward"
    rungs: dict[str, float] = field(default_factory=dict)
    first_training: tuple[str, Place] | None = None
    training_explained: bool = True
    inherent: list[Difference] = field(default_factory=list)
    excused: list[Difference] = field(default_factory=list)
    cost: float | None = None
    unknown: list[str] = field(default_factory=list)
    rates: tuple[float, ...] = ()
    keras_rates: tuple[float, ...] = ()

    @property
    def verdict(self) -> Outcome:
        """Whether the two models agree in all rungs that were compared."""
        outputs = 0.0 if self.excused and not self.causes else self.outputs
        ratios = [outputs, *self.rungs.values()]
        if any(map(math.isnan, ratios)) or (self.unknown and not self.causes):
            return "undecided"
        return "agree" if max(ratios) <= TIMES_FLOOR else "disagree"

    @property
    def first(self) -> OperationRatio | None:
        """The first pair that differs for the same input, if one does.

        Where none does, it is the first that differs in the whole models.
        """
        own = [
            each
            for each in self.ratios
            if each.own is not None and each.own > TIMES_FLOOR
        ]
        arrived = [each for each in self.ratios if each.arrived > TIMES_FLOOR]
        return next(iter(own or arrived), None)

    @property
    def structural(self) -> bool:
        """Whether an operation has no partner or one of another kind."""
        differences = (*self.causes, *self.not_decided)
        return any(each.field is None for each in differences)

    def as_json(self) -> dict[str, Any]:
        """Return the document that `--json` prints; see docs/compare.md."""
        first = self.first
        disagrees = self.verdict == "disagree"
        rung = "structure" if self.structural else "forward"
        place = (
            {"torch": first.torch.label, "keras": first.keras.label}
            if (first)
            else None
        )
        if self.first_training and (
            self.outputs <= TIMES_FLOOR or self.excused
        ):
            rung, where = self.first_training
            place = {"torch": where.torch, "keras": where.keras}
        return {
            "schema": SCHEMA,
            "command": "compare",
            "torch": self.addresses[0],
            "keras": self.addresses[1],
            "dtype": self.dtype,
            "level": self.level,
            "verdict": self.verdict,
            "first_rung": rung if disagrees else None,
            "first_place": place if disagrees else None,
            "ratio_to_floor": finite(self.outputs),
            "relative_difference": finite(self.difference),
            "rungs": {name: finite(r) for name, r in self.rungs.items()},
            "cost": self.cost,
            "causes": [each.as_json() for each in self.causes],
            "remaining_ratio_to_floor": self.remaining,
            "explained": bool(self.causes) and self.training_explained,
            "inherent": [each.as_json() for each in self.inherent],
            "excused": [each.as_json() for each in self.excused],
            "draws": [each.as_json() for each in self.draws],
            "tried": [each.as_json() for each in self.tried],
            "not_decided": [each.as_json() for each in self.not_decided],
            "pairing": [
                {
                    "torch": each.torch.label,
                    "keras": each.keras.label,
                    "kind": each.torch.kind,
                    "own_ratio_to_floor": None
                    if each.own is None
                    else finite(each.own),
                    "arrived_ratio_to_floor": finite(each.arrived),
                }
                for each in self.ratios
            ],
            "unknown": self.unknown,
            "inputs": self.inputs,
            "notes": self.notes,
        }
