"""What does the size of a batch change: updates, noise, time?

The gradient over a batch is an estimate of the gradient over all samples, and
the smaller the batch, the noisier the estimate: its variance is proportional
to one over the batch size (Bottou, Curtis and Nocedal 2018, section 4). In
return an epoch has more steps. So at the same learning rate, a small batch is
expected to learn more in an epoch. Whether it learns more in a *second*
depends on the machine, which multiplies large batches faster; this is drawn
and there is no claim about it.

The network has 128-64 units and trains on images, with Adam at 0.001 for every
size. The noise is the change of the gradient's norm from one step to the next,
in the second half of the training. The full batch has no sampling noise: what
remains there is how fast the network itself changes. The quick profile takes
400 digits, 256 of them for training, and 8 epochs, so that a full batch makes
8 updates, and batches of one make 2,048.
"""

from itertools import pairwise
from typing import Any

from framework_parity.comparisons.experiments._lesson_images import (
    HANDWRITING,
    lesson_images,
)
from framework_parity.comparisons.experiments._lessons import Lesson
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
        # 256 training samples are a multiple of every batch size.
        data["digits"] = {"samples": 400}
    elif dataset != "digits":
        # With batches of one, an epoch has as many steps as samples.
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
            *_compared(
                names, "test_accuracy", ">", "lead to a higher test accuracy"
            ),
        ],
        "plots": [
            "loss_over_time",
            {"bars": {"statistic": "gradient_noise", "log": True}},
        ],
    }


def _compared(
    names: list[str], statistic: str, sign: str, says: str
) -> list[Any]:
    """Return claims that compare each size with the next larger one."""
    return [
        claim(
            f"{small}_{statistic}",
            f"{_sentence_name(small)} {says} than "
            f"{_sentence_name(large)}.".capitalize(),
            f"{small}.{statistic} {sign} {large}.{statistic}",
        )
        for small, large in pairwise(names)
    ]


def _sentence_name(name: str) -> str:
    return name.replace("batch_", "batches of ").replace("full", "full ones")


def _lesson_4(dataset: str, profile: str) -> dict[str, Any]:
    """Return the lesson's 128-64 units with SGD, in batches of each size."""
    quick = profile == "quick"
    data = lesson_images(dataset, profile)
    if quick and dataset == "digits":
        data["digits"] = {"samples": 400}
    sizes = (1, 16, 64) if quick else (1, 16, 32, 64)
    names = [*(f"batch_{size}" for size in sizes), "full"]
    layers = ["flatten", *hidden(128, 64), {"dense": 10}]
    return {
        "name": "batch_size",
        "dialect": "torch",
        "data": data,
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1},
            "batch_size": "full",
            "shuffle": "each_epoch",
            "epochs": 5,
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
            *_compared(
                names, "test_accuracy", ">", "lead to a higher test accuracy"
            ),
        ],
        "plots": [
            "loss_over_time",
            {"bars": {"statistic": "gradient_noise", "log": True}},
            {"bars": "test_accuracy"},
        ],
    }


LESSONS = {4: Lesson(_lesson_4, HANDWRITING, "mnist")}
