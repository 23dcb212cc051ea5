"""When does a ReLU die?

A unit whose sum is negative for every sample puts out 0, has no slope, and
learns nothing more: it is dead. Zeros begin that way. Weights that are too
large are said to kill more units than He's or Glorot's, and a leaky ReLU,
with a slope on either side, to be the cure (Maas et al. 2013).

On the digits the opposite holds. A start that is only larger has the same dead
units (0.049 of them, by chance: all pixels are positive). Then Adam moves
every weight by 0.001 a step, which for small weights is much: one epoch later
0.11 (He) and 0.13 (Glorot) are dead, and from a deviation of 0.5 still 0.05.
That start is worse all the same (0.868 of the test right, against 0.969), and
a leaky ReLU hardly helps (0.878): size, not death, is its trouble. The signs
of the weights, which would prove a unit dead for any input, show none.
"""

from typing import Any

from framework_parity.comparisons.experiments._words import (
    IMAGES,
    claim,
    images,
)

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
        "plots": ["dead_shares", {"bars": "test_accuracy"}],
    }


def _network(initializer: Any, activation: Any = "relu") -> list[Any]:
    def dense(units: int) -> dict[str, Any]:
        said = {"units": units, "kernel_initializer": initializer}
        return {"dense": said}

    layers = [
        word for units in (256, 128, 64) for word in (dense(units), activation)
    ]
    return ["flatten", *layers, dense(10)]
