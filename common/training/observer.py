"""The observer: measures a network during training, as its probes specify.

It reads outputs, weights and gradients from a trainer and does not change
the trainer's state. The measurements and the choice of samples are the same
for both frameworks.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from framework_parity.common.data.spec import Part
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.activations import (
    Relu,
    Sigmoid,
    Softmax,
)
from framework_parity.common.spec.layers.augmentation import (
    RandomCrop,
    RandomFlip,
)
from framework_parity.common.spec.layers.core import Dense, Flatten
from framework_parity.common.spec.layers.regularization import (
    Dropout,
    SpatialDropout,
)
from framework_parity.common.spec.probes import (
    DeadRelu,
    Dropped,
    PerSampleGradients,
    Representations,
    Weights,
)
from framework_parity.common.training.randomness import stream
from framework_parity.common.training.record import Curve, Tensors

# Layers whose output is never negative, and layers that keep signs.
_NOT_NEGATIVE = (Relu, Sigmoid, Softmax)
_NEUTRAL = (Dropout, SpatialDropout, RandomFlip, RandomCrop, Flatten)


class Observer:
    """The measurements of the probes in one training run.

    Args:
        arm: the network; its `probes` specify what to measure.
        parts: the parts of its data.
    """

    def __init__(self, arm: Arm, parts: dict[str, Part]) -> None:
        self.arm, self.parts = arm, parts
        self.seen: dict[str, list[Curve]] = {}

    def due(self, epochs: int) -> set[int]:
        """Return the epochs, of `epochs` in total, after which to measure."""
        due: set[int] = set()
        for probe in self._probes().values():
            if isinstance(probe, DeadRelu | Weights):
                first = probe.every if isinstance(probe, DeadRelu) else 0
                due.update(range(first, epochs + 1, probe.every))
            elif not isinstance(probe, Dropped):
                due.update(e for e in probe.epochs if e != "last")
        return {epoch for epoch in due if epoch <= epochs}

    def look(self, trainer: Any, epoch: int, last: bool = False) -> None:
        """Measure the network after an epoch.

        Args:
            trainer: the network; see `common.training.loop.Trainer`.
            epoch: the epoch of the current weights; probes that have already
                measured it are skipped.
            last: whether training has ended.
        """
        for name, probe in self._probes().items():
            epochs = self.seen.get(f"{name}/epoch", [])
            if epoch in epochs or not _wanted(probe, epoch, last):
                continue
            values = getattr(self, f"_{name}")(trainer, probe)
            values = {"epoch": np.array(epoch)} | values
            for key, value in values.items():
                self.seen.setdefault(f"{name}/{key}", []).append(value)

    def record(self) -> dict[str, Curve]:
        """Return the measurements; see `Record.probes`."""
        return {
            name: np.ascontiguousarray(np.stack(measurements))
            for name, measurements in self.seen.items()
        }

    def _probes(self) -> dict[str, Any]:
        names = (
            *("dead_relu", "dropped", "per_sample_gradients"),
            *("representations", "weights"),
        )
        probes = {name: getattr(self.arm.probes, name, None) for name in names}
        return {name: probe for name, probe in probes.items() if probe}

    def _dead_relu(self, trainer: Any, probe: DeadRelu) -> Tensors:
        outputs = trainer.outputs(self.parts[probe.part].x)
        weights = trainer.weights()
        shares = {}
        for node in self.arm.all_nodes:
            if isinstance(node.layer, Relu):
                shares[node.name] = dead_share(outputs[node.name])
        for relu, dense in self._behind_dense():
            kernel = weights[f"{dense.name}/kernel"]
            bias = weights.get(f"{dense.name}/bias", np.zeros(1))
            by_weights = (kernel <= 0).all(0) & (bias <= 0)
            shares[f"{relu.name}/by_weights"] = np.array(by_weights.mean())
        return shares

    def _behind_dense(self) -> Iterator[tuple[LayerNode, LayerNode]]:
        """Yield each relu behind a dense layer with non-negative inputs."""
        positive = all((part.x >= 0).all() for part in self.parts.values())
        yield from _behind_dense(self.arm.nodes, positive)

    def _dropped(self, trainer: Any, probe: Dropped) -> Tensors:
        pairs = {}
        for node in self.arm.all_nodes:
            if node.mask_shape is not None:
                rng = stream(0, "dropped", node.name)
                x = rng.normal(size=(probe.samples, *node.input_shape))
                pairs[node.name] = np.stack(trainer.dropped(node, x))
        return pairs

    def _per_sample_gradients(
        self, trainer: Any, probe: PerSampleGradients
    ) -> Tensors:
        names = [
            name
            for node in self.arm.all_nodes
            if node.name in probe.places
            for name in node.parameters
        ]
        if not names:
            return {}
        part = self.parts["train"].some(probe.samples)
        gradients: Tensors = trainer.per_sample_gradients(
            part.x, part.y, names
        )
        return gradients

    def _representations(
        self, trainer: Any, probe: Representations
    ) -> Tensors:
        outputs = trainer.outputs(self.parts[probe.part].some(probe.samples).x)
        return {
            node.name: outputs[node.name]
            for node in self.arm.all_nodes
            if probe.places == "all" or node.name in probe.places
        }

    def _weights(self, trainer: Any, probe: Weights) -> Tensors:
        wanted = {
            name
            for node in self.arm.all_nodes
            if probe.places == "all" or node.name in probe.places
            for name in node.parameters
        }
        most = probe.largest or math.inf
        return {
            name: value
            for name, value in trainer.weights().items()
            if name in wanted and value.size <= most
        }


def dead_share(outputs: Array) -> Curve:
    """Return the share of units whose output is 0 for every sample.

    >>> dead_share(np.array([[0.0, 1.0], [0.0, 0.0]]))
    array(0.5)
    """
    axes = tuple(range(outputs.ndim - 1))
    return np.array((outputs == 0).all(axes).mean())


def _wanted(probe: Any, epoch: int, last: bool) -> bool:
    if isinstance(probe, DeadRelu):
        return last or (epoch > 0 and epoch % probe.every == 0)
    if isinstance(probe, Weights):
        return last or epoch % probe.every == 0
    if isinstance(probe, Dropped):
        return last
    return epoch in probe.epochs or (last and "last" in probe.epochs)


def _behind_dense(
    nodes: Sequence[LayerNode], positive: bool
) -> Iterator[tuple[LayerNode, LayerNode]]:
    before: LayerNode | None = None
    for node in nodes:
        for block in node.blocks.values():
            yield from _behind_dense(block, positive)
        if isinstance(node.layer, Relu) and before is not None:
            yield node, before
        before = None
        if isinstance(node.layer, Dense) and positive:
            before = node
        if not isinstance(node.layer, _NEUTRAL):
            positive = isinstance(node.layer, _NOT_NEGATIVE)
