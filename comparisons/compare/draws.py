"""How each framework draws the initial weights of the user's model."""

import numpy as np
from scipy.stats import ks_2samp, levene

from framework_parity.common.layouts import Array
from framework_parity.comparisons.compare.result import Difference, PairResult

LEAST = 32
"""Tensors with fewer numbers are not compared."""

ALPHA = 1e-6
"""Level of the test that two tensors are drawn in the same way."""

Tensors = dict[int, dict[str, Array]]


def drawn_differently(
    torch: Tensors, keras: Tensors, result: PairResult
) -> list[Difference]:
    """Return the tensors whose initial values have another distribution.

    They are compared by the tests of Kolmogorov and Smirnov, and of Levene.

    Args:
        torch: PyTorch's tensors as the user's code draws them, by node.
        keras: Keras's.
        result: with the pairing.
    """
    differences = []
    for one, other in result.pairing.pairs:
        nodes = [
            graph.nodes[index]
            for graph, index in zip(result.graphs, (one, other), strict=True)
        ]
        mine, theirs = torch.get(one, {}), keras.get(other, {})
        for name in sorted(mine.keys() & theirs.keys()):
            values = mine[name].reshape(-1), theirs[name].reshape(-1)
            if values[0].size != values[1].size or not _differ(*values):
                continue
            differences.append(
                Difference(
                    f"{nodes[0].kind}_{name}_initializer",
                    nodes[0],
                    nodes[1],
                    f"{name} of {nodes[0].kind} is drawn {_words(values[0])} "
                    f"in PyTorch and {_words(values[1])} in Keras",
                    "set the initialiser in one of them",
                    field=name,
                    part="draws",
                )
            )
    return differences


def _differ(one: Array, other: Array) -> bool:
    constant = [np.ptp(values) == 0 for values in (one, other)]
    if all(constant):
        return bool(one[0] != other[0])
    if any(constant):
        return True
    if one.size < LEAST:
        return False
    shape, spread = ks_2samp(one, other), levene(one, other)
    return bool(min(shape.pvalue, spread.pvalue) < ALPHA)


def _words(values: Array) -> str:
    if np.ptp(values) == 0:
        return f"as {values[0]:g}"
    return f"with standard deviation {values.std():.2g}"
