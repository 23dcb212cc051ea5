"""What does a naive port cost: one specification, each framework's defaults?

Everything that is usually specified is specified here: the layers, the
optimiser and its learning rate, the batch size, the shuffling, early stopping.
What is left out is what is usually forgotten: how weights are drawn, the three
conventions of batch normalisation, Adam's epsilon and its placement, how
patience is counted. `parity audit naive_port` takes these conventions from
PyTorch's defaults or from Keras's, alone and together, and measures the effect
of each.

Moons and circles: four classes in the plane; 256-128-64-32 units, each layer
with batch normalisation. There are at most 50 epochs of 20 steps, so that
running averages have little time.

Digits: two convolutions with batch normalisation, and SGD with momentum, whose
learning rate is divided by 10 after half of the training and again after three
quarters.
"""

from typing import Any

DATASETS = ("moons_circles", "digits")


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    quick = profile == "quick"
    return {
        "name": "naive_port",
        "dialect": "keras",
        **(_digits(quick) if dataset == "digits" else _moons_circles()),
    }


def _moons_circles() -> dict[str, Any]:
    """Return the same experiment for every profile."""
    return {
        "data": {"moons_circles": {}, "test": 0.2, "validation": 0.2},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 32,
            "epochs": 50,
            "shuffle": "each_epoch",
            "early_stopping": {"patience": 10, "restore_best": True},
        },
        "arms": {"network": [*_hidden(256, 128, 64, 32), {"dense": 4}]},
    }


def _hidden(*widths: int) -> list[Any]:
    return [
        layer
        for units in widths
        for layer in ({"dense": units}, "batch_norm", "relu")
    ]


def _digits(quick: bool) -> dict[str, Any]:
    epochs = 6 if quick else 20
    steps = epochs * 36
    return {
        "data": {"digits": {}, "scaling": "min_max"},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": {"lr": 0.05, "momentum": 0.9}},
            "schedule": {
                "multi_step": {"at": [steps // 2, steps * 3 // 4], "by": 0.1}
            },
            "batch_size": 32,
            "epochs": epochs,
            "shuffle": "each_epoch",
        },
        "arms": {
            "network": [
                *_convolution(8, 1),
                *_convolution(16, 2),
                "flatten",
                {"dense": 10},
            ]
        },
    }


def _convolution(filters: int, stride: int) -> list[Any]:
    window = {"filters": filters, "size": 3, "stride": stride}
    return [{"conv2d": window}, "batch_norm", "relu"]
