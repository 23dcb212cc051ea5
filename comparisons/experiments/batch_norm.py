"""Does batch normalisation train faster, and is it free?

Ioffe and Szegedy (2015) normalise the input of a layer by the mean and
variance of the batch, so that layers need not follow each other's scale. The
expected benefit is speed: fewer epochs to a given loss. Evaluation has no
batch, and uses running averages of the means and variances instead.

Images: 256-128-64 units with plain gradient descent, with and without batch
normalisation. It is faster, as expected.

Moons and circles: 256-128-64-32 units with Adam, batch normalisation and
dropout alone and together, and early stopping that restores the best epoch.
Here batch normalisation is worse: 0.55 with it, 0.94 without. Keras's running
averages have a decay of 0.99 a step and an epoch has 20 steps, so that after
10 epochs the averages still contain 13 % of their initial values. The
validation loss is computed with averages that lag behind, early stopping
treats it as the loss of the network, and after 11 to 14 epochs it restores one
of the first four: the network had learnt, but its averages had not followed.
With dropout beside it training goes on, and reaches 0.93, as dropout alone.
This is lesson 1, and its notebook has 0.49 for batch normalisation alone.
`parity audit naive_port` identifies the two defaults that cause this.

Lesson 3 also says that normalisation allows higher rates and makes the initial
weights matter less. On the digits both are true: at a rate of 1 the test
accuracy is 0.954 with it and 0.10 without, and from initial weights with a
deviation of 0.01 it is 0.976, as from others, and 0.11 without. The loss does
not become steadier: without normalisation it never rises from one epoch to the
next either.
"""

from typing import Any

from framework_parity.comparisons.experiments._lesson_data import (
    moons_circles,
)
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

DATASETS = (IMAGES[0], "moons_circles", *IMAGES[1:])
FULL = "mnist"
NORMED: dict[str, Any] = {"before": ("batch_norm",)}
DROPPED: dict[str, Any] = {"after": ({"dropout": 0.3},)}


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    plane = dataset == "moons_circles"
    return {
        "name": "batch_norm",
        "dialect": "keras",
        **(_moons_circles(profile) if plane else _images(dataset, profile)),
        "plots": [{"bars": "test_accuracy"}],
    }


def _images(dataset: str, profile: str) -> dict[str, Any]:
    widths, end = (256, 128, 64), {"dense": 10}
    return {
        "data": images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.01},
            "batch_size": 32,
            "last_batch": "drop",
            "shuffle": "each_epoch",
            "epochs": 15,
        },
        "arms": {
            "plain": ["flatten", *hidden(*widths), end],
            "batch_norm": ["flatten", *hidden(*widths, **NORMED), end],
        },
        "claims": [
            _faster(0.5),
            claim(
                "normalised_is_better",
                "After as many epochs, its test accuracy is higher.",
                "batch_norm.test_accuracy > plain.test_accuracy",
            ),
        ],
    }


def _moons_circles(profile: str) -> dict[str, Any]:
    widths, end = (256, 128, 64, 32), {"dense": 4}
    return {
        "data": moons_circles(),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 20 if profile == "quick" else 50,
            "early_stopping": {"patience": 10, "restore_best": True},
        },
        "arms": {
            "plain": [*hidden(*widths), end],
            "batch_norm": [*hidden(*widths, **NORMED), end],
            "dropout": [*hidden(*widths, **DROPPED), end],
            "both": [*hidden(*widths, **NORMED, **DROPPED), end],
        },
        "claims": [
            _faster(0.2),
            claim(
                "normalised_is_as_good",
                "Batch normalisation costs no test accuracy.",
                "batch_norm.test_accuracy >= plain.test_accuracy",
            ),
            claim(
                "both_is_as_good",
                "With dropout beside it, it costs none either.",
                "both.test_accuracy >= dropout.test_accuracy",
            ),
            claim(
                "both_is_the_best",
                "Both together are better than neither.",
                "both.test_accuracy > plain.test_accuracy",
            ),
            claim(
                "batch_norm_regularises",
                "Batch normalisation alone narrows the gap between training "
                "and test accuracy.",
                "batch_norm.accuracy_gap < plain.accuracy_gap",
            ),
        ],
        "notebook": [
            {
                "says": "Batch normalisation speeds up convergence, and alone "
                "it can be sufficient for regularisation.",
                "correction": "Alone it fails here: two runs of the cell gave "
                "0.49, where the other networks have 0.93. An epoch has 20 "
                "steps, and Keras's running averages have a decay of 0.99: "
                "losses in evaluation are computed with averages that lag "
                "behind, and early stopping with restore_best_weights "
                "restores one of the first epochs.",
                "claims": [
                    "fewer_epochs",
                    "normalised_is_as_good",
                    "batch_norm_regularises",
                ],
            },
        ],
    }


def _faster(bound: float) -> dict[str, str]:
    epoch = f'first_epoch("train_loss", {bound})'
    return claim(
        "fewer_epochs",
        f"With batch normalisation, the loss is {bound} after fewer epochs.",
        f"batch_norm.{epoch} < plain.{epoch}",
    )


SMALL = {"kernel_initializer": {"normal": 0.01}}


def _lesson_3(dataset: str, profile: str) -> dict[str, Any]:
    """Return 256-128-64 units with plain gradient descent.

    The lesson trains two networks, at a rate of 0.01. The others ask what it
    says about normalisation: that it allows higher rates, and that it
    depends less on the initial weights.
    """
    widths, end = (256, 128, 64), {"dense": 10}
    plain = ["flatten", *hidden(*widths), end]
    normed = ["flatten", *hidden(*widths, **NORMED), end]
    fast = {"optimizer": {"sgd": 1.0}}

    def small(*between: str) -> list[Any]:
        layers = [
            layer
            for units in widths
            for layer in (
                {"dense": {"units": units} | SMALL},
                *between,
                "relu",
            )
        ]
        return ["flatten", *layers, end]

    return {
        "name": "batch_norm",
        "dialect": "keras",
        "data": lesson_images(dataset, profile, validation=0.1),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.01},
            "batch_size": lesson_batch(profile, 128),
            "shuffle": "each_epoch",
            "epochs": 15,
        },
        "arms": {
            "plain": plain,
            "batch_norm": normed,
            "plain_fast": {"layers": plain, "recipe": fast},
            "batch_norm_fast": {"layers": normed, "recipe": fast},
            "plain_small": small(),
            "batch_norm_small": small("batch_norm"),
        },
        "claims": [
            _faster(0.5),
            claim(
                "normalised_is_better",
                "After as many epochs, its validation accuracy is higher.",
                "batch_norm.validation_accuracy > plain.validation_accuracy",
            ),
            claim(
                "normalised_is_steadier",
                "Its training loss rises from one epoch to the next less "
                "often.",
                "batch_norm.rises('train_loss') < plain.rises('train_loss')",
            ),
            claim(
                "normalised_takes_higher_rates",
                "At a rate of 1, a hundred times as high, its test accuracy "
                "is higher than without normalisation.",
                "batch_norm_fast.test_accuracy > plain_fast.test_accuracy",
            ),
            claim(
                "normalised_depends_less_on_its_start",
                "Small initial weights, with a deviation of 0.01, cost it "
                "less test accuracy.",
                "batch_norm.test_accuracy - batch_norm_small.test_accuracy < "
                "plain.test_accuracy - plain_small.test_accuracy",
            ),
        ],
        "plots": [{"bars": "test_accuracy"}],
    }


LESSONS = {
    1: Lesson(written, ("moons_circles",)),
    3: Lesson(_lesson_3, FASHION, "fashion_mnist"),
}
