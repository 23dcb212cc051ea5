"""Do hidden layers pay, and is it depth that pays?

A linear classifier can only cut the input space with straight lines. One
wide hidden layer can already approximate any boundary (Cybenko 1989), so the
lesson is told in two steps: a hidden layer beats none; then several narrow
layers are said to do better than a single wide one, and with fewer
parameters. The first holds wherever classes are not linearly separable. The
second depends on the widths that are compared, so it is stated here with
its numbers and put to the test; refuted claims are results.

Digits: 8 × 8 real handwritten digits; none, 128, and 128-64 hidden units.
Spiral: three arms in the plane; none, 1,000, and 100-100-100 hidden units.
"""

from typing import Any

DATASETS = ("digits", "spiral")


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    quick = profile == "quick"
    return {
        "name": "shallow_vs_deep",
        "dialect": "keras",
        **(_digits(quick) if dataset == "digits" else _spiral(quick)),
        "claims": [
            _claim("shallow_beats_linear", "A hidden layer beats none."),
            _claim("deep_beats_linear", "Several hidden layers beat none."),
            _claim("deep_beats_shallow", "Several beat a single one."),
            {
                "name": "deep_needs_fewer_parameters",
                "sentence": "The deep network has fewer parameters than "
                "the shallow one.",
                "that": "deep.parameters < shallow.parameters",
            },
        ],
    }


def _claim(name: str, sentence: str) -> dict[str, str]:
    better, worse = name.split("_beats_")
    that = f"{better}.test_accuracy > {worse}.test_accuracy"
    return {"name": name, "sentence": sentence, "that": that}


def _digits(quick: bool) -> dict[str, Any]:
    return {
        "data": {"digits": {}, "scaling": "min_max"},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 15 if quick else 60,
        },
        "arms": {
            "linear": ["flatten", {"dense": 10}],
            "shallow": ["flatten", *_hidden(128), {"dense": 10}],
            "deep": ["flatten", *_hidden(128, 64), {"dense": 10}],
        },
    }


def _spiral(quick: bool) -> dict[str, Any]:
    return {
        "data": {"spiral": {"classes": 3, "samples": 1000, "noise": 0.2}},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.01},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 25 if quick else 100,
        },
        "arms": {
            "linear": [{"dense": 3}],
            "shallow": [*_hidden(1000), {"dense": 3}],
            "deep": [*_hidden(100, 100, 100), {"dense": 3}],
        },
    }


def _hidden(*widths: int) -> list[Any]:
    return [word for units in widths for word in ({"dense": units}, "relu")]
