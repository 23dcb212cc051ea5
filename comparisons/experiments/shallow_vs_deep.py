"""Do hidden layers help, and does depth help?

A linear classifier can only divide the input space by straight lines. One wide
hidden layer can already approximate any boundary (Cybenko 1989), so there are
two questions: whether a hidden layer is better than none, and whether several
narrow layers are better than a single wide one, with fewer parameters. The
first holds wherever classes are not linearly separable. The second depends on
the widths that are compared.

Spiral: classes in the plane, with no hidden layer, 1,000 units, and
100-100-100 units, the pair that is usually shown. But 100-100-100 has 20,803
parameters and 1,000 have 6,003: nearly all weights of the deep network are
between two hidden layers, and two inputs need few weights in the wide one. So
there is also 52-52-52, whose 5,827 parameters are no more than those of the
wide network. All three reach 0.98 or 0.99, and 5 seeds do not show a
difference. Images: no hidden layer, 128-64, and one layer with as many
parameters as that: on the digits 0.93, 0.96, and 0.96.

Lesson 1 has another spiral, with noise on the coordinates. Its arms overlap:
the optimal classifier is right for 0.40 of the points, guessing for 0.33.
After 10 epochs (quick profile) 1,000 units reach 0.395, 100-100-100 0.375 and
52-52-52 0.366 on the 200 test points, and only the difference of the last to
the first is shown. Three runs of the lesson's cells, after 50 epochs, gave
0.360, 0.360, 0.365 for the wide and 0.365, 0.385, 0.375 for the deep network.

Lesson 4 compares no hidden layer with 128-64 on MNIST (92.26 and 97.40 %). A
third network has the same layers without activations. Its outputs are an
affine function of the image to 1e-14 of their variance, so that it is a linear
classifier; on the digits it is nevertheless as accurate as the network with
ReLU (0.960 and 0.958, five seeds do not tell them apart), and more accurate
than the single layer (0.938), since it trains faster.
"""

from typing import Any

from framework_parity.comparisons.experiments._lesson_data import spiral
from framework_parity.comparisons.experiments._lesson_images import (
    HANDWRITING,
    lesson_images,
    near_published,
)
from framework_parity.comparisons.experiments._lessons import Lesson
from framework_parity.comparisons.experiments._words import (
    IMAGES,
    claim,
    hidden,
    images,
)

DATASETS = ("digits", "spiral", *IMAGES[1:])
FULL = "mnist"

# Units of one layer with nearly as many parameters as 128-64.
AS_MANY = {"digits": 230, "mnist": 138, "fashion_mnist": 138, "cifar10": 130}


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    fields = (
        _spiral(profile) if dataset == "spiral" else _images(dataset, profile)
    )
    return {
        "name": "shallow_vs_deep",
        "dialect": "keras",
        **fields,
        "claims": [
            _better("shallow_beats_linear", "A hidden layer beats none."),
            _better("deep_beats_linear", "Several hidden layers beat none."),
            _better("deep_beats_shallow", "Several beat a single one."),
            *fields.get("claims", ()),
        ],
        "plots": [{"bars": "test_accuracy"}],
    }


def _better(name: str, sentence: str) -> dict[str, str]:
    better, worse = name.split("_beats_")
    expression = f"{better}.test_accuracy > {worse}.test_accuracy"
    return claim(name, sentence, expression)


def _images(dataset: str, profile: str) -> dict[str, Any]:
    small = dataset == "digits" or profile == "quick"
    return {
        "data": images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 15 if small else 5,
        },
        "arms": {
            "linear": ["flatten", {"dense": 10}],
            "shallow": ["flatten", *hidden(AS_MANY[dataset]), {"dense": 10}],
            "deep": ["flatten", *hidden(128, 64), {"dense": 10}],
        },
    }


def _spiral(profile: str) -> dict[str, Any]:
    return {
        "data": {"spiral": {"classes": 3, "samples": 1000, "noise": 0.2}},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.01},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 25 if profile == "quick" else 100,
        },
        "arms": {
            "linear": [{"dense": 3}],
            "shallow": [*hidden(1000), {"dense": 3}],
            "deep": [*hidden(100, 100, 100), {"dense": 3}],
            "narrow": [*hidden(52, 52, 52), {"dense": 3}],
        },
        "claims": [
            claim(
                "deep_needs_fewer_parameters",
                "100-100-100 has fewer parameters than 1,000.",
                "deep.parameters < shallow.parameters",
            ),
            _better(
                "narrow_beats_shallow",
                "Several beat a single one with as many parameters.",
            ),
        ],
    }


