"""Find whether training diverges in both frameworks, and at which step."""

from dataclasses import dataclass

import numpy as np

from framework_parity.common.training.record import Curve, Record
from framework_parity.comparisons.ladder.thresholds import DIVERGED_LOSS
from framework_parity.comparisons.workers.worker import LABELS

Steps = tuple[int | None, ...]


@dataclass(frozen=True)
class Divergence:
    """The steps at which the runs of two frameworks diverge.

    A run diverges at the first step whose loss or gradient is not finite, or
    whose loss is more than `DIVERGED_LOSS` times that of step 0 in absolute
    value. Rounding can move that step, and the perturbed runs show how far:
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
            tuple(divergence_step(run) for run in runs)
            for runs in (torch, keras)
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


def divergence_step(record: Record) -> int | None:
    """Return the step at which a run diverges, or None.

    A gradient that is not finite makes the next loss NaN.

    Args:
        record: the record of the run.
    """
    steps = [loss_divergence_step(record.steps["loss"])]
    for curve in record.steps.values():
        lost = ~np.isfinite(curve.reshape(len(curve), -1)).all(1)
        steps.append(int(lost.argmax()) if lost.any() else None)
    return min((step for step in steps if step is not None), default=None)


def loss_divergence_step(loss: Curve) -> int | None:
    """Return the first step at which a loss has diverged, or None.

    Args:
        loss: one value for each step, of shape (steps,).

    >>> loss_divergence_step(np.array([0.5, 4.0, 1e3, 5.1e5]))
    3
    >>> loss_divergence_step(np.array([0.5, np.nan]))
    1
    """
    first = abs(float(loss[0])) or 1.0
    diverged = ~(np.isfinite(loss) & (np.abs(loss) <= DIVERGED_LOSS * first))
    return int(diverged.argmax()) if diverged.any() else None
