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

Lesson 1 normalises after the activation. In the quick profile (15 epochs) the
first measure rises as above, 0.66, 0.72, 0.77, 0.87, the second not: 0.48,
0.41, 0.39, 0.41.
"""

from itertools import pairwise
from typing import Any

from framework_parity.comparisons.experiments._lesson_data import (
    moons_circles,
)
from framework_parity.comparisons.experiments._lessons import Lesson
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
            *_rises(NEAREST, SEEN),
            *_rises(DIVIDING, SEEN),
        ],
        "plots": ["embeddings", {"bars": "test_accuracy"}],
    }


def _rises(
    measure: tuple[str, str], views: tuple[str, ...]
) -> list[dict[str, str]]:
    """Return claims that a measure is greater in each layer than before.

    Args:
        measure: the name of the statistic, and the beginning of a sentence.
        views: the views of the network, the input first.
    """
    name, sentence = measure
    return [
        claim(
            f"{name}_rises_in_{after}",
            f"{sentence} in {after} than in {before}.",
            f'network.{name}("{after}") > network.{name}("{before}")',
        )
        for before, after in pairwise(views)
    ]


def _lesson_1(dataset: str, profile: str) -> dict[str, Any]:
    """Return the lesson's network, which normalises after the activation."""
    views = ("input", "batch_norm_1", "batch_norm_2", "batch_norm_3")
    return {
        "name": "representations",
        "dialect": "keras",
        "data": moons_circles(),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 15 if profile == "quick" else 30,
        },
        "arms": {
            "network": [
                *hidden(128, 64, 32, after=("batch_norm",)),
                {"dense": 4},
            ]
        },
        "probes": {
            "representations": {
                "places": list(views[1:]),
                "samples": 200,
                "part": "test",
            }
        },
        "claims": [*_rises(NEAREST, views), *_rises(DIVIDING, views)],
        "notebook": [
            {
                "says": "The representations become increasingly separable "
                "at deeper layers.",
                "correction": "The picture comes from three runs of t-SNE, "
                "which shows neighbours and not distances, so that it cannot "
                "show this. By numbers, the share of points nearest to the "
                "mean of their class rises over all layers together, but not "
                "the share of the variance that is between the classes.",
                "claims": [
                    f"{name}_rises_in_{view}"
                    for name in (NEAREST[0], DIVIDING[0])
                    for view in views[1:]
                ],
            },
            {
                "says": "500 points of the test part are drawn for the "
                "picture.",
                "correction": "The test part has 200 points, and numpy "
                "refuses to draw 500 of them without replacement: the cell "
                "ends with a ValueError. Here all 200 are used.",
            },
        ],
        "plots": ["embeddings", {"bars": "test_accuracy"}],
    }


NEAREST = "nearest_mean", "More samples lie nearest to their mean"
DIVIDING = "separability", "More of the variance divides classes"

LESSONS = {1: Lesson(_lesson_1, ("moons_circles",))}
