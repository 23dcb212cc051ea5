"""Why do sigmoids keep the first layers of a deep network from learning?

On the way back through a layer, a gradient is multiplied by the slope of the
activation: at most 1/4 for a sigmoid, 1 for an active ReLU (Hochreiter 1991;
Glorot and Bengio 2010). Ten layers, nine of them of 64 units (full: 128),
learn a polynomial of degree nine; 600 samples are split into three equal
parts, which the original draws separately.

With sigmoid, the gradient of the first layer is a fifteen-millionth of that of
the last (median over the steps, 7e-8), with ReLU 2.7 to 2.9 times it; with
five layers of sigmoids it is 0.01 of it. There is another effect that is
usually not mentioned: the sigmoid and tanh networks end as a constant, the
mean (their loss is the variance of the targets, 11.2, where that of ReLU is
5.2), and from then on the gradient of the last layer decreases, too.
"""

from typing import Any

from framework_parity.comparisons.experiments._words import claim, hidden

DATASETS = ("polynomial",)

DEPTH = 10
WIDTHS = {"quick": 64, "full": 128}
EPOCHS = {"quick": 300, "full": 10_000}
ACTIVATIONS = ("sigmoid", "tanh", "relu")
LOOKS = ("dense_1", "dense_5", "dense_10")


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one profile."""
    epochs = EPOCHS[profile]
    return {
        "name": "vanishing_gradients",
        "dialect": "keras",
        "data": {
            "polynomial": {"samples": 600},
            "test": 1 / 3,
            "validation": 0.5,
            "scaling": "symmetric",
        },
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": {"adam": 0.005},
            "batch_size": "full",
            "epochs": epochs,
            "shuffle": "never",
            "evaluate_every": epochs // 20,
        },
        "arms": _arms(profile),
        "claims": [
            claim(
                "sigmoid_vanishes",
                "With sigmoid, less than a hundredth of the last layer's "
                "gradient reaches the first.",
                "sigmoid.gradient_ratio < 0.01",
            ),
            claim(
                "relu_does_not_vanish",
                "With ReLU, more than that does.",
                "relu.gradient_ratio >= 0.01",
            ),
            claim(
                "fewer_layers_vanish_less",
                "With sigmoid and half the layers, a larger share does.",
                "sigmoid_5.gradient_ratio > sigmoid.gradient_ratio",
            ),
        ],
        "probes": {
            "gradient_norm": True,
            "per_sample_gradients": {
                "places": LOOKS,
                "epochs": [1, epochs // 2, "last"],
            },
        },
        "plots": [
            "gradient_norms",
            "sample_gradients",
            "fit",
            {"bars": {"statistic": "gradient_ratio", "log": True}},
        ],
    }


def _arms(profile: str) -> dict[str, Any]:
    """Return networks of `DEPTH` layers, and of other depths."""
    others: dict[str, tuple[int, ...]] = dict.fromkeys(ACTIVATIONS, (5, 15))
    if profile == "quick":
        others = {"sigmoid": (5,)}
    width = WIDTHS[profile]
    return {name: _network(name, width, DEPTH) for name in ACTIVATIONS} | {
        f"{name}_{depth}": _network(name, width, depth)
        for name, depths in others.items()
        for depth in depths
    }


def _network(activation: str, width: int, depth: int) -> list[Any]:
    """Return `depth` dense layers, the last of which has one unit."""
    widths = [width] * (depth - 1)
    return [*hidden(*widths, activation=activation), {"dense": 1}]
