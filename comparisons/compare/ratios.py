"""The ratio of a difference to the noise floor, for tensors of two runs.

Each framework is run unmodified, and with weights and inputs perturbed by one
unit in the last place.
"""

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.training.randomness import nudged
from framework_parity.comparisons.ladder.noise_floor import compare_tensor


def near(x: Array, nudge: int | None) -> Array:
    """Return an input, perturbed by one unit in the last place.

    Args:
        x: the input; ids are not perturbed.
        nudge: the number of the perturbation; None for none.
    """
    if x.dtype.kind != "f" or nudge is None:
        return x
    return nudged({"x": x}, nudge)["x"]


def compared(torch: list[Array], keras: list[Array]) -> tuple[float, float]:
    """Return the ratio to the floor, and the relative difference.

    Args:
        torch: PyTorch's output, unmodified, then perturbed.
        keras: Keras's.
    """
    if torch[0].dtype.kind == "b" or keras[0].dtype.kind == "b":
        torch, keras = (
            [x.astype(np.float64) for x in run] for run in (torch, keras)
        )
    # Axes of size 1 are a matter of writing.
    if torch[0].shape != keras[0].shape:
        torch, keras = ([x.squeeze() for x in run] for run in (torch, keras))
    compared = compare_tensor(
        torch[0],
        keras[0],
        (
            [(torch[0], other) for other in torch[1:]],
            [(keras[0], other) for other in keras[1:]],
        ),
    )
    ratio = float((compared.difference / compared.floor)[0])
    return ratio, float(compared.difference[0])
