"""The base classes of pictures."""

from collections.abc import Sequence
from typing import ClassVar, Self

from pydantic import model_validator

from framework_parity.common.metrics.registry import Statistic
from framework_parity.common.metrics.run import read_statistic
from framework_parity.common.metrics.words import in_words
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.node import SpecNode


class PlotSpec(SpecNode):
    """A picture; by default it needs no measured statistic."""

    @property
    def caption(self) -> str:
        """The caption, a sentence without a full stop."""
        raise NotImplementedError(f"{self.kind()} has no caption")

    @property
    def arms(self) -> tuple[str, ...] | None:
        """The arms that are drawn; None for all of them."""
        return None

    def missing_reason(self, arm: Arm) -> str | None:
        """Return why an arm lacks what is drawn, or None."""
        return None

    def incompatible_reason(self, arms: Sequence[Arm]) -> str | None:
        """Return why the arms cannot be drawn together, or None."""
        return None


class StatisticPlot(PlotSpec):
    """A picture of one statistic."""

    shorthand_field: ClassVar[str] = "statistic"
    statistic: str

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        statistic, arguments = self.asked
        statistic.check(arguments)
        return self

    @property
    def asked(self) -> tuple[Statistic, tuple[object, ...]]:
        """The statistic, with its arguments."""
        return read_statistic(self.statistic)

    @property
    def statement(self) -> str:
        """The statistic in words, as the beginning of a sentence."""
        text = self.words
        return f"{text[:1].upper()}{text[1:]}"

    @property
    def words(self) -> str:
        """The statistic in words, for the label of an axis."""
        return in_words(self.statistic)

    def missing_reason(self, arm: Arm) -> str | None:
        statistic, arguments = self.asked
        return statistic.missing_reason(arm, arguments)
