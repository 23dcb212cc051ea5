"""Passes through both models, with some of their operations replaced."""

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.graph import Graph
from framework_parity.common.live.records import Tensors
from framework_parity.common.live.replay import StandIns
from framework_parity.common.live.standins import neutral_value
from framework_parity.comparisons.compare.ratios import compared, near
from framework_parity.comparisons.compare.removal import stand_ins
from framework_parity.comparisons.compare.result import Difference
from framework_parity.comparisons.ladder.thresholds import NUDGES
from framework_parity.comparisons.workers.worker import WorkerPair

Runs = list[dict[int, list[Array]]]
"""The outputs of all nodes, unmodified, then perturbed."""

Both = dict[str, Runs]
"""The runs of each framework."""


class Passes:
    """Runs the recorded operations of both models on the same inputs.

    Args:
        pair: the workers, in which the models are open.
        graphs: of both models.
        inputs: batch first, channels last.

    Attributes:
        always: operations that are replaced in all runs.
        runs: of both models, with those replaced.
    """

    def __init__(
        self,
        pair: WorkerPair,
        graphs: tuple[Graph, Graph],
        inputs: list[Array],
    ) -> None:
        self.pair, self.inputs = pair, inputs
        self.torch, self.keras = graphs
        self.always: dict[str, StandIns] = {"torch": {}, "keras": {}}
        self.runs = self._perturbed()

    def _perturbed(self) -> Both:
        """Return the outputs of all nodes, unmodified and perturbed."""
        runs: Both = {side: [] for side in self.pair.workers}
        for nudge in (None, *NUDGES):
            self.pair.ask("nudge_live", nudge=nudge)
            inputs = [near(x, nudge) for x in self.inputs]
            outputs = self.pair.ask_each(
                "live_outputs",
                {
                    side: {"inputs": inputs, "standins": instead}
                    for side, instead in self.always.items()
                },
            )
            for side, values in outputs.items():
                runs[side].append(values)
        self.pair.ask("nudge_live", nudge=None)
        return runs

    def use_always(self, standins: dict[str, StandIns]) -> None:
        """Replace operations in all runs from now on.

        Args:
            standins: the operations of each side, and what computes them.
        """
        for side, instead in standins.items():
            self.always[side] |= instead
        runs = self._modified(standins)
        assert runs is not None  # each is replaced by what it is
        self.runs = runs

    def _modified(
        self, standins: dict[str, StandIns], tensors: Tensors | None = None
    ) -> Both | None:
        """Return the outputs of all nodes with some operations replaced.

        None where the shapes of the outputs do not fit.

        Args:
            standins: the operations of each side; the runs of a side without
                any stay as they are.
            tensors: for Keras's operations that are replaced with others
                than their own.
        """
        futures = {
            side: [
                self.pair.workers[side].submit(
                    "live_outputs",
                    inputs=[near(x, nudge) for x in self.inputs],
                    standins=self.always[side] | instead,
                    tensors=tensors if side == "keras" else None,
                )
                for nudge in (None, *NUDGES)
            ]
            for side, instead in standins.items()
            if instead
        }
        runs = dict(self.runs)
        for side, waiting in futures.items():
            runs[side] = [each.result() for each in waiting]
        fits = all(run is not None for each in runs.values() for run in each)
        return runs if fits else None

    def outputs(self, runs: Both | None = None) -> tuple[float, float]:
        """Return the largest ratio and relative difference of the outputs.

        Args:
            runs: of both models; by default those without further changes.
        """
        runs = runs or self.runs
        ratios, differences = [0.0], [0.0]
        edges = zip(self.torch.outputs, self.keras.outputs, strict=False)
        for (one, port), (other, place) in edges:
            ratio, difference = compared(
                [run[one][port] for run in runs["torch"]],
                [run[other][place] for run in runs["keras"]],
            )
            ratios.append(ratio)
            differences.append(difference)
        if len(self.torch.outputs) != len(self.keras.outputs):
            ratios.append(np.inf)
        return max(ratios), max(differences)

    def without(self, differences: list[Difference]) -> float:
        """Return the ratio of the outputs with some differences removed.

        Args:
            differences: all are testable.
        """
        graphs = {"torch": self.torch, "keras": self.keras}
        standins = stand_ins(differences, graphs)
        tensors = [
            each for each in differences if each.part in ("tensor", "shape")
        ]
        if tensors:
            return self._without_tensors(tensors, differences)
        runs = self._modified(standins, self._borrowed(differences))
        return np.inf if runs is None else self.outputs(runs)[0]

    def _borrowed(self, differences: list[Difference]) -> Tensors:
        """Return PyTorch's tensors for Keras's operations that need them."""
        needed = [each for each in differences if each.part == "layer"]
        if not needed:
            return {}
        held = self.pair.workers["torch"].submit("live_weights").result()
        return {
            each.keras.index: held.get(each.torch.index, {})
            for each in needed
            if each.torch is not None and each.keras is not None
        }

    def _without_tensors(
        self, tensors: list[Difference], differences: list[Difference]
    ) -> float:
        """Return the ratio with some tensors without effect.

        They are tensors of PyTorch that Keras has not, or of both where they
        have other shapes.
        """
        held = self.pair.ask("live_weights")
        idle: dict[str, dict[int, dict[str, Array]]] = {}
        for each in tensors:
            assert each.field is not None
            ends = {"torch": each.torch}
            if each.part == "shape":
                ends["keras"] = each.keras
            for side, node in ends.items():
                assert node is not None
                value = held[side][node.index][each.field]
                neutral = np.full_like(value, neutral_value(each.field))
                of_side = idle.setdefault(side, {})
                of_side.setdefault(node.index, {})[each.field] = neutral
        for side, values in idle.items():
            worker = self.pair.workers[side]
            worker.submit("set_live_weights", values=values).result()
        plain, self.runs = self.runs, self._perturbed()
        try:
            return self.without([e for e in differences if e not in tensors])
        finally:
            self.runs = plain
            for side in idle:
                worker = self.pair.workers[side]
                worker.submit("set_live_weights", values=held[side]).result()
