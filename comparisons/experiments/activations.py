"""Which activation does best, and how much is the choice worth?

Sigmoid and tanh are flat on both sides, where they pass nearly no gradient
back. ReLU (Nair and Hinton 2010) is not flat above 0 and is cheap. ELU, GELU,
SELU and swish (2015 to 2017) are smooth variants of it, each published with a
table in which it is best. Here all else is equal: 128-64-32 units, each layer
with batch normalisation and a dropout of 0.3, on four classes of moons and
circles. The networks for images have 128-64 units and no other layers, with
ReLU, tanh and sigmoid. On the digits tanh is as accurate and as fast as ReLU,
and sigmoid is far behind.

No activation is better than ReLU by more than 0.02, or even by more than
0.001. But they are not all equally accurate. In up to 100 epochs ReLU, leaky
ReLU and GELU reach 0.90, so close to 0.9 that five seeds do not show which
side; swish reaches 0.88, ELU and the custom formula 0.84, SELU 0.82. The
order is the same on the training part, so this is no overfitting. The reason
for SELU is dropout: without it, SELU reaches 0.89. Its authors use another
kind of dropout (Klambauer et al. 2017).

Another choice can hide the effect of the activation. The running averages of
Keras's batch normalisation have a decay of 0.99 a step, and an epoch has 20
steps. After 15 epochs this costs GELU 0.22, more than any choice here; after
75 epochs it costs nothing. (This arm belongs to the full profile; the quick
one has 10 epochs.) A GELU network that was once reported at 0.495 and once at
0.900 therefore need not show a property of GELU; it may show when early
stopping ended the training. So all other arms have a decay of 0.9, as PyTorch
does.

Lesson 1 has a decay of 0.99, and normalises after the activation. After 12
epochs GELU and swish are right for 0.43 and 0.42, ReLU for 0.67, and GELU with
a decay of 0.9 for 0.84. SELU does normalise itself: behind ten layers from
LeCun's initialisation the mean square of its outputs is 1.1, that of ReLU
0.001. On the lesson's spiral the custom activation fits the training part less
well than ReLU.
"""

from typing import Any

from framework_parity.comparisons.experiments._lesson_data import (
    moons_circles,
    spiral,
)
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

DATASETS = ("moons_circles", *IMAGES)

