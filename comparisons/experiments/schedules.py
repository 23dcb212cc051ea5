"""Do both frameworks train with the rate that the schedule says?

A large learning rate makes fast progress, a small one gets close to the
minimum, so the rate is reduced during training: in steps, by e^-kt, along half
a cosine (Loshchilov and Hutter 2017), after a linear warm-up (Goyal et al.
2017), up and down in one cycle (Smith and Topin 2018), or after an epoch that
reduced the validation loss by less than a tenth. Ports are often off by one
step here: PyTorch's schedulers count calls, wherever they are in the loop,
Keras's count updates.

The claim is exact: at every step, the rate that the framework used is the
formula's. This includes the plateau, whose reductions depend on the validation
loss of each run. The other claims are what is commonly said about schedules,
that they reach a lower loss than a constant rate. On the digits they do not,
in 12 epochs or in 30: at a rate of 0.001 the loss is still decreasing, and a
lower rate only means less training.

Lesson 3 has 128-64 units with batch normalisation and dropout, a cosine and
early stopping. On the digits its test accuracy (0.974) is not told apart from
that of a constant rate (0.976), and in 20 epochs early stopping hardly ever
ends the training. Its function for a step decay, given to Keras as a callback,
halves the current rate instead of the first one: the rate ends at 9.3e-13 in
place of 1.25e-4, and the training loss at 0.065 in place of 0.029.
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

EPOCHS = {"quick": 12, "full": 30}
BATCH = 32


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    epochs = EPOCHS[profile]
    return {
        "name": "schedules",
        "dialect": "keras",
        "data": images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": BATCH,
            "epochs": epochs,
            "shuffle": "each_epoch",
            "precision": "float64",
        },
        "arms": {
            name: {
                "layers": ["flatten", *hidden(64), {"dense": 10}],
                "recipe": recipe,
            }
            for name, recipe in _rules(epochs).items()
        },
        "claims": [
            *(
                claim(
                    f"{name}_exact",
                    f"{_label(name)}: every step's rate is the formula's.",
                    f"{name}.rate_error == 0",
                )
                for name in _rules(epochs)
            ),
            claim(
                "plateau_reduces",
                "The plateau's rule lowers the rate.",
                "plateau.rate(-1) < plateau.rate(0)",
            ),
            *(
                claim(
                    f"{name}_beats_constant",
                    f"{_label(name)} ends at a lower training loss than a "
                    "constant rate.",
                    f"{name}.train_loss < constant.train_loss",
                )
                for name in ("cosine", "one_cycle")
            ),
        ],
        "plots": ["rates", {"bars": "test_accuracy"}],
    }


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _rules(epochs: int) -> dict[str, dict[str, Any]]:
    """Return the recipes of the arms; all schedules count whole epochs."""
    per = {"per": "epoch"}
    warm = epochs // 5
    return {
        "constant": {"schedule": "constant"},
        "step": {"schedule": {"step_decay": {"every": 5, "by": 0.5, **per}}},
        "exponential": {
            "schedule": {"natural_exponential": {"k": 0.1, **per}}
        },
        "cosine": {
            "schedule": {"cosine": {"steps": epochs, "final": 0.01, **per}}
        },
        "warmup_cosine": {
            "schedule": {
                "warmup_cosine": {
                    "warmup": warm,
                    "steps": epochs - warm,
                    "start": 0.1,
                    "final": 0.01,
                    **per,
                }
            }
        },
        "plateau": {
            "plateau": {
                "by": 0.5,
                "patience": 1,
                "threshold": 0.1,
                "threshold_mode": "relative",
                "min_lr": 1e-5,
            }
        },
        "one_cycle": {"schedule": {"one_cycle": {"steps": epochs, **per}}},
    }


def _lesson_3(dataset: str, profile: str) -> dict[str, Any]:
    """Return 128-64 units with a cosine, and early stopping.

    Both profiles have 20 epochs, so that the rates are the lesson's.
    """
    epochs, per = 20, {"per": "epoch"}
    after = ("batch_norm", {"dropout": 0.3})
    layers = ["flatten", *hidden(128, 64, after=after), {"dense": 10}]
    cosine = {"cosine": {"steps": epochs, "final": 0.01, **per}}
    halved = {"every": 5, "by": 0.5, **per}
    stopping = {"patience": 5, "restore_best": True}
    recipes: dict[str, dict[str, Any]] = {
        "cosine": {"schedule": cosine, "early_stopping": stopping},
        "constant": {"early_stopping": stopping},
        "cosine_to_the_end": {"schedule": cosine},
        "step": {"schedule": {"step_decay": halved}},
        "step_in_callback": {
            "schedule": {"step_decay": {**halved, "applied_to": "current"}}
        },
        "exponential": {
            "schedule": {"natural_exponential": {"k": 0.1, **per}}
        },
    }
    return {
        "name": "schedules",
        "dialect": "keras",
        "data": lesson_images(dataset, profile, validation=0.1),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": lesson_batch(profile, 128),
            "epochs": epochs,
            "shuffle": "each_epoch",
        },
        "arms": {
            name: {"layers": layers, "recipe": recipe}
            for name, recipe in recipes.items()
        },
        "claims": [
            claim(
                "cosine_beats_constant",
                "With the cosine, the test accuracy is higher than at a "
                "constant rate.",
                "cosine.test_accuracy > constant.test_accuracy",
            ),
            claim(
                "stopping_saves_epochs",
                "Early stopping ends the training with the cosine before the "
                "last epoch.",
                f"cosine.epochs < {epochs}",
            ),
            claim(
                "stopping_costs_no_accuracy",
                "Its test accuracy is no lower than without early stopping.",
                "cosine.test_accuracy >= cosine_to_the_end.test_accuracy",
            ),
            claim(
                "final_is_the_highest",
                "The printed accuracy, the highest of all epochs, is above "
                "that of the weights that early stopping restores.",
                "cosine.highest('validation_accuracy') > "
                "cosine.validation_accuracy",
            ),
            claim(
                "step_as_drawn",
                "Drawn, the step decay ends at a rate of 1.25e-4.",
                "step.rate(-1) == 1.25e-4",
            ),
            claim(
                "step_in_callback_compounds",
                "As a callback of Keras it ends at 9.31e-13.",
                "step_in_callback.rate(-1) == 9.31e-13",
            ),
            claim(
                "compounding_costs_progress",
                "The callback's training loss is higher.",
                "step_in_callback.train_loss > step.train_loss",
            ),
        ],
        "notebook": [
            {
                "says": "step_decay(epoch, lr) returns lr times 0.5 to the "
                "number of completed fives of epochs, and is drawn falling "
                "from 0.001 to 1.25e-4.",
                "correction": "The drawing passes the initial rate each time. "
                "Keras's LearningRateScheduler passes the current one, which "
                "the function has already reduced, so that the factors "
                "multiply: after 20 epochs the rate is 9.3e-13. The cosine of "
                "the notebook is safe, since it ignores the rate that it "
                "receives. In PyTorch the two are LambdaLR and "
                "MultiplicativeLR.",
                "claims": [
                    "step_as_drawn",
                    "step_in_callback_compounds",
                    "compounding_costs_progress",
                ],
            },
            {
                "says": "The largest validation accuracy of the history is "
                "printed as the final one.",
                "correction": "Early stopping restores the weights of the "
                "lowest validation loss, whose accuracy can be below that "
                "maximum; and a maximum of many values is too optimistic.",
                "claims": ["final_is_the_highest"],
            },
        ],
        "plots": ["rates", {"bars": "test_accuracy"}],
    }


LESSONS = {3: Lesson(_lesson_3, FASHION, "fashion_mnist")}
