"""Does backpropagation come out as it does by hand, to every digit?

The network has two units: h = relu(w1 x + b1) and p = sigmoid(w2 h + b2),
with w1 = 0.5, b1 = 0.1, w2 = 0.8, b2 = -0.2. There is one sample, x = 0.5
with the label 1, and the loss is the cross-entropy -log p.

Forward: z1 = 0.35, h = 0.35, z2 = 0.08, p = 0.5200, and the loss is 0.6539.
Backward, by the chain rule from the end (Rumelhart, Hinton and Williams 1986):
the derivative by z2 is p - 1 = -0.4800, and the derivative by b2 is the same.
The derivative by w2 is h times that, -0.1680. Through w2 and the ReLU, whose
slope is 1 since z1 > 0, the derivative by z1 and b1 is -0.3840, and the
derivative by w1 is x times that, -0.1920. A step of SGD at a learning rate of
0.1 takes w1 to 0.5192 and w2 to 0.8168. There is a claim for every number,
which must hold in both frameworks, in float64.

The frameworks compute p - 1 without the two factors of the chain rule, the
derivative of the loss by p, -1/p = -1.9231, and that of the sigmoid by z2,
p (1 - p) = 0.2496. A second arm computes them apart: its sigmoid is a layer,
and the loss takes the logarithm of p / (1 - p).
"""

from typing import Any

from framework_parity.comparisons.experiments._lessons import Lesson
from framework_parity.comparisons.experiments._words import claim

DATASETS = ("points",)

# log(x / (1 - x)), finite for every x.
LOGIT = "log(maximum(x, 1e-9) / maximum(1 - x, 1e-9))"


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification; it is the same for every profile."""
    return {
        "name": "backprop_by_hand",
        "dialect": "keras",
        "data": {
            "points": {"x": [[0.5]], "y": [1.0], "classes": 2},
            "test": 0,
            "validation": 0,
            "scaling": "none",
        },
        "recipe": {
            "loss": "binary_cross_entropy",
            "optimizer": {"sgd": 0.1},
            "batch_size": "full",
            "epochs": 1,
            "evaluate_every": 0,
            "shuffle": "never",
            "precision": "float64",
        },
        "arms": {
            "net": [_unit(0.5, 0.1), "relu", _unit(0.8, -0.2)],
            "apart": [
                *(_unit(0.5, 0.1), "relu", _unit(0.8, -0.2), "sigmoid"),
                # The bias of this unit, which is p itself, has the slope by p.
                *(_unit(1.0, 0.0), {"custom": LOGIT}),
            ],
        },
        "probes": {
            "representations": {"epochs": [0]},
            "per_sample_gradients": {
                "places": ["dense_1", "dense_2", "dense_3"],
                "epochs": [0],
            },
        },
        "claims": [
            claim(name, sentence, expression)
            for name, (sentence, expression) in CLAIMS.items()
        ],
        "plots": [{"table": {"rows": ROWS, "expected": "by hand"}}],
    }


def _unit(kernel: float, bias: float) -> dict[str, Any]:
    return {
        "dense": {
            "units": 1,
            "kernel_initializer": {"constant": kernel},
            "bias_initializer": {"constant": bias},
        }
    }


ROWS = {
    "z1 = w1 x + b1": 'net.output("dense_1") == 0.35',
    "h = relu(z1)": 'net.output("relu_1") == 0.35',
    "z2 = w2 h + b2": 'net.output("dense_2") == 0.08',
    "loss = -log p": "net.step_loss(0) == 0.6539",
    "p = sigmoid(z2), as 1 + dL/db2": (
        '1 + net.sample_gradient("dense_2/bias") == 0.5200'
    ),
    "p, where the sigmoid is a layer": ('apart.output("sigmoid_1") == 0.5200'),
    "dL/dp = -1/p": 'apart.sample_gradient("dense_3/bias") == -1.9231',
    "dp/dz2 = p (1 - p)": (
        'apart.sample_gradient("dense_2/bias") / '
        'apart.sample_gradient("dense_3/bias") == 0.2496'
    ),
    "dL/dz2, their product": (
        'apart.sample_gradient("dense_2/bias") == -0.4800'
    ),
    "dL/dw2 = (p - 1) h": 'net.sample_gradient("dense_2/kernel") == -0.1680',
    "dL/db2 = p - 1": 'net.sample_gradient("dense_2/bias") == -0.4800',
    "dL/dw1 = (p - 1) w2 x": (
        'net.sample_gradient("dense_1/kernel") == -0.1920'
    ),
    "dL/db1 = (p - 1) w2": 'net.sample_gradient("dense_1/bias") == -0.3840',
    "new w1": 'net.weight("dense_1/kernel", 0, 0) == 0.5192',
    "new b1": 'net.weight("dense_1/bias", 0) == 0.1384',
    "new w2": 'net.weight("dense_2/kernel", 0, 0) == 0.8168',
    "new b2": 'net.weight("dense_2/bias", 0) == -0.1520',
}
"""Every intermediate: its formula, and a relation with the value by hand."""

CLAIMS = {
    "z2": ("Forward, z2 is 0.08.", ROWS["z2 = w2 h + b2"]),
    "dp": ("The slope of the loss by p is -1.9231.", ROWS["dL/dp = -1/p"]),
    "dp_dz2": (
        "The slope of the sigmoid is 0.2496.",
        ROWS["dp/dz2 = p (1 - p)"],
    ),
    "dz2": (
        "Their product is the slope by z2, -0.4800.",
        ROWS["dL/dz2, their product"],
    ),
    "dw2": ("The slope by w2 is -0.1680.", ROWS["dL/dw2 = (p - 1) h"]),
    "db2": ("The slope by b2 is -0.4800.", ROWS["dL/db2 = p - 1"]),
    "dw1": ("The slope by w1 is -0.1920.", ROWS["dL/dw1 = (p - 1) w2 x"]),
    "db1": ("The slope by b1 is -0.3840.", ROWS["dL/db1 = (p - 1) w2"]),
    "new_w1": ("The step takes w1 to 0.5192.", ROWS["new w1"]),
    "new_w2": ("The step takes w2 to 0.8168.", ROWS["new w2"]),
}


LESSONS = {2: Lesson(written, DATASETS)}
