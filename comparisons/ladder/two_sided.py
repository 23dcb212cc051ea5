"""Match the quantities of two frameworks that train two sides of an arm.

Corresponding layers may have different names on the two sides
(`common.spec.two_sided.experiment`). The quantities of Keras's side are
renamed to those of PyTorch's, and those of one side alone are left out, so
that the comparison is between corresponding quantities.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from framework_parity.common.spec.two_sided.arms import LABELS, SIDES, TwoArms
from framework_parity.common.training.inspection import (
    Snapshot,
    StepInspection,
)
from framework_parity.common.training.loop import initial_weights
from framework_parity.common.training.record import Record
from framework_parity.comparisons.ladder.verdict import Verdict

NORM = "gradient_norm"


class Sides:
    """The correspondence of names between both sides of an arm.

    Args:
        arm: the arm.
    """

    def __init__(self, arm: TwoArms) -> None:
        self.arm = arm
        self.partners = arm.partners
        self.known = {node.name for node in arm.keras.all_nodes}

    def renamed(self, name: str) -> str | None:
        """Return the name on PyTorch's side of a name on Keras's side.

        Args:
            name: a layer, or a tensor as `layer/tensor`.

        Returns:
            The name; None where PyTorch's side has no counterpart.
        """
        layer, slash, tensor = name.partition("/")
        partner = self.partners.get(layer)
        return None if partner is None else f"{partner}{slash}{tensor}"

    def shared(
        self, torch: dict[str, Any], keras: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the values that both sides have, by PyTorch's names.

        Args:
            torch: values by layer, tensor, or another key such as `loss`.
            keras: values by the names of Keras's side.

        Returns:
            The values of PyTorch and of Keras, with the same keys.
        """
        keras_values = {
            name: value
            for own_name, value in keras.items()
            if (name := self._of(own_name)) is not None
        }
        both = [name for name in torch if name in keras_values]
        return {n: torch[n] for n in both}, {n: keras_values[n] for n in both}

    def _of(self, name: str) -> str | None:
        inside = name.partition("/")[0] in self.known
        return self.renamed(name) if inside else name

    def inspections(
        self, torch: StepInspection, keras: StepInspection
    ) -> tuple[StepInspection, StepInspection]:
        """Return both inspections with the snapshots of what both have.

        Args:
            torch: PyTorch's inspection of one step.
            keras: Keras's inspection.

        Returns:
            Copies whose snapshots have the same keys.
        """
        pairs = [
            self._snapshots(*both)
            for both in zip(torch.snapshots, keras.snapshots, strict=False)
        ]
        matched = [
            replace(inspection, snapshots=[pair[side] for pair in pairs])
            for side, inspection in enumerate((torch, keras))
        ]
        return matched[0], matched[1]

    def _snapshots(
        self, torch: Snapshot, keras: Snapshot
    ) -> tuple[Snapshot, Snapshot]:
        parts = {
            part: self.shared(getattr(torch, part), getattr(keras, part))
            for part in ("outputs", "gradients", "stepped")
        }
        first, second = (
            Snapshot(**{part: both[side] for part, both in parts.items()})
            for side in range(2)
        )
        return first, second

    def records(
        self, torch: list[Record], keras: list[Record]
    ) -> tuple[list[Record], list[Record]]:
        """Return both frameworks' records with the quantities that both have.

        Args:
            torch: PyTorch's records.
            keras: Keras's records; the numbers of records may differ.

        Returns:
            As many records of each, with the same keys.
        """
        torch_records, keras_records = [], []
        for index in range(max(len(torch), len(keras))):
            first = torch[min(index, len(torch) - 1)]
            second = keras[min(index, len(keras) - 1)]
            pair = self._record(first, second)
            torch_records.append(pair[0])
            keras_records.append(pair[1])
        return torch_records[: len(torch)], keras_records[: len(keras)]

    def _record(self, torch: Record, keras: Record) -> tuple[Record, Record]:
        keras_names = {self.renamed(name): name for name in keras.parameters}
        learnt = [name for name in torch.parameters if name in keras_names]
        columns = learnt, [keras_names[name] for name in learnt]
        weights = self.shared(torch.weights, keras.weights)
        probes = self.shared(
            torch.probes, {self._seen(k): v for k, v in keras.probes.items()}
        )
        epochs = [name for name in torch.epochs if name in keras.epochs]
        records = []
        for side, record in enumerate((torch, keras)):
            steps = dict(record.steps)
            if NORM in steps:
                wanted = [record.parameters.index(n) for n in columns[side]]
                steps[NORM] = steps[NORM][:, wanted]
            records.append(
                replace(
                    record,
                    steps=steps,
                    epochs={name: record.epochs[name] for name in epochs},
                    weights=weights[side],
                    parameters=tuple(learnt),
                    probes=probes[side],
                )
            )
        return records[0], records[1]

    def _seen(self, name: str) -> str:
        """Return the name of a probed tensor on PyTorch's side.

        One without a counterpart gets a name that PyTorch's side lacks.
        """
        probe, slash, where = name.partition("/")
        return f"{probe}{slash}{self._of(where) or f'{where} of Keras'}"


