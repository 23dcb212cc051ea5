"""The rung that compares the outputs of all operations."""

from typing import Any

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.graph import Graph, Node
from framework_parity.common.live.joins import JOINS
from framework_parity.common.live.replay import StandIns
from framework_parity.common.live.standins import KINDS
from framework_parity.comparisons.compare.differences import (
    FLOAT32,
    found_differences,
)
from framework_parity.comparisons.compare.pairing import NORMS, differing
from framework_parity.comparisons.compare.passes import Passes
from framework_parity.comparisons.compare.ratios import (
    compared,
)
from framework_parity.comparisons.compare.removal import (
    IDLE,
    is_testable,
    stand_ins,
)
from framework_parity.comparisons.compare.result import (
    Difference,
    OperationRatio,
    PairResult,
)
from framework_parity.comparisons.compare.search import smallest
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR
from framework_parity.comparisons.workers.worker import LABELS, WorkerPair

OwnRatios = dict[tuple[Node, Node], tuple[float | None, float]]
"""For each pair the ratio to the floor for the same input, where it was
computed, and the relative difference."""

ROUNDED_IN_TORCH = ("hard_sigmoid", "hard_swish")
"""Kinds whose slope of 1/6 PyTorch stores in float32."""

RANDOM = 1e-4
"""Relative difference of two runs on the same inputs, beyond which an
operation draws random numbers."""


