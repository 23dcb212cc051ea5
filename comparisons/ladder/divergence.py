"""Find whether training diverges in both frameworks, and at which step."""

from dataclasses import dataclass

from framework_parity.common.training.record import Record
from framework_parity.comparisons.workers.worker import LABELS

Steps = tuple[int | None, ...]


@dataclass(frozen=True)
class Divergence:
    """The steps at which the runs of two frameworks diverge.

    See `Record.diverged_at`. Nothing is compared beyond that step. Rounding
    can move it, and the perturbed runs show how far:
    the two frameworks diverge *alike* where all of their runs diverge and
    the ranges of their steps overlap.

    Attributes:
        torch: the step of each of PyTorch's runs, first the unmodified and
            then the perturbed ones; None where a run does not diverge.
        keras: the steps of Keras's runs.
    """

    torch: Steps
    keras: Steps

    @classmethod
    def of(cls, torch: list[Record], keras: list[Record]) -> "Divergence":
        """Return the steps at which the runs diverge.

        Args:
            torch: PyTorch's record, then those of its perturbed runs.
            keras: Keras's records in the same order.

        Returns:
            The steps of both frameworks.
        """
        steps = (
            tuple(run.diverged_at for run in runs) for runs in (torch, keras)
        )
        return cls(*steps)

    @property
    def alike(self) -> bool:
        """Whether both diverge at the same step, up to rounding."""
        torch = [step for step in self.torch if step is not None]
        keras = [step for step in self.keras if step is not None]
        every = len(torch) == len(self.torch), len(keras) == len(self.keras)
        return all(every) and (
            max(min(torch), min(keras)) <= min(max(torch), max(keras))
        )

    @property
    def at(self) -> int | None:
        """The step where both have diverged; None where one does not.

        It is the earlier of the two steps where they diverge alike, else the
        later: the steps between them are compared, and there only one of
        the frameworks has a finite loss.
        """
        torch, keras = self.torch[0], self.keras[0]
        if torch is None or keras is None:
            return None
        return min(torch, keras) if self.alike else max(torch, keras)

    def as_json(self) -> dict[str, int | None]:
        """Return the step of each framework's unmodified run, by backend."""
        first = self.torch[0], self.keras[0]
        return dict(zip(LABELS, first, strict=True))
