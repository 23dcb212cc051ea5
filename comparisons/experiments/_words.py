"""Parts of specifications that several experiments share."""

from typing import Any

IMAGES = ("digits", "mnist", "fashion_mnist", "cifar10")
"""Data sets of images; the first is included in scikit-learn."""

# Number of images that the quick profile takes from the large sets.
QUICK = {"samples": 2000, "test_samples": 1000}


def images(dataset: str, profile: str) -> dict[str, Any]:
    """Return the `data` of images with values from 0 to 1.

    Args:
        dataset: one of `IMAGES`.
        profile: `quick` or `full`.
    """
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
    """Return dense layers, each followed by an activation.

    Args:
        *widths: units of each dense layer.
        activation: as a specification has it.
        before: layers between each dense layer and its activation.
        after: layers after each activation.
    """
    return [
        layer
        for units in widths
        for layer in ({"dense": units}, *before, activation, *after)
    ]


def claim(name: str, sentence: str, expression: str) -> dict[str, str]:
    """Return a claim, as a specification has it.

    Args:
        name: unique in the experiment.
        sentence: the claim in English.
        expression: the claim as a relation of statistics.
    """
    return {"name": name, "sentence": sentence, "expression": expression}


def waves(degree: int, train: int = 100, noise: float = 2.5) -> dict[str, Any]:
    """Return the `data` of noisy samples of ten times a Chebyshev polynomial.

    The polynomial crosses zero as many times as its degree. There are 200
    samples for validation and 200 for testing.

    Args:
        degree: of the polynomial.
        train: number of training samples.
        noise: standard deviation of the noise.
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
