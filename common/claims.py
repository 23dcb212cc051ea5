"""Claims: what an experiment teaches, in a form that can be checked."""

import re
from collections.abc import Callable
from typing import Any, ClassVar

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from common.element import Model
from common.errors import names, nearest, shown

METRICS = (
    "parameters",
    "epochs",
    "best_epoch",
    *(
        f"{part}_{metric}"
        for part in ("train", "validation", "test")
        for metric in ("loss", "accuracy")
    ),
)

CLAIM = re.compile(
    r"^\s*(?P<arm>[A-Za-z_]\w*)\.(?P<metric>\w+)\s*"
    r"(?P<relation>>=|<=|>|<)\s*"
    r"(?:(?P<other_arm>[A-Za-z_]\w*)\.(?P<other_metric>\w+)"
    r"|(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?))\s*$"
)


class Claim(Model):
    """What an experiment teaches, in a form that can be checked.

    Attributes:
        that: `arm.metric > arm.metric`, or a number on the right; also
            with <, >= and <=.
        name: a slug; made from `that` where unsaid.
        sentence: the claim in words; `that` where unsaid.
    """

    main: ClassVar[str] = "that"
    that: str
    name: str = ""
    sentence: str = ""

    @classmethod
    def _fields_of(cls, written: Any) -> Any:
        return {"that": written} if isinstance(written, str) else written

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        fields = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [dict(fields), {"type": "string"}]}

    @model_validator(mode="before")
    @classmethod
    def _named(cls, written: Any) -> Any:
        fields = cls._fields_of(written)
        if not isinstance(fields, dict) or "that" not in fields:
            return fields
        that = str(fields["that"])
        slug = that
        for sign, word in (
            (">=", "at_least"),
            ("<=", "at_most"),
            (
                ">",
                "above",
            ),
            ("<", "below"),
        ):
            slug = slug.replace(sign, f" {word} ")
        slug = "_".join(re.findall(r"\w+", slug))
        return {"name": slug, "sentence": that} | fields

    @property
    def parts(self) -> re.Match[str]:
        """The claim, taken apart; the groups are those of `CLAIM`."""
        match = CLAIM.match(self.that)
        if match is None:
            raise ValueError(
                f"got {shown(self.that)}, expected 'arm.metric > arm.metric' "
                "or 'arm.metric > number', with >, <, >= or <="
            )
        return match

    @model_validator(mode="after")
    def _parses(self) -> "Claim":
        parts = self.parts
        for metric in parts["metric"], parts["other_metric"]:
            if metric is not None and metric not in METRICS:
                raise ValueError(
                    f"got metric {shown(metric)}, expected one of: "
                    f"{names(METRICS)}{nearest(metric, METRICS)}"
                )
        return self

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that the claim speaks of."""
        named = self.parts["arm"], self.parts["other_arm"]
        return tuple(arm for arm in named if arm is not None)

    def sides(
        self, metric: Callable[[str, str], float]
    ) -> tuple[float, float]:
        """Return both sides as numbers; `metric(arm, name)` looks one up."""
        parts = self.parts
        left = metric(parts["arm"], parts["metric"])
        if parts["number"] is not None:
            return left, float(parts["number"])
        return left, metric(parts["other_arm"], parts["other_metric"])

    def margin(self, left: float, right: float) -> float:
        """Return by how much the claim holds; below zero it fails."""
        rises = self.parts["relation"].startswith(">")
        return left - right if rises else right - left

    def holds(self, margin: float) -> bool:
        """Whether a claim with this margin holds."""
        return margin > 0 or (margin == 0 and "=" in self.parts["relation"])