ACTIVATIONS: dict[str, Any] = {
    "relu": "relu",
    "leaky_relu": {"leaky_relu": 0.01},
    "elu": "elu",
    "selu": "selu",
    "swish": "silu",
    "gelu": "gelu",
    "custom": {"custom": "x * tanh(sqrt(softplus(x)))"},
}


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one data set and profile."""
    plane = dataset == "moons_circles"
    return {
        "name": "activations",
        "dialect": "keras",
        **(_plane(profile) if plane else _images(dataset, profile)),
        "plots": [{"bars": "test_accuracy"}],
    }


def _plane(profile: str) -> dict[str, Any]:
    """Return all activations, with batch normalisation and dropout."""
    quick = profile == "quick"
    arms = {name: _network(spec) for name, spec in ACTIVATIONS.items()}
    claims = [
        *(
            claim(
                f"{name}_is_right_nine_times_in_ten",
                f"{name}: the test accuracy is at least 0.9.",
                f"{name}.test_accuracy >= 0.9",
            )
            for name in ACTIVATIONS
        ),
        *(_no_better(name) for name in ACTIVATIONS if name != "relu"),
    ]
    if not quick:
        arms["lagging_gelu"] = _network("gelu", running_decay=0.99)
        arms["undropped_selu"] = _network("selu", rate=0.0)
        claims += [
            claim(
                "averages_matter_more",
                "Averages that keep 0.99 cost GELU more than 0.02.",
                "lagging_gelu.test_accuracy < gelu.test_accuracy - 0.02",
            ),
            claim(
                "selu_suffers_from_dropout",
                "Without dropout SELU is better.",
                "undropped_selu.test_accuracy > selu.test_accuracy",
            ),
        ]
    return {
        "data": {"moons_circles": {}, "test": 0.2, "validation": 0.2},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 10 if quick else 100,
            "early_stopping": {"patience": 10, "restore_best": True},
        },
        "arms": arms,
        "claims": claims,
    }


def _network(
    activation: Any, running_decay: float = 0.9, rate: float = 0.3
) -> list[Any]:
    around: dict[str, Any] = {
        "before": ({"batch_norm": {"running_decay": running_decay}},),
        "after": ({"dropout": rate},) if rate else (),
    }
    widths = (128, 64, 32)
    return [*hidden(*widths, activation=activation, **around), {"dense": 4}]


def _images(dataset: str, profile: str) -> dict[str, Any]:
    """Return sigmoid, tanh and ReLU, without other layers."""
    small = dataset == "digits" or profile == "quick"
    return {
        "data": images(dataset, profile),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1},
            "batch_size": 32,
            "last_batch": "drop",
            "shuffle": "each_epoch",
            "epochs": 20 if small else 10,
        },
        "arms": {
            name: ["flatten", *hidden(128, 64, activation=name), {"dense": 10}]
            for name in ("relu", "tanh", "sigmoid")
        },
        "claims": [
            claim(
                "sigmoid_is_slower_than_tanh",
                "With sigmoid the loss is 0.3 after more epochs than with "
                "tanh.",
                f"sigmoid.{_REACHED} > tanh.{_REACHED}",
            ),
            claim(
                "tanh_is_slower_than_relu",
                "With tanh it is after more epochs than with ReLU.",
                f"tanh.{_REACHED} > relu.{_REACHED}",
            ),
            _no_better("tanh"),
            _no_better("sigmoid"),
        ],
    }


_REACHED = 'first_epoch("train_loss", 0.3)'


def _no_better(name: str) -> dict[str, str]:
    return claim(
        f"{name}_is_no_better_than_relu",
        f"{name} is better than ReLU by no more than 0.02.",
        f"{name}.test_accuracy <= relu.test_accuracy + 0.02",
    )


def _lesson_1(dataset: str, profile: str) -> dict[str, Any]:
    """Return the lesson's comparison, or its own activation on the spiral."""
    plane = dataset == "moons_circles"
    return {
        "name": "activations",
        "dialect": "keras",
        **(_lesson_1_plane(profile) if plane else _lesson_1_spiral(profile)),
    }


def _lesson_1_plane(profile: str) -> dict[str, Any]:
    """Return five activations, each before batch normalisation and dropout.

    `following_gelu`, `deep_selu` and `deep_relu` are not in the lesson: GELU
    with running averages that keep 0.9 of themselves, and ten layers from
    LeCun's initialisation without normalisation. The quick profile has ReLU
    and GELU, and of the deep networks that of SELU.
    """
    quick = profile == "quick"
    lecun = {"units": 64, "kernel_initializer": "lecun_normal"}
    names: tuple[str, ...] = ("relu", "elu", "selu", "swish", "gelu")
    deep: tuple[str, ...] = ("selu", "relu")
    if quick:
        names, deep = ("relu", "gelu"), ("selu",)
    return {
        "data": moons_circles(),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 12 if quick else 50,
            "early_stopping": {"patience": 10, "restore_best": True},
        },
        "arms": {
            **{name: _lesson_1_network(ACTIVATIONS[name]) for name in names},
            "following_gelu": _lesson_1_network("gelu", 0.9),
            **{
                f"deep_{name}": [*[{"dense": lecun}, name] * 10, {"dense": 4}]
                for name in deep
            },
        },
        "claims": [
            *(
                claim(
                    f"{name}_beats_relu",
                    f"{name}: the test accuracy is higher than ReLU's.",
                    f"{name}.test_accuracy > relu.test_accuracy",
                )
                for name in names[1:]
            ),
            *(_no_better(name) for name in names[1:]),
            claim(
                "averages_matter",
                "With averages that keep 0.9 of themselves, GELU is better "
                "than with 0.99.",
                "following_gelu.test_accuracy > gelu.test_accuracy",
            ),
            claim(
                "selu_does_not_shrink",
                "Behind ten layers of SELU, the mean square of the outputs "
                "is more than 0.5 before training.",
                'deep_selu.second_moment("selu_10") > 0.5',
            ),
            claim(
                "selu_does_not_grow",
                "It is also less than 2: SELU normalises itself.",
                'deep_selu.second_moment("selu_10") < 2',
            ),
            *([] if quick else [SHRINKS]),
        ],
        "probes": {
            "representations": {
                "places": [f"{name}_10" for name in deep],
                "epochs": [0],
                "samples": 200,
            }
        },
        "notebook": [
            {
                "says": "The table of one run for each activation shows "
                "which is the best.",
                "correction": "Its seeds do not seed Keras 3, and another run "
                "shows another order: two runs of the unchanged cell gave "
                "swish 0.370 and 0.910, GELU 0.910 and 0.890, ReLU 0.935 and "
                "0.930. A run like that with 0.370 does not show a property "
                "of the activation, but when early stopping ended it: the "
                "running averages of batch normalisation, which keep 0.99 of "
                "themselves, lag behind, and the epoch that is restored was "
                "chosen by them.",
                "claims": ["averages_matter", "gelu_beats_relu"],
            },
            {
                "says": "The points are standardised before they are split.",
                "correction": "Mean and deviation of the test part should "
                "not take part. Here the scaling is fitted on the training "
                "part, as lesson 0 requires; with 1,000 points the mean "
                "differs by 0.014 deviations at most, and the deviation by "
                "1 %, so that no conclusion depends on it.",
            },
        ],
        "plots": [{"bars": "test_accuracy"}],
    }


