"""Experiments: arms to compare on one data set, and what is claimed."""

import hashlib
import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic_core import (
    InitErrorDetails,
    PydanticCustomError,
    ValidationError,
)

from common.activations import Relu, Softmax
from common.architecture import Place, ShapeError, places, walk
from common.claims import Claim
from common.data import Data
from common.element import Dialect, Model, speaking
from common.errors import names, nearest, shown
from common.layer import Shape
from common.layers import BatchNorm, Layer
from common.losses import BinaryCrossEntropy, CrossEntropy
from common.probes import Probes
from common.recipe import Recipe, batch_sizes
from common.replay import UNSAID, Replay

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


@dataclass(frozen=True)
class Arm:
    """One network, its data and its recipe: all that training needs."""

    name: str
    layers: tuple[Layer, ...]
    data: Data
    recipe: Recipe
    probes: Probes | None = None
    replay: Replay = UNSAID

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The layers, each with its name and shapes."""
        return places(self.layers, self.data.source.shape)

    @cached_property
    def all_places(self) -> tuple[Place, ...]:
        """The layers and those inside of them, which stand before them."""
        return tuple(walk(self.places))

    @property
    def parameters(self) -> dict[str, Shape]:
        """The shape of every learnt tensor, by full name."""
        found: dict[str, Shape] = {}
        for place in self.all_places:
            found |= place.parameters
        return found

    @property
    def tensors(self) -> dict[str, Shape]:
        """The shape of every tensor, learnt or kept, by full name."""
        found: dict[str, Shape] = {}
        for place in self.all_places:
            found |= place.parameters | place.state
        return found

    @property
    def parameter_count(self) -> int:
        """How many numbers the network learns, from the spec alone."""
        return sum(place.parameter_count for place in self.all_places)


class Experiment(Model):
    """One experiment, complete: nothing is left to a framework's default.

    Attributes:
        name: a slug.
        teaches: what one learns from it, in a sentence.
        dialect: whose defaults fill what is left unsaid.
        data: what the arms are trained on.
        recipe: how the arms are trained.
        arms: the networks to compare, each a list of layers.
        claims: what should come out.
        probes: what is written down on the way.
        replay: how a framework is seeded whose own draws are replayed.
    """

    name: Name
    teaches: str = ""
    dialect: Dialect | None = None
    data: Data
    recipe: Recipe
    arms: dict[Name, Annotated[tuple[Layer, ...], Field(min_length=1)]] = (
        Field(min_length=1, json_schema_extra={"additionalProperties": False})
    )
    claims: tuple[Claim, ...] = ()
    probes: Probes | None = None
    replay: Replay | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _fill_from_dialect(
        cls, written: Any, handler: ModelWrapValidatorHandler["Experiment"]
    ) -> "Experiment":
        said = written.get("dialect") if isinstance(written, dict) else None
        with speaking(said if said in ("torch", "keras") else None):
            return handler(written)

    @model_validator(mode="after")
    def _fits_together(self) -> "Experiment":
        self._check_target()
        for name, layers in self.arms.items():
            self._check_arm(name, layers)
        self._check_watching()
        for index, claim in enumerate(self.claims):
            self._check_claim(index, claim)
        if self.probes:
            self._check_probes(self.probes)
        return self

    def _check_claim(self, index: int, claim: Claim) -> None:
        for arm in claim.arms:
            if arm not in self.arms:
                self._refuse(
                    ("claims", index),
                    f"got arm {shown(arm)}, expected one of: "
                    f"{names(self.arms)}{nearest(arm, self.arms)}",
                )
        missing = self._not_measured()
        for metric in claim.parts["metric"], claim.parts["other_metric"]:
            for part, reason in missing.items():
                if metric and part in metric:
                    self._refuse(
                        ("claims", index), f"got {metric!r}, but {reason}"
                    )
        if claim.name in (earlier.name for earlier in self.claims[:index]):
            self._refuse(
                ("claims", index, "name"), f"{shown(claim.name)} stands twice"
            )

    def _not_measured(self) -> dict[str, str]:
        """Return which metrics no record will have, and why."""
        return {
            part: reason
            for part, reason, gone in (
                (
                    "best_epoch",
                    "there is no early stopping and no checkpoint",
                    self.recipe.early_stopping is None
                    and self.recipe.checkpoint is None,
                ),
                (
                    "validation_",
                    "data.validation is 0",
                    self.data.validation == 0,
                ),
                (
                    "test_",
                    "data.test is 0",
                    self.data.part_sizes()["test"] == 0,
                ),
                (
                    "_accuracy",
                    "the target is a number",
                    self.data.source.class_count is None,
                ),
            )
            if gone
        }

    def _check_target(self) -> None:
        classes = self.data.source.class_count
        loss = self.recipe.loss
        fits = {
            CrossEntropy: classes is not None,
            BinaryCrossEntropy: classes == 2,
        }.get(type(loss), classes is None)
        if not fits:
            has = f"{classes} classes" if classes else "a number"
            self._refuse(
                ("recipe", "loss"),
                f"got {loss.kind()!r}, but the target of "
                f"{self.data.source.kind()!r} is {has}",
            )

    def _check_arm(self, name: str, layers: tuple[Layer, ...]) -> None:
        source, loss = self.data.source, self.recipe.loss
        try:
            found = places(layers, source.shape)
        except ShapeError as error:
            self._refuse(("arms", name, *error.path), str(error))
        units = source.class_count if isinstance(loss, CrossEntropy) else 1
        if found[-1].output_shape != (units,):
            self._refuse(
                ("arms", name),
                f"ends in shape {found[-1].output_shape}, but "
                f"{loss.kind()!r} on {source.kind()!r} needs ({units},)",
            )
        if any(isinstance(place.layer, Softmax) for place in walk(found)):
            self._refuse(
                ("arms", name),
                f"has a 'softmax', but {loss.kind()!r} starts from logits; "
                "leave it out, predictions apply it",
            )

        self._check_batch_norm(name, found)

    def _check_batch_norm(self, name: str, found: tuple[Place, ...]) -> None:
        """Refuse to normalise a single number: it has no variance."""
        samples = self.data.part_sizes()["train"]
        smallest = min(batch_sizes(self.recipe, samples))
        for place in walk(found):
            numbers = smallest * math.prod(place.input_shape[:-1])
            if isinstance(place.layer, BatchNorm) and numbers < 2:
                self._refuse(
                    ("arms", name),
                    f"{place.name} meets a batch of 1 of the {samples} "
                    "training samples, and one number has no variance; "
                    "change the batch size, or say 'last_batch: drop'",
                )

    def _check_watching(self) -> None:
        """Refuse to watch a curve that nobody measures."""
        recipe = self.recipe
        if recipe.checkpoint and self._restores():
            self._refuse(
                ("recipe", "checkpoint"),
                "stands beside early_stopping.restore_best; both say whose "
                "weights are kept, so say one",
            )
        stopping, plateau = recipe.early_stopping, recipe.plateau
        watched = {
            "plateau": plateau.monitor if plateau else None,
            "early_stopping": stopping.monitor if stopping else None,
            "checkpoint": recipe.checkpoint,
        }
        for field, monitor in watched.items():
            if monitor is not None:
                self._check_monitor(field, monitor)

    def _restores(self) -> bool:
        rule = self.recipe.early_stopping
        return rule is not None and rule.restore_best

    def _check_monitor(self, field: str, monitor: str) -> None:
        if self.data.validation == 0:
            self._refuse(
                ("recipe", field),
                "watches the validation part, but data.validation is 0",
            )
        if self.recipe.evaluate_every != 1:
            self._refuse(
                ("recipe", "evaluate_every"),
                f"got {self.recipe.evaluate_every}, but "
                f"{field.replace('_', ' ')} needs an evaluation after every "
                "epoch: 1",
            )
        if monitor.endswith("accuracy") and not self.data.source.class_count:
            inner = () if field == "checkpoint" else ("monitor",)
            self._refuse(
                ("recipe", field, *inner),
                "got 'validation_accuracy', but the target is a number; "
                "expected 'validation_loss'",
            )

    def _check_probes(self, probes: Probes) -> None:
        everywhere = [
            p for name in self.arms for p in self.arm(name).all_places
        ]
        learning = {p.name for p in everywhere if p.parameters}
        known = {
            "per_sample_gradients": learning,
            "representations": {p.name for p in everywhere},
            "dead_relu": set(),
        }
        for name, allowed in known.items():
            probe = getattr(probes, name)
            if probe is not None:
                self._check_probe(name, probe, allowed)
        if probes.dead_relu and not any(
            isinstance(place.layer, Relu) for place in everywhere
        ):
            self._refuse(("probes", "dead_relu"), "no arm has a 'relu'")

    def _check_probe(self, name: str, probe: Any, known: set[str]) -> None:
        said = getattr(probe, "places", "all")
        for index, place in enumerate(said if said != "all" else ()):
            if place not in known:
                self._refuse(
                    ("probes", name, "places", index),
                    f"got {shown(place)}, but no arm has such a layer that "
                    f"can be looked at; there are: {names(sorted(known))}"
                    + nearest(place, known),
                )
        last = self.recipe.epochs
        for index, epoch in enumerate(getattr(probe, "epochs", ())):
            if epoch != "last" and epoch > last:
                self._refuse(
                    ("probes", name, "epochs", index),
                    f"got {epoch}, but recipe.epochs is {last}",
                )
        part = getattr(probe, "part", "train")
        if part != "train" and self.data.part_sizes()[part] == 0:
            self._refuse(
                ("probes", name, "part"),
                f"got {part!r}, but data.{part} is 0",
            )

    def _refuse(self, place: tuple[str | int, ...], text: str) -> None:
        error = PydanticCustomError("unfit", "{text}", {"text": text})
        raise ValidationError.from_exception_data(
            "Experiment",
            [InitErrorDetails(type=error, loc=place, input=None)],
        )

    @model_serializer(mode="wrap")
    def _complete(
        self, handler: SerializerFunctionWrapHandler
    ) -> dict[str, Any]:
        return {k: v for k, v in handler(self).items() if v is not None}

    def arm(self, name: str) -> Arm:
        """Return one arm, with the data and the recipe it is trained with."""
        layers = self.arms[name]
        return Arm(
            *(name, layers, self.data, self.recipe),
            *(self.probes, self.replay or UNSAID),
        )

    @property
    def content_hash(self) -> str:
        """The first 16 hex digits of what the experiment *means*.

        Two specs that resolve to the same data, recipe and arms have the
        same hash, in whatever dialect and words they were written.
        """
        dump = self.model_dump(mode="json")
        meaning = {key: dump[key] for key in ("data", "recipe", "arms")}
        text = json.dumps(meaning, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