class Forward:
    """The rung that compares the outputs of all operations."""

    def __init__(
        self, pair: WorkerPair, result: PairResult, inputs: list[Array]
    ) -> None:
        self.pair, self.result, self.inputs = pair, result, inputs
        self.torch, self.keras = result.graphs
        self.passes = Passes(pair, result.graphs, inputs)

    def _ratio(self, one: int, other: int, port: int = 0) -> float:
        """Return how far two nodes' outputs differ in the whole models."""
        torch = [run[one][port] for run in self.passes.runs["torch"]]
        keras = [run[other][port] for run in self.passes.runs["keras"]]
        return compared(torch, keras)[0]

    def judge(self) -> None:
        """Compare all pairs and the outputs, and explain a disagreement."""
        result = self.result
        index, port = self.torch.outputs[0]
        result.output_shape = self.passes.runs["torch"][0][index][port].shape
        drawing = self._without_draws()
        found = found_differences(self.torch, self.keras, result.pairing)
        self._round_alike(
            [e for e in found if e.inherent and e.value is not None]
        )
        own = self._own_ratios()
        rounded = self._rounded_constants(own)
        if rounded["keras"]:
            self.passes.use_always(rounded)
            result.replaced = {
                (side, nodes[index].kind, nodes[index].label)
                for side, nodes in self._nodes.items()
                for index in rounded[side]
            }
            for note in self._notes(rounded):
                if note not in result.notes:  # from an attempt before
                    result.notes.append(note)
        result.ratios = [
            OperationRatio(
                one,
                other,
                self._ratio(one.index, other.index),
                0.0 if other.index in rounded["keras"] else ratio,
            )
            for (one, other), (ratio, _) in own.items()
        ]
        result.outputs, result.difference = self.passes.outputs()
        found = [each for each in found if not each.inherent]
        if result.outputs <= TIMES_FLOOR:
            result.not_decided = found
        else:
            self._explain(found)
        if drawing:
            result.causes += drawing
            result.outputs, result.remaining = np.inf, result.outputs

    def _round_alike(self, constants: list[Difference]) -> None:
        """Give Keras the constants that differ only by rounding."""
        if not constants:
            return
        self.passes.use_always(stand_ins(constants))
        for each in constants:
            note = f"{each.sentence}; PyTorch's was used in both"
            if note not in self.result.notes:
                self.result.notes.append(note)

    def _without_draws(self) -> list[Difference]:
        """Leave out what draws random numbers in evaluation.

        Returns:
            A difference for each dropout that only one side applies then.
        """
        again = self.pair.ask("live_outputs", inputs=self.inputs)
        sources = {
            side: _random(graph, self.passes.runs[side][0], again[side])
            for side, graph in (("torch", self.torch), ("keras", self.keras))
        }
        others = [
            node
            for nodes in sources.values()
            for node in nodes
            if node.kind not in IDLE
        ]
        self.result.unknown = [
            f"{node.label} draws random numbers in evaluation mode"
            for node in others
        ]
        if others or not any(sources.values()):
            return []
        self.passes.use_always(
            {
                side: {node.index: None for node in nodes}
                for side, nodes in sources.items()
            }
        )
        return self._one_sided(sources)

    def _one_sided(self, sources: dict[str, list[Node]]) -> list[Difference]:
        """Return the dropouts that only one side applies in evaluation."""
        pairing = self.result.pairing
        ends: list[tuple[Node | None, Node | None]] = [
            (self.torch.nodes[one], self.keras.nodes[other])
            for one, other in pairing.pairs
        ]
        ends += [(self.torch.nodes[i], None) for i in pairing.torch_alone]
        ends += [(None, self.keras.nodes[i]) for i in pairing.keras_alone]
        return [
            Difference(
                "evaluation_mode",
                one,
                other,
                "dropout is applied in evaluation mode in "
                + LABELS["torch" if one in sources["torch"] else "keras"]
                + " only",
                "pass training=self.training to F.dropout in PyTorch, and no "
                "training=True in Keras",
            )
            for one, other in ends
            if (one in sources["torch"]) != (other in sources["keras"])
        ]

    @property
    def _nodes(self) -> dict[str, tuple[Node, ...]]:
        return {"torch": self.torch.nodes, "keras": self.keras.nodes}

    def _notes(self, rounded: dict[str, StandIns]) -> list[str]:
        """Return a sentence for each kind of operation that is rounded."""
        labels: dict[tuple[str, str], list[str]] = {}
        for index in rounded["keras"]:
            node = self.keras.nodes[index]
            side = "torch" if node.kind in ROUNDED_IN_TORCH else "keras"
            labels.setdefault((side, node.kind), []).append(node.label)
        return [
            f"{LABELS[side]} computes {kind} (Keras's {same[0]}"
            + (f", and {len(same) - 1} more" if len(same) > 1 else "")
            + ") with a constant that it has rounded to float32; the exact "
            "function was used in its place"
            for (side, kind), same in labels.items()
        ]

    def _rounded_constants(self, own: OwnRatios) -> dict[str, StandIns]:
        """Return the operations with constants rounded to float32.

        TensorFlow converts a Python number to float32 before it casts it to
        float64, so that Keras's GELU is off by 4e-9.
        """
        pairs = [
            (one, other)
            for (one, other), (ratio, difference) in own.items()
            if ratio is not None
            and ratio > TIMES_FLOOR
            and difference < FLOAT32
            and one.kind == other.kind
            and other.kind in {*KINDS, *JOINS}
            and not differing(one, other)
        ]
        return {
            "torch": {
                one.index: (one.kind, one.fields)
                for one, _ in pairs
                if one.kind in ROUNDED_IN_TORCH
            },
            "keras": {
                other.index: (other.kind, other.fields) for _, other in pairs
            },
        }

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
            for run in self.passes.runs["torch"]:
                values = [run[source][port] for source, port in one.inputs]
                requests["torch"].append((one.index, values))
                requests["keras"].append(
                    (other.index, [values[place] for place in order])
                )
        answers = self.pair.ask_each(
            "live_operations",
            {name: {"requests": r} for name, r in requests.items()},
        )
        runs = len(self.passes.runs["torch"])
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
        runs = self.passes.runs
        torch, keras = runs["torch"][0], runs["keras"][0]
        pairs = [
            (torch[one.inputs[place][0]][one.inputs[place][1]], keras[i][port])
            for place, (i, port) in zip(order, other.inputs, strict=True)
        ]
        return all(
            mine.shape == theirs.shape and mine.dtype.kind == theirs.dtype.kind
            for mine, theirs in pairs
        )

    def _order(self, one: Node, other: Node) -> list[int]:
        """Return which of PyTorch's inputs each of Keras's inputs is."""
        partners = self.result.pairing.torch_of
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
        needed = smallest(testable, self.passes.without)
        if needed is None:
            moved = [
                each
                for each in self._placements(found)
                if self.passes.without([each]) <= TIMES_FLOOR
            ]
            if not moved:
                self.result.not_decided = found
                return
            needed = moved[:1]
        self.result.causes = needed
        self.result.remaining = self.passes.without(needed)
        self.result.tried = [each for each in testable if each not in needed]
        self.result.not_decided = [e for e in found if e not in testable]

    def _placements(self, found: list[Difference]) -> list[Difference]:
        """Return normalisations that both have, at other places.

        Without any of them, the models have to agree.
        """
        placements = []
        for kind in sorted(NORMS):
            sides = [
                [node for node in graph if node.kind == kind]
                for graph in (self.torch, self.keras)
            ]
            alone = [
                each
                for each in found
                if (each.torch is None) != (each.keras is None)
                and (each.torch or each.keras) in (*sides[0], *sides[1])
            ]
            if not alone or len(sides[0]) != len(sides[1]):
                continue
            labels = [", ".join(n.label for n in side) for side in sides]
            placements.append(
                Difference(
                    "operation_order",
                    sides[0][0],
                    sides[1][0],
                    f"{kind} is applied at other places: at {labels[0]} in "
                    f"PyTorch, at {labels[1]} in Keras; without any of them "
                    "the models agree",
                    "apply it at the same places, such as before or after "
                    "each block",
                    part="placement",
                )
            )
        return placements


def _random(
    graph: Graph, once: dict[int, list[Array]], again: dict[int, list[Array]]
) -> list[Node]:
    """Return the operations that differ in two runs on the same inputs."""

    def differs(index: int, port: int) -> bool:
        pair = once[index][port], again[index][port]
        return not np.allclose(*pair, RANDOM, RANDOM, equal_nan=True)

    return [
        node
        for node in graph
        if any(differs(node.index, port) for port in range(len(node.shapes)))
        and not any(differs(*edge) for edge in node.inputs)
    ]
