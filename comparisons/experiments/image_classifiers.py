"""Which network reads images best, and what does it still get wrong?

A dense network sees an image as a list of numbers; move it by a pixel, and
all of them change. A convolution looks for the same pattern everywhere, and
pooling forgives where it was found: LeCun et al.'s LeNet-5 (1998) does better
with fewer parameters. Residual networks (He et al. 2016) are deeper still and
average over the whole image in the end.

784-256-128-10 with dropout, a LeNet-like network and a small ResNet; Adam at
0.001, images brought to [0, 1] and then normalised by 0.1307 and 0.3081, the
mean and deviation of MNIST. The LeNet is also trained on images that are
moved by a few pixels at random, another way in each epoch, and mirrored where
a mirror image is of the same class: not so with digits. The matrix shows
which class is taken for which; the worst mistakes stand there as they are.

That takes data and time. On the 8 × 8 digits there are 35 steps an epoch, 245
in all: the dense network comes to 0.96, the LeNet to 0.85, to 0.76 on moved
images, which are harder to learn, and the ResNet to 0.87.
"""

from typing import Any

from framework_parity.comparisons.experiments._words import (
    IMAGES,
    claim,
    hidden,
    images,
)

DATASETS = IMAGES
FULL = "mnist"

NORMALIZED = {"normalize": {"mean": 0.1307, "deviation": 0.3081}}
BLACK = -0.1307 / 0.3081

# By how many pixels images may be moved, and which may be mirrored.
MOVED = {"digits": 1, "mnist": 2, "fashion_mnist": 2, "cifar10": 4}
MIRRORED = ("fashion_mnist", "cifar10")


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    lenet = _lenet(small=dataset == "digits")
    flip = ["random_flip"] if dataset in MIRRORED else []
    crop = {"random_crop": {"padding": MOVED[dataset], "fill": BLACK}}
    return {
        "name": "image_classifiers",
        "dialect": "keras",
        "data": images(dataset, profile) | {"scaling": NORMALIZED},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 32,
            "last_batch": "drop",
            "shuffle": "each_epoch",
            "epochs": 7 if profile == "quick" else 10,
        },
        "arms": {
            "dense": [
                "flatten",
                *hidden(256, 128, after=({"dropout": 0.2},)),
                {"dense": 10},
            ],
            "lenet": lenet,
            "lenet_moved": [*flip, crop, *lenet],
            "resnet": _resnet(8 if dataset == "digits" else 16),
        },
        "probes": {
            "representations": {
                "places": ["dense_1", "dense_3"],
                "samples": 1000,
                "part": "test",
            }
        },
        "claims": [
            claim(
                "lenet_beats_dense",
                "The LeNet is more often right than the dense network.",
                "lenet.test_accuracy > dense.test_accuracy",
            ),
            claim(
                "lenet_is_smaller",
                "It has fewer parameters.",
                "lenet.parameters < dense.parameters",
            ),
            claim(
                "moved_beats_lenet",
                "Trained on moved images, it is more often right.",
                "lenet_moved.test_accuracy > lenet.test_accuracy",
            ),
            claim(
                "resnet_beats_lenet",
                "The ResNet is more often right than the LeNet.",
                "resnet.test_accuracy > lenet.test_accuracy",
            ),
        ],
        "plots": [{"bars": "test_accuracy"}, "confusion", "mistakes"],
    }


def _lenet(small: bool) -> list[Any]:
    """LeNet-5, with ReLU and without its odd wiring of channels.

    Images of 8 × 8 have no room for its second window of 5.
    """
    second: dict[str, Any] = {"filters": 16, "size": 3 if small else 5}
    if small:
        second["padding"] = "same"
    return [
        {"conv2d": {"filters": 6, "size": 5, "padding": "same"}},
        "relu",
        {"average_pool": 2},
        {"conv2d": second},
        "relu",
        {"average_pool": 2},
        "flatten",
        *hidden(120, 84),
        {"dense": 10},
    ]


def _resnet(filters: int) -> list[Any]:
    return [
        *_convolution(filters),
        "relu",
        _block(filters, stride=1),
        _block(2 * filters, stride=2),
        "global_average_pool",
        {"dense": 10},
    ]


def _convolution(filters: int, stride: int = 1, size: int = 3) -> list[Any]:
    """Return a convolution, normalised, whose bias that would undo."""
    return [
        {
            "conv2d": {
                "filters": filters,
                "size": size,
                "stride": stride,
                "padding": "same",
                "bias": False,
            }
        },
        "batch_norm",
    ]


def _block(filters: int, stride: int) -> dict[str, Any]:
    """Two convolutions beside a shortcut, which is one where it has to be."""
    body = [*_convolution(filters, stride), "relu", *_convolution(filters)]
    block: dict[str, Any] = {"body": body, "activation": "relu"}
    if stride > 1:
        block["shortcut"] = _convolution(filters, stride, size=1)
    return {"residual": block}
