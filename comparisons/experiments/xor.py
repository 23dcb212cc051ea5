"""Which networks can compute exclusive or?

Exclusive or is true where exactly one of two inputs is true: the four corners
of a square, where opposite corners are alike. No straight line separates them,
and a network without a hidden layer can only represent a straight line (Minsky
and Papert 1969), so that at best it has three corners right. Two lines are
enough: a hidden layer of two units can represent them, and one of four units
learns it more reliably.

All four corners are the training set; there are no other samples. The network
trains with Adam at a learning rate of 0.5, 2,000 steps, and binary
cross-entropy. With `--randomness replay` both frameworks print the output of a
PyTorch script that begins with `torch.manual_seed(42)`: 0.000, 1.000, 1.000,
0.000. Under some seeds even four units converge to a line and leave one corner
wrong.
"""

from typing import Any

from framework_parity.comparisons.experiments._lessons import Lesson
from framework_parity.comparisons.experiments._words import claim, hidden

DATASETS = ("xor",)


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one profile."""
    return {
        "name": "xor",
        "dialect": "torch",
        "data": {"xor": {}, "test": 0, "validation": 0, "scaling": "none"},
        "recipe": {
            "loss": "binary_cross_entropy",
            "optimizer": {"adam": 0.5},
            "batch_size": "full",
            "epochs": 2000,
            "shuffle": "never",
            "evaluate_every": 10,
        },
        "arms": {
            "no_hidden_layer": [{"dense": 1}],
            "hidden_layer": [*hidden(4, activation="tanh"), {"dense": 1}],
        },
        "replay": {"seed": 42, "reseed": False},
        "probes": {"representations": {"epochs": ["last"]}},
        "claims": [
            claim(
                "a_line_does_not_separate",
                "Without a hidden layer, a corner is wrong.",
                "no_hidden_layer.train_accuracy < 1",
            ),
            claim(
                "a_hidden_layer_separates",
                "With one, all four corners are right.",
                "hidden_layer.train_accuracy == 1",
            ),
        ],
    }


LESSONS = {2: Lesson(written, DATASETS)}
