"""Does it matter which activation a network has?

The sigmoid and tanh saturate; ReLU does not and is cheap, but can die; the
others since are smooth or leaky relatives of it. Each is sold with a table
in which it wins. Here all else is equal, batch normalisation and dropout
included.
"""

from typing import Any

from comparisons.experiments._words import IMAGES, claim, images

DATASETS = ("moons_circles", *IMAGES)

ACTIVATIONS: dict[str, Any] = {
    "relu": "relu",
    "elu": "elu",
    "selu": "selu",
    "swish": "swish",
    "gelu": "gelu",
    "leaky": {"leaky_relu": 0.1},
    "custom": {"custom": "x * tanh(sqrt(softplus(x)))"},
}
SATURATING = ("relu", "tanh", "sigmoid")


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    return {
        "name": "activations",
        "dialect": "keras",
        **(
            _plane(profile)
            if dataset == "moons_circles"
            else _images(dataset, profile)
        ),
        "pictures": [{"bars": "test_accuracy"}],
    }


def _plane(profile: str) -> dict[str, Any]:
    others = [name for name in ACTIVATIONS if name != "relu"]
    return {
        "data": {"moons_circles": {}, "test": 0.2, "validation": 0.2},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 15 if profile == "quick" else 100,
            "early_stopping": {"patience": 10, "restore_best": True},
        },
        "arms": {name: _network(it) for name, it in ACTIVATIONS.items()},
        "claims": [
            *(_reaches(name, 0.9) for name in ACTIVATIONS),
            *(_not_better(name) for name in others),
        ],
    }


def _reaches(name: str, bound: float) -> dict[str, str]:
    return claim(
        f"{name}_reaches",
        f"With {name}, {bound:.0%} of the test samples are right.",
        f"{name}.test_accuracy >= {bound}",
    )


def _not_better(name: str) -> dict[str, str]:
    return claim(
        f"{name}_beats_relu_by_little",
        f"{name} is not better than relu by more than two points.",
        f"{name}.test_accuracy - relu.test_accuracy <= 0.02",
    )


def _network(activation: Any) -> list[Any]:
    return [
        *(
            word
            for units in (128, 64, 32)
            for word in (
                {"dense": units},
                "batch_norm",
                activation,
                {"dropout": 0.3},
            )
        ),
        {"dense": 4},
    ]


def _images(dataset: str, profile: str) -> dict[str, Any]:
    """Return 128-64 units without batch normalisation, and SGD."""
    return {
        "data": images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 10,
            "last_batch": "drop",
        },
        "arms": {
            name: [
                "flatten",
                {"dense": 128},
                name,
                {"dense": 64},
                name,
                {"dense": 10},
            ]
            for name in SATURATING
        },
        "claims": [
            claim(
                "relu_beats_sigmoid",
                "ReLU is ahead of sigmoid.",
                "relu.test_accuracy > sigmoid.test_accuracy",
            ),
            claim(
                "tanh_beats_sigmoid",
                "Tanh is ahead of sigmoid.",
                "tanh.test_accuracy > sigmoid.test_accuracy",
            ),
            claim(
                "tanh_keeps_up_with_relu",
                "Tanh is within two points of ReLU.",
                "relu.test_accuracy - tanh.test_accuracy <= 0.02",
            ),
        ],
    }
