"""Training runs of both models, with some of their differences removed."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.records import (
    Batches,
    Changes,
    TrainingRun,
)
from framework_parity.comparisons.compare.ratios import near
from framework_parity.comparisons.compare.result import PairResult
from framework_parity.comparisons.compare.rungs import Runs
from framework_parity.comparisons.ladder.thresholds import NUDGES
from framework_parity.comparisons.workers.worker import WorkerPair

FAR = 1000.0
"""A trial whose run is farther apart than this, in units of the floor of the
unmodified models, is not run again with perturbations."""


class Trials:
    """Trains both models with some changes, and keeps what does not change.

    Args:
        pair: the workers, in which the models are open.
        result: with the pairing.
        batches: of each side.
        steps: number of steps.
    """

    def __init__(
        self,
        pair: WorkerPair,
        result: PairResult,
        batches: dict[str, Batches],
        steps: int,
    ) -> None:
        self.pair, self.result = pair, result
        self.batches, self.steps = batches, steps
        self.kept: dict[str, tuple[Changes, list[TrainingRun | None]]] = {}
        self.settled: list[Any] = []
        self.trial = False
        self.floors: dict[Any, float] = {}

    def runs(
        self,
        changes: dict[str, Changes],
        *,
        perturbed: bool = True,
        trial: bool = True,
    ) -> Runs | None:
        """Return the runs of both sides; None where the shapes do not fit.

        Args:
            changes: of each side.
            perturbed: whether the perturbed runs are needed.
            trial: whether differences are removed.
        """
        self.trial = trial
        number = 1 + len(NUDGES) if perturbed else 1
        waiting = {
            side: self._started(side, change, number)
            for side, change in changes.items()
        }
        runs: Runs = {}
        for done, futures in waiting.values():
            done += [future.result() for future in futures]
        for future in self.settled:
            future.result()  # raises what it raised
        self.settled.clear()
        for side, (done, _) in waiting.items():
            runs[side] = [run for run in done[:number] if run is not None]
        if any(len(each) < number for each in runs.values()):
            return None
        return runs

    def _started(
        self, side: str, changes: Changes, number: int
    ) -> tuple[list[TrainingRun | None], list[Any]]:
        """Return the runs that are known, and the futures of the others."""
        known = self.kept.get(side)
        if known is None or known[0] != changes:
            known = self.kept[side] = changes, []
        worker, futures = self.pair.workers[side], []
        for nudge in (None, *NUDGES)[len(known[1]) : number]:
            self.settled.append(worker.submit("nudge_live", nudge=nudge))
            batches = self.batches[side]
            moved = [[near(x, nudge) for x in b] for b in batches.inputs]
            future = worker.submit(
                "train_live",
                batches=replace(batches, inputs=moved),
                changes=changes,
                steps=self.steps,
                trial=self.trial,
            )
            futures.append(future)
        if futures:
            self.settled.append(worker.submit("nudge_live", nudge=None))
        return known[1], futures

    @np.errstate(over="ignore", invalid="ignore")
    def measure(self, runs: Runs) -> None:
        """Note how far perturbations move the unmodified models."""
        self.floors = {}
        for side, (first, *others) in runs.items():
            values = dict(self._values(side, first))
            for other in others:
                for key, value in self._values(side, other):
                    moved = float(np.linalg.norm(value - values[key]))
                    known = self.floors.get(key, 0.0)
                    self.floors[key] = max(moved, known)

    @np.errstate(over="ignore", invalid="ignore")
    def is_far(self, runs: Runs) -> bool:
        """Return whether two runs surely disagree.

        Args:
            runs: of which the first of each side is used.
        """
        keras = dict(self._values("keras", runs["keras"][0]))
        for key, value in self._values("torch", runs["torch"][0]):
            other = keras.get(key)
            if other is None or other.shape != value.shape:
                continue
            size = np.finfo(value.dtype).eps * np.linalg.norm(value)
            floor = self.floors.get(key, 0.0) + size
            if np.linalg.norm(value - other) > FAR * floor:
                return True
        return False

    def _values(
        self, side: str, run: TrainingRun
    ) -> Iterator[tuple[Any, Array]]:
        """Yield what a run has, by a key that is that of the other side."""
        for number, loss in enumerate([run.loss, *run.losses]):
            if loss is not None and np.isfinite(loss):
                yield number, np.array([loss])
        parts = {"gradient": run.gradients, "first": run.first}
        parts["last"] = run.last
        for pair in self.result.pairing.pairs:
            index = pair[0] if side == "torch" else pair[1]
            for part, tensors in parts.items():
                for name, value in tensors.get(index, {}).items():
                    yield (part, pair, name), value.squeeze()
