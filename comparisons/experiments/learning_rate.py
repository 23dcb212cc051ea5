"""How large may a step be?

A network with one hidden layer of 32 units fits a noisy sine, with 50 steps of
SGD over all samples. At a learning rate of 0.0001 the loss has hardly
changed, and at 0.01 it decreases. At 1.0 every step overshoots the minimum by
more than the previous distance, and the loss grows until it is not a number.
The bound is 2 over the largest curvature of the loss (LeCun et al. 1998,
"Efficient BackProp", section 4.6).

A run that diverges is a valid result: the step is reported, and nothing fails.
The sweep shows the whole range: the loss decreases with the rate, up to an
edge between 0.3 and 1, and the best rates are just below it. After the loss
has diverged, nothing is compared any more: a tanh is exactly 1 from 17.7 on in
TensorFlow and from 19.1 on in PyTorch, and whether a slope is 1e-15 or 0
matters for a gradient of 1e20.

Lesson 2 has a sine of 3.14 x at 100 equal steps, ReLU, and three rates. It
prints 0.4968, 0.3692 and inf; the script itself prints 0.6179, 0.4562 and nan,
as do both frameworks with `--randomness replay`.
"""

from typing import Any

from framework_parity.comparisons.experiments._lessons import Lesson
from framework_parity.comparisons.experiments._words import claim, hidden

DATASETS = ("sine",)

RATES = {
    "lr_1e_4": 1e-4,
    "lr_1e_3": 1e-3,
    "lr_0_01": 0.01,
    "lr_0_1": 0.1,
    "lr_0_3": 0.3,
    "lr_1": 1.0,
}
BETWEEN = {
    "lr_3e_4": 3e-4,
    "lr_3e_3": 3e-3,
    "lr_0_03": 0.03,
    "lr_0_2": 0.2,
    "lr_0_5": 0.5,
    "lr_3": 3.0,
}
"""Additional learning rates of the full profile."""


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one profile."""
    rates = RATES if profile == "quick" else RATES | BETWEEN
    layers = [*hidden(32, activation="tanh"), {"dense": 1}]
    return {
        "name": "learning_rate",
        "dialect": "keras",
        "data": {"sine": {"samples": 250}, "test": 0.2, "validation": 0},
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": {"sgd": 0.01},
            "batch_size": "full",
            "epochs": 50,
            "shuffle": "never",
        },
        "arms": {
            name: {"layers": layers, "recipe": {"optimizer": {"sgd": rate}}}
            for name, rate in rates.items()
        },
        "claims": [
            claim(
                "small_is_slow",
                "At 0.0001, 50 steps leave a tenth more of the loss than at "
                "0.01.",
                "lr_1e_4.train_loss > 1.1 * lr_0_01.train_loss",
            ),
            claim(
                "large_diverges",
                "At 1.0 training diverges.",
                "lr_1.diverged == 1",
            ),
            claim(
                "it_takes_few_steps",
                "It does so within the 50 steps.",
                "lr_1.diverged_at < 50",
            ),
            claim(
                "the_rest_does_not",
                "At 0.01 it does not.",
                "lr_0_01.diverged == 0",
            ),
            claim(
                "best_before_the_edge",
                "0.1, nearer to the edge, does better than 0.01.",
                "lr_0_1.train_loss < lr_0_01.train_loss",
            ),
        ],
        "plots": [{"sweep": "train_loss"}],
    }


# What lesson 2 prints for each rate; the last loss was infinite.
PUBLISHED = {"lr_1e_4": "0.4968", "lr_0_01": "0.3692"}


def _lesson_2(dataset: str, profile: str) -> dict[str, Any]:
    """Return the lesson's own sine and network; both profiles are equal."""
    layers = [*hidden(32), {"dense": 1}]
    rates = ("lr_1e_4", "lr_0_01", "lr_1")
    return {
        "name": "learning_rate",
        "dialect": "torch",
        "replay": {"seed": 42, "reseed": True},
        "data": {
            "sine": {
                "samples": 100,
                "noise": 0.1,
                "low": -2.0,
                "high": 2.0,
                "frequency": 3.14,
                "placement": "grid",
            },
            "test": 0,
            "validation": 0,
            "scaling": "none",
        },
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": {"sgd": 0.01},
            "batch_size": "full",
            "epochs": 50,
            "shuffle": "never",
        },
        "arms": {
            name: {
                "layers": layers,
                "recipe": {"optimizer": {"sgd": RATES[name]}},
            }
            for name in rates
        },
        "claims": [
            claim(
                "small_is_slow",
                "At 0.0001 the loss is higher after 50 steps than at 0.01.",
                "lr_1e_4.step_loss(-1) > lr_0_01.step_loss(-1)",
            ),
            claim(
                "large_increases",
                "At 1.0 the loss after the first step is larger than before "
                "it: a training loss that increases means that the rate is "
                "too large.",
                "lr_1.step_loss(1) > lr_1.step_loss(0)",
            ),
            claim(
                "large_diverges",
                "At 1.0 training diverges.",
                "lr_1.diverged == 1",
            ),
            *(
                claim(
                    f"published_{name}",
                    f"The loss at {RATES[name]:g} is the published {figure} "
                    "(needs --randomness replay).",
                    f"{name}.step_loss(-1) == {figure}",
                )
                for name, figure in PUBLISHED.items()
            ),
        ],
        "notebook": [
            {
                "says": "After 50 steps the losses are 0.4968, 0.3692 and "
                "inf.",
                "correction": "The order is right and the figures are those "
                "of another run. The cell as it stands, with its seed of 42, "
                "prints 0.6179, 0.4562 and nan in PyTorch 2.15, and so do "
                "both frameworks here with `--randomness replay`. The text's "
                "figures come from another version of the code.",
                "claims": [f"published_{name}" for name in PUBLISHED],
            }
        ],
        "plots": ["fit"],
    }


LESSONS = {2: Lesson(_lesson_2, DATASETS)}
