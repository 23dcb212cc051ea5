"""When does a network learn the noise, and what does more data change?

A network that is large enough fits its samples with their noise. The cost is
the gap between its loss on other samples and on the training samples (Geman,
Bienenstock and Doursat 1992). More samples narrow the gap, and more noise
widens it. Each arm learns another curve: ten times the Chebyshev polynomial of
some degree, which crosses zero as many times as its degree, with normal noise.
There are 100 training samples, unless the arm specifies another number, and
200 more each for validation and test.

The network has one input, one output and ReLU, with full batches and Adam at
0.005; it has nine hidden layers of 128 in the full profile, and three of 64 in
the quick one. There the gap falls from about 15 over 3.4 to 1.6 at 25, 100 and
400 samples, and is 11 with twice the noise. The degree has another effect: a
network cannot overfit what it has not learnt at all, such as the outermost
waves of degree 15, and its gap need not be wider. Nor does the validation loss
rise: it is constant while the training loss falls.

Lesson 0 has 200 training samples of its own polynomial and ten layers. In the
quick profile (64 units, 500 epochs) the validation loss is 0.6 above the
training loss, as small as the lesson expects, but the test loss is 2.4 above
it, and with 50 samples 4.7.
"""

from typing import Any

from framework_parity.comparisons.experiments._lesson_data import polynomial
from framework_parity.comparisons.experiments._lessons import Lesson
from framework_parity.comparisons.experiments._words import (
    claim,
    hidden,
    waves,
)

DATASETS = ("polynomial",)

ARMS: dict[str, dict[str, Any]] = {
    "degree_5": {"degree": 5},
    "degree_9": {},
    "degree_15": {"degree": 15},
    "few": {"train": 25},
    "many": {"train": 400},
    "no_noise": {"noise": 0.0},
    "more_noise": {"noise": 5.0},
}


NO_NOISE = claim(
    "without_noise_no_gap",
    "Without noise the gap is less than a tenth of what it is with it.",
    "no_noise.gap < 0.1 * degree_9.gap",
)


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one profile."""
    quick = profile == "quick"
    widths = (64,) * 3 if quick else (128,) * 9
    layers = [*hidden(*widths), {"dense": 1}]
    arms = {k: v for k, v in ARMS.items() if not quick or k != "no_noise"}
    return {
        "name": "overfitting",
        "dialect": "torch",
        "data": waves(9),
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": {"adam": 0.005},
            "batch_size": "full",
            "shuffle": "never",
            "epochs": 500 if quick else 2000,
            "evaluate_every": 10,
        },
        "arms": {
            name: {"layers": layers, "data": waves(**{"degree": 9} | options)}
            for name, options in arms.items()
        },
        "claims": [
            claim(
                "fewer_samples_widen_the_gap",
                "With 25 samples the gap is wider than with 100.",
                "few.gap > degree_9.gap",
            ),
            claim(
                "more_samples_narrow_the_gap",
                "With 400 samples the gap is narrower than with 100.",
                "many.gap < degree_9.gap",
            ),
            claim(
                "noise_widens_the_gap",
                "The more noise, the wider the gap.",
                "more_noise.gap > degree_9.gap",
            ),
            *([] if quick else [NO_NOISE]),
            claim(
                "degree_widens_the_gap",
                "The curve of degree 15 has a wider gap than that of 5.",
                "degree_15.gap > degree_5.gap",
            ),
            claim(
                "training_past_the_best",
                "The validation loss ends above its own minimum.",
                "degree_9.last('validation_loss') > "
                "1.1 * degree_9.lowest('validation_loss')",
            ),
        ],
        "plots": ["fit", {"bars": "gap"}],
    }


def _lesson_0(dataset: str, profile: str) -> dict[str, Any]:
    """Return the lesson's network on its 200 samples, and on 50 of them.

    The second is not in the lesson.
    """
    quick = profile == "quick"
    layers = [*hidden(*(64 if quick else 128,) * 9), {"dense": 1}]
    return {
        "name": "overfitting",
        "dialect": "torch",
        "data": polynomial(),
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": {"adam": 0.005},
            "batch_size": "full",
            "shuffle": "never",
            "epochs": 500 if quick else 10_000,
            "evaluate_every": 20,
        },
        "arms": {
            "samples_200": layers,
            "samples_50": {"layers": layers, "data": polynomial(50)},
        },
        "claims": [
            claim(
                "the_gap_is_small",
                "With 200 samples, the validation loss ends less than 0.7 "
                "above the training loss.",
                "samples_200.validation_loss - samples_200.train_loss < 0.7",
            ),
            claim(
                "fewer_samples_widen_the_gap",
                "With 50 samples, the gap is wider than with 200.",
                "samples_50.gap > samples_200.gap",
            ),
            claim(
                "training_past_the_best",
                "With 200 samples, the validation loss ends more than a "
                "tenth above its own minimum.",
                "samples_200.last('validation_loss') > "
                "1.1 * samples_200.lowest('validation_loss')",
            ),
        ],
        "notebook": [
            {
                "says": "With 200 samples the gap should be small; but 'Gap: "
                "+0.7' is printed with the warning 'Overfitting'.",
                "correction": "A gap of 0.7 is a ninth of the variance of the "
                "noise, 6.25, and says as much about the 200 samples as "
                "about the network: after 500 epochs the same networks have "
                "a gap of 0.6 on the validation part and of 2.4 on the test "
                "part. The validation loss does not rise while they train.",
                "claims": ["the_gap_is_small", "training_past_the_best"],
            },
        ],
        "plots": ["fit", {"bars": "gap"}],
    }


LESSONS = {0: Lesson(_lesson_0, ("polynomial",))}
