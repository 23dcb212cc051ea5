"""What the kill matrix plants: misread conventions, and faults by hand.

For every row of the table of conventions and each framework: the
specification says the other framework's default, and this one reads its own.
"""

from dataclasses import dataclass

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.conventions import CONVENTIONS
from framework_parity.comparisons.workers.pool import LABELS
from tests.examples import example
from tests.faults import FAULTS


@dataclass(frozen=True)
class Planted:
    """One fault in one framework.

    Attributes:
        name: what is planted, for the task `plant` of `tests.faults`.
        suspect: the framework that has it.
        arm: a network that it shows in.
        cause: the convention that is to be named, if there is one.
        dtype: the precision that it shows in.
    """

    name: str
    suspect: str
    arm: Arm
    cause: str | None = None
    dtype: Dtype = "float64"

    @property
    def id(self) -> str:
        """What chooses it, and what a test is called by."""
        return f"{self.name}-in-{self.suspect}"

    @property
    def title(self) -> str:
        """The fault's name, without how it is planted."""
        return self.cause or self.name


# Rows that no run can show, and why. Nothing else is left out.
UNSEEN = {
    **{
        row.name: "the two defaults are the same value"
        for row in CONVENTIONS
        if row.torch == row.keras
    },
    "adamw_decay": "the two meanings differ by one rounding a step",
}


def misreadings() -> list[Planted]:
    """Return each convention that can be seen, misread by each framework."""
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
    """Return all that is planted."""
    return misreadings() + by_hand()
