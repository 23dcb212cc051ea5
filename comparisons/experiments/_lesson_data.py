"""Data of lessons 0 and 1, which several experiments share."""

from typing import Any


def polynomial(train: int = 200) -> dict[str, Any]:
    """Return the `data` of lesson 0: a polynomial of degree 9 with noise.

    The lesson draws 200 samples for each of three parts; here they are drawn
    at once and split at random, which has the same distribution. x is scaled
    to [-1, 1] by the training part.

    Args:
        train: number of training samples, besides 200 each for validation
            and test.
    """
    return {
        "polynomial": {"samples": train + 400},
        "test": 200 / (train + 400),
        "validation": 200 / (train + 200),
        "scaling": "symmetric",
    }


def spiral() -> dict[str, Any]:
    """Return the `data` of lesson 1's spiral.

    The points and the test part are the lesson's, by its seed. Keras's
    `validation_split` takes the last of the shuffled training samples; here
    the validation part is a stratified random part of the same size.
    """
    return {
        "archimedean_spiral": {},
        "test": 0.2,
        "validation": 0.2,
        "scaling": "none",
        "seed": 42,
    }


def moons_circles() -> dict[str, Any]:
    """Return the `data` of lesson 1's moons and circles.

    The points and the test part are the lesson's, by its seed; for the
    validation part see `spiral`. The lesson standardises all points together,
    here mean and deviation are those of the training part.
    """
    return {
        "moons_circles": {},
        "test": 0.2,
        "validation": 0.2,
        "seed": 42,
    }
