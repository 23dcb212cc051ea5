"""What several experiments say in the same words."""

from typing import Any

IMAGES = ("digits", "mnist", "fashion_mnist", "cifar10")
"""Data sets of images; the first comes with scikit-learn."""

# Of the large sets, the quick profile takes the first so many images.
QUICK = {"samples": 2000, "test_samples": 1000}


def images(dataset: str, profile: str) -> dict[str, Any]:
    """Return images with values from 0 to 1, and their parts."""
    if dataset == "digits":
        return {"digits": {}, "scaling": "min_max"}
    sizes = QUICK if profile == "quick" else {}
    return {dataset: sizes, "validation": 0.1, "scaling": "min_max"}


def hidden(
    *widths: int,
    activation: Any = "relu",
    before: tuple[Any, ...] = (),
    after: tuple[Any, ...] = (),
) -> list[Any]:
    """Return dense layers of these widths, each with its activation.

    `before` and `after` are what stands around each activation.
    """
    return [
        word
        for units in widths
        for word in ({"dense": units}, *before, activation, *after)
    ]


def claim(name: str, sentence: str, expression: str) -> dict[str, str]:
    """Return a claim as it is written."""
    return {"name": name, "sentence": sentence, "expression": expression}


def waves(degree: int, train: int = 100, noise: float = 2.5) -> dict[str, Any]:
    """Return noisy samples of ten times a Chebyshev polynomial.

    It crosses zero as often as its degree. Beside the samples to train on
    there are 200 to validate with and 200 for the test.
    """
    from numpy.polynomial.chebyshev import cheb2poly

    total, held_out = train + 400, 200
    return {
        "polynomial": {
            "coefficients": (10.0 * cheb2poly([0] * degree + [1])).tolist(),
            "low": -1.0,
            "high": 1.0,
            "samples": total,
            "noise": noise,
        },
        "test": held_out / total,
        "validation": held_out / (total - held_out),
        "scaling": "symmetric",
    }
