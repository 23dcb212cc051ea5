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
            "optimizer": {"adam": 0.001},
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
            *_falling(
                names[::-1],
                "train_loss",
                "has the higher loss after as many epochs",
            ),
        ],
        "pictures": [
            "loss_over_time",
            {"bars": {"statistic": "gradient_noise", "log": True}},
        ],
    }


def _falling(names: list[str], statistic: str, says: str) -> list[Any]:
    """Claim that each arm has more of something than the next."""
    return [
        claim(
            f"{more}_{statistic}",
            f"{more} {says} than {less}.".capitalize(),
            f"{more}.{statistic} > {less}.{statistic}",
        )
        for more, less in pairwise(names)
    ]
