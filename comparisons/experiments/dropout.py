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
"""

from typing import Any

from framework_parity.comparisons.experiments._words import (
    IMAGES,
    claim,
    images,
)

DATASETS = ("linear", *IMAGES)


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
        ],
        "plots": [{"bars": "gap"}, {"bars": "test_loss"}],
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
