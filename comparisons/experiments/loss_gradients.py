"""Why is a classifier not trained with the squared error?

The right class has the probability p, and the loss pulls it towards 1. The
squared error (p - 1)² has the slope 2 (p - 1): between -2 and 0, whatever
happens. The cross-entropy -log p has -1/p, without any bound. So where a
network is confidently wrong, p = 0.01, the squared error pulls with -1.98 and
the cross-entropy with -100; where it is right, p = 0.99, with -0.02 and -1.01.
Behind a sigmoid, whose own slope is p (1 - p), that leaves -0.0196 against
-0.99: the squared error all but gives up the worst mistakes (Goodfellow et al.
2016, section 6.2.2).

Here p is the input itself, and the slope is that by the bias behind it. The
cross-entropy starts from logits, so p is first turned into one, log p/(1 - p).
"""

from typing import Any

from framework_parity.comparisons.experiments._words import claim

DATASETS = ("points",)

PREDICTIONS = (0.99, 0.9, 0.5, 0.1, 0.01)
SQUARED = (-0.02, -0.2, -1.0, -1.8, -1.98)
CROSS_ENTROPY = ("-1.0101", "-1.1111", "-2.0", "-10.0", "-100.0")
LOGIT = "log(maximum(x, 1e-9) / maximum(1 - x, 1e-9))"


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification; it is the same for every profile."""
    itself = {
        "dense": {
            "units": 1,
            "kernel_initializer": "ones",
            "bias_initializer": "zeros",
        }
    }
    return {
        "name": "loss_gradients",
        "dialect": "keras",
        "data": _points(None),
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": {"sgd": 0.001},
            "batch_size": "full",
            "epochs": 1,
            "evaluate_every": 0,
            "shuffle": "never",
            "precision": "float64",
        },
        "arms": {
            "squared": [itself],
            "cross_entropy": {
                "layers": [itself, {"custom": LOGIT}],
                "recipe": {"loss": "binary_cross_entropy"},
                "data": _points(2),
            },
        },
        "probes": {
            "per_sample_gradients": {"places": ["dense_1"], "epochs": [0]}
        },
        "claims": [
            claim(
                "squared_when_wrong",
                "At 0.01, the squared error pulls with -1.98.",
                f"{_slope('squared', 4)} == -1.98",
            ),
            claim(
                "cross_entropy_when_wrong",
                "At 0.01, the cross-entropy pulls with -100.",
                f"{_slope('cross_entropy', 4)} == -100.0",
            ),
            claim(
                "squared_is_bounded",
                "From 0.5 to 0.01, the squared error's pull does not double.",
                f"{_slope('squared', 4)} > 2 * {_slope('squared', 2)}",
            ),
        ],
        "plots": [{"table": {"rows": _rows(), "expected": "formula"}}],
    }


def _points(classes: int | None) -> dict[str, Any]:
    x = [[p] for p in PREDICTIONS]
    points = {"x": x, "y": [1.0] * len(x), "classes": classes}
    return {"points": points, "test": 0, "validation": 0, "scaling": "none"}


def _slope(arm: str, sample: int) -> str:
    return f'{arm}.sample_gradient("dense_1/bias", {sample})'


def _rows() -> dict[str, str]:
    found = {}
    for sample, p in enumerate(PREDICTIONS):
        said = f"{_slope('squared', sample)} == {SQUARED[sample]}"
        found[f"p = {p}: squared error, 2 (p - 1)"] = said
        said = f"{_slope('cross_entropy', sample)} == {CROSS_ENTROPY[sample]}"
        found[f"p = {p}: cross-entropy, -1/p"] = said
    return found
