"""Arms: a network with the data and the recipe that it is trained with."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, TypeAlias

import numpy.typing as npt
from pydantic import (
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
)

from framework_parity.common.data.spec import Data
from framework_parity.common.spec.architecture import (
    LayerNode,
    layer_nodes,
    walk,
)
from framework_parity.common.spec.layer import Array, Shape
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.node import Model
from framework_parity.common.spec.probes import Probes
from framework_parity.common.spec.recipe import Recipe
from framework_parity.common.spec.replay import DEFAULT_REPLAY, Replay

Layers: TypeAlias = Annotated[tuple[Layer, ...], Field(min_length=1)]


class ArmSpec(Model, title="Arm"):
    """An arm with a recipe or data that differ from the experiment's.

    Attributes:
        layers: the network.
        recipe: how it is trained. A field that is not specified has the
            value of the experiment's recipe.
        data: what it is trained on. A field that is not specified has the
            value of the experiment's data; a data set that is named here
            replaces the experiment's.
    """

    layers: Layers
    recipe: Recipe | None = None
    data: Data | None = None

    @model_serializer(mode="wrap")
    def _complete(
        self, handler: SerializerFunctionWrapHandler
    ) -> dict[str, Any]:
        return {k: v for k, v in handler(self).items() if v is not None}


def _form(written: Any) -> str:
    return "mapping" if isinstance(written, dict | ArmSpec) else "list"


WrittenArm: TypeAlias = Annotated[
    Annotated[Layers, Tag("list")] | Annotated[ArmSpec, Tag("mapping")],
    Discriminator(_form),
]
"""Layers alone, or layers with a separate recipe or separate data."""


def completed(written: dict[Any, Any]) -> dict[Any, Any]:
    """Return a written experiment with the fields of its arms filled in.

    Where an arm has a recipe or data, the fields that it does not specify
    are taken from the experiment's. Invalid values are left unchanged.
    """
    arms = written.get("arms")
    if not isinstance(arms, dict):
        return written
    return written | {"arms": {n: _whole(a, written) for n, a in arms.items()}}


def _whole(arm: Any, written: dict[Any, Any]) -> Any:
    if not isinstance(arm, dict):
        return arm
    complete = dict(arm)
    for part in ("recipe", "data"):
        value, shared = arm.get(part), written.get(part)
        if isinstance(shared, Model):
            shared = shared.model_dump(mode="json")
        if isinstance(value, dict) and isinstance(shared, dict):
            complete[part] = _beneath(value, shared, part) | value
    return complete


def _beneath(
    value: dict[Any, Any], shared: dict[Any, Any], part: str
) -> dict[Any, Any]:
    """Return the shared fields that apply where an arm has none."""
    if part == "recipe" or set(value) <= set(Data.model_fields) - {"source"}:
        return shared
    return {k: v for k, v in shared.items() if k in Data.model_fields}


@dataclass(frozen=True)
class Arm:
    """One network, its data and its recipe: all that training needs.

    Attributes:
        name: the name of the arm.
        layers: the network, input first.
        data: what it is trained on.
        recipe: how it is trained.
        probes: what is recorded during training.
        replay: how the framework is seeded whose draws are replayed.
        streams: pairs (layer name, stream name) of the layers that draw
            weights and masks from a stream with another name; see
            `common.spec.two_sided.experiment`.
    """

    name: str
    layers: tuple[Layer, ...]
    data: Data
    recipe: Recipe
    probes: Probes | None = None
    replay: Replay = DEFAULT_REPLAY
    streams: tuple[tuple[str, str], ...] = ()

    def stream_name(self, name: str) -> str:
        """Return the random stream's name for a layer or a tensor."""
        layer, slash, tensor = name.partition("/")
        return f"{dict(self.streams).get(layer, layer)}{slash}{tensor}"

    @cached_property
    def nodes(self) -> tuple[LayerNode, ...]:
        """The top-level layers, each with its name and shapes."""
        return layer_nodes(self.layers, self.data.source.shape)

    @cached_property
    def all_nodes(self) -> tuple[LayerNode, ...]:
        """All layers; those inside a layer come before that layer."""
        return tuple(walk(self.nodes))

    @property
    def parameters(self) -> dict[str, Shape]:
        """The shape of every trainable tensor, by full name."""
        shapes: dict[str, Shape] = {}
        for node in self.all_nodes:
            shapes |= node.parameters
        return shapes

    @property
    def tensors(self) -> dict[str, Shape]:
        """The shape of every tensor, trainable or not, by full name."""
        shapes: dict[str, Shape] = {}
        for node in self.all_nodes:
            shapes |= node.tensors
        return shapes

    def metrics(self, outputs: Array, y: npt.NDArray[Any]) -> dict[str, float]:
        """Return the metrics of outputs beside the loss, by name.

        Args:
            outputs: of the network, (n, *shape).
            y: the targets, in the form of the loss.

        Returns:
            The `accuracy`, if the target is a class.
        """
        if self.data.class_count is None:
            return {}
        return self.recipe.loss.metrics(outputs, y)

    @property
    def parameter_count(self) -> int:
        """The number of trainable parameters, from the specification."""
        return sum(node.parameter_count for node in self.all_nodes)
