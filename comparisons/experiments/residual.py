"""Why can a network with shortcuts be deeper?

A residual block adds its output to its input, so that signals and gradients
can bypass it. He et al. (2015) observed that plain networks are worse with
more layers, on the *training* set too, and that residual ones are better. SGD
at 0.1 with a momentum of 0.9 is taken from their paper, and so is batch
normalisation, which according to them should keep the gradients of plain
networks from vanishing.

It does, but they explode instead (Yang et al. 2019). In five epochs of digits,
with 32 to 16 units, 10 plain layers reach a test accuracy of 0.92, 20 plain
layers 0.55 in PyTorch and 0.46 in Keras, and 20 residual layers 0.93. In
float64, two runs of the 20 plain layers that differ by a rounding differ by
1 % after 59 steps, which is why their accuracies differ; with shortcuts
they do not in 500 steps. With Adam at 0.001 and Keras's running averages,
which have a decay of 0.99 at each of only 85 steps, the residual network has
been measured at 0.31.

Lesson 3 has blocks of 128, 128 and 64 units with Adam, where 8 layers are not
too deep for a plain network: on the digits it has a test accuracy of 0.944,
that with shortcuts 0.942 (one seed in PyTorch).
"""

from typing import Any

from framework_parity.comparisons.experiments._lesson_images import (
    FASHION,
    lesson_batch,
    lesson_images,
)
from framework_parity.comparisons.experiments._lessons import Lesson
from framework_parity.comparisons.experiments._words import (
    IMAGES,
    claim,
    images,
)

DATASETS = IMAGES
FULL = "mnist"

WIDTHS = {"quick": (32, 32, 16), "full": (128, 128, 64)}

# An epoch has few steps, so that averages with a decay of 0.99 would lag.
NORM: dict[str, Any] = {"batch_norm": {"running_decay": 0.9}}


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    return {
        "name": "residual",
        "dialect": "keras",
        "data": images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": {"lr": 0.1, "momentum": 0.9}},
            "batch_size": 64,
            "shuffle": "each_epoch",
            "epochs": 5 if profile == "quick" else 10,
            "last_batch": "drop",
        },
        "arms": _arms(profile),
        "claims": [
            *_claims(20 if profile == "quick" else 50),
            *_convolutional_claim(profile),
        ],
        "probes": {"gradient_norm": True},
        "plots": ["gradient_norms", {"bars": "test_accuracy"}],
    }


def _arms(profile: str) -> dict[str, Any]:
    quick = [("plain", 10), ("plain", 20), ("residual", 20)]
    full = [(kind, n) for n in (10, 20, 50) for kind in ("plain", "residual")]
    chosen = quick if profile == "quick" else full
    dense = {
        f"{kind}_{depth}": _dense(kind, depth, WIDTHS[profile])
        for kind, depth in chosen
    }
    small = {} if profile == "quick" else {"convolutional": _convolutional()}
    return dense | small


def _claims(deepest: int) -> list[dict[str, str]]:
    plain, residual = f"plain_{deepest}", f"residual_{deepest}"
    return [
        claim(
            "deep_plain_fails",
            f"{deepest} plain layers get less than half of the images right.",
            f"{plain}.test_accuracy < 0.5",
        ),
        claim(
            "deeper_plain_is_worse",
            "More plain layers fit the training part less well.",
            f"{plain}.train_loss > plain_10.train_loss",
        ),
        claim(
            "deep_residual_trains",
            f"{deepest} residual layers get nine of ten right.",
            f"{residual}.test_accuracy > 0.9",
        ),
        claim(
            "residual_beats_plain",
            "They fit the training part better than plain ones.",
            f"{residual}.train_loss < {plain}.train_loss",
        ),
    ]


def _convolutional_claim(profile: str) -> list[dict[str, str]]:
    """Return the claim about the network of the full profile alone."""
    if profile == "quick":
        return []
    return [
        claim(
            "convolutional_trains",
            "A small convolutional network of such blocks does, too.",
            "convolutional.test_accuracy > 0.9",
        )
    ]


