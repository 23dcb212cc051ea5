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

Lesson 1 (moons and circles, 256-128-64 units, 20 epochs) has both. Its four
initialisations give 0.25 from zeros, 0.90 from a standard deviation of 0.5,
0.89 from He's and 0.92 from Glorot's, and the first of the last three has the
fewest dead units, 0.06 against 0.11 and 0.12; the notebook's own cell gives
0.25, 0.89, 0.87 and 0.93. Its callback counts a unit as dead if no weight is
positive: 14 to 15 % from each, of which the dead are a part. ELU is as good
as ReLU, and from zeros it learns as little: where all kernels are 0, so are
their gradients, whatever the slope.
"""

from typing import Any

from framework_parity.comparisons.experiments._lesson_data import (
    moons_circles,
)
from framework_parity.comparisons.experiments._lessons import Lesson
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


def _lesson_1(dataset: str, profile: str) -> dict[str, Any]:
    """Return the lesson's network from four initialisations.

    `leaky`, `elu` and `elu_zeros` are not in the lesson, which names them as
    the remedies. The quick profile has no `leaky` and no `elu_zeros`, but as
    many epochs, since after 10 the order of the initialisations is another.
    """
    quick = profile == "quick"
    remedies = {
        "leaky": _plane(LARGE, {"leaky_relu": 0.01}),
        "elu_zeros": _plane("zeros", "elu"),
    }
    return {
        "name": "dead_relu",
        "dialect": "keras",
        "data": moons_circles(),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 20,
        },
        "arms": {
            "zeros": _plane("zeros"),
            "normal": _plane(LARGE),
            "he": _plane("he_normal"),
            "glorot": _plane("glorot_uniform"),
            "elu": _plane(LARGE, "elu"),
            **({} if quick else remedies),
        },
        "claims": [
            claim(
                "zeros_are_dead",
                "From zeros, every unit is dead.",
                "zeros.dead_share == 1",
            ),
            claim(
                "large_weights_kill",
                "From a standard deviation of 0.5, more units are dead than "
                "from He's initialisation.",
                "normal.dead_share > he.dead_share",
            ),
            claim(
                "he_is_better_than_normal",
                "From He's, the test accuracy is higher than from a standard "
                "deviation of 0.5.",
                "he.test_accuracy > normal.test_accuracy",
            ),
            claim(
                "he_is_better_than_glorot",
                "From He's, the test accuracy is higher than from Glorot's.",
                "he.test_accuracy > glorot.test_accuracy",
            ),
            *(
                claim(
                    f"largest_weight_overcounts_{name}",
                    f"{name}: more units have no positive weight than are "
                    "dead.",
                    f"{name}.nonpositive_units > {name}.dead_share",
                )
                for name in ("normal", "he", "glorot")
            ),
            claim(
                "elu_is_the_cure",
                "From a standard deviation of 0.5, ELU is better.",
                "elu.test_accuracy > normal.test_accuracy",
            ),
            *([] if quick else REMEDIES),
        ],
        "probes": {"dead_relu": {}},
        "notebook": [
            {
                "says": "A unit is dead if its largest weight is not "
                "positive.",
                "correction": "That is neither necessary nor sufficient. The "
                "first layer has two inputs of either sign, so that a "
                "quarter of its units have two negative weights by chance, "
                "64 of all 448 units or 14 %; most of them are active for "
                "some points. The callback reports 14 to 16 % for every "
                "initialisation but zeros. Dead are the units whose output "
                "is 0 for all training points.",
                "claims": [
                    "largest_weight_overcounts_normal",
                    "largest_weight_overcounts_he",
                    "largest_weight_overcounts_glorot",
                    "large_weights_kill",
                ],
            },
        ],
        "plots": [
            "dead_shares",
            {"bars": {"statistic": "nonpositive_units", "of": _RELUS}},
            {"bars": "test_accuracy"},
        ],
    }


_RELUS = ("zeros", "normal", "he", "glorot")


REMEDIES = [
    claim(
        "leaky_is_the_cure",
        "From a standard deviation of 0.5, a leaky ReLU is better.",
        "leaky.test_accuracy > normal.test_accuracy",
    ),
    claim(
        "elu_learns_from_zeros",
        "From zeros, ELU is better than ReLU.",
        "elu_zeros.test_accuracy > zeros.test_accuracy",
    ),
]


def _plane(initializer: Any, activation: Any = "relu") -> list[Any]:
    """Return the network for two inputs and four classes.

    As in the lesson, the last layer has the default initialisation.
    """
    *layers, _ = _network(initializer, activation)[1:]
    return [*layers, {"dense": 4}]


LESSONS = {1: Lesson(_lesson_1, ("moons_circles",))}
