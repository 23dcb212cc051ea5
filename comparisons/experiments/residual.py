"""Why can a network with shortcuts be deeper?

A residual block adds what it computes to what it got, so that signals and
gradients have a way past it. He et al. (2015) saw plain networks do worse
with more layers, on the *training* set, and residual ones do better.
"""

from typing import Any

from comparisons.experiments._words import IMAGES, claim, images

DATASETS = IMAGES
FULL = "mnist"

DEPTHS = {"quick": (10, 20), "full": (10, 20, 50)}
WIDTHS = {"quick": (32, 32, 16), "full": (128, 128, 64)}


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    deepest = DEPTHS[profile][-1]
    return {
        "name": "residual",
        "dialect": "keras",
        "data": images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 64,
            "shuffle": "each_epoch",
            "epochs": 5 if profile == "quick" else 10,
            "last_batch": "drop",
        },
        "arms": {
            **{
                f"{kind}_{depth}": _dense(kind, depth, WIDTHS[profile])
                for depth in DEPTHS[profile]
                for kind in ("plain", "residual")
            },
            "convolutional": _convolutional(),
        },
        "claims": [
            claim(
                "deep_plain_fails",
                f"{deepest} plain layers get less than half of the images "
                "right.",
                f"plain_{deepest}.test_accuracy < 0.5",
            ),
            claim(
                "deeper_plain_is_worse",
                "More plain layers fit the training part less well.",
                f"plain_{deepest}.train_loss > plain_10.train_loss",
            ),
            claim(
                "deep_residual_trains",
                f"{deepest} residual layers get nine of ten right.",
                f"residual_{deepest}.test_accuracy > 0.9",
            ),
            claim(
                "residual_beats_plain",
                "They fit the training part better than plain ones.",
                f"residual_{deepest}.train_loss < plain_{deepest}.train_loss",
            ),
            claim(
                "convolutional_trains",
                "So does a small convolutional network of such blocks.",
                "convolutional.test_accuracy > 0.9",
            ),
        ],
        "probes": {"gradient_norm": True},
        "pictures": ["gradient_norms", {"bars": "test_accuracy"}],
    }


def _dense(kind: str, depth: int, widths: tuple[int, ...]) -> list[Any]:
    """Return so many dense layers: the first, blocks of two, the last."""
    blocks = (depth - 2) // 2
    layers = ["flatten", {"dense": widths[0]}, "batch_norm", "relu"]
    last = widths[0]
    for block in range(blocks):
        units = widths[len(widths) * block // blocks]
        layers += _block(kind, units, projected=units != last)
        last = units
    return [*layers, {"dense": 10}]


def _block(kind: str, units: int, *, projected: bool) -> list[Any]:
    dense: list[Any] = [{"dense": units}, "batch_norm"]
    body = [*dense, "relu", *dense]
    if kind == "plain":
        return [*body, "relu"]
    shortcut = dense if projected else "identity"
    said = {"body": body, "shortcut": shortcut, "activation": "relu"}
    return [{"residual": said}]


def _convolutional() -> list[Any]:
    """Return a first convolution and two blocks, the second of half size."""
    return [
        *_convolution(8),
        "relu",
        _wide(8, 1, "identity"),
        _wide(16, 2, _convolution(16, 1, 2)),
        "global_average_pool",
        {"dense": 10},
    ]


def _wide(filters: int, stride: int, shortcut: Any) -> dict[str, Any]:
    first, second = _convolution(filters, 3, stride), _convolution(filters)
    body = [*first, "relu", *second]
    said = {"body": body, "shortcut": shortcut, "activation": "relu"}
    return {"residual": said}


def _convolution(filters: int, size: int = 3, stride: int = 1) -> list[Any]:
    window = {"filters": filters, "size": size, "stride": stride}
    return [{"conv2d": window | {"padding": "same"}}, "batch_norm"]
