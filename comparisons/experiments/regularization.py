"""What do penalties and dropout do against overfitting?

Placeholder.
"""

from typing import Any

from comparisons.experiments._words import claim, hidden, waves

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
                    f"l1_sparser_at_{strength}",
                    "At the same strength, L1 leaves more weights near 0 "
                    "than L2.",
                    f"l1_{strength}.near_zero(0.001) > "
                    f"l2_{strength}.near_zero(0.001)",
                )
                for strength in strengths
            ),
        ],
        "pictures": [
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