def _dense(kind: str, depth: int, widths: tuple[int, ...]) -> list[Any]:
    """Return `depth` dense layers: the first, blocks of two, the last."""
    blocks = (depth - 2) // 2
    layers = ["flatten", *_normalized(widths[0]), "relu"]
    last = widths[0]
    for block in range(blocks):
        units = widths[len(widths) * block // blocks]
        layers += _block(kind, units, projected=units != last)
        last = units
    return [*layers, {"dense": 10}]


def _block(kind: str, units: int, *, projected: bool) -> list[Any]:
    dense = _normalized(units)
    body = [*dense, "relu", *dense]
    if kind == "plain":
        return [*body, "relu"]
    shortcut = dense if projected else "identity"
    fields = {"body": body, "shortcut": shortcut, "activation": "relu"}
    return [{"residual": fields}]


def _normalized(units: int) -> list[Any]:
    return [{"dense": {"units": units, "bias": False}}, NORM]


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
    fields = {"body": body, "shortcut": shortcut, "activation": "relu"}
    return {"residual": fields}


def _convolution(filters: int, size: int = 3, stride: int = 1) -> list[Any]:
    window = {"filters": filters, "size": size, "stride": stride}
    fields = window | {"padding": "same", "bias": False}
    return [{"conv2d": fields}, NORM]


DEEP = {"quick": (20, 16), "full": (102, 64)}
"""Number of dense layers of the deepest network, and their units."""

# There is no plain network of that depth: 102 plain layers amplify a rounding
# of the input by 1e9, and 20 with Adam are chaotic after 143 steps.


def _lesson_3(dataset: str, profile: str) -> dict[str, Any]:
    """Return blocks of 128, 128 and 64 units with Adam, and a deep network.

    As in the lesson, the dense layers have biases, and the shortcut of the
    last block is a dense layer without normalisation.
    """
    quick = profile == "quick"
    depth, units = DEEP[profile]
    return {
        "name": "residual",
        "dialect": "keras",
        "data": lesson_images(dataset, profile, validation=0.1),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": lesson_batch(profile, 128),
            "shuffle": "each_epoch",
            "epochs": 5 if quick else 15,
        },
        "arms": {
            "residual": _three_blocks(shortcuts=True),
            "plain": _three_blocks(shortcuts=False),
            "residual_deep": _dense("residual", depth, (units,)),
        },
        "claims": [
            claim(
                "residual_beats_plain",
                "With shortcuts, the test accuracy of the lesson's network "
                "is higher than without.",
                "residual.test_accuracy > plain.test_accuracy",
            ),
            claim(
                "residual_fits_better",
                "Its training loss is lower.",
                "residual.train_loss < plain.train_loss",
            ),
            claim(
                "deep_residual_trains",
                f"With shortcuts, {depth} layers get more than half of the "
                "images right.",
                "residual_deep.test_accuracy > 0.5",
            ),
        ],
        "plots": [{"bars": "test_accuracy"}],
    }


def _three_blocks(*, shortcuts: bool) -> list[Any]:
    """Return the lesson's network, with or without its shortcuts."""

    def normed(units: int) -> list[Any]:
        return [{"dense": units}, "batch_norm"]

    layers, last = ["flatten", *normed(128), "relu"], 128
    for units in (128, 128, 64):
        body = [*normed(units), "relu", *normed(units)]
        block: dict[str, Any] = {"body": body, "activation": "relu"}
        if units != last:
            block["shortcut"] = [{"dense": units}]
        layers += [{"residual": block}] if shortcuts else [*body, "relu"]
        last = units
    return [*layers, {"dropout": 0.3}, {"dense": 10}]


LESSONS = {3: Lesson(_lesson_3, FASHION, "fashion_mnist")}
