"""Which optimiser learns fastest, and what does each do in a valley?

The five optimisers have the learning rates that tutorials use: SGD 0.01,
momentum 0.9 at the same rate, RMSprop, Adam and AdamW at 0.001. The claims are
what is commonly said about pairs of them, after the same number of epochs and
at these rates; at other rates the result may be another one (Wilson et al.
2017, Choi et al. 2019). Adam and RMSprop differ by less than the spread of the
seeds, and AdamW is nearly Adam: a decay of 0.01 takes 0.00001 of a weight at
each step.

The valley is a linear regression with two inputs, one ten times the other, so
that the curvature of the loss along one weight is a hundred times that along
the other. SGD at the largest rate for the steep direction oscillates across
the valley and hardly moves along it. Momentum (Polyak 1964) accumulates the
components that do not change sign. Adam (Kingma and Ba 2015) divides the step
of each weight by the size of its gradient, which makes the valley round. The
paths are drawn over the loss.

Lesson 3 trains 128-64 units on 10,000 images in batches of 128. On the
digits, in 10 epochs, SGD is far behind (training loss 0.576); Adam (0.047) is
not told apart from AdamW, momentum (0.049) and RMSprop (0.055). Its formula
for momentum has a factor 1 - beta that neither framework has: with it the loss
is 0.592.

The bumps are a single weight whose loss has a minimum at 0 and a lower bump
on the way from 3: SGD stops before it, at 1.1, while momentum and Adam arrive
at 0. With bumps four times as high, which begin at the start, all three stop
at once.
"""

from typing import Any

from framework_parity.comparisons.experiments._lesson_images import (
    FASHION,
    lesson_batch,
    lesson_images,
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

RULES: dict[str, Any] = {
    "sgd": {"sgd": 0.01},
    "momentum": {"sgd": {"lr": 0.01, "momentum": 0.9}},
    "rmsprop": {"rmsprop": 0.001},
    "adam": {"adam": 0.001},
    "adamw": {"adamw": {"lr": 0.001, "weight_decay": 0.01}},
}
# From 3, over bumps, towards the minimum at 0.
BUMPS = "x * x / 10 + 0.05 * (1 - cos(4 * x))"
OVER_BUMPS: dict[str, Any] = {
    "bumps_sgd": {"sgd": 0.1},
    "bumps_momentum": {"sgd": {"lr": 0.1, "momentum": 0.9}},
    "bumps_adam": {"adam": 0.1},
}
IN_THE_VALLEY: dict[str, Any] = {
    "valley_sgd": {"sgd": 0.9},
    "valley_momentum": {"sgd": {"lr": 0.9, "momentum": 0.9}},
    "valley_adam": {"adam": 0.3},
}
SIGNS = ((1, 1), (1, -1), (-1, 1), (-1, -1))
MINIMUM = (1.0, 4.0)


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    data = images(dataset, profile)
    if profile == "full" and dataset != "digits":
        data[dataset] = {"samples": 10_000}
    return {
        "name": "optimizers",
        "dialect": "keras",
        "data": data,
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.01},
            "batch_size": 32,
            "epochs": 8 if profile == "quick" else 20,
            "shuffle": "each_epoch",
        },
        "arms": {
            **{
                name: {
                    "layers": ["flatten", *hidden(128, 64), {"dense": 10}],
                    "recipe": {"optimizer": rule},
                }
                for name, rule in RULES.items()
            },
            **{name: _valley(rule) for name, rule in IN_THE_VALLEY.items()},
            **{name: _bumps(rule) for name, rule in OVER_BUMPS.items()},
        },
        "probes": {"weights": {"places": ["dense_1"], "largest": 2}},
        "claims": [
            _sooner("momentum", "sgd", "Momentum learns faster than SGD."),
            _sooner("rmsprop", "sgd", "RMSprop learns faster than SGD."),
            _sooner("adam", "sgd", "Adam learns faster than SGD."),
            _sooner("adam", "momentum", "Adam learns faster than momentum."),
            _sooner("adam", "rmsprop", "Adam learns faster than RMSprop."),
            claim(
                "adamw_generalises_better_than_adam",
                "AdamW's test accuracy is above Adam's.",
                "adamw.test_accuracy > adam.test_accuracy",
            ),
            _sooner(
                "valley_momentum",
                "valley_sgd",
                "In the valley, momentum gets further than SGD.",
            ),
            _sooner(
                "valley_adam",
                "valley_sgd",
                "In the valley, Adam gets further than SGD.",
            ),
            claim(
                "momentum_is_steadier_than_sgd",
                "Momentum's training loss rises from one epoch to the next "
                "less often than SGD's.",
                "momentum.rises('train_loss') < sgd.rises('train_loss')",
            ),
            _sooner(
                "bumps_momentum",
                "bumps_sgd",
                "Momentum carries the weight over bumps that stop SGD.",
            ),
            claim(
                "momentum_comes_to_the_minimum",
                "It comes to the lowest of all minima.",
                "bumps_momentum.train_loss < 0.001",
            ),
        ],
        "plots": [
            {"paths": list(IN_THE_VALLEY)},
            {"bars": {"statistic": "test_accuracy", "of": list(RULES)}},
        ],
    }


