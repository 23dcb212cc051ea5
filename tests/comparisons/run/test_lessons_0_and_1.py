"""The full profile of lessons 0 and 1 has the lessons' numbers."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.data.spec import Part
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.optimizers.adam import Adam
from framework_parity.comparisons import catalogue

TEN = (*[128] * 9, 1)
PLANE = (128, 64, 32, 4)
NORMED = (256, 128, 64, 32, 4)

# Experiment, data set, lesson, arm: units of the dense layers, rate of Adam,
# batch size, epochs, samples of train, validation and test.
POLYNOMIAL = (200, 200, 200)
SPIRAL = (639, 160, 200)
MOONS = (640, 160, 200)
FULL: list[tuple[str, str, int, str, Any]] = [
    *(
        (
            *("vanishing_gradients", "polynomial", 0, arm),
            (TEN, 0.005, "full", 10_000, POLYNOMIAL),
        )
        for arm in ("sigmoid", "tanh", "relu", "sigmoid_batch_norm")
    ),
    (
        *("overfitting", "polynomial", 0, "samples_200"),
        (TEN, 0.005, "full", 10_000, POLYNOMIAL),
    ),
    *(
        (
            *("regularization", "polynomial", 0, arm),
            (TEN, 0.005, "full", 1000, POLYNOMIAL),
        )
        for arm in ("none", "l2", "dropout")
    ),
    (
        *("hyperparameters", "polynomial", 0, "rate_0_1"),
        (TEN, 0.1, "full", 1000, POLYNOMIAL),
    ),
    (
        *("shallow_vs_deep", "archimedean_spiral", 1, "shallow"),
        ((1000, 3), 0.001, 32, 50, SPIRAL),
    ),
    (
        *("shallow_vs_deep", "archimedean_spiral", 1, "deep"),
        ((100, 100, 100, 3), 0.001, 32, 50, SPIRAL),
    ),
    *(
        (
            *("activations", "moons_circles", 1, arm),
            (PLANE, 0.001, 32, 50, MOONS),
        )
        for arm in ("relu", "elu", "selu", "swish", "gelu")
    ),
    (
        *("representations", "moons_circles", 1, "network"),
        (PLANE, 0.001, 32, 30, MOONS),
    ),
    *(
        (
            *("dead_relu", "moons_circles", 1, arm),
            ((256, 128, 64, 4), 0.001, 32, 20, MOONS),
        )
        for arm in ("zeros", "normal", "he", "glorot")
    ),
    *(
        (
            *("gradient_clipping", "noise", 1, arm),
            ((128, 128, 128, 128, 1), 0.001, 32, 50, MOONS),
        )
        for arm in ("none", "value")
    ),
    *(
        (
            *("batch_norm", "moons_circles", 1, arm),
            (NORMED, 0.001, 32, 50, MOONS),
        )
        for arm in ("plain", "batch_norm", "dropout", "both")
    ),
]


def found(name: str, dataset: str, lesson: int) -> Experiment:
    """Return the full profile of a lesson."""
    spec = catalogue.find(name, dataset, "full", lesson)
    assert isinstance(spec, Experiment)
    return spec


@pytest.mark.parametrize(
    ("name", "dataset", "lesson", "arm", "numbers"),
    FULL,
    ids=[f"{name}-{arm}" for name, _, _, arm, _ in FULL],
)
def test_the_full_profile_has_the_numbers_of_the_lesson(
    name: str, dataset: str, lesson: int, arm: str, numbers: Any
) -> None:
    trained = found(name, dataset, lesson).arm(arm)
    recipe, sizes = trained.recipe, trained.data.part_sizes()
    units = tuple(
        shape[-1]
        for tensor, shape in trained.parameters.items()
        if tensor.startswith("dense") and tensor.endswith("kernel")
    )
    assert recipe.optimizer.kind() == "adam"
    assert (
        units,
        recipe.optimizer.lr,
        recipe.batch_size,
        recipe.epochs,
        (sizes["train"], sizes["validation"], sizes["test"]),
    ) == numbers


def kinds(experiment: Experiment, arm: str) -> list[str]:
    """Return the kinds of an arm's layers, in order."""
    return [node.layer.kind() for node in experiment.arm(arm).nodes]


def test_the_layers_are_in_the_order_of_lesson_1() -> None:
    block = ["dense", "relu", "batch_norm"]
    seen = found("representations", "moons_circles", 1)
    assert kinds(seen, "network") == block * 3 + ["dense"]
    compared = found("activations", "moons_circles", 1)
    dropped = [*block, "dropout"]
    assert kinds(compared, "relu") == dropped * 3 + ["dense"]
    both = found("batch_norm", "moons_circles", 1)
    order = ["dense", "batch_norm", "relu", "dropout"]
    assert kinds(both, "both") == order * 4 + ["dense"]


@pytest.mark.parametrize("name", ["activations", "batch_norm"])
def test_training_stops_early_as_in_lesson_1(name: str) -> None:
    stopping = found(name, "moons_circles", 1).recipe.early_stopping
    assert stopping is not None
    assert stopping.patience == 10
    assert stopping.restore_best
    assert stopping.monitor == "validation_loss"
    # Keras stops as soon as the bad epochs reach the patience.
    assert stopping.counting == "reaches"


def test_adam_has_the_defaults_of_the_framework_of_the_lesson() -> None:
    epsilons = {}
    for lesson, name, dataset in (
        (0, "regularization", "polynomial"),
        (1, "dead_relu", "moons_circles"),
    ):
        optimizer = found(name, dataset, lesson).recipe.optimizer
        assert isinstance(optimizer, Adam)
        epsilons[lesson] = optimizer.epsilon
    assert epsilons == {0: 1e-8, 1: 1e-7}


def parts(name: str, dataset: str) -> dict[str, Part]:
    """Return the data of lesson 1's version."""
    spec = found(name, dataset, 1)
    return spec.data.parts(spec.recipe.loss)


def test_the_test_part_of_the_spiral_is_that_of_the_lesson() -> None:
    from sklearn.model_selection import train_test_split

    np.random.seed(42)
    points, labels = [], []
    for arm in range(3):
        angle = np.linspace(0, 4 * np.pi, 333) + arm * 2 * np.pi / 3
        radius = np.linspace(0, 1, 333)
        first = radius * np.cos(angle) + 0.2 * np.random.randn(333)
        second = radius * np.sin(angle) + 0.2 * np.random.randn(333)
        points.append(np.stack([first, second], axis=1))
        labels += [arm] * 333
    _, held, _, classes = train_test_split(
        np.concatenate(points),
        labels,
        test_size=0.2,
        random_state=42,
        stratify=labels,
    )
    test = parts("shallow_vs_deep", "archimedean_spiral")["test"]
    # The order of the rows differs.
    expected, rows = np.lexsort(held.T), np.lexsort(test.x.T)
    np.testing.assert_array_equal(test.x[rows], held[expected])
    np.testing.assert_array_equal(test.y[rows], np.array(classes)[expected])


def test_the_features_of_the_moons_and_circles_are_standardised() -> None:
    train = parts("dead_relu", "moons_circles")["train"]
    np.testing.assert_allclose(train.x.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(train.x.std(0), 1, atol=1e-12)
