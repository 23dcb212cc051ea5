"""Which activation trains best, and by how much?

Placeholder.
"""

from typing import Any

from comparisons.experiments._words import IMAGES, claim, hidden, images

DATASETS = ("moons_circles", *IMAGES)

ACTIVATIONS: dict[str, Any] = {
    "relu": "relu",
    "leaky_relu": {"leaky_relu": 0.01},
    "elu": "elu",
    "selu": "selu",
    "swish": "silu",
    "gelu": "gelu",
    "custom": {"custom": "x * tanh(sqrt(softplus(x)))"},
}


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    plane = dataset == "moons_circles"
    return {
        "name": "activations",
        "dialect": "keras",
        **(_plane(profile) if plane else _images(dataset, profile)),
        "pictures": [{"bars": "test_accuracy"}],
    }


def _plane(profile: str) -> dict[str, Any]:
    """Every activation, with all that is used around it."""
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
        "arms": {
            **{name: _network(word) for name, word in ACTIVATIONS.items()},
            "lagging_gelu": _network("gelu", kept=0.99),
        },
        "claims": [
            *(
                claim(
                    f"{name}_is_right_nine_times_in_ten",
                    f"{name}: the test accuracy is at least 0.9.",
                    f"{name}.test_accuracy >= 0.9",
                )
                for name in ACTIVATIONS
            ),
            *(_no_better(name) for name in ACTIVATIONS if name != "relu"),
            claim(
                "averages_matter_more",
                "Averages that keep 0.99 cost GELU more than 0.02.",
                "lagging_gelu.test_accuracy < gelu.test_accuracy - 0.02",
            ),
        ],
    }


def _network(activation: Any, kept: float = 0.9) -> list[Any]:
    around: dict[str, Any] = {
        "before": ({"batch_norm": {"kept": kept}},),
        "after": ({"dropout": 0.3},),
    }
    widths = (128, 64, 32)
    return [*hidden(*widths, activation=activation, **around), {"dense": 4}]


def _images(dataset: str, profile: str) -> dict[str, Any]:
    """Sigmoid, tanh and ReLU, with nothing around them."""
    small = dataset == "digits" or profile == "quick"
    return {
        "data": images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1},
            "batch_size": 32,
            "last_batch": "drop",
            "shuffle": "each_epoch",
            "epochs": 20 if small else 10,
        },
        "arms": {
            word: ["flatten", *hidden(128, 64, activation=word), {"dense": 10}]
            for word in ("relu", "tanh", "sigmoid")
        },
        "claims": [
            claim(
                "sigmoid_is_slower_than_tanh",
                "With sigmoid the loss is 0.3 after more epochs than with "
                "tanh.",
                f"sigmoid.{_REACHED} > tanh.{_REACHED}",
            ),
            claim(
                "tanh_is_slower_than_relu",
                "With tanh it is after more epochs than with ReLU.",
                f"tanh.{_REACHED} > relu.{_REACHED}",
            ),
            _no_better("tanh"),
            _no_better("sigmoid"),
        ],
    }


_REACHED = 'first_epoch("train_loss", 0.3)'


def _no_better(name: str) -> dict[str, str]:
    return claim(
        f"{name}_is_no_better_than_relu",
        f"{name} is better than ReLU by no more than 0.02.",
        f"{name}.test_accuracy <= relu.test_accuracy + 0.02",
    )
