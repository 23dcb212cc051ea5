"""What does training in bfloat16 cost, and what does it save?

Placeholder.
"""

from typing import Any

from comparisons.experiments._words import IMAGES, claim, hidden, images

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
                "Nor does it gain as many.",
                "bfloat16.test_accuracy < float32.test_accuracy + 0.02",
            ),
        ],
        "pictures": ["loss_over_time", {"bars": "test_accuracy"}],
    }
