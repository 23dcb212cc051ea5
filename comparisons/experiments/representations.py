"""How do layers pull the classes apart?

A network ends in a linear classifier, which can only cut with straight
lines. So whatever is not linearly separable in the input has to become so on
the way, and each layer is said to do a part of it. Here that is measured in
two ways. How many samples lie nearest to the mean of their own class, the
simplest linear rule? And which share of a layer's variance lies between the
means of the classes (Fisher 1936): 0 where all classes have one mean, as two
circles around one centre, and 1 where each class is a point?

The first rises from layer to layer, 0.54, 0.75, 0.77, 0.89, the second step
by no more than the seeds do. The second falls before it rises, 0.48, 0.39,
0.38, 0.47: a wide layer spreads each class over many directions, and a class
may lie apart without lying close together.

Moons and circles: four classes in the plane; 128-64-32 units, each layer
with batch normalisation. The picture lays the layers out in the plane by
t-SNE (van der Maaten and Hinton 2008), which keeps neighbours together and
says nothing about distances. Both frameworks are laid out together, in one
run: done apart, the same layer would give two pictures that look unlike.
"""

from itertools import pairwise
from typing import Any

from framework_parity.comparisons.experiments._words import claim, hidden

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
            *_rises("nearest_mean", "More samples lie nearest to their mean"),
            *_rises("separability", "More of the variance divides classes"),
        ],
        "plots": ["embeddings", {"bars": "test_accuracy"}],
    }


def _rises(measure: str, sentence: str) -> list[dict[str, str]]:
    """Claim that a measure is greater in each layer than before it."""
    return [
        claim(
            f"{measure}_rises_in_{after}",
            f"{sentence} in {after} than in {before}.",
            f'network.{measure}("{after}") > network.{measure}("{before}")',
        )
        for before, after in pairwise(SEEN)
    ]
