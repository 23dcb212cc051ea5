"""How large should a network's first weights be?

All units of a layer that starts at zero compute the same and stay the same.
Weights that are too small make what a layer passes on, and the gradient that
comes back, smaller with every layer. Glorot and Bengio (2010) keep the
variance through layers that are linear; He et al. (2015) double it, since a
ReLU passes half of what it gets.
"""

from typing import Any

from comparisons.experiments._words import IMAGES, claim, images

DATASETS = IMAGES
FULL = "mnist"

WIDTH, DEPTH = 128, 5
FIRST, LAST = 'second_moment("relu_1")', f'second_moment("relu_{DEPTH}")'

INITIALIZERS: dict[str, Any] = {
    "zeros": "zeros",
    "normal": {"normal": 0.01},
    "xavier": {"glorot_normal": {"truncated": False}},
    "he": {"he_normal": {"truncated": False}},
}


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    return {
        "name": "initialization",
        "dialect": "keras",
        "data": images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 10,
            "last_batch": "drop",
        },
        "arms": {name: _network(it) for name, it in INITIALIZERS.items()},
        "claims": [
            claim(
                "zeros_stay_alike",
                "From zeros, all units of the second layer stay the same.",
                'zeros.unit_spread("dense_2/kernel") == 0',
            ),
            claim(
                "zeros_learn_nothing",
                "From zeros, fewer than a fifth of the images are right.",
                "zeros.test_accuracy < 0.2",
            ),
            claim(
                "he_keeps_the_size",
                "From He's, the last hidden layer's outputs are half to "
                "twice as large, in square, as the first's: not below.",
                f"he.{LAST} > 0.5 * he.{FIRST}",
            ),
            claim(
                "he_does_not_grow",
                "And not above.",
                f"he.{LAST} < 2 * he.{FIRST}",
            ),
            claim(
                "xavier_shrinks",
                "From Xavier's, they shrink by more than half.",
                f"xavier.{LAST} < 0.5 * xavier.{FIRST}",
            ),
            claim(
                "small_normals_vanish",
                "From a deviation of 0.01, less than a millionth is left.",
                f"normal.{LAST} < 1e-6 * normal.{FIRST}",
            ),
            claim(
                "he_learns_more_than_small_normals",
                "He's start learns more than the small one.",
                "he.test_accuracy > normal.test_accuracy",
            ),
        ],
        "probes": {
            "gradient_norm": True,
            "representations": {"epochs": [0], "samples": 256},
        },
        "pictures": ["layer_variances", {"bars": "test_accuracy"}],
    }


def _network(initializer: Any) -> list[Any]:
    def dense(units: int) -> dict[str, Any]:
        said = {"units": units, "kernel_initializer": initializer}
        return {"dense": said}

    layers = [word for _ in range(DEPTH) for word in (dense(WIDTH), "relu")]
    return ["flatten", *layers, dense(10)]
