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
"""

from typing import Any

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


def _penalty(optimizer: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "optimizer": {optimizer: fields},
        "penalty": {
            "l2": STRENGTH,
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
