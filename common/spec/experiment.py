"""Experiments: arms to compare on one data set, and claims about them."""

import hashlib
import json
from functools import partial
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

from framework_parity.common.data.spec import Data
from framework_parity.common.spec.arm import (
    Arm,
    ArmSpec,
    WrittenArm,
    completed,
)
from framework_parity.common.spec.claims import (
    Asked,
    Claim,
    SameBest,
    WrittenClaim,
    form_of,
)
from framework_parity.common.spec.errors import names, nearest, shown
from framework_parity.common.spec.layers.activations import Relu
from framework_parity.common.spec.node import (
    Dialect,
    Model,
    NonNegativeInt,
    defaults_from,
)
from framework_parity.common.spec.plots import Plot
from framework_parity.common.spec.probes import Probes
from framework_parity.common.spec.recipe import Recipe
from framework_parity.common.spec.remarks import Remark
from framework_parity.common.spec.replay import DEFAULT_REPLAY, Replay
from framework_parity.common.spec.validation import (
    Path,
    check_arm,
    check_watching,
)

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Experiment(Model):
    """A complete experiment, which depends on no framework default.

    Attributes:
        name: a slug.
        teaches: what the experiment shows; the first line is a sentence.
        lesson: the number of the lesson of the catalogue whose numbers it
            has; None for other experiments.
        notebook: statements of the lesson's notebook that are wrong or
            misleading, with corrections.
        dialect: the framework whose defaults fill missing fields.
        data: what the arms are trained on.
        recipe: how the arms are trained.
        arms: the networks to compare, each a list of layers, or a mapping
            of `layers` with a separate `recipe` or `data`.
        claims: the statements about the results to check.
        probes: what is recorded during training.
        plots: the pictures, in addition to the curves and the differences.
        replay: how the framework is seeded whose draws are replayed.
    """

    name: Name
    teaches: str = ""
    lesson: NonNegativeInt | None = None
    notebook: tuple[Remark, ...] = ()
    dialect: Dialect | None = None
    data: Data
    recipe: Recipe
    arms: dict[Name, WrittenArm] = Field(
        min_length=1, json_schema_extra={"additionalProperties": False}
    )
    claims: tuple[WrittenClaim, ...] = ()
    probes: Probes | None = None
    plots: tuple[Plot, ...] = ()
    replay: Replay | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _fill_from_dialect(
        cls, written: Any, handler: ModelWrapValidatorHandler["Experiment"]
    ) -> "Experiment":
        dialect = None
        if isinstance(written, dict):
            dialect, written = written.get("dialect"), completed(written)
        with defaults_from(dialect if dialect in ("torch", "keras") else None):
            return handler(written)

    @model_validator(mode="after")
    def _fits_together(self) -> "Experiment":
        for name in self.arms:
            arm, where = self.arm(name), partial(self._place, name)
            refused = check_arm(arm, where) or check_watching(arm, where)
            if refused:
                self._refuse(*refused)
        for index, claim in enumerate(self.claims):
            self._check_claim(index, claim)
        for index, remark in enumerate(self.notebook):
            self._check_remark(index, remark)
        if self.probes:
            self._check_probes(self.probes)
        for index, picture in enumerate(self.plots):
            self._check_picture(index, picture)
        return self

    def _check_picture(self, index: int, picture: Any) -> None:
        for name in picture.arms or self.arms:
            if name not in self.arms:
                self._refuse(
                    ("plots", index),
                    f"got arm {shown(name)}, expected one of: "
                    f"{names(self.arms)}{nearest(name, self.arms)}",
                )
            missing = picture.missing_reason(self.arm(name))
            if missing:
                self._refuse(
                    ("plots", index),
                    f"got {picture.kind()!r}, but in arm {name!r} {missing}",
                )

        arms = [self.arm(name) for name in picture.arms or self.arms]
        if incompatible_reason := picture.incompatible_reason(arms):
            self._refuse(
                ("plots", index),
                f"got {picture.kind()!r}, but {incompatible_reason}",
            )

    def _place(self, arm: str, part: str, *path: str | int) -> Path:
        """Return the path of a field that applies to an arm."""
        value = self.arms[arm]
        apart = isinstance(value, ArmSpec)
        if part == "layers" and not apart:
            return ("arms", arm, "list", *path)
        if apart and getattr(value, part) is not None:
            return ("arms", arm, "mapping", part, *path)
        return (part, *path)

    def _check_claim(self, index: int, claim: Claim | SameBest) -> None:
        for statistic, arms, arguments in self._asked(claim):
            for arm in arms:
                if arm not in self.arms:
                    self._refuse(
                        ("claims", index),
                        f"got arm {shown(arm)}, expected one of: "
                        f"{names(self.arms)}{nearest(arm, self.arms)}",
                    )
                missing = statistic.missing_reason(self.arm(arm), arguments)
                if missing:
                    self._refuse(
                        ("claims", index),
                        f"got {statistic.name!r} of {arm!r}, but {missing}",
                    )
            if len({str(self.arm(arm).parameters) for arm in arms}) > 1:
                self._refuse(
                    ("claims", index),
                    f"got {statistic.name!r} of {names(arms)}, whose tensors "
                    "are not the same",
                )
        if claim.name in (earlier.name for earlier in self.claims[:index]):
            self._refuse(
                ("claims", index, form_of(claim), "name"),
                f"{shown(claim.name)} stands twice",
            )

    def _check_remark(self, index: int, remark: Remark) -> None:
        known = [claim.name for claim in self.claims]
        for place, name in enumerate(remark.claims):
            if name not in known:
                self._refuse(
                    ("notebook", index, "claims", place),
                    f"got {shown(name)}, expected one of: "
                    f"{names(known)}{nearest(name, known)}",
                )

    def _asked(self, claim: Claim | SameBest) -> list[Asked]:
        """Return the statistics of a claim; `SameBest` has one per arm."""
        if isinstance(claim, Claim):
            return claim.measured
        statistic, arguments = claim.asked
        return [(statistic, (arm,), arguments) for arm in self.arms]

    def _check_probes(self, probes: Probes) -> None:
        everywhere = [
            node for name in self.arms for node in self.arm(name).all_nodes
        ]
        learning = {p.name for p in everywhere if p.parameters}
        known = {
            "per_sample_gradients": learning,
            "representations": {p.name for p in everywhere},
            "weights": learning,
            "dead_relu": set(),
            "dropped": set(),
        }
        for name, allowed in known.items():
            probe = getattr(probes, name)
            if probe is not None:
                self._check_probe(name, probe, allowed)
        if probes.dead_relu and not any(
            isinstance(node.layer, Relu) for node in everywhere
        ):
            self._refuse(("probes", "dead_relu"), "no arm has a 'relu'")
        if probes.dropped and all(p.mask_shape is None for p in everywhere):
            self._refuse(("probes", "dropped"), "no arm has a dropout")

    def _check_probe(self, name: str, probe: Any, known: set[str]) -> None:
        places = getattr(probe, "places", "all")
        for index, place in enumerate(places if places != "all" else ()):
            if place not in known:
                self._refuse(
                    ("probes", name, "places", index),
                    f"got {shown(place)}, but no arm has such a layer that "
                    f"can be looked at; there are: {names(sorted(known))}"
                    + nearest(place, known),
                )
        arms = [self.arm(arm) for arm in self.arms]
        last = max(arm.recipe.epochs for arm in arms)
        for index, epoch in enumerate(getattr(probe, "epochs", ())):
            if epoch != "last" and epoch > last:
                self._refuse(
                    ("probes", name, "epochs", index),
                    f"got {epoch}, but no arm has more epochs than {last}",
                )
        part = getattr(probe, "part", "train")
        if any(arm.data.part_sizes()[part] == 0 for arm in arms):
            self._refuse(
                ("probes", name, "part"),
                f"got {part!r}, but data.{part} is 0",
            )

    def _refuse(self, place: tuple[str | int, ...], text: str) -> None:
        error = PydanticCustomError("incompatible", "{text}", {"text": text})
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
        """Return one arm, with its data and its recipe."""
        written = self.arms[name]
        if not isinstance(written, ArmSpec):
            written = ArmSpec.model_construct(layers=written)
        return Arm(
            name,
            written.layers,
            written.data or self.data,
            written.recipe or self.recipe,
            self.probes,
            self.replay or DEFAULT_REPLAY,
        )

    @property
    def content_hash(self) -> str:
        """The first 16 hex digits of the hash of the complete experiment.

        Two specifications with the same data, recipe and arms have the same
        hash, in whatever dialect and form they were written.
        """
        dump = self.model_dump(mode="json")
        meaning = {key: dump[key] for key in ("data", "recipe", "arms")}
        text = json.dumps(meaning, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
