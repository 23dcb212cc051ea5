"""Does dropout help a network that memorises its training samples?

A network with more parameters than samples can memorise them, including their
noise. Dropout sets a share of the hidden units to zero, another share at each
step, so that no unit can rely on another (Srivastava et al. 2014), and is
expected to narrow the gap between test and training loss. The remaining units
are divided by 1 - rate (*inverted* dropout), so that evaluation needs no
factor. A claim compares each framework's layer with x m / (1 - rate), where m
is the mask that the framework drew; the two must be equal to the last bit.

Linear: 50 samples of 20 features, which a 20-64-32-1 network with ReLU
memorises; the rates are 0, 0.3 and 0.5, with Adam at 0.01 for 200 steps. A
narrower gap is partly the effect of a larger training loss, so there is a
claim about the test loss as well. Over five seeds neither is decided: the
effect of the seed is as large as the effect of dropout, and a table of one
seed (the published one has seed 42) can show either. Digits and other images:
256-128-64 units with rates of 0.3, 0.3 and 0.2, compared with no dropout.

Lesson 3 has the network for images with batches of 128. On the digits neither
a narrower gap nor a higher test accuracy (0.967 with dropout, 0.970 without)
is decided by five seeds.

Lesson 4 has 128-64 units with a rate of 0.5 behind both, SGD at 0.1 and no
validation part. There dropout costs accuracy, in the published figures (96.66
for 97.40 %) and on the digits after 15 epochs (0.939 for 0.958). Where
`eval()` is forgotten, the same weights are measured at 0.878, and at another
value each time.
"""

from typing import Any

from framework_parity.comparisons.experiments._lesson_images import (
    FASHION,
    HANDWRITING,
    lesson_batch,
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

DATASETS = ("linear", *IMAGES)

# The published losses on the training and the test samples, under seed 42.
PUBLISHED = {
    "rate_0": ("0.0000", "3.7633"),
    "rate_3": ("0.1016", "2.6384"),
    "rate_5": ("0.1672", "2.7283"),
}


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    return {
        "name": "dropout",
        "dialect": "torch",
        **(_linear() if dataset == "linear" else _images(dataset, profile)),
    }


def _linear() -> dict[str, Any]:
    """Return the same experiment for every profile."""
    arms = {
        f"rate_{10 * rate:.0f}": [
            *({"dense": 64}, "relu", {"dropout": rate}),
            *({"dense": 32}, "relu", {"dropout": rate}, {"dense": 1}),
        ]
        for rate in (0.0, 0.3, 0.5)
    }
    return {
        "replay": {"seed": 42, "reseed": True},
        "data": {
            "linear": {
                "features": 20,
                "samples": 50,
                "test_samples": 200,
                "noise": 0.5,
            },
            "validation": 0,
            "scaling": "none",
        },
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": {"adam": 0.01},
            "batch_size": "full",
            "shuffle": "never",
            "epochs": 200,
            "evaluate_every": 5,
        },
        "arms": arms,
        "probes": {"dropped": {"samples": 1000}},
        "claims": [
            *_narrower(["rate_3", "rate_5"], "rate_0", "gap"),
            claim(
                "rate_3_generalises",
                "The test loss is lower with a rate of 0.3, not the gap "
                "alone.",
                "rate_3.test_loss < rate_0.test_loss",
            ),
            claim(
                "by_heart_without",
                "Without dropout the network fits its training samples, "
                "including their noise.",
                "rate_0.train_loss < 0.001",
            ),
            claim(
                "as_by_hand",
                "Dropout is x m / (1 - rate), written by hand with its own "
                "mask m, to the last bit.",
                "rate_3.dropout_error == 0",
            ),
            claim(
                "keeps_seven_in_ten",
                "At a rate of 0.3 it keeps 7 numbers in 10.",
                "rate_3.dropout_kept == 0.7",
            ),
            claim(
                "idle_in_evaluation",
                "In evaluation dropout does nothing: the loss, measured "
                "again after training, is the same to the last bit.",
                "rate_3.train_loss == rate_3.last('train_loss')",
            ),
            *(
                claim(
                    f"published_{arm}",
                    f"The test loss of {arm} is the published {test} (needs "
                    "--randomness replay and one seed).",
                    f"{arm}.test_loss == {test}",
                )
                for arm, (_, test) in PUBLISHED.items()
            ),
        ],
        "notebook": [
            {
                "says": "When the network is evaluated, the outputs of all "
                "units are scaled by the dropout rate.",
                "correction": "In both frameworks nothing is scaled then: the "
                "units that are kept in *training* are divided by 1 - rate "
                "(inverted dropout), and in evaluation the layer does "
                "nothing.",
                "claims": ["as_by_hand", "idle_in_evaluation"],
            }
        ],
        "plots": [
            {"bars": "gap"},
            {"bars": "test_loss"},
            {
                "table": {
                    "rows": _published(),
                    "expected": "published, seed 42",
                }
            },
        ],
    }


def _images(dataset: str, profile: str) -> dict[str, Any]:
    quick = profile == "quick"
    widths = {256: 0.3, 128: 0.3, 64: 0.2}
    return {
        "data": images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 64,
            "last_batch": "drop",
            "shuffle": "each_epoch",
            "epochs": 15 if quick else 30,
        },
        "arms": {
            "none": _network(dict.fromkeys(widths, 0.0)),
            "dropped": _network(widths),
        },
        "claims": _narrower(["dropped"], "none", "gap"),
        "plots": [{"bars": "gap"}, {"bars": "test_accuracy"}],
    }