def _lesson_1(dataset: str, profile: str) -> dict[str, Any]:
    """Return the lesson's two networks, and the variations it proposes.

    `narrow` is not in the lesson: as deep as `deep`, with no more parameters
    than `shallow`.
    """
    quick = profile == "quick"
    variations: dict[str, tuple[int, ...]] = {
        "depth_2": (100,) * 2,
        "depth_4": (100,) * 4,
        "depth_5": (100,) * 5,
        "width_50": (50,) * 3,
        "width_200": (200,) * 3,
        "width_500": (500,) * 3,
    }
    if quick:
        variations = {
            name: variations[name] for name in ("depth_2", "width_50")
        }
    deepest, widest = ("deep", "deep") if quick else ("depth_5", "width_500")
    return {
        "name": "shallow_vs_deep",
        "dialect": "keras",
        "data": spiral(),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 10 if quick else 50,
        },
        "arms": {
            "shallow": [*hidden(1000), {"dense": 3}],
            "deep": [*hidden(100, 100, 100), {"dense": 3}],
            "narrow": [*hidden(52, 52, 52), {"dense": 3}],
            **{
                name: [*hidden(*widths), {"dense": 3}]
                for name, widths in variations.items()
            },
        },
        "claims": [
            _better("deep_beats_shallow", "100-100-100 beats 1,000."),
            claim(
                "deep_needs_fewer_parameters",
                "100-100-100 has fewer parameters than 1,000.",
                "deep.parameters < shallow.parameters",
            ),
            _better(
                "narrow_beats_shallow",
                "52-52-52 beats 1,000, with as many parameters.",
            ),
            claim(
                "deep_generalises_better",
                "100-100-100 has a narrower gap between training and test "
                "accuracy than 1,000.",
                "deep.accuracy_gap < shallow.accuracy_gap",
            ),
            _better(
                f"{deepest}_beats_depth_2",
                f"{'Three' if quick else 'Five'} layers of 100 beat two.",
            ),
            _better(
                f"{widest}_beats_width_50",
                f"Three layers of {100 if quick else 500} beat three of 50.",
            ),
            claim(
                "deep_classifies_most_points",
                "100-100-100 is right for more than half of the test points.",
                "deep.test_accuracy > 0.5",
            ),
        ],
        "notebook": [
            {
                "says": "The deep network reaches a better accuracy with "
                "fewer parameters.",
                "correction": "It has 20,803 parameters, the shallow one "
                "6,003: the printed line reads '-246.5% fewer parameters'. "
                "The noise of 0.2 is larger than the distance between two "
                "arms of the spiral, so that even the optimal classifier, "
                "which knows the distribution, is right for 0.40 of the "
                "points; differences between networks are chance.",
                "claims": [
                    "deep_needs_fewer_parameters",
                    "deep_beats_shallow",
                    "deep_classifies_most_points",
                ],
            },
            {
                "says": "np.random.seed(42) and tf.random.set_seed(42) make "
                "the results reproducible.",
                "correction": "They fix the data, but not the weights: Keras "
                "3 draws its initial weights and its order of the samples "
                "from a generator of its own, which "
                "keras.utils.set_random_seed(42) seeds. Three runs of the "
                "unchanged cells gave the deep network a test accuracy of "
                "0.365, 0.385 and 0.375.",
            },
        ],
        "plots": [{"bars": "test_accuracy"}, {"bars": "parameters"}],
    }


def _lesson_4(dataset: str, profile: str) -> dict[str, Any]:
    """Return no hidden layer against 128-64 units, with the lesson's SGD.

    The third network has the layers of the second without activations.
    """
    full = profile == "full"
    published = [
        *near_published("linear", 0.9226),
        *near_published("deep", 0.9740),
    ]
    return {
        "name": "shallow_vs_deep",
        "dialect": "torch",
        "data": lesson_images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 5 if full else 15,
        },
        "arms": {
            "linear": ["flatten", {"dense": 10}],
            "deep": ["flatten", *hidden(128, 64), {"dense": 10}],
            "stacked_linear": [
                "flatten",
                *({"dense": 128}, {"dense": 64}, {"dense": 10}),
            ],
        },
        "probes": {
            "representations": {
                "places": ["dense_1", "dense_2", "dense_3"],
                "samples": 2000,
            }
        },
        "claims": [
            _better("deep_beats_linear", "Two hidden layers beat none."),
            claim(
                "linear_is_ahead_at_first",
                "After the first epoch, the training loss without hidden "
                "layers is the lower one.",
                'linear.at_epoch("train_loss", 1) < '
                'deep.at_epoch("train_loss", 1)',
            ),
            claim(
                "stacked_layers_are_one",
                "Three layers without activations compute an affine function "
                "of the image, to rounding.",
                'stacked_linear.nonlinearity("dense_3") < 1e-9',
            ),
            claim(
                "activations_are_the_difference",
                "With ReLU between them they do not.",
                'deep.nonlinearity("dense_3") > 1e-9',
            ),
            _better("deep_beats_stacked_linear", "ReLUs beat none."),
            *(published if full and dataset == "mnist" else []),
        ],
        "notebook": [
            {
                "says": "The shallow network might train a bit faster "
                "initially, as it has fewer parameters.",
                "correction": "The notebook's own output says otherwise: "
                "after the first epoch of 1,875 steps the accuracies on the "
                "training images are 88.69 % without hidden layers and "
                "89.02 % with two. It is true earlier: on the digits, whose "
                "first epoch has 45 steps, the linear network is ahead.",
                "claims": ["linear_is_ahead_at_first"],
            }
        ],
        "plots": [{"bars": "test_accuracy"}],
    }


LESSONS = {
    1: Lesson(_lesson_1, ("archimedean_spiral",)),
    4: Lesson(_lesson_4, HANDWRITING, "mnist"),
}
