"""Does every ingredient of a modern recipe earn its place?

Residual blocks (He et al. 2016), weights drawn for ReLU (He et al. 2015),
batch normalisation (Ioffe and Szegedy 2015), dropout (Srivastava et al.
2014), decoupled weight decay (Loshchilov and Hutter 2019), a rate that falls
as a cosine (2017), and the best epoch's weights in the end: taught together,
as if all of them were needed. So each is left out once, and the rest stays.

An ingredient earns its place where the full recipe is no worse than the
recipe without it. On 210 steps of digits, the full recipe comes to 0.88, and
dropout (0.92 without), a falling rate (0.92) and weights drawn for ReLU (0.91)
cost accuracy. Whether the others help, five seeds do not say. They are made
for long trainings, wide networks or great depth, and this is none; in a
network of twice the depth, on 420 steps, shortcuts were worth 0.12.

256 units, a residual block of 256, 128, a residual block of 128; in the
quick profile 64 and a block of 64.
"""

from typing import Any

from framework_parity.comparisons.experiments._words import (
    IMAGES,
    claim,
    images,
)

DATASETS = IMAGES
FULL = "mnist"

# What is left out, and how a sentence says so.
LEFT_OUT = {
    "no_he": "weights drawn for ReLU",
    "no_shortcut": "shortcuts",
    "no_batch_norm": "batch normalisation",
    "no_dropout": "dropout",
    "no_decay": "weight decay",
    "no_cosine": "a falling rate",
    "no_best": "the best epoch's weights",
}


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    data = images(dataset, profile)
    epochs = 6 if profile == "quick" else 50
    recipe = {
        "loss": "cross_entropy",
        "optimizer": {"adamw": {"lr": 0.001, "weight_decay": 0.01}},
        "schedule": {"cosine": {"steps": epochs, "per": "epoch"}},
        "batch_size": 32,
        "last_batch": "drop",
        "epochs": epochs,
        "shuffle": "each_epoch",
        "early_stopping": {"patience": 10, "restore_best": True},
    }
    undecayed = {"optimizer": {"adam": 0.001}}

    def network(**left_out: Any) -> list[Any]:
        widths = (64,) if profile == "quick" else (256, 128)
        return _network(widths, **left_out)

    return {
        "name": "modern_recipe",
        "dialect": "keras",
        "data": data,
        "recipe": recipe,
        "arms": {
            "full": network(),
            "no_he": network(drawn="glorot_uniform"),
            "no_shortcut": network(shortcut=False),
            "no_batch_norm": network(norm=()),
            "no_dropout": network(drop=False),
            "no_decay": {"layers": network(), "recipe": undecayed},
            "no_cosine": {
                "layers": network(),
                "recipe": {"schedule": "constant"},
            },
            "no_best": {
                "layers": network(),
                "recipe": {"early_stopping": None},
            },
        },
        "claims": [
            claim(
                f"full_is_as_good_as_{name}",
                f"The full recipe is no worse than one without {what}.",
                f"full.test_accuracy >= {name}.test_accuracy",
            )
            for name, what in LEFT_OUT.items()
        ],
        "plots": [{"bars": "test_accuracy"}],
    }


def _network(
    widths: tuple[int, ...],
    drawn: str = "he_normal",
    shortcut: bool = True,
    norm: tuple[str, ...] = ("batch_norm",),
    drop: bool = True,
) -> list[Any]:
    """Return the layers, or all but one ingredient of them."""

    def part(units: int, rate: float) -> list[Any]:
        dense = {"dense": {"units": units, "kernel_initializer": drawn}}
        return [dense, *norm, "relu", *([{"dropout": rate}] if drop else [])]

    def block(units: int, rate: float) -> list[Any]:
        body = [*part(units, rate), {"dense": units}, *norm]
        if not shortcut:
            return [*body, "relu"]
        return [{"residual": {"body": body, "activation": "relu"}}]

    layers = []
    for units, rate in zip(widths, (0.3, 0.2), strict=False):
        layers += [*part(units, rate), *block(units, rate)]
    return ["flatten", *layers, {"dense": 10}]