def _network(widths: dict[int, float]) -> list[Any]:
    return [
        "flatten",
        *(
            layer
            for units, rate in widths.items()
            for layer in ({"dense": units}, "relu", {"dropout": rate})
        ),
        {"dense": 10},
    ]


def _narrower(arms: list[str], plain: str, gap: str) -> list[Any]:
    return [
        claim(
            f"{arm}_narrows_the_gap",
            f"The gap of {arm} is narrower than that of {plain}.",
            f"{arm}.{gap} < {plain}.{gap}",
        )
        for arm in arms
    ]


def _published() -> dict[str, str]:
    """Return the rows of the published table."""
    return {
        f"{arm}, {part}": f"{arm}.{part}_loss == {figure}"
        for arm, figures in PUBLISHED.items()
        for part, figure in zip(("train", "test"), figures, strict=True)
    }


def _lesson_3(dataset: str, profile: str) -> dict[str, Any]:
    """Return 256-128-64 units with Adam, with and without dropout."""
    widths = {256: 0.3, 128: 0.3, 64: 0.2}
    quick = profile == "quick"
    return {
        "name": "dropout",
        "dialect": "keras",
        "data": lesson_images(dataset, profile, validation=0.1),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": lesson_batch(profile, 128),
            "shuffle": "each_epoch",
            "epochs": 10 if quick else 20,
        },
        "arms": {
            "none": _network(dict.fromkeys(widths, 0.0)),
            "dropped": _network(widths),
        },
        "claims": [
            claim(
                "dropped_narrows_the_gap",
                "Dropout narrows the gap between the accuracies on the "
                "training and the validation part.",
                "dropped.train_accuracy - dropped.validation_accuracy < "
                "none.train_accuracy - none.validation_accuracy",
            ),
            claim(
                "dropped_generalises",
                "The test accuracy is higher with dropout.",
                "dropped.test_accuracy > none.test_accuracy",
            ),
        ],
        "plots": [{"bars": "accuracy_gap"}, {"bars": "test_accuracy"}],
    }


def _lesson_4(dataset: str, profile: str) -> dict[str, Any]:
    """Return 128-64 units with SGD and a rate of 0.5, on handwriting."""
    full = profile == "full"
    dropped = _network({128: 0.5, 64: 0.5})
    forgotten = {"evaluation_mode": "training"}
    figures = {"none": 0.9740, "dropped": 0.9666}
    published = [
        bound
        for arm, figure in figures.items()
        for bound in near_published(arm, figure)
    ]
    return {
        "name": "dropout",
        "dialect": "torch",
        "data": lesson_images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 5 if full else 15,
        },
        "arms": {
            "none": ["flatten", *hidden(128, 64), {"dense": 10}],
            "dropped": dropped,
            "never_eval": {"layers": dropped, "recipe": forgotten},
        },
        "probes": {"dropped": {"samples": 1000}},
        "claims": [
            claim(
                "dropped_generalises",
                "The test accuracy is higher with dropout.",
                "dropped.test_accuracy > none.test_accuracy",
            ),
            claim(
                "dropped_narrows_the_gap",
                "Dropout narrows the gap between the accuracies on the "
                "training and the test part.",
                "dropped.accuracy_gap < none.accuracy_gap",
            ),
            claim(
                "as_by_hand",
                "Dropout is x m / (1 - rate), written by hand with its own "
                "mask m, to the last bit.",
                "dropped.dropout_error == 0",
            ),
            claim(
                "keeps_half",
                "At a rate of 0.5 it keeps 5 numbers in 10.",
                "dropped.dropout_kept == 0.5",
            ),
            claim(
                "idle_in_evaluation",
                "In evaluation dropout does nothing: the loss, measured "
                "again after training, is the same to the last bit.",
                "dropped.train_loss == dropped.last('train_loss')",
            ),
            claim(
                "never_eval_trains_alike",
                "Without `eval()` the training is the same, to the last bit.",
                "distance(dropped, never_eval) == 0",
            ),
            claim(
                "never_eval_measures_less",
                "The test accuracy that is measured without `eval()` is "
                "lower.",
                "never_eval.test_accuracy < dropped.test_accuracy",
            ),
            claim(
                "never_eval_is_random",
                "Measured again, the loss is another one.",
                "(never_eval.train_loss - never_eval.last('train_loss')) * "
                "(never_eval.train_loss - never_eval.last('train_loss')) > 0",
            ),
            *(published if full and dataset == "mnist" else []),
        ],
        "notebook": [
            {
                "says": "Dropout is added to further improve generalisation; "
                "the printed test accuracies are 97.40 % without and 96.66 % "
                "with it.",
                "correction": "The two figures say the opposite: here dropout "
                "costs accuracy. With a rate of 0.5 in both layers and 5 "
                "epochs the network has not yet fitted its training images, "
                "and there is no overfitting to prevent.",
                "claims": ["dropped_generalises", "dropped_narrows_the_gap"],
            }
        ],
        "plots": [{"bars": "test_accuracy"}, {"bars": "accuracy_gap"}],
    }


LESSONS = {
    2: Lesson(written, ("linear",)),
    3: Lesson(_lesson_3, FASHION, "fashion_mnist"),
    4: Lesson(_lesson_4, HANDWRITING, "mnist"),
}
