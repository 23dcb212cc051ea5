"""The observer: looks at a network under training, as its probes say.

It asks a trainer for outputs, weights and gradients, and for nothing that
would move it. What it counts and which samples it takes stands here once,
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
)
from framework_parity.common.spec.probes import Weights as WeightsProbe
from framework_parity.common.training.randomness import stream
from framework_parity.common.training.record import Curve, Weights

# What never puts out a negative number, and what leaves that as it was.
_NOT_NEGATIVE = (Relu, Sigmoid, Softmax)
_NEUTRAL = (Dropout, SpatialDropout, RandomFlip, RandomCrop, Flatten)


class Observer:
    """What the probes of one training run have seen so far.

    Args:
        arm: the network; its `probes` say what to look at.
        parts: the parts of its data.
    """

    def __init__(self, arm: Arm, parts: dict[str, Part]) -> None:
        self.arm, self.parts = arm, parts
        self.seen: dict[str, list[Curve]] = {}

    def due(self, epochs: int) -> set[int]:
        """Return the epochs after which to look, out of so many."""
        found: set[int] = set()
        for probe in self._probes().values():
            if isinstance(probe, DeadRelu | WeightsProbe):
                first = probe.every if isinstance(probe, DeadRelu) else 0
                found.update(range(first, epochs + 1, probe.every))
            elif not isinstance(probe, Dropped):
                found.update(e for e in probe.epochs if e != "last")
        return {epoch for epoch in found if epoch <= epochs}

    def look(self, trainer: Any, epoch: int, last: bool = False) -> None:
        """Look at the network as it is after an epoch.

        Args:
            trainer: what holds it; see `common.training.loop.Trainer`.
            epoch: whose weights they are; what has seen them is left out.
            last: whether training has ended.
        """
        for name, probe in self._probes().items():
            epochs = self.seen.get(f"{name}/epoch", [])
            if epoch in epochs or not _wanted(probe, epoch, last):
                continue
            found = getattr(self, f"_{name}")(trainer, probe)
            found = {"epoch": np.array(epoch)} | found
            for own, value in found.items():
                self.seen.setdefault(f"{name}/{own}", []).append(value)

    def record(self) -> dict[str, Curve]:
        """Return what was seen; see `common.training.record.Record.probes`."""
        return {
            name: np.ascontiguousarray(np.stack(each))
            for name, each in self.seen.items()
        }

    def _probes(self) -> dict[str, Any]:
        names = (
            *("dead_relu", "dropped", "per_sample_gradients"),
            *("representations", "weights"),
        )
        found = {name: getattr(self.arm.probes, name, None) for name in names}
        return {name: probe for name, probe in found.items() if probe}

    def _dead_relu(self, trainer: Any, probe: DeadRelu) -> Weights:
        outputs = trainer.outputs(self.parts[probe.part].x)
        weights = trainer.weights()
        found = {}
        for place in self.arm.all_nodes:
            if isinstance(place.layer, Relu):
                found[place.name] = dead_share(outputs[place.name])
        for relu, dense in self._behind_dense():
            own = weights[f"{dense.name}/kernel"]
            bias = weights.get(f"{dense.name}/bias", np.zeros(1))
            by_weights = (own <= 0).all(0) & (bias <= 0)
            found[f"{relu.name}/by_weights"] = np.array(by_weights.mean())
        return found

    def _behind_dense(self) -> Iterator[tuple[LayerNode, LayerNode]]:
        """Yield each relu after a dense layer that negatives never reach."""
        positive = all((part.x >= 0).all() for part in self.parts.values())
        yield from _behind_dense(self.arm.places, positive)

    def _dropped(self, trainer: Any, probe: Dropped) -> Weights:
        found = {}
        for place in self.arm.all_nodes:
            if place.mask_shape is not None:
                rng = stream(0, "dropped", place.name)
                x = rng.normal(size=(probe.samples, *place.input_shape))
                found[place.name] = np.stack(trainer.dropped(place, x))
        return found

    def _per_sample_gradients(
        self, trainer: Any, probe: PerSampleGradients
    ) -> Weights:
        names = [
            name
            for place in self.arm.all_nodes
            if place.name in probe.places
            for name in place.parameters
        ]
        if not names:
            return {}
        seen = self.parts["train"].some(probe.samples)
        found: Weights = trainer.per_sample_gradients(seen.x, seen.y, names)
        return found

    def _representations(
        self, trainer: Any, probe: Representations
    ) -> Weights:
        outputs = trainer.outputs(self.parts[probe.part].some(probe.samples).x)
        return {
            place.name: outputs[place.name]
            for place in self.arm.all_nodes
            if probe.places == "all" or place.name in probe.places
        }

    def _weights(self, trainer: Any, probe: WeightsProbe) -> Weights:
        wanted = {
            name
            for place in self.arm.all_nodes
            if probe.places == "all" or place.name in probe.places
            for name in place.parameters
        }
        most = probe.largest or math.inf
        return {
            name: value
            for name, value in trainer.weights().items()
            if name in wanted and value.size <= most
        }


def dead_share(outputs: Array) -> Curve:
    """Return the share of units that put out 0 for every sample.

    >>> dead_share(np.array([[0.0, 1.0], [0.0, 0.0]]))
    array(0.5)
    """
    axes = tuple(range(outputs.ndim - 1))
    return np.array((outputs == 0).all(axes).mean())


def _wanted(probe: Any, epoch: int, last: bool) -> bool:
    if isinstance(probe, DeadRelu):
        return last or (epoch > 0 and epoch % probe.every == 0)
    if isinstance(probe, WeightsProbe):
        return last or epoch % probe.every == 0
    if isinstance(probe, Dropped):
        return last
    return epoch in probe.epochs or (last and "last" in probe.epochs)


def _behind_dense(
    places: Sequence[LayerNode], positive: bool
) -> Iterator[tuple[LayerNode, LayerNode]]:
    before: LayerNode | None = None
    for place in places:
        for block in place.blocks.values():
            yield from _behind_dense(block, positive)
        if isinstance(place.layer, Relu) and before is not None:
            yield place, before
        before = None
        if isinstance(place.layer, Dense) and positive:
            before = place
        if not isinstance(place.layer, _NEUTRAL):
            positive = isinstance(place.layer, _NOT_NEGATIVE)
