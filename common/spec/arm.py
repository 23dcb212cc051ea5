"""Arms: one network each, with the data and the recipe it is trained with."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, TypeAlias

from pydantic import (
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
)

from framework_parity.common.data.spec import Data
from framework_parity.common.spec.architecture import LayerNode, places, walk
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.node import Model
from framework_parity.common.spec.probes import Probes
from framework_parity.common.spec.recipe import Recipe
from framework_parity.common.spec.replay import UNSAID, Replay

Layers: TypeAlias = Annotated[tuple[Layer, ...], Field(min_length=1)]


class Apart(Model):
    """An arm that is trained in a way of its own.

    Attributes:
        layers: the network.
        recipe: how it is trained; what is left unsaid is as in the
            experiment's recipe, field by field.
        data: what it is trained on, likewise; to name a data set replaces
            the experiment's.
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
    return "mapping" if isinstance(written, dict | Apart) else "list"


WrittenArm: TypeAlias = Annotated[
    Annotated[Layers, Tag("list")] | Annotated[Apart, Tag("mapping")],
    Discriminator(_form),
]
"""Layers alone, or layers with a recipe or data of their own."""


def completed(written: dict[Any, Any]) -> dict[Any, Any]:
    """Return a written experiment whose arms say all of their own.

    What an arm leaves unsaid of a recipe or data that it begins is taken
    from the experiment's. What cannot be meant is left as it is.
    """
    arms = written.get("arms")
    if not isinstance(arms, dict):
        return written
    return written | {"arms": {n: _whole(a, written) for n, a in arms.items()}}


def _whole(arm: Any, written: dict[Any, Any]) -> Any:
    if not isinstance(arm, dict):
        return arm
    found = dict(arm)
    for part in ("recipe", "data"):
        own, shared = arm.get(part), written.get(part)
        if isinstance(shared, Model):
            shared = shared.model_dump(mode="json")
        if isinstance(own, dict) and isinstance(shared, dict):
            found[part] = _beneath(own, shared, part) | own
    return found


def _beneath(
    own: dict[Any, Any], shared: dict[Any, Any], part: str
) -> dict[Any, Any]:
    """Return what of the shared part holds beneath an arm's own."""
    if part == "recipe" or set(own) <= set(Data.model_fields) - {"source"}:
        return shared
    return {k: v for k, v in shared.items() if k in Data.model_fields}


@dataclass(frozen=True)
class Arm:
    """One network, its data and its recipe: all that training needs.

    Attributes:
        name: the arm's.
        layers: the network.
        data: what it is trained on.
        recipe: how it is trained.
        probes: what is written down on the way.
        replay: how a framework is seeded whose draws are replayed.
        streams: the places that draw weights and masks by another name
            than their own, with that name; see
            `common.spec.two_sided.experiment`.
    """

    name: str
    layers: tuple[Layer, ...]
    data: Data
    recipe: Recipe
    probes: Probes | None = None
    replay: Replay = UNSAID
    streams: tuple[tuple[str, str], ...] = ()

    def stream_name(self, name: str) -> str:
        """Return the name by which a place, or its tensor, draws."""
        place, slash, own = name.partition("/")
        return f"{dict(self.streams).get(place, place)}{slash}{own}"

    @cached_property
    def places(self) -> tuple[LayerNode, ...]:
        """The layers, each with its name and shapes."""
        return places(self.layers, self.data.source.shape)

    @cached_property
    def all_nodes(self) -> tuple[LayerNode, ...]:
        """The layers and those inside of them, which stand before them."""
        return tuple(walk(self.places))

    @property
    def parameters(self) -> dict[str, Shape]:
        """The shape of every learnt tensor, by full name."""
        found: dict[str, Shape] = {}
        for place in self.all_nodes:
            found |= place.parameters
        return found

    @property
    def tensors(self) -> dict[str, Shape]:
        """The shape of every tensor, learnt or kept, by full name."""
        found: dict[str, Shape] = {}
        for place in self.all_nodes:
            found |= place.parameters | place.state
        return found

    @property
    def parameter_count(self) -> int:
        """How many numbers the network learns, from the spec alone."""
        return sum(place.parameter_count for place in self.all_nodes)
