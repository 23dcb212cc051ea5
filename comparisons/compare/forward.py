"""The rung that compares the outputs of all operations."""

from typing import Any

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.graph import Node
from framework_parity.common.live.joins import JOINS
from framework_parity.common.live.replay import StandIns
from framework_parity.common.live.standins import KINDS
from framework_parity.comparisons.compare.differences import (
    NEUTRAL,
    found_differences,
    is_testable,
    stand_ins,
)
from framework_parity.comparisons.compare.pairing import differing
from framework_parity.comparisons.compare.ratios import (
    compared,
    near,
    set_weights,
)
from framework_parity.comparisons.compare.result import (
    Difference,
    OperationRatio,
    PairResult,
)
from framework_parity.comparisons.compare.search import smallest
from framework_parity.comparisons.ladder.thresholds import NUDGES, TIMES_FLOOR
from framework_parity.comparisons.workers.worker import WorkerPair

Runs = list[dict[int, list[Array]]]
"""The outputs of all nodes, unmodified, then perturbed."""

Both = dict[str, Runs]
"""The runs of each framework."""

OwnRatios = dict[tuple[Node, Node], tuple[float | None, float]]
"""For each pair the ratio to the floor for the same input, where it was
computed, and the relative difference."""

FLOAT32 = 2.0**-22
"""Largest relative difference that a constant rounded to float32 explains."""


