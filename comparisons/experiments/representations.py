"""How do layers pull the classes apart?

A network ends in a linear classifier, which can only cut with straight
lines. So whatever is not linearly separable in the input has to become so on
the way, and each layer is taught to do a part of it. Here that is measured:
of a layer's variance over all samples, which share lies between the means of
the classes, and which inside of the classes (Fisher 1936)? It is 0 where all
classes have one mean, as two circles around one centre, and 1 where each
class is a point.

Moons and circles: four classes in the plane; 128-64-32 units, each layer
with batch normalisation. The picture lays the layers out in the plane by
t-SNE (van der Maaten and Hinton 2008), which keeps neighbours together and
says nothing about distances. Both frameworks are laid out together, in one
run: done apart, the same layer would give two pictures that look unlike.
"""

from itertools import pairwise
from typing import Any

from comparisons.experiments._words import claim, hidden

DATASETS = ("moons_circles",)
SEEN = ("input", "relu_1", "relu_2", "relu_3")


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one profile."""
    return {
        "name": "representations",
        "dialect": "keras",
        "data": {"moons_circles": {}, "test": 0.2, "validation": 0.2},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 30 if profile == "quick" else 100,
        },
        "arms": {
            "network": [
                *hidden(128, 64, 32, before=("batch_norm",)),
                {"dense": 4},
            ]
        },
        "probes": {
            "representations": {
                "places": list(SEEN[1:]),
                "samples": 200,
                "part": "test",
            }
        },
        "claims": [
            claim(
                f"{after}_separates_more",
                f"The classes lie further apart in {after} than in {before}.",
                f'network.separability("{after}") > '
                f'network.separability("{before}")',
            )
            for before, after in pairwise(SEEN)
        ],
        "pictures": ["embeddings", {"bars": "test_accuracy"}],
    }
