"""What does the size of a batch change: updates, noise, time?

A gradient over a batch is an estimate of that over all samples, and the
smaller the batch, the noisier it is: its variance falls as one over the
size (Bottou, Curtis and Nocedal 2018, section 4). In return an epoch has
more steps. So at the same rate a small batch is said to learn more from an
epoch; whether it learns more from a *second* depends on the machine, which
multiplies large batches faster, and is drawn and not claimed.

A 128-64 network on images, Adam at 0.001 for every size. The noise is how
much the gradient's norm changes from one step to the next, in the second
half of the training. One batch of everything has none of it: what is left
there is how fast the network itself moves. The quick profile takes 400
digits, 256 of them for training, and 8 epochs, so that a full batch makes 8
updates, and batches of one make 2,048.
"""

from itertools import pairwise
from typing import Any

from framework_parity.comparisons.experiments._words import (
    IMAGES,
    claim,
    hidden,
    images,
)

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
            "optimizer": {"adam": 0.001},
            "batch_size": "full",
            "last_batch": "drop",
            "shuffle": "each_epoch",
            "epochs": 8,
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
            *_compared(names, "steps", ">", "take more steps"),
            *_compared(names, "gradient_noise", ">", "have noisier gradients"),
            *_compared(names, "train_loss", "<", "reach a lower loss"),
        ],
        "plots": [
            "loss_over_time",
            {"bars": {"statistic": "gradient_noise", "log": True}},
        ],
    }


def _compared(
    names: list[str], statistic: str, sign: str, says: str
) -> list[Any]:
    """Claim something of each size beside the next larger."""
    return [
        claim(
            f"{small}_{statistic}",
            f"{_spoken(small)} {says} than {_spoken(large)}.".capitalize(),
            f"{small}.{statistic} {sign} {large}.{statistic}",
        )
        for small, large in pairwise(names)
    ]


def _spoken(name: str) -> str:
    return name.replace("batch_", "batches of ").replace("full", "full ones")
