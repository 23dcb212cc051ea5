"""Full versions of the lessons, on small files of the true format.

The files of MNIST and Fashion-MNIST are not part of the project. What a full
version does with them is trained here for one epoch of 30 images.
"""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from framework_parity.common.data.image_cache import ImageFiles
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.load import parse
from framework_parity.comparisons import catalogue
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.image_files import TEST, TRAIN, write_idx
from tests.tolerances import TRAINED, assert_close

# What the fast tests train: one version of each lesson.
FAST = {("image_classifiers", 2)}


def full_versions() -> Iterator[tuple[str, int, str]]:
    """Yield the experiments, lessons and data sets that need files."""
    for name in catalogue.summaries():
        module = importlib.import_module(
            f"framework_parity.comparisons.experiments.{name}"
        )
        for number, lesson in getattr(module, "LESSONS", {}).items():
            if lesson.default("full") in ("mnist", "fashion_mnist"):
                yield name, number, lesson.default("full")


VERSIONS = list(full_versions())


@pytest.fixture(scope="module")
def reading(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WorkerPair]:
    """Both frameworks, which read small files."""
    folder = tmp_path_factory.mktemp("images")
    for kind in ("mnist", "fashion_mnist"):
        write_idx(folder, kind)
    with WorkerPair(images=ImageFiles(folder)) as pair:
        yield pair


def reduced(written: dict[str, Any], dataset: str) -> Experiment:
    """Return a full version with the images that there are, for one epoch."""
    sizes = {"samples": TRAIN, "test_samples": TEST}
    written["data"] = written["data"] | {dataset: sizes}
    written["recipe"] = written["recipe"] | {"epochs": 1}
    experiment = parse(written | {"claims": [], "plots": [], "notebook": []})
    assert isinstance(experiment, Experiment)
    return experiment


@pytest.mark.parametrize(
    ("name", "lesson", "dataset"),
    [
        pytest.param(
            *version,
            id=f"{version[0]}-{version[1]}",
            marks=() if version[:2] in FAST else pytest.mark.slow,
        )
        for version in VERSIONS
    ],
)
def test_a_full_version_is_the_same_in_both_frameworks(
    name: str, lesson: int, dataset: str, reading: WorkerPair
) -> None:
    written = catalogue.written(name, None, "full", lesson)
    experiment = reduced(written, dataset)
    for arm in experiment.arms:
        network = experiment.arm(arm)
        options: dict[str, Any] = {"arm": network, "seed": 0}
        [torch], [keras] = (
            worker.submit("train", **options, dtype="float64").result()
            for worker in reading.workers.values()
        )
        assert len(torch.steps["loss"]) > 0
        assert_close(keras.steps, torch.steps, TRAINED)
        assert_close(keras.epochs, torch.epochs, TRAINED)
        assert_close(keras.final, torch.final, TRAINED)


SIZES = {
    # What the lessons load, and the parts of it: train, validation, test.
    ("batch_norm", 3): (54_000, 6_000, 10_000),
    ("optimizers", 3): (8_000, 2_000, 10_000),
    ("initialization", 3): (4_000, 1_000, 10_000),
    ("modern_recipe", 3): (54_000, 6_000, 10_000),
    ("image_classifiers", 2): (60_000, 10_000, 10_000),
    ("shallow_vs_deep", 4): (60_000, 0, 10_000),
    ("dropout", 4): (60_000, 0, 10_000),
}


@pytest.mark.parametrize(("name", "lesson"), SIZES)
def test_a_full_version_has_the_images_of_the_lesson(
    name: str, lesson: int
) -> None:
    spec = catalogue.find(name, None, "full", lesson)
    assert isinstance(spec, Experiment)
    assert tuple(spec.data.part_sizes().values()) == SIZES[name, lesson]


@pytest.mark.parametrize(
    ("name", "lesson", "batch", "epochs"),
    [
        ("batch_norm", 3, 128, 15),
        ("dropout", 3, 128, 20),
        ("optimizers", 3, 128, 20),
        ("schedules", 3, 128, 20),
        ("initialization", 3, 128, 10),
        ("residual", 3, 128, 15),
        ("modern_recipe", 3, 128, 20),
        ("image_classifiers", 2, 64, 10),
        ("shallow_vs_deep", 4, 32, 5),
        ("weight_decay_forms", 4, 32, 5),
        ("dropout", 4, 32, 5),
    ],
)
def test_a_full_version_has_the_batches_and_epochs_of_the_lesson(
    name: str, lesson: int, batch: int, epochs: int
) -> None:
    spec = catalogue.find(name, None, "full", lesson)
    assert isinstance(spec, Experiment)
    assert (spec.recipe.batch_size, spec.recipe.epochs) == (batch, epochs)
    assert spec.recipe.last_batch == "keep"
    assert spec.recipe.shuffle == "each_epoch"


def test_the_parameters_of_the_lessons_networks() -> None:
    counts = {
        # 784-256-128-64-10, and γ and β of 448 units.
        ("batch_norm", 3, "batch_norm"): 242_762 + 2 * 448,
        ("dropout", 3, "dropped"): 242_762,
        ("optimizers", 3, "adam"): 109_386,
        ("shallow_vs_deep", 4, "linear"): 7_850,
        ("shallow_vs_deep", 4, "deep"): 109_386,
        ("image_classifiers", 2, "dense"): 235_146,
        # 128 units, two blocks of 128, one of 64 with a dense shortcut.
        ("residual", 3, "residual"): (
            *(784 * 128 + 3 * 128, 4 * (128 * 128 + 3 * 128)),
            *(128 * 64 + 3 * 64, 64 * 64 + 3 * 64, 128 * 64 + 64),
            64 * 10 + 10,
        ),
    }
    for (name, lesson, arm), count in counts.items():
        spec = catalogue.find(name, None, "full", lesson)
        assert isinstance(spec, Experiment)
        expected = sum(count) if isinstance(count, tuple) else count
        assert spec.arm(arm).parameter_count == expected, name


def test_the_decay_of_the_lessons_adamw_is_that_of_keras() -> None:
    for name, arm in (("optimizers", "adamw"), ("modern_recipe", "full")):
        spec = catalogue.find(name, None, "full", 3)
        assert isinstance(spec, Experiment)
        optimizer = spec.arm(arm).recipe.optimizer.model_dump()["adamw"]
        assert optimizer["weight_decay"] == 0.004
