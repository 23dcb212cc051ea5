"""Tables that were published with PyTorch, and the specs that print them.

Each was made under `torch.manual_seed(42)`; see the figures' tests.
"""

from typing import Any

FULL = {"batch_size": "full", "shuffle": "never", "evaluate_every": 0}
PLAIN = {"validation": 0, "scaling": "none"}
ADAM = {"adam": 0.01}

RATES = (0.0, 0.3, 0.5)

# Each network is seeded anew: all three start from the same weights.
DROPOUT: dict[str, Any] = {
    "name": "dropout_rates",
    "dialect": "torch",
    "replay": {"seed": 42, "reseed": True},
    "data": {
        "linear": {
            "features": 20,
            "samples": 50,
            "test_samples": 200,
            "noise": 0.5,
        },
        **PLAIN,
    },
    "recipe": FULL
    | {"loss": "mean_squared_error", "optimizer": ADAM, "epochs": 200},
    "arms": {
        f"rate_{10 * rate:.0f}": [
            *({"dense": 64}, "relu", {"dropout": rate}),
            *({"dense": 32}, "relu", {"dropout": rate}, {"dense": 1}),
        ]
        for rate in RATES
    },
}

# Train and test loss at the end, in evaluation, to the printed digit.
DROPOUT_FIGURES = {
    "rate_0": ("0.0000", "3.7633"),
    "rate_3": ("0.1016", "2.6384"),
    "rate_5": ("0.1672", "2.7283"),
}

# Seeded once; nothing stops it, and the test samples are what is watched.
STOPPING: dict[str, Any] = {
    "name": "stopping",
    "dialect": "torch",
    "replay": {"seed": 42, "reseed": False},
    "data": {
        "linear": {
            "features": 10,
            "samples": 100,
            "test_samples": 100,
            "noise": 0.3,
        },
        **PLAIN,
        "validation": "test",
    },
    "recipe": {
        **FULL,
        "loss": "mean_squared_error",
        "optimizer": ADAM,
        "epochs": 150,
        "evaluate_every": 1,
        "early_stopping": {"patience": 150},
    },
    "arms": {
        "wide": [
            *({"dense": 128}, "relu", {"dense": 64}, "relu", {"dense": 1}),
        ]
    },
}

# The best epoch, counted from 0, then its validation loss and the last.
STOPPING_FIGURES = ("78", "0.2645", "0.2816")

# Predictions for the four corners.
XOR_FIGURES = ["0.000", "1.000", "1.000", "0.000"]