SHRINKS = claim(
    "relu_shrinks",
    "Behind ten layers of ReLU from the same initialisation, it "
    "is less than 0.1.",
    'deep_relu.second_moment("relu_10") < 0.1',
)


def _lesson_1_network(
    activation: Any, running_decay: float = 0.99
) -> list[Any]:
    after = (
        {"batch_norm": {"running_decay": running_decay}},
        {"dropout": 0.3},
    )
    widths = (128, 64, 32)
    return [*hidden(*widths, activation=activation, after=after), {"dense": 4}]


def _lesson_1_spiral(profile: str) -> dict[str, Any]:
    """Return ReLU and a formula of one's own, as an exercise proposes."""
    formulas = {"relu": "relu", "custom": ACTIVATIONS["custom"]}
    return {
        "data": spiral(),
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.001},
            "batch_size": 32,
            "shuffle": "each_epoch",
            "epochs": 15 if profile == "quick" else 50,
        },
        "arms": {
            name: [*hidden(100, 100, 100, activation=formula), {"dense": 3}]
            for name, formula in formulas.items()
        },
        "claims": [
            _no_better("custom"),
            claim(
                "custom_fits_better",
                "custom: the training loss is lower than ReLU's.",
                "custom.train_loss < relu.train_loss",
            ),
        ],
        "notebook": [
            {
                "says": "x * tanh(sqrt(x)) is an example of an activation of "
                "one's own.",
                "correction": "The root of a negative number is not a "
                "number, so that the loss of the first batch is not a number "
                "either; a specification with this formula is refused. Here "
                "the root is that of softplus(x), which is defined "
                "everywhere.",
                "claims": ["custom_is_no_better_than_relu"],
            },
        ],
        "plots": [{"bars": "test_accuracy"}],
    }


def _lesson_4(dataset: str, profile: str) -> dict[str, Any]:
    """Return ReLU, tanh and sigmoid in the lesson's 128-64 units.

    Lesson 4 names the three and trains with ReLU.
    """
    spec = _images(IMAGES[0], profile)
    spec["data"] = lesson_images(dataset, profile)
    spec["recipe"] |= {
        "last_batch": "keep",
        "epochs": 5 if profile == "full" else 15,
    }
    plots = [{"bars": "test_accuracy"}]
    return {"name": "activations", "dialect": "torch", **spec, "plots": plots}


LESSONS = {
    1: Lesson(_lesson_1, ("moons_circles", "archimedean_spiral")),
    4: Lesson(_lesson_4, HANDWRITING, "mnist"),
}
