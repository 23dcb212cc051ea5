"""Tasks that load images and splits in a worker."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from framework_parity.common.data import image_cache
from framework_parity.common.data.image_cache import Images
from framework_parity.common.training.record import digest
from framework_parity.comparisons.workers import tasks

# Enough to distinguish orders of axes.
SEEN = 30


def load_images(
    trainer_class: Any,
    folder: Path,
    kind: str,
    download: bool = False,
    official: bool = False,
    progress: Any = None,
) -> tuple[str, Images]:
    """Return the digest of cached images, and the first of them.

    Unless the files are the official ones, their checksums are ignored.
    """
    files = replace(image_cache.current(), folder=folder, download=download)
    checks = nullcontext() if official else any_cifar(trainer_class)
    with image_cache.reading(files), checks:
        images = image_cache.images(kind, {})
    first = {name: values[:SEEN] for name, values in images.items()}
    return digest(images), first


def keras_splits(
    trainer_class: Any, cases: list[tuple[int, float]], progress: Any = None
) -> list[tuple[list[int], list[int]]]:
    """Return the rows that Keras's `validation_split` makes of each pair.

    Each pair is a number of samples and a share of them. The function that
    `Model.fit` calls is called directly, so that nothing is trained.
    """
    from keras.src.trainers.data_adapters import array_slicing

    splits = []
    for samples, share in cases:
        rows = np.arange(samples)
        (stay,), (held,) = array_slicing.train_validation_split((rows,), share)
        splits.append((np.array(stay).tolist(), np.array(held).tolist()))
    return splits


@contextmanager
def any_cifar(trainer_class: Any) -> Iterator[None]:
    """Let torchvision read a CIFAR-10 with other checksums."""
    if "torch_impl" not in trainer_class.__module__:
        yield
        return
    from torchvision.datasets import cifar

    check = cifar.check_integrity
    cifar.check_integrity = lambda path, md5: Path(path).is_file()
    try:
        yield
    finally:
        cifar.check_integrity = check


def change_a_pixel(backend: str) -> None:
    """Plant a loader in which one pixel of one image is off by one.

    It is Keras's loader of Fashion-MNIST.
    """
    from framework_parity.keras_impl import datasets

    load = datasets.fashion_mnist

    def wrong(folder: Path, download: bool) -> dict[str, np.ndarray]:
        data = load(folder, download)
        images = data["x_train"].copy()
        images[3, 14, 15] ^= 1
        return data | {"x_train": images}

    datasets.fashion_mnist = wrong


def add_tasks(backend: str) -> None:
    """Add the tasks of this module to a worker."""
    for task in (load_images, keras_splits):
        setattr(tasks, task.__name__, task)
