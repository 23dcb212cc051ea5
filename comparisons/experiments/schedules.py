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
