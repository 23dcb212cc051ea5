"""Which parameters something applies to, by their neutral names."""

from typing import Literal

Chosen = Literal["all", "kernels"]

# What is no kernel: it shifts or scales what a kernel made.
NO_KERNEL = ("bias", "gamma", "beta")


def is_chosen(name: str, chosen: Chosen) -> bool:
    """Return whether a parameter of this name is among the chosen.

    `kernels` leaves out every bias, and what a normalisation learns.

    >>> is_chosen("dense_1/bias", "kernels"), is_chosen("dense_1/bias", "all")
    (False, True)
    """
    return chosen == "all" or name.rpartition("/")[2] not in NO_KERNEL
