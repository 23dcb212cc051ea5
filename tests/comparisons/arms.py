"""Small networks for the tests of the ladder, each trained in a moment."""

from typing import Any

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.load import parse

SPIRAL = {"spiral": {"samples": 120}}
DIGITS: dict[str, Any] = {"digits": None, "test": 0.5, "validation": 0.5}

TANH = [{"dense": 8}, "tanh", {"dense": 8}, "tanh", {"dense": 3}]
RELU = [{"dense": 12}, "relu", {"dense": 12}, "relu", {"dense": 3}]
DROPOUT = [{"dense": 12}, "tanh", {"dropout": 0.3}, {"dense": 3}]
IMAGES = ["flatten", {"dense": 24}, "relu", {"dropout": 0.2}, {"dense": 10}]
RESIDUAL = [
    {
        "conv2d": {
            "filters": 8,
            "size": 3,
            "stride": 2,
            "padding": "same",
            "bias": False,
        }
    },
    "batch_norm",
    "relu",
    {
        "residual": {
            "body": [
                {
                    "conv2d": {
                        "filters": 16,
                        "size": 3,
                        "padding": "half",
                        "bias": False,
                    }
                },
                "batch_norm",
            ],
            "shortcut": [{"conv2d": {"filters": 16, "size": 1}}],
            "activation": "relu",
        }
    },
    "global_average_pool",
    {"dense": 10},
]
LINE = [{"dense": 8}, "tanh", {"dense": 1}]

# An experiment as it is written; it trains in a moment.
SMALL: dict[str, Any] = {
    "name": "small",
    "dialect": "torch",
    "data": {"spiral": {"samples": 60}, "validation": 0},
    "recipe": {
        "loss": "cross_entropy",
        "optimizer": {"sgd": 0.1},
        "batch_size": 16,
        "epochs": 2,
    },
    "arms": {"linear": [{"dense": 3}]},
}


def arm(
    layers: list[Any],
    data: dict[str, Any] = SPIRAL,
    dialect: str = "torch",
    **recipe: Any,
) -> Arm:
    """Return one arm; by default it trains with Adam on batches of 16.

    PyTorch's dialect gives every bias an initial value other than 0, so
    that a forgotten one shows. A ladder sets its own number of epochs.
    """
    defaults = {
        "loss": "cross_entropy",
        "optimizer": {"adam": 0.01},
        "batch_size": 16,
        "epochs": 1,
    }
    experiment = parse(
        {
            "name": "tried",
            "dialect": dialect,
            "data": data,
            "recipe": defaults | recipe,
            "arms": {"only": layers},
        }
    )
    return experiment.arm("only")
