"""Do rate, batch size and depth have a best combination, and is it one?

The three are often searched one after the other, as if each had a best value
that did not depend on the others. This is not so. The learning rate is the
length of a step of gradient descent; a larger batch makes its direction more
certain, and a smaller batch makes more steps in an epoch. So the best learning
rate depends on the batch size (Goyal et al. 2017), and also on the depth. They
are therefore searched together, on a grid or at random (Bergstra and Bengio
2012).

Every combination of learning rate, batch size and number of hidden layers of
64 units is trained for the same number of epochs. The first claim is about
the frameworks: a search finds the same best cell in both. On the digits a rate
of 0.01 is too low for batches of 64 (0.57 with one hidden layer, 0.50 with
three) and not for batches of 16 (0.88); at 0.1 all combinations reach 0.92 to
0.96.

Exercise 2 of lesson 3 asks for the best dropout rate and layer sizes. They,
too, depend on each other: on the digits a rate of 0.5 costs a network of 32-16
units 0.091 of validation accuracy, and one of 128-64 units 0.008.
"""

from itertools import product
from typing import Any

from framework_parity.comparisons.experiments._lesson_data import polynomial
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

GRIDS: dict[str, dict[str, tuple[Any, ...]]] = {
    "quick": {"rate": (0.01, 0.1), "batch": (16, 64), "depth": (1, 3)},
    "full": {
        "rate": (0.001, 0.01, 0.1, 1.0),
        "batch": (16, 64, 256),
        "depth": (1, 2, 3),
    },
}


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    grid = GRIDS[profile]
    return {
        "name": "hyperparameters",
        "dialect": "keras",
        "data": images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1},
            "batch_size": 64,
            "last_batch": "drop",
            "shuffle": "each_epoch",
            "epochs": 10,
        },
        "arms": {
            _name(*cell): _arm(*cell)
            for cell in product(grid["depth"], grid["batch"], grid["rate"])
        },
        "claims": [
            {
                "same_best": "test_accuracy",
                "name": "same_best_cell",
                "sentence": "A search comes to the same cell.",
            },
            claim(
                "a_small_batch_makes_up_for_a_low_rate",
                "At a rate of 0.01, one hidden layer learns more from "
                "batches of 16 than of 64.",
                "depth_1_batch_16_rate_0_01.train_loss < "
                "depth_1_batch_64_rate_0_01.train_loss",
            ),
            claim(
                "depth_needs_a_higher_rate",
                "At a rate of 0.01 and batches of 64, three hidden layers "
                "learn less than one.",
                "depth_3_batch_64_rate_0_01.train_loss > "
                "depth_1_batch_64_rate_0_01.train_loss",
            ),
        ],
        "plots": [{"heat_maps": "test_accuracy"}],
    }


def _name(depth: int, batch: int, rate: float) -> str:
    return f"depth_{depth}_batch_{batch}_rate_{rate}".replace(".", "_")


def _arm(depth: int, batch: int, rate: float) -> dict[str, Any]:
    return {
        "layers": ["flatten", *hidden(*[64] * depth), {"dense": 10}],
        "recipe": {"optimizer": {"sgd": rate}, "batch_size": batch},
    }


def _lesson_0(dataset: str, profile: str) -> dict[str, Any]:
    """Return the three rates that lesson 0 proposes, on its ReLU network."""
    quick = profile == "quick"
    widths = [64] * 9 if quick else [128] * 9
    return {
        "name": "hyperparameters",
        "dialect": "torch",
        "data": polynomial(),
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": {"adam": 0.005},
            "batch_size": "full",
            "shuffle": "never",
            "epochs": 300 if quick else 1000,
            "evaluate_every": 20,
        },
        "arms": {
            f"rate_{rate}".replace(".", "_"): {
                "layers": [*hidden(*widths), {"dense": 1}],
                "recipe": {"optimizer": {"adam": rate}},
            }
            for rate in (0.001, 0.01, 0.1)
        },
        "claims": [
            {
                "same_best": "test_loss",
                "name": "same_best_rate",
                "sentence": "A search comes to the same rate.",
            },
            claim(
                "rate_0_001_is_slower_than_0_01",
                "At a rate of 0.001, the training loss ends higher than at "
                "0.01.",
                "rate_0_001.train_loss > rate_0_01.train_loss",
            ),
            claim(
                "rate_0_1_is_too_high",
                "At a rate of 0.1, the training loss ends at more than 1.5 "
                "times that of 0.01.",
                "rate_0_1.train_loss > 1.5 * rate_0_01.train_loss",
            ),
        ],
        "plots": [{"sweep": "train_loss"}, {"sweep": "test_loss"}],
    }


SIZES: dict[str, tuple[tuple[int, int], ...]] = {
    "quick": ((32, 16), (128, 64)),
    "full": ((64, 32), (128, 64), (256, 128)),
}


DROPPED: dict[str, tuple[float, ...]] = {
    "quick": (0.0, 0.5),
    "full": (0.0, 0.2, 0.3, 0.5),
}


def _lesson_3(dataset: str, profile: str) -> dict[str, Any]:
    """Return a search over dropout rate and layer sizes; exercise 2.

    Network, optimiser and batch size are those of the lesson's comparison of
    optimisers.
    """
    sizes, rates = SIZES[profile], DROPPED[profile]
    small, large, most = sizes[0], sizes[-1], rates[-1]
    return {
        "name": "hyperparameters",
        "dialect": "keras",
        "data": lesson_images(dataset, profile, 10_000, validation=0.2),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": lesson_batch(profile, 128),
            "shuffle": "each_epoch",
            "epochs": 10 if profile == "quick" else 20,
        },
        "arms": {
            _cell(size, rate): [
                "flatten",
                *hidden(*size, after=({"dropout": rate},) if rate else ()),
                {"dense": 10},
            ]
            for size, rate in product(sizes, rates)
        },
        "claims": [
            {
                "same_best": "validation_accuracy",
                "name": "same_best_cell",
                "sentence": "A search comes to the same cell.",
            },
            claim(
                "dropout_costs_the_small_network",
                "A dropout of 0.5 lowers the validation accuracy of the "
                "smallest network.",
                f"{_cell(small, most)}.validation_accuracy < "
                f"{_cell(small, 0.0)}.validation_accuracy",
            ),
            claim(
                "dropout_helps_the_large_network",
                "It raises that of the largest network.",
                f"{_cell(large, most)}.validation_accuracy > "
                f"{_cell(large, 0.0)}.validation_accuracy",
            ),
            claim(
                "the_best_rate_depends_on_the_size",
                "It costs the smallest network more than the largest.",
                f"{_cell(small, 0.0)}.validation_accuracy - "
                f"{_cell(small, most)}.validation_accuracy > "
                f"{_cell(large, 0.0)}.validation_accuracy - "
                f"{_cell(large, most)}.validation_accuracy",
            ),
        ],
        "plots": [
            {"bars": "validation_accuracy"},
            {"bars": "accuracy_gap"},
        ],
    }


def _cell(size: tuple[int, int], rate: float) -> str:
    return f"units_{size[0]}_{size[1]}_dropout_{rate:g}".replace(".", "_")


LESSONS = {
    0: Lesson(_lesson_0, ("polynomial",)),
    3: Lesson(_lesson_3, FASHION, "fashion_mnist"),
}
