"""When should training stop, and which weights should it leave?

Placeholder.
"""

from typing import Any

from comparisons.experiments._words import claim, hidden

DATASETS = ("linear",)


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification; small enough for any profile."""
    layers = [*hidden(128, 64), {"dense": 1}]
    stopping = {"patience": 20, "counting": "exceeds", "restore_best": True}
    return {
        "name": "early_stopping",
        "dialect": "torch",
        "data": {
            "linear": {
                "features": 10,
                "samples": 200,
                "test_samples": 1000,
                "noise": 0.3,
            },
            "validation": 0.5,
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
            "best_kept": {
                "layers": layers,
                "recipe": {"checkpoint": "validation_loss"},
            },
            "stopped": {
                "layers": layers,
                "recipe": {"early_stopping": stopping},
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
                "same_best_epoch",
                "And misses no better one.",
                "stopped.best_epoch == best_kept.best_epoch",
            ),
            claim(
                "better_on_the_test",
                "On samples that nobody watched the best epoch's weights do "
                "better than the last's.",
                "best_kept.test_loss < to_the_end.test_loss",
            ),
        ],
        "pictures": [{"bars": "test_loss"}, {"bars": "epochs"}],
    }
