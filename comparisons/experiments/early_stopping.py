"""When should training stop, and which weights should it leave?

A network that goes on training begins to learn its samples by heart: the
training loss falls on, the loss on other samples turns. Early stopping
watches a part that is not trained on, waits `patience` epochs for better,
and puts the best epoch's weights back (Prechelt 1998). A checkpoint does the
same and never stops.

10-128-64-1 with ReLU on 100 samples of ten features with a noise of 0.3,
Adam at 0.01, 150 epochs of one step. As in many a script, the test part
itself is watched, so its loss at the best epoch is the best of 150 tries and
says too little. Two arms on another draw keep a test part that nobody
watches. There the loss that is watched hardly turns within 150 epochs, the
best epoch is nearly the last, and nothing is gained by going back to it:
whether the minimum comes early is a matter of the draw, and is no law.
"""

from typing import Any

from framework_parity.comparisons.experiments._words import claim, hidden

DATASETS = ("linear",)


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification; it is small enough for any profile."""
    layers = [*hidden(128, 64), {"dense": 1}]
    checkpoint = {"checkpoint": "validation_loss"}
    stopping = {
        "early_stopping": {
            "patience": 20,
            "counting": "exceeds",
            "restore_best": True,
        }
    }
    unseen = {
        "linear": _linear(samples=200, test_samples=1000),
        "validation": 0.5,
    }
    return {
        "name": "early_stopping",
        "dialect": "torch",
        "replay": {"seed": 42, "reseed": False},
        "data": {
            "linear": _linear(samples=100, test_samples=100),
            "validation": "test",
            "scaling": "none",
        },
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": {"adam": 0.01},
            "batch_size": "full",
            "shuffle": "never",
            "epochs": 150,
        },
        "arms": {
            "to_the_end": layers,
            "best_kept": {"layers": layers, "recipe": checkpoint},
            "stopped": {"layers": layers, "recipe": stopping},
            "unseen_last": {"layers": layers, "data": unseen},
            "unseen_best": {
                "layers": layers,
                "recipe": checkpoint,
                "data": unseen,
            },
        },
        "claims": [
            claim(
                "minimum_before_the_end",
                "The validation loss is least before the last epoch.",
                "best_kept.best_epoch < best_kept.epochs",
            ),
            claim(
                "restored_is_the_best",
                "What is restored is the best epoch: its validation loss, "
                "measured anew, is the lowest of all, to the last bit.",
                "best_kept.validation_loss == "
                "best_kept.lowest('validation_loss')",
            ),
            claim(
                "stopped_restores_too",
                "The same where training stops early.",
                "stopped.validation_loss == stopped.lowest('validation_loss')",
            ),
            claim(
                "stopped_saves_epochs",
                "Early stopping trains for fewer epochs.",
                "stopped.epochs < to_the_end.epochs",
            ),
            claim(
                "misses_no_better_epoch",
                "With a patience of 20 it misses no better epoch.",
                "stopped.best_epoch == best_kept.best_epoch",
            ),
            claim(
                "better_on_the_unseen",
                "On samples that nobody watched, the best epoch's weights "
                "do better than the last's.",
                "unseen_best.test_loss < unseen_last.test_loss",
            ),
        ],
        "plots": [{"bars": "validation_loss"}, {"bars": "epochs"}],
    }


def _linear(samples: int, test_samples: int) -> dict[str, Any]:
    return {
        "features": 10,
        "samples": samples,
        "test_samples": test_samples,
        "noise": 0.3,
    }
