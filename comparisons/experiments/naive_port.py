"""What does a naive port cost: the same words, each framework's defaults?

Everything that people usually write down is written down here: the layers,
the optimiser and its rate, the batch size, the shuffling, early stopping.
What is left is what nobody thinks about: how weights are drawn, batch
normalisation's three conventions, Adam's epsilon and where it stands, how
patience is counted. `parity audit naive_port` takes those conventions from
PyTorch's defaults or from Keras's, alone and together, and measures what each
costs.

Moons and circles: four classes in the plane; 256-128-64-32 units, each
layer with batch normalisation. At most 50 epochs of 20 steps, so that
running averages have little time.
"""

from typing import Any

DATASETS = ("moons_circles",)


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification; it is short enough for any profile."""
    return {
        "name": "naive_port",
        "dialect": "keras",
        "data": {dataset: {}, "test": 0.2, "validation": 0.2},
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
        word
        for units in widths
        for word in ({"dense": units}, "batch_norm", "relu")
    ]
