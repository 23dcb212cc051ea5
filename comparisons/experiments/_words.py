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


def claim(name: str, sentence: str, that: str) -> dict[str, str]:
    """Return a claim as it is written."""
    return {"name": name, "sentence": sentence, "that": that}
