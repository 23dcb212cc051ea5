"""What two frameworks that train different sides of an arm have in common.

Layers that stand for one another may have two names
(`common.spec.two_sided.experiment`). Here what Keras's side calls by its own
names is called by PyTorch's, and what only one side has is left out, so that
the judge compares like with like.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from framework_parity.common.spec.two_sided.arms import LABELS, SIDES, TwoArms
from framework_parity.common.training.loop import initial_weights
from framework_parity.common.training.record import Record
from framework_parity.comparisons.ladder.verdict import Verdict
from framework_parity.comparisons.workers.tasks import Snapshot, StepInspection

NORM = "gradient_norm"


class Sides:
    """The names that both sides of an arm share.

    Args:
        arm: the arm.
    """

    def __init__(self, arm: TwoArms) -> None:
        self.arm = arm
        self.places = arm.partners
        self.known = {place.name for place in arm.keras.all_nodes}

    def renamed(self, name: str) -> str | None:
        """Return PyTorch's name of what Keras's side calls so.

        None where PyTorch's side has nothing that stands for it.
        """
        place, slash, own = name.partition("/")
        found = self.places.get(place)
        return None if found is None else f"{found}{slash}{own}"

    def shared(
        self, torch: dict[str, Any], keras: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return of both what both have, by PyTorch's names.

        Args:
            torch: values by place, tensor, or another word such as `loss`.
            keras: likewise, by the names of Keras's side.
        """
        theirs = {
            name: value
            for each, value in keras.items()
            if (name := self._of(each)) is not None
        }
        both = [name for name in torch if name in theirs]
        return {n: torch[n] for n in both}, {n: theirs[n] for n in both}

    def _of(self, name: str) -> str | None:
        inside = name.partition("/")[0] in self.known
        return self.renamed(name) if inside else name

    def surveys(
        self, torch: StepInspection, keras: StepInspection
    ) -> tuple[StepInspection, StepInspection]:
        """Return both surveys with the snapshots of what both have."""
        pairs = [
            self._snapshots(*both)
            for both in zip(torch.snapshots, keras.snapshots, strict=False)
        ]
        found = [
            replace(inspect_step, snapshots=[pair[side] for pair in pairs])
            for side, inspect_step in enumerate((torch, keras))
        ]
        return found[0], found[1]

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
        """Return both frameworks' records with what both have."""
        ours, theirs = [], []
        for index in range(max(len(torch), len(keras))):
            first = torch[min(index, len(torch) - 1)]
            second = keras[min(index, len(keras) - 1)]
            pair = self._record(first, second)
            ours.append(pair[0])
            theirs.append(pair[1])
        return ours[: len(torch)], theirs[: len(keras)]

    def _record(self, torch: Record, keras: Record) -> tuple[Record, Record]:
        theirs = {self.renamed(name): name for name in keras.parameters}
        learnt = [name for name in torch.parameters if name in theirs]
        columns = learnt, [theirs[name] for name in learnt]
        weights = self.shared(torch.weights, keras.weights)
        probes = self.shared(
            torch.probes, {self._seen(k): v for k, v in keras.probes.items()}
        )
        epochs = [name for name in torch.epochs if name in keras.epochs]
        found = []
        for side, record in enumerate((torch, keras)):
            steps = dict(record.steps)
            if NORM in steps:
                wanted = [record.parameters.index(n) for n in columns[side]]
                steps[NORM] = steps[NORM][:, wanted]
            found.append(
                replace(
                    record,
                    steps=steps,
                    epochs={name: record.epochs[name] for name in epochs},
                    weights=weights[side],
                    parameters=tuple(learnt),
                    probes=probes[side],
                )
            )
        return found[0], found[1]

    def _seen(self, name: str) -> str:
        """Return the name of what a probe saw by that of PyTorch's side.

        What has none there keeps a name that nothing there has.
        """
        probe, slash, where = name.partition("/")
        return f"{probe}{slash}{self._of(where) or f'{where} of Keras'}"


def judge_structure(arm: TwoArms) -> Verdict:
    """Say whether both sides have the same tensors and shapes.

    A layer of one side alone is no difference of its own where it has no
    tensors and changes no shape; the next rungs show what it does.
    """
    theirs = {mine: its for its, mine in arm.partners.items()}
    other = {place.name: place for place in arm.keras.all_nodes}
    for place in arm.torch.all_nodes:
        tensors = place.parameters | place.state
        if place.name not in theirs:
            if tensors:
                return _alone(arm, *next(iter(tensors.items())), "torch")
            continue
        its = other[theirs[place.name]]
        shapes = {place.name: place.output_shape, **tensors}
        renamed = {
            n.replace(its.name, place.name, 1): shape
            for n, shape in (its.parameters | its.state).items()
        } | {place.name: its.output_shape}
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
    """Return which layers are on one side alone, or nothing."""
    names = {
        "torch": {p.name for p in arm.torch.all_nodes}
        - set(arm.partners.values()),
        "keras": {p.name for p in arm.keras.all_nodes} - set(arm.partners),
    }
    return "".join(
        f"; on {LABELS[side]}'s side alone: {', '.join(sorted(names[side]))}"
        for side in SIDES
        if names[side]
    )


def other_start(arm: TwoArms, seed: int) -> str | None:
    """Return the first tensor whose initial values differ, or None.

    Args:
        arm: both sides of it.
        seed: that the initial weights are drawn under.
    """
    torch, keras = Sides(arm).shared(
        *(initial_weights(a, seed, "float64") for a in (arm.torch, arm.keras))
    )
    return next(
        (n for n, v in torch.items() if not np.array_equal(v, keras[n])), None
    )
