"""Remarks on the notebook that an experiment is taken from."""

from typing import Annotated

from pydantic import Field

from framework_parity.common.spec.node import Model

Text = Annotated[str, Field(min_length=1)]


class Remark(Model):
    """A statement of a notebook that is wrong or misleading, corrected.

    Attributes:
        says: what the notebook states, computes or prints.
        correction: what is correct, and why.
        claims: names of the claims of the experiment that measure it; the
            report shows their figures.
    """

    says: Text
    correction: Text
    claims: tuple[str, ...] = ()
