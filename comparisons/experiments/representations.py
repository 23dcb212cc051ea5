"""How do layers separate the classes?

A network ends in a linear classifier, which can only separate classes by
straight lines. So whatever is not linearly separable in the input must become
so on the way, and each layer is expected to contribute. This is measured in
two ways. The first is the share of samples that are nearest to the mean of
their class, the simplest linear rule. The second is the share of a layer's
variance that is between the means of the classes (Fisher 1936): it is 0 if all
classes have the same mean, as two circles around one centre do, and 1 if each
class is a point.

The first rises from layer to layer, 0.54, 0.75, 0.77, 0.89, the second step
by no more than the seeds do. The second falls before it rises, 0.48, 0.39,
0.38, 0.47: a wide layer spreads each class over many directions, and a class
may be separated from others without being compact.

Moons and circles: four classes in the plane; 128-64-32 units, each layer with
batch normalisation. The plot embeds the layers in the plane by t-SNE (van der
Maaten and Hinton 2008), which preserves neighbours but not distances. Both
frameworks are embedded together, in one run: separate runs would show the same
layer as two different pictures.
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
    """Return claims that a measure is greater in each layer than before."""
    return [
        claim(
            f"{measure}_rises_in_{after}",
            f"{sentence} in {after} than in {before}.",
            f'network.{measure}("{after}") > network.{measure}("{before}")',
        )
        for before, after in pairwise(SEEN)
    ]
