"""Schedules: the learning rate as a function of the step.

`factor(step)` multiplies the optimiser's rate; step 0 is the first update.
The numbers are computed here, in float64, and played into both frameworks,
so that no framework's own schedule rounds them.
"""

import math
from typing import Annotated, TypeAlias

from pydantic import Field

from common.element import Count, Element, OneKind, Share


class Constant(Element):
    """The same rate at every step."""

    def factor(self, step: int) -> float:
        """Return 1."""
        return 1.0


class StepDecay(Element):
    """Multiply the rate by `by` after every `every` steps.

    >>> decay = StepDecay(every=2, by=0.5)
    >>> [decay.factor(step) for step in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    every: Count
    by: Annotated[float, Field(strict=True, gt=0, le=1)]

    def factor(self, step: int) -> float:
        """Return by^⌊step / every⌋."""
        return self.by ** (step // self.every)


class Cosine(Element):
    """Fall along half a cosine to `final` times the rate, then stay.

    Loshchilov and Hutter 2017, eq. 5, without restarts.

    >>> cosine = Cosine(steps=4, final=0.0)
    >>> [round(cosine.factor(step), 3) for step in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """

    main = "steps"
    steps: Count
    final: Share = 0.0

    def factor(self, step: int) -> float:
        """Return final + (1 - final) (1 + cos(π step / steps)) / 2."""
        done = min(step, self.steps) / self.steps
        fall = (1.0 + math.cos(math.pi * done)) / 2.0
        return self.final + (1.0 - self.final) * fall


Schedule: TypeAlias = Annotated[Constant | StepDecay | Cosine, OneKind()]
