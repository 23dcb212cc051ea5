"""Selection of parameters by their neutral names."""

from typing import Literal

Chosen = Literal["all", "kernels"]

# Parameters that are not kernels: they shift or scale activations.
NO_KERNEL = ("bias", "gamma", "beta")
"""The last words of their own names, such as that of `recurrent_bias`."""


def is_chosen(name: str, chosen: Chosen) -> bool:
    """Return whether a parameter is selected.

    Args:
        name: neutral name of the parameter, such as `dense_1/bias`.
        chosen: `all`, or `kernels`, which excludes biases and the parameters
            of normalisation layers.

    Returns:
        Whether the parameter is selected.

    >>> is_chosen("dense_1/bias", "kernels"), is_chosen("dense_1/bias", "all")
    (False, True)
    """
    return chosen == "all" or not name.endswith(NO_KERNEL)
