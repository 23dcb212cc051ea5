"""When does a ReLU unit become dead?

A unit whose weighted sum is negative for every sample has the output 0 and the
slope 0, and does not learn any more: it is dead. All units that start at zero
are dead. Large initial weights are expected to produce more dead units than
He's or Glorot's initialisation, and a leaky ReLU, which has a slope on both
sides, to be the remedy (Maas et al. 2013).

On the digits the opposite is measured. An initialisation that is only larger
has the same dead units (0.049 of them, by chance: all pixels are positive).
Then Adam moves every weight by 0.001 a step, which is much for small weights:
at the end 0.10 (He) and 0.13 (Glorot) of the units are dead, and with a
standard deviation of 0.5 still 0.05. That initialisation is worse all the same
(a test accuracy of 0.876, against 0.971), and a leaky ReLU hardly helps
(0.882): the cause is the size of the weights, not dead units. The signs of the
weights, which would prove a unit dead for any input, show no dead units.
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
        fields = {"units": units, "kernel_initializer": initializer}
        return {"dense": fields}

    layers = [
        layer
        for units in (256, 128, 64)
        for layer in (dense(units), activation)
    ]
    return ["flatten", *layers, dense(10)]
