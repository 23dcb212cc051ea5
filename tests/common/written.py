"""Every kind of the language, as a person would write it."""

from typing import Any

from common.datasets import Source
from common.element import Element, members
from common.initializers import KernelInitializer
from common.layers import Layer
from common.losses import Loss
from common.optimizers import Optimizer
from common.schedules import Schedule

FAMILIES: dict[str, Any] = {
    "layer": Layer,
    "initializer": KernelInitializer,
    "loss": Loss,
    "optimizer": Optimizer,
    "schedule": Schedule,
    "source": Source,
}

ELEMENTS: list[type[Element]] = [
    kind for family in FAMILIES.values() for kind in members(family)
]

# What no framework has a default for, so that a person must say it.
DEMANDED: dict[str, dict[str, Any]] = {
    "dense": {"units": 3},
    "dropout": {"rate": 0.5},
    "spatial_dropout": {"rate": 0.5},
    "residual": {"body": ["relu"]},
    "concatenate": {"branches": [[], ["relu"]]},
    "step_decay": {"every": 2, "by": 0.5},
    "cosine": {"steps": 10},
}


def written(kind: type[Element]) -> dict[str, Any]:
    """Return an element with all that must be said, and nothing else."""
    return {kind.kind(): DEMANDED.get(kind.kind(), {})}


def experiment(**fields: Any) -> dict[str, Any]:
    """Return a short experiment, with some fields as given."""
    unsaid = {
        "name": "example",
        "dialect": "keras",
        "data": {"spiral": {}},
        "recipe": {"loss": "cross_entropy", "optimizer": "adam", "epochs": 2},
        "arms": {"only": [{"dense": 4}, "relu", {"dense": 3}]},
    }
    return unsaid | fields


RICH = experiment(
    teaches="everything at once",
    data={
        "spiral": {"classes": 2, "samples": 200, "noise": 0.1},
        "test": 0.25,
        "validation": 0.1,
        "scaling": "min_max",
        "stratify": False,
        "seed": 3,
    },
    recipe={
        "loss": "cross_entropy",
        "optimizer": {"sgd": {"lr": 0.1, "momentum": 0.9, "nesterov": True}},
        "schedule": {"cosine": {"steps": 100, "final": 0.1}},
        "batch_size": "full",
        "epochs": 3,
        "last_batch": "drop",
        "shuffle": "once",
        "early_stopping": {"patience": 2, "restore_best": True},
    },
    arms={
        "wide": [
            "flatten",
            {
                "dense": {
                    "units": 8,
                    "bias": False,
                    "kernel_initializer": {"he_normal": {"truncated": True}},
                }
            },
            "tanh",
            {"dropout": 0.3},
            {"dense": {"units": 2, "kernel_initializer": {"normal": 0.1}}},
            "linear",
        ],
        "small": ["sigmoid", {"dense": 2}],
    },
    claims=[
        "wide.test_accuracy > small.test_accuracy",
        {"that": "wide.parameters >= 20", "name": "size", "sentence": "Big."},
    ],
    probes={
        "gradient_norm": True,
        "per_sample_gradients": {
            "places": ["dense_1", "dense_2"],
            "epochs": [0, 2, "last"],
            "samples": 8,
        },
        "representations": {"places": "all", "part": "test"},
    },
)
"""An experiment that uses most of the language."""
