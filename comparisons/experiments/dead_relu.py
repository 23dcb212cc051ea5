"""When does a ReLU die?

A unit whose sum is negative for every sample puts out 0, has no slope, and
so learns nothing more: it is dead. Weights of zero begin that way; weights
that are too large throw units there in the first few steps. A leaky ReLU
has a slope on either side and cannot die (Maas et al. 2013).
"""

from typing import Any

from comparisons.experiments._words import IMAGES, claim, images

DATASETS = IMAGES
FULL = "mnist"

LARGE = {"normal": 0.5}


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    return {
        "name": "dead_relu",
        "dialect": "keras",
        "data": images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 10 if profile == "quick" else 20,
            "last_batch": "drop",
        },
        "arms": {
            "zeros": _network("zeros"),
            "normal": _network(LARGE),
            "he": _network({"he_normal": {"truncated": False}}),
            "glorot": _network({"glorot_normal": {"truncated": False}}),
            "leaky": _network(LARGE, {"leaky_relu": 0.1}),
        },
        "claims": [
            claim(
                "zeros_are_dead",
                "From zeros, every unit is dead.",
                "zeros.dead_share == 1",
            ),
            claim(
                "large_weights_kill",
                "From large weights, more units are dead than from He's.",
                "normal.dead_share > he.dead_share",
            ),
            claim(
                "he_lives",
                "From He's, fewer than a tenth are dead.",
                "he.dead_share < 0.1",
            ),
            claim(
                "glorot_lives",
                "From Glorot's, fewer than a tenth are dead.",
                "glorot.dead_share < 0.1",
            ),
            claim(
                "weights_alone_miss_the_dead",
                "From large weights, the signs of the weights alone show "
                "fewer dead units than there are.",
                "normal.dead_by_weights < normal.dead_share",
            ),
            claim(
                "leaky_is_the_cure",
                "From large weights, a leaky ReLU does better.",
                "leaky.test_accuracy > normal.test_accuracy",
            ),
        ],
        "probes": {"dead_relu": {}},
        "pictures": ["dead_shares", {"bars": "test_accuracy"}],
    }


def _network(initializer: Any, activation: Any = "relu") -> list[Any]:
    def dense(units: int) -> dict[str, Any]:
        said = {"units": units, "kernel_initializer": initializer}
        return {"dense": said}

    layers = [
        word for units in (256, 128, 64) for word in (dense(units), activation)
    ]
    return ["flatten", *layers, dense(10)]
