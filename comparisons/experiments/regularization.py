"""What do penalties and dropout do against overfitting?

A penalty on the size of the weights, or dropout, makes it harder for a network
to fit every sample. Both are judged by the gap between the loss on the test
samples and on the training samples. L1 pulls each weight to 0 with a force
that does not decrease with the weight, L2 with one that does, so that L1
leaves more weights at 0 (Tibshirani 1996).

There are 25 samples of a curve of degree 9 with a noise of 2.5, which a ReLU
network memorises (`overfitting` is the same with more samples). The network
has nine hidden layers of 128 and 1,000 epochs in the full profile, three of 64
and 300 in the quick one. The penalties are sums over all kernels, with
strengths from 0.001 to 1, and are not part of the reported losses; dropout
has a rate of 0.3; `both` is dropout and L2 of 0.001.

For each method there is a claim about the gap and one about the test loss, and
the two differ. In the quick profile L1 of 0.1 and dropout narrow the gap from
28 to 7 and 15, because the network fits the samples less: the test losses are
52 and 35, against 32 without either. The weak penalties hardly change gap or
loss, not more than the seed does. A narrow gap alone is not the goal.
"""

from typing import Any

from framework_parity.comparisons.experiments._words import (
    claim,
    hidden,
    waves,
)

DATASETS = ("polynomial",)

STRENGTHS = {"thousandth": 0.001, "hundredth": 0.01, "tenth": 0.1, "one": 1.0}
QUICK = ("thousandth", "tenth")


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one profile."""
    quick = profile == "quick"
    widths = (64,) * 3 if quick else (128,) * 9
    plain = [*hidden(*widths), {"dense": 1}]
    dropped = [
        layer
        for units in widths
        for layer in ({"dense": units}, "relu", {"dropout": 0.3})
    ]
    dropped.append({"dense": 1})
    strengths = QUICK if quick else tuple(STRENGTHS)
    penalised = {
        f"{norm}_{strength}": {
            "layers": plain,
            "recipe": {"penalty": _penalty(norm, STRENGTHS[strength])},
        }
        for norm in ("l1", "l2")
        for strength in strengths
    }
    both = {"penalty": _penalty("l2", STRENGTHS["thousandth"])}
    regularised = {
        **penalised,
        "dropout": dropped,
        "both": {"layers": dropped, "recipe": both},
    }
    return {
        "name": "regularization",
        "dialect": "torch",
        "data": waves(9, train=25),
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": {"adam": 0.005},
            "batch_size": "full",
            "shuffle": "never",
            "epochs": 300 if quick else 1000,
            "evaluate_every": 20,
        },
        "arms": {"none": plain, **regularised},
        "claims": [
            *(
                claim(
                    f"{arm}_narrows_the_gap",
                    f"With {arm}, the gap is narrower than with none.",
                    f"{arm}.gap < none.gap",
                )
                for arm in regularised
            ),
            *(
                claim(
                    f"{arm}_generalises",
                    f"With {arm}, the test loss is lower than with none.",
                    f"{arm}.test_loss < none.test_loss",
                )
                for arm in regularised
            ),
            *(
                claim(
                    f"l1_sparser_at_{strength}",
                    f"At a strength of {STRENGTHS[strength]:g}, L1 leaves "
                    "more weights near 0 than L2.",
                    f"l1_{strength}.near_zero(0.001) > "
                    f"l2_{strength}.near_zero(0.001)",
                )
                for strength in strengths
            ),
        ],
        "plots": [
            "fit",
            {"bars": "gap"},
            {"bars": "test_loss"},
            {"bars": "near_zero(0.001)"},
            "weight_histogram",
        ],
    }


def _penalty(norm: str, strength: float) -> dict[str, Any]:
    return {
        norm: strength,
        "form": "whole",
        "weights": "kernels",
        "reported": False,
    }
