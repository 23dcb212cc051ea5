"""What are the costs and the benefits of training in bfloat16?

bfloat16 has the range of float32 and 8 of its 24 bits of precision. In mixed
precision the layers compute in bfloat16 with rounded weights, while the
weights themselves, the loss and the optimiser remain in float32, so that small
updates are not lost (Micikevicius et al. 2018; Kalamkar et al. 2019). The
expectation is that the weights differ and the accuracy does not.

The network has 128-64 units and trains on images, with Adam at 0.001, from the
same initial weights and batches in both precisions. The bound is two points of
test accuracy: over the seeds float32 alone has a spread of one point, and a
test part of 360 digits has a standard error of one point. bfloat16 saves time
on processors that multiply in it; on others it costs the conversions. The
seconds are drawn and there is no claim about them.
"""

from typing import Any

from framework_parity.comparisons.experiments._lesson_images import (
    FASHION,
    lesson_batch,
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


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    quick = profile == "quick"
    layers = ["flatten", *hidden(128, 64), {"dense": 10}]
    return {
        "name": "mixed_precision",
        "dialect": "torch",
        "data": images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 64,
            "last_batch": "drop",
            "shuffle": "each_epoch",
            "epochs": 15 if quick else 10,
        },
        "arms": {
            precision: {"layers": layers, "recipe": {"precision": precision}}
            for precision in ("float32", "bfloat16")
        },
        "claims": [
            claim(
                "no_worse",
                "bfloat16 loses less than two points of test accuracy.",
                "bfloat16.test_accuracy > float32.test_accuracy - 0.02",
            ),
            claim(
                "no_better",
                "bfloat16 gains less than two points of test accuracy.",
                "bfloat16.test_accuracy < float32.test_accuracy + 0.02",
            ),
            claim(
                "other_weights",
                "The final weights differ by more than a thousandth of their "
                "norm.",
                "distance(float32, bfloat16) > 0.001",
            ),
        ],
        "plots": ["loss_over_time", {"bars": "test_accuracy"}],
    }


def _lesson_3(dataset: str, profile: str) -> dict[str, Any]:
    """Return 256-128-64 units on the lesson's images; its exercise 7."""
    spec = written(IMAGES[0], profile)
    layers = ["flatten", *hidden(256, 128, 64), {"dense": 10}]
    spec["arms"] = {
        precision: {"layers": layers, "recipe": {"precision": precision}}
        for precision in ("float32", "bfloat16")
    }
    recipe = {
        "loss": "cross_entropy",
        "optimizer": {"adam": 0.001},
        "batch_size": lesson_batch(profile, 128),
        "shuffle": "each_epoch",
        "epochs": 8 if profile == "quick" else 20,
    }
    data = lesson_images(dataset, profile, validation=0.1)
    return spec | {"dialect": "keras", "data": data, "recipe": recipe}


LESSONS = {3: Lesson(_lesson_3, FASHION, "fashion_mnist")}
