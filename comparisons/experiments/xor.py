"""Which networks can compute exclusive or?

Exclusive or is true where exactly one of two inputs is true: the four corners
of a square, where opposite corners are alike. No straight line separates them,
and a network without a hidden layer can only represent a straight line (Minsky
and Papert 1969), so that at best it has three corners right. Two lines are
enough: a hidden layer of two units can represent them, and one of four units
learns it more reliably. In the space of these units a plane separates the
classes. Layers without an activation between them do not help: three of them
are one linear layer, and have a corner wrong, too.

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

# The four corners in the order of the data, and their labels.
CORNERS = {"0, 0": 0, "0, 1": 1, "1, 0": 1, "1, 1": 0}


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
            "stacked_linear": [{"dense": 4}, {"dense": 4}, {"dense": 1}],
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
            claim(
                "stacked_linear_layers_are_a_line",
                "Three layers without an activation have a corner wrong too.",
                "stacked_linear.train_accuracy < 1",
            ),
            claim(
                "input_is_not_separable",
                "In the plane of the inputs no line has each class on one "
                "side of it.",
                'hidden_layer.linearly_separable("input") == 0',
            ),
            claim(
                "hidden_space_is_separable",
                "In the space of the four hidden units a plane has.",
                'hidden_layer.linearly_separable("tanh_1") == 1',
            ),
            *(
                claim(
                    f"predicts_{corner.replace(', ', '_')}",
                    f"The prediction for ({corner}) is {label}.000, as a "
                    "PyTorch script prints under seed 42 (needs --randomness "
                    "replay and one seed).",
                    f"hidden_layer.prediction({sample}) == {label}.000",
                )
                for sample, (corner, label) in enumerate(CORNERS.items())
            ),
        ],
        "plots": [
            {"hidden_space": ["hidden_layer"]},
            "predictions",
            {
                "table": {
                    "rows": {
                        f"prediction for ({corner})": (
                            f"hidden_layer.prediction({sample}) == {label}.000"
                        )
                        for sample, (corner, label) in enumerate(
                            CORNERS.items()
                        )
                    },
                    "expected": "published",
                }
            },
        ],
    }


LESSONS = {2: Lesson(written, DATASETS)}
