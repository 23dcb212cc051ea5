"""The faults of the kill matrix: misread conventions, and faults by hand.

For every row of the table of conventions and each framework, the
specification has the other framework's default, and this one uses its own.
"""

from dataclasses import dataclass

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.conventions import CONVENTIONS
from framework_parity.comparisons.workers.worker import LABELS
from tests.examples import example
from tests.faults import FAULTS


@dataclass(frozen=True)
class Planted:
    """One fault in one framework.

    Attributes:
        name: what is planted, for the task `plant` of `tests.faults`.
        suspect: the framework that has it.
        arm: a network on which it has an effect.
        cause: the convention that is to be named, if there is one.
        dtype: the precision in which it has an effect.
    """

    name: str
    suspect: str
    arm: Arm
    cause: str | None = None
    dtype: Dtype = "float64"

    @property
    def id(self) -> str:
        """The id, on the command line and of the test."""
        return f"{self.name}-in-{self.suspect}"

    @property
    def title(self) -> str:
        """The fault's name, without how it is planted."""
        return self.cause or self.name


# Conventions whose misreading has no visible effect, and why. All others are
# planted.
UNSEEN = {
    **{
        row.name: "the two defaults are the same value"
        for row in CONVENTIONS
        if row.torch == row.keras
    },
    "adamw_decay": "the two meanings differ by one rounding a step",
}


def misreadings() -> list[Planted]:
    """Return each convention with a visible effect, misread by each side."""
    return [
        Planted(
            f"misread:{row.name}:{suspect}",
            suspect,
            example(row, row.keras if suspect == "torch" else row.torch),
            row.name,
            "float32" if row.field.endswith("bias_correction") else "float64",
        )
        for row in CONVENTIONS
        if row.name not in UNSEEN
        for suspect in LABELS
    ]


def by_hand() -> list[Planted]:
    """Return each fault of `tests.faults`, in each framework."""
    return [
        Planted(fault.plant.__name__, suspect, fault.arm)
        for fault in FAULTS
        for suspect in LABELS
    ]


def everything() -> list[Planted]:
    """Return all faults."""
    return misreadings() + by_hand()
