"""When should training stop, and which weights should it leave?

If training goes on too long, a network begins to memorise its samples: the
training loss goes on falling, while the loss on other samples begins to rise.
Early stopping monitors a part that is not trained on, waits `patience` epochs
for an improvement, and restores the weights of the best epoch (Prechelt 1998).
A checkpoint also restores them, but does not stop the training.

The network has 10-128-64-1 units with ReLU. There are 100 samples of ten
features with a noise of 0.3, Adam at 0.01, and 150 epochs of one step. As in
many scripts, the test part itself is monitored, so that its loss at the best
epoch is the minimum of 150 values and is too optimistic. Two arms with other
samples have a test part that is not monitored. There the monitored loss hardly
rises within 150 epochs, the best epoch is nearly the last, and restoring it
gains nothing: whether the minimum comes early depends on the samples.
"""

from typing import Any

from framework_parity.comparisons.experiments._lessons import Lesson
from framework_parity.comparisons.experiments._words import claim, hidden

DATASETS = ("linear",)

# The published table, printed under seed 42: the losses in training and on
# the monitored part. Its epochs count from 0.
PUBLISHED = {
    0: ("21.9408", "16.1734"),
    25: ("0.4885", "0.5259"),
    50: ("0.0437", "0.3270"),
    78: ("0.0098", "0.2645"),
    100: ("0.0038", "0.2733"),
    149: ("0.0006", "0.2816"),
}


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification; it is the same for every profile."""
    layers = [*hidden(128, 64), {"dense": 1}]
    checkpoint = {"checkpoint": "validation_loss"}
    table = {
        name: row for epoch in PUBLISHED for name, row in _rows(epoch).items()
    }
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
                "On samples that were not monitored, the best epoch's "
                "weights have a lower loss than the last's.",
                "unseen_best.test_loss < unseen_last.test_loss",
            ),
            claim(
                "published_best_epoch",
                "The best epoch is the published 78, or 79 if epochs count "
                "from 1 (needs --randomness replay and one seed).",
                "to_the_end.at_epoch('validation_loss', 79) == "
                "to_the_end.lowest('validation_loss')",
            ),
            claim(
                "published_best_loss",
                "The lowest validation loss is the published 0.2645 (needs "
                "--randomness replay and one seed).",
                "to_the_end.lowest('validation_loss') == 0.2645",
            ),
            claim(
                "published_last_loss",
                "The last validation loss is the published 0.2816 (needs "
                "--randomness replay and one seed).",
                "to_the_end.last('validation_loss') == 0.2816",
            ),
        ],
        "plots": [
            {
                "epoch_table": {
                    "arm": "best_kept",
                    "curves": ["train_loss", "validation_loss"],
                    "epochs": [1, 30, 60, 90, 120, "best", "last"],
                }
            },
            {"bars": "validation_loss"},
            {"bars": "epochs"},
            {"table": {"rows": table, "expected": "published, seed 42"}},
        ],
    }


def _rows(epoch: int) -> dict[str, str]:
    """Return two rows of the published table, from an epoch from 0 on."""
    training, monitored = PUBLISHED[epoch]
    label = f"epoch {epoch}"
    curve = f'to_the_end.at_epoch("validation_loss", {epoch + 1})'
    return {
        f"{label}, training": f"to_the_end.step_loss({epoch}) == {training}",
        f"{label}, validation": f"{curve} == {monitored}",
    }


def _linear(samples: int, test_samples: int) -> dict[str, Any]:
    return {
        "features": 10,
        "samples": samples,
        "test_samples": test_samples,
        "noise": 0.3,
    }


LESSONS = {2: Lesson(written, DATASETS)}