class Forward:
    """The rung that compares the outputs of all operations."""

    def __init__(
        self, pair: WorkerPair, result: PairResult, inputs: list[Array]
    ) -> None:
        self.pair, self.result, self.inputs = pair, result, inputs
        self.torch, self.keras = result.graphs
        self.rounded: StandIns = {}
        self.runs = self._perturbed()

    def _perturbed(self) -> Both:
        """Return the outputs of all nodes, unmodified and perturbed."""
        runs: Both = {side: [] for side in self.pair.workers}
        held = self.pair.ask("live_weights")
        for nudge in (None, *NUDGES):
            if nudge is not None:
                set_weights(self.pair, held, nudge)
            inputs = [near(x, nudge) for x in self.inputs]
            outputs = self.pair.ask("live_outputs", inputs=inputs)
            for side, values in outputs.items():
                runs[side].append(values)
        set_weights(self.pair, held, None)
        return runs

    def _ratio(self, one: int, other: int, port: int = 0) -> float:
        """Return how far two nodes' outputs differ in the whole models."""
        torch = [run[one][port] for run in self.runs["torch"]]
        keras = [run[other][port] for run in self.runs["keras"]]
        return compared(torch, keras)[0]

    def judge(self) -> None:
        """Compare all pairs and the outputs, and explain a disagreement."""
        result = self.result
        index, port = self.torch.outputs[0]
        result.output_shape = self.runs["torch"][0][index][port].shape
        own = self._own_ratios()
        self.rounded = self._rounded_constants(own)
        if self.rounded:
            exact = self._modified({"keras": self.rounded})
            assert exact is not None
            self.runs = exact
            result.rounded = {
                (kind, self.keras.nodes[index].label)
                for index, instead in self.rounded.items()
                if instead is not None
                for kind in [instead[0]]
            }
            result.notes = self._notes()
        result.ratios = [
            OperationRatio(
                one,
                other,
                self._ratio(one.index, other.index),
                0.0 if other.index in self.rounded else ratio,
            )
            for (one, other), (ratio, _) in own.items()
        ]
        result.outputs, result.difference = self._outputs(self.runs)
        found = found_differences(self.torch, self.keras, result.pairing)
        if result.outputs <= TIMES_FLOOR:
            result.not_decided = found
        else:
            self._explain(found)

    def _notes(self) -> list[str]:
        """Return a sentence for each kind of operation that is rounded."""
        labels: dict[str, list[str]] = {}
        for index in self.rounded:
            node = self.keras.nodes[index]
            labels.setdefault(node.kind, []).append(node.label)
        return [
            f"Keras computes {kind} ({same[0]}"
            + (f", and {len(same) - 1} more" if len(same) > 1 else "")
            + ") with a constant that it has rounded to float32; the exact "
            "function was used in its place"
            for kind, same in labels.items()
        ]

    def _rounded_constants(self, own: OwnRatios) -> StandIns:
        """Return Keras's operations with constants rounded to float32.

        TensorFlow converts a Python number to float32 before it casts it to
        float64, so that Keras's GELU is off by 4e-9.
        """
        return {
            other.index: (other.kind, other.fields)
            for (one, other), (ratio, difference) in own.items()
            if ratio is not None
            and ratio > TIMES_FLOOR
            and difference < FLOAT32
            and one.kind == other.kind
            and other.kind in {*KINDS, *JOINS}
            and not differing(one, other)
        }

    def _outputs(self, runs: Both) -> tuple[float, float]:
        """Return the largest ratio and relative difference of the outputs."""
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

    def _own_ratios(self) -> OwnRatios:
        """Return ratio and difference of each pair for PyTorch's inputs."""
        asked: list[tuple[Node, Node]] = []
        requests: dict[str, list[Any]] = {"torch": [], "keras": []}
        ratios: OwnRatios = {}
        for pair in self.result.pairing.pairs:
            one, other = self.torch.nodes[pair[0]], self.keras.nodes[pair[1]]
            if not one.inputs:
                continue
            ratios[one, other] = None, 0.0
            order = self._order(one, other)
            if not self._takes(one, other, order):
                continue
            asked.append((one, other))
            for run in self.runs["torch"]:
                values = [run[source][port] for source, port in one.inputs]
                requests["torch"].append((one.index, values))
                requests["keras"].append(
                    (other.index, [values[place] for place in order])
                )
        answers = self.pair.ask_each(
            "live_operations",
            {name: {"requests": r} for name, r in requests.items()},
        )
        runs = len(self.runs["torch"])
        for number, nodes in enumerate(asked):
            part = slice(number * runs, (number + 1) * runs)
            torch = [outputs[0] for outputs in answers["torch"][part]]
            keras = [outputs[0] for outputs in answers["keras"][part]]
            ratios[nodes] = compared(torch, keras)
        return ratios

    def _takes(self, one: Node, other: Node, order: list[int]) -> bool:
        """Return whether Keras's operation can take PyTorch's inputs."""
        if len(one.inputs) != len(other.inputs):
            return False
        torch, keras = self.runs["torch"][0], self.runs["keras"][0]
        return all(
            torch[one.inputs[place][0]][one.inputs[place][1]].shape
            == keras[source][port].shape
            for place, (source, port) in zip(order, other.inputs, strict=True)
        )

    def _order(self, one: Node, other: Node) -> list[int]:
        """Return which of PyTorch's inputs each of Keras's inputs is."""
        partners = {k: t for t, k in self.result.pairing.pairs}
        sources = [source for source, _ in one.inputs]
        order = []
        for place, (source, _) in enumerate(other.inputs):
            partner = partners.get(source)
            known = sources.index(partner) if partner in sources else place
            order.append(known)
        return (
            order if len(set(order)) == len(order) else list(range(len(order)))
        )

    def _explain(self, found: list[Difference]) -> None:
        """Find the smallest set of differences that restores agreement."""
        testable = [each for each in found if is_testable(each, self.keras)]
        needed = smallest(testable, self._without)
        if needed is None:
            self.result.not_decided = found
            return
        self.result.causes = needed
        self.result.remaining = self._without(needed)
        self.result.tried = [each for each in testable if each not in needed]
        self.result.not_decided = [e for e in found if e not in testable]

    def _without(self, differences: list[Difference]) -> float:
        """Return the ratio of the outputs with some differences removed."""
        standins = stand_ins(differences)
        tensors = [each for each in differences if each.part == "tensor"]
        if tensors:
            return self._without_tensors(tensors, differences)
        runs = self._modified(standins)
        return np.inf if runs is None else self._outputs(runs)[0]

    def _without_tensors(
        self, tensors: list[Difference], differences: list[Difference]
    ) -> float:
        """Return the ratio with some of PyTorch's tensors without effect."""
        worker = self.pair.workers["torch"]
        held = worker.submit("live_weights").result()
        idle: dict[int, dict[str, Array]] = {}
        for each in tensors:
            assert each.torch is not None
            assert each.field is not None
            value = held[each.torch.index][each.field]
            idle.setdefault(each.torch.index, {})[each.field] = np.full_like(
                value, NEUTRAL[each.field]
            )
        worker.submit("set_live_weights", values=idle).result()
        plain, self.runs = self.runs, self._perturbed()
        try:
            return self._without([e for e in differences if e not in tensors])
        finally:
            self.runs = plain
            worker.submit("set_live_weights", values=held).result()

    def _modified(self, standins: dict[str, StandIns]) -> Both | None:
        """Return the outputs of all nodes with some operations replaced.

        None where the shapes of the outputs do not fit.

        Args:
            standins: the operations of each side; the runs of a side without
                any stay as they are.
        """
        rounded = {"torch": {}, "keras": self.rounded}
        futures = {
            side: [
                self.pair.workers[side].submit(
                    "live_outputs",
                    inputs=[near(x, nudge) for x in self.inputs],
                    standins=rounded[side] | instead,
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
