"""Is weight decay a penalty on large weights, or something else?

A penalty of lambda times the sum of squares adds 2 lambda w to the gradient.
*Coupled* weight decay of 2 lambda adds the same, so that the two are the same
method; here they end within rounding of each other, in float64. *Decoupled*
decay subtracts the learning rate times 2 lambda w from the weight itself
(Loshchilov and Hutter 2019). Under plain SGD this is the same again, and the
specification language does not distinguish them. With momentum it differs
slightly, and under Adam it is another method: Adam divides a gradient by its
size, and with it the decay that is part of it.

The network has 128-64 units and trains on images, with lambda 1e-4. The
difference between the two forms is visible in pixels that are always 0: the
loss has no gradient for their weights, the decay is their whole gradient, and
Adam makes whole steps of it, however small lambda is. With coupled decay they
approach zero (a mean of 0.002 after 10 epochs on the digits); with decoupled
decay they remain near their initial values (0.063). Whether biases decay is a
convention, too, and it has an effect.

Lesson 4 has SGD at 0.1 and a penalty of 1e-4, beside none and two other
strengths. On the digits, after 15 epochs, none of the three has a higher test
accuracy than no penalty (0.958). The penalty is a weight decay of 2e-4, to
6e-16 of the weights, and not one of 1e-4, which differs by 0.006.
"""

from typing import Any

from framework_parity.comparisons.experiments._lesson_images import (
    HANDWRITING,
    lesson_images,
    near_published,
)
from framework_parity.comparisons.experiments._lessons import Lesson
from framework_parity.comparisons.experiments._words import (
    IMAGES,
    claim,
    hidden,
    images,
)

DATASETS = IMAGES
FULL = "mnist"

STRENGTH = 1e-4


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    sgd = {"lr": 0.1}
    momentum = {"lr": 0.01, "momentum": 0.9}
    adam = {"lr": 0.001}
    recipes = {
        "sgd_penalty": _penalty("sgd", sgd),
        "sgd_decay": _decay("sgd", sgd),
        "momentum_coupled": _decay("sgd", momentum),
        "momentum_decoupled": _decay("sgd", momentum, "decoupled"),
        "adam_penalty": _penalty("adam", adam),
        "adam_coupled": _decay("adam", adam),
        "adam_decoupled": _decay("adam", adam, "decoupled"),
        "adam_kernels": _decay("adam", adam, decay_applies_to="kernels"),
    }
    layers = ["flatten", *hidden(128, 64), {"dense": 10}]
    return {
        "name": "weight_decay_forms",
        "dialect": "torch",
        "data": images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 64,
            "last_batch": "drop",
            "shuffle": "each_epoch",
            "epochs": 5 if profile == "quick" else 10,
            "precision": "float64",
        },
        "arms": {
            name: {"layers": layers, "recipe": recipe}
            for name, recipe in recipes.items()
        },
        "claims": [
            claim(
                "sgd_penalty_is_decay",
                "Under SGD, a penalty of lambda is a decay of 2 lambda, to "
                "rounding.",
                "distance(sgd_penalty, sgd_decay) < 1e-9",
            ),
            claim(
                "adam_penalty_is_coupled_decay",
                "Under Adam, a penalty of lambda is a coupled decay of "
                "2 lambda, to rounding.",
                "distance(adam_penalty, adam_coupled) < 1e-9",
            ),
            claim(
                "adam_decoupled_differs",
                "Under Adam, decoupled decay leads to weights that differ by "
                "more than a hundredth.",
                "distance(adam_coupled, adam_decoupled) > 0.01",
            ),
            claim(
                "momentum_decoupled_differs",
                "With momentum, decoupled decay differs beyond rounding.",
                "distance(momentum_coupled, momentum_decoupled) > 1e-9",
            ),
            claim(
                "adam_differs_more",
                "The two forms differ more under Adam than with momentum.",
                "distance(adam_coupled, adam_decoupled) > "
                "distance(momentum_coupled, momentum_decoupled)",
            ),
            claim(
                "decoupled_keeps_larger_weights",
                "Under Adam, decoupled decay leaves larger weights than "
                "coupled decay of the same strength.",
                "adam_decoupled.weight_norm > adam_coupled.weight_norm",
            ),
            claim(
                "coupled_empties_what_nothing_pulls",
                "Under Adam, coupled decay leaves more weights near 0.",
                "adam_coupled.near_zero(0.01) > "
                "adam_decoupled.near_zero(0.01)",
            ),
            claim(
                "biases_matter",
                "Whether biases decay moves the weights as well.",
                "distance(adam_coupled, adam_kernels) > 0.01",
            ),
        ],
        "plots": ["distances", {"bars": "weight_norm"}],
    }


