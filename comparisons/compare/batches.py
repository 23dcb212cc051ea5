"""The batches of the training steps: inputs, targets, names of dropouts."""

from typing import Literal, TypeAlias

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.losses import FORMS, target_forms
from framework_parity.common.live.records import Batches, TrainingFound
from framework_parity.common.live.standins import DROPOUTS
from framework_parity.common.training.randomness import stream
from framework_parity.comparisons.compare.pairing import Pairing

TargetShape: TypeAlias = Literal["labels"] | tuple[int, ...]
"""What targets are: labels, or numbers of a shape."""


class TargetDraws:
    """The targets of each step.

    Args:
        outputs: the shape of the models' outputs.
        given: targets of the user's, for every batch; None if they are
            drawn.
        wanted: `labels`, or the shape of targets that are numbers; None for
            what the loss takes.
        seed: of what is drawn.
    """

    def __init__(
        self,
        outputs: tuple[int, ...],
        given: Array | None,
        wanted: TargetShape | None,
        seed: int,
    ) -> None:
        self.given, self.wanted, self.seed = given, wanted, seed
        several = len(outputs) > 1 and outputs[-1] > 1
        self.classes = outputs[-1] if several else 2
        self.leading = outputs[:-1] if several else outputs
        self.numbers = wanted if isinstance(wanted, tuple) else outputs

    def every_form(self) -> dict[str, Array]:
        """Return targets in each form, of which a loss takes one."""
        if self.given is not None:
            return target_forms(self.given, self.classes)
        rng = stream(self.seed, "compare", "targets")
        labels = rng.integers(self.classes, size=self.leading)
        if self.wanted == "labels":
            return dict.fromkeys(FORMS, labels)
        values = rng.random(self.numbers)
        if self.wanted is not None:
            return dict.fromkeys(FORMS, values)
        return target_forms(labels, self.classes) | {"values": values}

    def of_step(
        self, step: int, found: dict[str, TrainingFound]
    ) -> dict[str, Array]:
        """Return the targets of a step in each form.

        Args:
            step: the step.
            found: what both files have for training.
        """
        if self.given is not None:
            return target_forms(self.given, self.classes)
        rng = stream(self.seed, "compare", "targets", step)
        forms = {each.form for each in found.values()}
        numbers = isinstance(self.wanted, tuple)
        if numbers or ("values" in forms and self.wanted is None):
            drawn = rng.random(self.numbers)
            calls = [call for each in found.values() for call in each.losses]
            if any(call.kind == "binary_cross_entropy" for call in calls):
                drawn = (drawn > 0.5).astype(np.float64)
            return dict.fromkeys(FORMS, drawn)
        labels = rng.integers(self.classes, size=self.leading)
        if self.wanted == "labels":
            return dict.fromkeys(FORMS, labels)
        return target_forms(labels, self.classes)


def agreed_forms(found: dict[str, TrainingFound]) -> dict[str, str]:
    """Return the form of each side's targets, with the same content.

    A loss that the reader knows says which it takes; one that it does not
    know, and that takes several, takes the same as the other side's.

    Args:
        found: what both files have for training.
    """
    forms = {side: each.form for side, each in found.items()}
    sides = list(found)
    for side, other in (sides, sides[::-1]):
        if found[side].known and not found[other].known:
            numbers = forms[side] == "values"
            wanted = ["values"] if numbers else ["labels", "one_hot"]
            taken = [form for form in wanted if form in found[other].forms]
            forms[other] = (taken or [forms[other]])[0]
    if not any(each.known for each in found.values()):
        common = [
            form
            for form in FORMS
            if all(form in each.forms for each in found.values())
        ]
        forms = dict.fromkeys(forms, common[0]) if common else forms
    return forms


def drawn_batches(
    found: dict[str, TrainingFound],
    pairing: Pairing,
    first: list[Array],
    draws: TargetDraws,
    steps: int,
) -> dict[str, Batches]:
    """Return the batches of each side.

    Args:
        found: what both files have for training.
        pairing: of their operations in training mode.
        first: the inputs of the first step.
        draws: the targets.
        steps: number of batches.
    """
    inputs = [first]
    for step in range(1, steps):
        rng = stream(draws.seed, "compare", "batch", step)
        inputs.append([_another(x, rng) for x in first])
    drawn = [draws.of_step(step, found) for step in range(steps)]
    batches = {}
    for side, each in found.items():
        nodes = [node.index for node in each.graph if node.kind in DROPOUTS]
        names = [
            str(pairing.torch_of.get(index, f"keras {index}"))
            if side == "keras"
            else str(index)
            for index in nodes
        ]
        targets = [forms[each.form] for forms in drawn]
        batches[side] = Batches(inputs, targets, names, draws.seed)
    return batches


def _another(x: Array, rng: np.random.Generator) -> Array:
    """Return another input of the same kind."""
    if x.dtype.kind != "f":
        return np.asarray(rng.integers(int(x.max()) + 1, size=x.shape))
    return np.asarray(rng.normal(size=x.shape))
