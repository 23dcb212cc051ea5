"""Which network reads images best, and what does it still get wrong?

A dense network treats an image as a list of numbers; if the image is shifted
by a pixel, all of them change. A convolution detects the same pattern
everywhere, and pooling makes the result less dependent on its position: the
LeNet-5 of LeCun et al. (1998) is more accurate with fewer parameters. Residual
networks (He et al. 2016) are deeper still and average over the whole image at
the end.

The networks are 784-256-128-10 with dropout, a LeNet-like network and a small
ResNet. They train with Adam at 0.001 on images that are scaled to [0, 1] and
then normalised by 0.1307 and 0.3081, the mean and standard deviation of MNIST.
The LeNet is also trained on images that are shifted at random by a few pixels,
differently in each epoch, and mirrored where a mirror image has the same
class, which is not the case for digits. The confusion matrix shows which
classes are confused, and the worst mistakes are shown as images.

The more complex networks need data and time. On the 8 × 8 digits there are 35
steps an epoch, 245 in all. The dense network reaches 0.96, the LeNet 0.85, or
0.76 on shifted images, which are harder to learn, and the ResNet 0.87.

Lesson 2 has the dense network with a single dropout, and measures the test
part after each epoch. On the digits it reaches 0.972; in training mode, as
without `eval()`, the same weights are measured at 0.967 (one seed). For an
image 39 % of the ReLUs of the first layer are off, where the lesson says half.
"""

from typing import Any

from framework_parity.comparisons.experiments._lesson_images import (
    HANDWRITING,
    lesson_images,
)
from framework_parity.comparisons.experiments._lessons import Lesson
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

# Maximum shift in pixels, and the data sets whose images may be mirrored.
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
    """Return LeNet-5 with ReLU and fully connected channels.

    For images of 8 × 8, the second convolution has a window of 3 instead of
    5, which would be too large.
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
    """Return a convolution without a bias, and batch normalisation."""
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
    """Return a residual block of two convolutions.

    The shortcut is a convolution if the stride is larger than 1.
    """
    body = [*_convolution(filters, stride), "relu", *_convolution(filters)]
    block: dict[str, Any] = {"body": body, "activation": "relu"}
    if stride > 1:
        block["shortcut"] = _convolution(filters, stride, size=1)
    return {"residual": block}


def _lesson_2(dataset: str, profile: str) -> dict[str, Any]:
    """Return 256-128 units with a single dropout, with and without `eval()`.

    After each epoch the lesson measures the accuracy on the test part.
    """
    quick = profile == "quick"
    dropout = {"dropout": 0.2}
    layers = [
        "flatten",
        *({"dense": 256}, "relu", dropout),
        *hidden(128),
        {"dense": 10},
    ]
    data = lesson_images(dataset, profile, validation="test")
    return {
        "name": "image_classifiers",
        "dialect": "torch",
        "data": data | {"scaling": NORMALIZED},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 16 if quick else 64,
            "shuffle": "each_epoch",
            "epochs": 10,
        },
        "arms": {
            "dense": layers,
            "never_eval": {
                "layers": layers,
                "recipe": {"evaluation_mode": "training"},
            },
        },
        "probes": {"representations": {"samples": 1000, "part": "test"}},
        "claims": [
            claim(
                "nine_in_ten_are_right",
                "After 10 epochs more than nine of ten test images are right.",
                "dense.test_accuracy > 0.9",
            ),
            claim(
                "never_eval_measures_less",
                "Without `eval()` the measured test accuracy is lower, of "
                "the same weights.",
                "never_eval.test_accuracy < dense.test_accuracy",
            ),
            claim(
                "never_eval_trains_alike",
                "The training is the same without `eval()`, to the last bit.",
                "distance(dense, never_eval) == 0",
            ),
            claim(
                "at_least_four_in_ten_are_off",
                "In the trained network, the output of at least 4 in 10 "
                "ReLUs of the first layer is 0 for an image.",
                'dense.inactive("relu_1") > 0.4',
            ),
            claim(
                "at_most_six_in_ten_are_off",
                "At most 6 in 10 are: half of the ReLUs are off.",
                'dense.inactive("relu_1") < 0.6',
            ),
        ],
        "plots": ["confusion", "mistakes"],
    }


LESSONS = {2: Lesson(_lesson_2, HANDWRITING, "mnist")}
