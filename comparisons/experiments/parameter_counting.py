"""How many parameters does a network have, and in which layers?

A dense layer from n to m numbers has n m weights and m biases; a convolution
of k × k over c channels with f filters has k k c f weights and f biases,
however large the image is. So dense networks have most parameters in their
first layer, whose input is all 784 pixels: 784-512-10 needs 407,050 with one
hidden layer, and 784-128-64-32-16-10 with four of them 111,514. Depth is not
expensive. The two convolutional networks need fewer still (LeCun et al. 1998
for the first; He et al. 2016 for the blocks of the second), and in the LeNet,
too, 96 % are in the dense layers.

The count of the specification must be equal to that of both live models. The
training data are noise, since nothing here depends on them.
"""

from typing import Any

from framework_parity.comparisons.experiments._lessons import Lesson
from framework_parity.comparisons.experiments._words import claim, hidden

DATASETS = ("noise",)

MLPS = {
    (256, 128): 235146,
    (128, 64, 32, 16): 111514,
    (512,): 407050,
    (512, 256, 128): 567434,
}
"""Hidden layers between 784 pixels and 10 classes, and parameter counts."""


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification; it is the same for every profile."""
    counts = {_name(widths): count for widths, count in MLPS.items()}
    return {
        "name": "parameter_counting",
        "dialect": "keras",
        "data": {
            "noise": {"sides": [28, 28, 1], "classes": 10, "samples": 4},
            "test": 0,
            "validation": 0,
            "scaling": "none",
        },
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.001},
            "batch_size": 2,
            "epochs": 1,
            "shuffle": "never",
        },
        "arms": {
            **{
                _name(widths): ["flatten", *hidden(*widths), {"dense": 10}]
                for widths in MLPS
            },
            "lenet": _lenet(),
            "small_resnet": _resnet(),
        },
        "claims": [
            *(
                claim(
                    f"{name}_by_hand",
                    f"{_label(name)} learns {count:,} numbers.",
                    f"{name}.live_parameters == {count}",
                )
                for name, count in counts.items()
            ),
            *(
                claim(
                    f"{name}_alive",
                    f"{_label(name)}: the live models have the spec's count.",
                    f"{name}.live_parameters == {name}.parameters",
                )
                for name in (*counts, "lenet", "small_resnet")
            ),
        ],
        "plots": ["layer_bars"],
    }


def _name(widths: tuple[int, ...]) -> str:
    return f"dense_{'_'.join(map(str, widths))}"


def _label(name: str) -> str:
    """Return a label of an arm: 784-256-128-10 for dense_256_128."""
    if name.startswith("dense_"):
        return f"784-{name.removeprefix('dense_').replace('_', '-')}-10"
    return {"lenet": "LeNet", "small_resnet": "The small ResNet"}[name]


def _lenet() -> list[Any]:
    return [
        {"conv2d": {"filters": 6, "size": 5, "padding": "same"}},
        "relu",
        {"max_pool": 2},
        {"conv2d": {"filters": 16, "size": 5}},
        "relu",
        {"max_pool": 2},
        "flatten",
        *hidden(120, 84),
        {"dense": 10},
    ]


def _resnet() -> list[Any]:
    return [
        *_convolution(16, 1),
        "relu",
        _block(16, 1, "identity"),
        _block(32, 2, [{"conv2d": {"filters": 32, "size": 1, "stride": 2}}]),
        "global_average_pool",
        {"dense": 10},
    ]


def _block(filters: int, stride: int, shortcut: Any) -> dict[str, Any]:
    body = [
        *_convolution(filters, stride),
        "relu",
        *_convolution(filters, 1),
    ]
    return {
        "residual": {"body": body, "shortcut": shortcut, "activation": "relu"}
    }


def _convolution(filters: int, stride: int) -> list[Any]:
    window = {"filters": filters, "size": 3, "padding": "same"}
    return [{"conv2d": {**window, "stride": stride}}, "batch_norm"]


LESSONS = {2: Lesson(written, DATASETS)}
