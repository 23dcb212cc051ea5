"""How large should a network's first weights be?

Units that start at zero are equal and remain equal, so that nothing is learnt.
Weights that are too small reduce the signal, and the gradient on the way back,
at every layer. A ReLU passes half of the mean square, so He et al. (2015,
section 2.2) draw weights with variance 2 / inputs. Glorot and Bengio (2010,
eq. 16) derived theirs for linear layers, with half of that variance in a
square layer.

There are five hidden layers of 128 units. From the first to the fifth, the
mean square of the outputs changes by a factor of 1.03 with He's
initialisation, 0.065 = 1/2 ^ 4 with Xavier's, and 1.7e-9 with a standard
deviation of 0.01, as the formulas predict. The last learns nothing in ten
epochs. But with Xavier's initialisation the accuracy is the same as with He's
(0.952): five layers are too few for a factor of 2 to matter.

Lesson 3 has 128-64 units and Adam. There even a deviation of 0.01 learns: on
the digits the validation accuracies are 0.951 with it, 0.957 with Xavier's and
0.960 with He's, which is ahead of Xavier's in four of five seeds.
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

WIDTH, DEPTH = 128, 5
FIRST, LAST = 'second_moment("relu_1")', f'second_moment("relu_{DEPTH}")'

INITIALIZERS: dict[str, Any] = {
    "zeros": "zeros",
    "normal": {"normal": 0.01},
    "xavier": {"glorot_normal": {"truncated": False}},
    "he": {"he_normal": {"truncated": False}},
}


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    return {
        "name": "initialization",
        "dialect": "keras",
        "data": images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 10,
            "last_batch": "drop",
        },
        "arms": {
            name: _network(initializer)
            for name, initializer in INITIALIZERS.items()
        },
        "claims": [
            claim(
                "zeros_stay_alike",
                "From zeros, all units of the second layer stay the same.",
                'zeros.unit_spread("dense_2/kernel") == 0',
            ),
            claim(
                "zeros_learn_nothing",
                "From zeros, fewer than a fifth of the images are right.",
                "zeros.test_accuracy < 0.2",
            ),
            claim(
                "he_keeps_the_size",
                "From He's, the outputs' mean square does not fall by half "
                "from the first hidden layer to the last.",
                f"he.{LAST} > 0.5 * he.{FIRST}",
            ),
            claim(
                "he_does_not_grow",
                "From He's, it does not double either.",
                f"he.{LAST} < 2 * he.{FIRST}",
            ),
            claim(
                "xavier_shrinks",
                "From Xavier's, it falls by more than half.",
                f"xavier.{LAST} < 0.5 * xavier.{FIRST}",
            ),
            claim(
                "small_normals_vanish",
                "From a deviation of 0.01, less than a millionth of it is "
                "left.",
                f"normal.{LAST} < 1e-6 * normal.{FIRST}",
            ),
            claim(
                "he_learns_more_than_small_normals",
                "He's start learns more than the small one.",
                "he.test_accuracy > normal.test_accuracy",
            ),
            claim(
                "he_beats_xavier",
                "He's start leads to a higher test accuracy than Xavier's.",
                "he.test_accuracy > xavier.test_accuracy",
            ),
            claim(
                "at_least_four_in_ten_are_off",
                "At the start, the output of at least 4 in 10 ReLUs of the "
                "first layer is 0 for an image.",
                'he.inactive("relu_1") > 0.4',
            ),
            claim(
                "at_most_six_in_ten_are_off",
                "At most 6 in 10 are: half of the ReLUs are off.",
                'he.inactive("relu_1") < 0.6',
            ),
        ],
        "probes": {
            "gradient_norm": True,
            "representations": {"epochs": [0], "samples": 256},
        },
        "plots": ["layer_variances", {"bars": "test_accuracy"}],
    }


def _network(initializer: Any) -> list[Any]:
    def dense(units: int) -> dict[str, Any]:
        fields = {"units": units, "kernel_initializer": initializer}
        return {"dense": fields}

    layers = [layer for _ in range(DEPTH) for layer in (dense(WIDTH), "relu")]
    return ["flatten", *layers, dense(10)]


def _lesson_3(dataset: str, profile: str) -> dict[str, Any]:
    """Return 128-64 units with Adam on 5,000 images.

    As in the lesson, the output layer has Keras's own initialiser, and
    Xavier's and He's are truncated normal distributions.
    """
    arms = {
        name: ["flatten", *_started(initializer), {"dense": 10}]
        for name, initializer in {
            "zeros": "zeros",
            "normal": {"normal": 0.01},
            "xavier": "glorot_normal",
            "he": "he_normal",
        }.items()
    }
    return {
        "name": "initialization",
        "dialect": "keras",
        "data": lesson_images(dataset, profile, 5_000, validation=0.2),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": lesson_batch(profile, 128),
            "shuffle": "each_epoch",
            "epochs": 10,
        },
        "arms": arms,
        "claims": [
            claim(
                "zeros_learn_nothing",
                "From zeros, which the lesson leaves out, fewer than a fifth "
                "of the images are right.",
                "zeros.test_accuracy < 0.2",
            ),
            claim(
                "he_beats_xavier",
                "He's start leads to a higher validation accuracy than "
                "Xavier's.",
                "he.validation_accuracy > xavier.validation_accuracy",
            ),
            claim(
                "he_beats_small_normals",
                "It leads to a higher one than a deviation of 0.01.",
                "he.validation_accuracy > normal.validation_accuracy",
            ),
            claim(
                "he_is_ahead_at_first",
                "After the first epoch He's start is ahead of the small one.",
                'he.at_epoch("validation_accuracy", 1) > '
                'normal.at_epoch("validation_accuracy", 1)',
            ),
            claim(
                "small_normals_learn",
                "From a deviation of 0.01, the network of two hidden layers "
                "learns, too: more than half of the images are right.",
                "normal.test_accuracy > 0.5",
            ),
        ],
        "notebook": [
            {
                "says": "np.random.seed(42) and tf.random.set_seed(42) make "
                "the figures repeatable.",
                "correction": "Keras 3 draws the seeds of its initialisers "
                "and dropouts from Python's random module, which neither of "
                "them seeds; keras.utils.set_random_seed(42) seeds all three. "
                "In this comparison the initial weights are drawn once and "
                "given to both frameworks.",
            },
        ],
        "probes": {
            "gradient_norm": True,
            "representations": {"epochs": [0], "samples": 256},
        },
        "plots": ["layer_variances", {"bars": "validation_accuracy"}],
    }


def _started(initializer: Any) -> list[Any]:
    dense = {"kernel_initializer": initializer}
    return [
        layer
        for units in (128, 64)
        for layer in ({"dense": {"units": units} | dense}, "relu")
    ]


LESSONS = {3: Lesson(_lesson_3, FASHION, "fashion_mnist")}
