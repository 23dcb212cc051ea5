"""What does the size of a batch change: updates, noise, time?

Placeholder.
"""

from itertools import pairwise
from typing import Any

from comparisons.experiments._words import IMAGES, claim, hidden, images

DATASETS = IMAGES
FULL = "mnist"

SIZES = (1, 16, 32, 64, 128, 256)
QUICK = (1, 16, 64)


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    quick = profile == "quick"
    data = images(dataset, profile)
    if quick and dataset == "digits":
        # The 256 for training are whole batches of every size.
        data["digits"] = {"samples": 400}
    elif dataset != "digits":
        # Each pass takes as many steps as there are samples, one by one.
        data[dataset] = data[dataset] | {"samples": 2000 if quick else 10_000}
    sizes = QUICK if quick else SIZES
    layers = ["flatten", *hidden(128, 64), {"dense": 10}]
    names = [*(f"batch_{size}" for size in sizes), "full"]
    return {
        "name": "batch_size",
        "dialect": "torch",
        "data": data,
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.05},
            "batch_size": "full",
            "last_batch": "drop",
            "shuffle": "each_epoch",
            "epochs": 8 if quick else 10,
        },
        "arms": {
            **{
                f"batch_{size}": {
                    "layers": layers,
                    "recipe": {"batch_size": size},
                }
                for size in sizes
            },
            "full": layers,
        },
        "probes": {"gradient_norm": True},
        "claims": [
            *_falling(names, "steps", "takes more steps"),
            *_falling(names, "gradient_noise", "has noisier gradients"),
        ],
        "pictures": [
            "loss_over_time",
            {"bars": {"statistic": "gradient_noise", "log": True}},
        ],
    }


def _falling(names: list[str], statistic: str, says: str) -> list[Any]:
    """Claim that each size has more of something than the next larger."""
    return [
        claim(
            f"{small}_{statistic}",
            f"{small} {says} than {large}.".capitalize(),
            f"{small}.{statistic} > {large}.{statistic}",
        )
        for small, large in pairwise(names)
    ]