def _sooner(better: str, worse: str, sentence: str) -> dict[str, str]:
    """Return a claim that the final training loss is lower."""
    expression = f"{better}.train_loss < {worse}.train_loss"
    return claim(f"{better}_beats_{worse}", sentence, expression)


def _valley(rule: Any) -> dict[str, Any]:
    """Return a linear regression of two weights with the optimum `MINIMUM`.

    Both weights start at 0. The targets contain a term of ±0.1 that the model
    cannot fit, so that the lowest loss is 0.01.
    """
    x = [[float(a), b / 10] for a, b in SIGNS]
    y = [
        MINIMUM[0] * u + MINIMUM[1] * v + 0.1 * a * b
        for (u, v), (a, b) in zip(x, SIGNS, strict=True)
    ]
    return {
        "layers": [
            {
                "dense": {
                    "units": 1,
                    "bias": False,
                    "kernel_initializer": "zeros",
                }
            }
        ],
        "data": {
            "points": {"x": x, "y": y},
            "test": 0,
            "validation": 0,
            "scaling": "none",
        },
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": rule,
            "batch_size": "full",
            "epochs": 60,
            "shuffle": "never",
            "evaluate_every": 10,
        },
    }


def _bumps(rule: Any) -> dict[str, Any]:
    """Return one weight w, whose loss is the square of `BUMPS` at w.

    The only input is 1, the target 0. The weight starts at 3.
    """
    unit = {
        "units": 1,
        "bias": False,
        "kernel_initializer": {"constant": 3.0},
    }
    return {
        "layers": [{"dense": unit}, {"custom": BUMPS}],
        "data": {
            "points": {"x": [[1.0]], "y": [0.0]},
            "test": 0,
            "validation": 0,
            "scaling": "none",
        },
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": rule,
            "batch_size": "full",
            "epochs": 200,
            "shuffle": "never",
            "evaluate_every": 20,
        },
    }


# Keras's AdamW has a decay of 0.004 unless it is given one.
LESSON_3: dict[str, Any] = RULES | {
    "adamw": {"adamw": 0.001},
    "momentum_as_written": {"sgd": {"lr": 0.001, "momentum": 0.9}},
}


def _lesson_3(dataset: str, profile: str) -> dict[str, Any]:
    """Return 128-64 units on 10,000 images, with batches of 128."""
    layers = ["flatten", *hidden(128, 64), {"dense": 10}]
    return {
        "name": "optimizers",
        "dialect": "keras",
        "data": lesson_images(dataset, profile, 10_000, validation=0.2),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.01},
            "batch_size": lesson_batch(profile, 128),
            "epochs": 10 if profile == "quick" else 20,
            "shuffle": "each_epoch",
        },
        "arms": {
            name: {"layers": layers, "recipe": {"optimizer": rule}}
            for name, rule in LESSON_3.items()
        },
        "claims": [
            *(
                _sooner("adam", other, f"Adam learns faster than {label}.")
                for other, label in {
                    "sgd": "SGD",
                    "momentum": "momentum",
                    "rmsprop": "RMSprop",
                    "adamw": "AdamW",
                }.items()
            ),
            _sooner("momentum", "sgd", "Momentum learns faster than SGD."),
            claim(
                "momentum_is_steadier_than_sgd",
                "Momentum's validation loss rises from one epoch to the next "
                "less often than SGD's.",
                "momentum.rises('validation_loss') < "
                "sgd.rises('validation_loss')",
            ),
            claim(
                "adamw_has_smaller_weights",
                "AdamW leaves smaller weights than Adam.",
                "adamw.weight_norm < adam.weight_norm",
            ),
            claim(
                "adamw_generalises_better_than_adam",
                "AdamW's validation accuracy is above Adam's.",
                "adamw.validation_accuracy > adam.validation_accuracy",
            ),
            claim(
                "as_written_is_slower",
                "Momentum by the notebook's formula learns more slowly than "
                "Keras's.",
                "momentum_as_written.train_loss > momentum.train_loss",
            ),
            claim(
                "as_written_is_like_sgd",
                "After as many epochs its training loss is within a tenth of "
                "that of SGD without momentum, or lower.",
                "momentum_as_written.train_loss < 1.1 * sgd.train_loss",
            ),
        ],
        "notebook": [
            {
                "says": "Momentum is v = beta v + (1 - beta) g, and a step "
                "is -lr v.",
                "correction": "This is a valid momentum, and not that of the "
                "cell below it: Keras, like PyTorch, computes v = beta v + g "
                "without the factor 1 - beta. At beta = 0.9 the formula has a "
                "tenth of Keras's rate, 0.001 for 0.01 in these cells. The "
                "arm momentum_as_written has it.",
                "claims": ["as_written_is_slower", "as_written_is_like_sgd"],
            }
        ],
        "plots": [{"bars": "validation_accuracy"}, {"bars": "train_loss"}],
    }


LESSONS = {3: Lesson(_lesson_3, FASHION, "fashion_mnist")}