def _penalty(
    optimizer: str, fields: dict[str, Any], strength: float = STRENGTH
) -> dict[str, Any]:
    return {
        "optimizer": {optimizer: fields},
        "penalty": {
            "l2": strength,
            "form": "whole",
            "weights": "all",
            "reported": False,
        },
    }


def _decay(
    optimizer: str,
    fields: dict[str, Any],
    decay: str = "coupled",
    decay_applies_to: str = "all",
) -> dict[str, Any]:
    decay_fields = {
        "weight_decay": 2 * STRENGTH,
        "decay": decay,
        "decay_applies_to": decay_applies_to,
    }
    return {"optimizer": {optimizer: fields | decay_fields}}


LAMBDAS = {"l2_1e_3": 1e-3, "l2_1e_4": 1e-4, "l2_1e_5": 1e-5}


def _lesson_4(dataset: str, profile: str) -> dict[str, Any]:
    """Return the lesson's network with no penalty and with three lambdas.

    All arms have SGD, and float64, so that equal methods show as equal.
    """
    full = profile == "full"
    sgd = {"lr": 0.1}
    recipes: dict[str, dict[str, Any]] = {
        "none": {},
        **{
            name: _penalty("sgd", sgd, strength)
            for name, strength in LAMBDAS.items()
        },
        "decay_2e_4": {"optimizer": {"sgd": sgd | {"weight_decay": 2e-4}}},
        "decay_1e_4": {"optimizer": {"sgd": sgd | {"weight_decay": 1e-4}}},
    }
    layers = ["flatten", *hidden(128, 64), {"dense": 10}]
    published = near_published("l2_1e_4", 0.9765)
    return {
        "name": "weight_decay_forms",
        "dialect": "torch",
        "data": lesson_images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": sgd},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 5 if full else 15,
            "precision": "float64",
        },
        "arms": {
            name: {"layers": layers, "recipe": recipe}
            for name, recipe in recipes.items()
        },
        "claims": [
            *(
                claim(
                    f"{name}_generalises",
                    f"With lambda {strength:g}, the test accuracy is higher "
                    "than with none.",
                    f"{name}.test_accuracy > none.test_accuracy",
                )
                for name, strength in LAMBDAS.items()
            ),
            claim(
                "l2_narrows_the_gap",
                "With lambda 1e-4, the gap between the accuracies on the "
                "training and the test part is narrower.",
                "l2_1e_4.accuracy_gap < none.accuracy_gap",
            ),
            claim(
                "l2_fits_less",
                "With lambda 1e-4, the training loss without its penalty is "
                "higher.",
                "l2_1e_4.train_loss > none.train_loss",
            ),
            claim(
                "larger_lambda_smaller_weights",
                "The larger lambda, the smaller the weights.",
                "l2_1e_3.weight_norm < l2_1e_4.weight_norm",
            ),
            claim(
                "penalty_is_twice_the_decay",
                "A penalty of 1e-4 is a weight decay of 2e-4, to rounding.",
                "distance(l2_1e_4, decay_2e_4) < 1e-9",
            ),
            claim(
                "penalty_is_not_the_decay",
                "It is not a weight decay of 1e-4.",
                "distance(l2_1e_4, decay_1e_4) > 1e-6",
            ),
            *(published if full and dataset == "mnist" else []),
        ],
        "notebook": [
            {
                "says": "A penalty of lambda times the sum of squares and the "
                "optimiser's weight_decay are functionally equivalent.",
                "correction": "They are, with a factor of 2: the derivative "
                "of lambda w squared is 2 lambda w, and weight_decay d adds "
                "d w. A lambda of 1e-4 is a weight_decay of 2e-4. The other "
                "convention, lambda/2 times the sum, has no such factor. "
                "Under Adam they differ from AdamW's decay in kind.",
                "claims": [
                    "penalty_is_twice_the_decay",
                    "penalty_is_not_the_decay",
                ],
            },
            {
                "says": "L2 improves generalisation: 97.65 % with it, 97.40 % "
                "without.",
                "correction": "Each figure is from one run. Of 10,000 images "
                "a quarter of a point is 25, less than two standard errors of "
                "such a difference; several seeds are needed to see an "
                "effect of this size.",
                "claims": ["l2_1e_4_generalises", "l2_narrows_the_gap"],
            },
        ],
        "plots": [
            "distances",
            {"bars": "test_accuracy"},
            {"bars": "weight_norm"},
        ],
    }


LESSONS = {4: Lesson(_lesson_4, HANDWRITING, "mnist")}
