"""Why is a classifier not trained with the squared error?

Let p be the predicted probability of the right class, which the loss pulls
towards 1. The squared error (p - 1)² has the slope 2 (p - 1), which is always
between -2 and 0. The cross-entropy -log p has the slope -1/p, which is not
bounded. So if a network is confidently wrong, p = 0.01, the slope of the
squared error is -1.98 and that of the cross-entropy -100; if it is right,
p = 0.99, they are -0.02 and -1.01. Behind a sigmoid, whose slope is p (1 - p),
this leaves -0.0196 against -0.99: the squared error has nearly no gradient for
the worst mistakes (Goodfellow et al. 2016, section 6.2.2).

Here p is the input itself, and the slope is the derivative by the bias behind
it. The cross-entropy takes logits, so p is first converted into one,
log p/(1 - p).
"""

from typing import Any

from framework_parity.comparisons.experiments._lessons import Lesson
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
                "At 0.01, the squared error has the gradient -1.98.",
                f"{_slope('squared', 4)} == -1.98",
            ),
            claim(
                "cross_entropy_when_wrong",
                "At 0.01, the cross-entropy has the gradient -100.",
                f"{_slope('cross_entropy', 4)} == -100.0",
            ),
            claim(
                "squared_is_bounded",
                "From 0.5 to 0.01, the gradient of the squared error does not "
                "double.",
                f"{_slope('squared', 4)} > 2 * {_slope('squared', 2)}",
            ),
            claim(
                "cross_entropy_is_a_hyperbola",
                "From 0.1 to 0.01, the gradient of the cross-entropy is "
                "multiplied by 10, and no more.",
                f"{_slope('cross_entropy', 4)} / {_slope('cross_entropy', 3)} "
                "== 10.00",
            ),
        ],
        "notebook": [
            {
                "says": "The penalty of the cross-entropy makes confident "
                "mistakes exponentially worse than uncertain ones.",
                "correction": "Its slope is -1/p, a hyperbola: a prediction "
                "that is ten times too small has ten times the slope. That is "
                "much more than the squared error gives, whose slope is never "
                "below -2, but it is not exponential.",
                "claims": [
                    "cross_entropy_is_a_hyperbola",
                    "squared_is_bounded",
                ],
            }
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
    rows = {}
    for sample, p in enumerate(PREDICTIONS):
        squared = f"{_slope('squared', sample)} == {SQUARED[sample]}"
        rows[f"p = {p}: squared error, 2 (p - 1)"] = squared
        entropy = (
            f"{_slope('cross_entropy', sample)} == {CROSS_ENTROPY[sample]}"
        )
        rows[f"p = {p}: cross-entropy, -1/p"] = entropy
    return rows


LESSONS = {2: Lesson(written, DATASETS)}