def judge_structure(arm: TwoArms) -> Verdict:
    """Compare the tensors and shapes of both sides.

    A layer of one side alone is not a difference where it has no tensors
    and changes no shape; the next rungs compare its effect.
    """
    partners = {torch: keras for keras, torch in arm.partners.items()}
    keras_nodes = {node.name: node for node in arm.keras.all_nodes}
    for node in arm.torch.all_nodes:
        if node.name not in partners:
            if node.tensors:
                return _alone(arm, *next(iter(node.tensors.items())), "torch")
            continue
        partner = keras_nodes[partners[node.name]]
        shapes = {node.name: node.output_shape, **node.tensors}
        renamed = {
            n.replace(partner.name, node.name, 1): shape
            for n, shape in partner.tensors.items()
        } | {node.name: partner.output_shape}
        for name, shape in shapes.items():
            if name not in renamed:
                return _alone(arm, name, shape, "torch")
            if renamed[name] != shape:
                return _parted(
                    arm,
                    name,
                    f"{name} has shape {shape} on PyTorch's side and "
                    f"{renamed[name]} on Keras's",
                )
    sides = Sides(arm)
    for name, shape in arm.keras.tensors.items():
        if sides.renamed(name) not in arm.torch.tensors:
            return _alone(arm, name, shape, "keras")
    counted = f"{arm.torch.parameter_count:,} parameters on both sides"
    return Verdict(
        "structure", arm.name, "agree", sentence=counted + _extra(arm)
    )


def _alone(
    arm: TwoArms, name: str, shape: tuple[int, ...], side: str
) -> Verdict:
    return _parted(
        arm,
        name,
        f"{name}, of shape {shape}, is on {LABELS[side]}'s side alone",
    )


def _parted(arm: TwoArms, where: str, sentence: str) -> Verdict:
    return Verdict(
        "structure",
        arm.name,
        "disagree",
        np.inf,
        where=where,
        sentence=sentence,
    )


def _extra(arm: TwoArms) -> str:
    """Return a clause with the layers of one side alone, or an empty one."""
    names = {
        "torch": {node.name for node in arm.torch.all_nodes}
        - set(arm.partners.values()),
        "keras": {node.name for node in arm.keras.all_nodes}
        - set(arm.partners),
    }
    return "".join(
        f"; on {LABELS[side]}'s side alone: {', '.join(sorted(names[side]))}"
        for side in SIDES
        if names[side]
    )


def other_start(arm: TwoArms, seed: int) -> str | None:
    """Return the first tensor whose initial values differ, or None.

    Args:
        arm: both sides of the arm.
        seed: seed of the initial weights.

    Returns:
        The name of the tensor on PyTorch's side.
    """
    torch, keras = Sides(arm).shared(
        *(initial_weights(a, seed, "float64") for a in (arm.torch, arm.keras))
    )
    return next(
        (n for n, v in torch.items() if not np.array_equal(v, keras[n])), None
    )
