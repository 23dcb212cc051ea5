"""Standard image data sets, read by Keras's own loaders.

Each function takes a folder and whether to download missing files, and
returns x in uint8, channels last, and y in int64; see
`common.data.image_cache`.
"""

import importlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np


def mnist(folder: Path, download: bool) -> dict[str, np.ndarray]:
    """keras.datasets.mnist; for local files, keras.datasets.fashion_mnist.

    Translation: mnist is downloaded as one npz whose hash is checked. Keras
    has no loader for the original MNIST files, but that of fashion_mnist
    reads the same format. x is uint8 (n, 28, 28), y uint8 (n,).
    """
    if download:
        return _arrays(keras.datasets.mnist, _fetch(folder))
    return _arrays(keras.datasets.fashion_mnist, _take(folder / "MNIST/raw"))


def fashion_mnist(folder: Path, download: bool) -> dict[str, np.ndarray]:
    """keras.datasets.fashion_mnist.

    Translation: the loader reads the *packed* files and skips their header.
    """
    if download:
        return _arrays(keras.datasets.fashion_mnist, _fetch(folder))
    get = _take(folder / "FashionMNIST/raw")
    return _arrays(keras.datasets.fashion_mnist, get)


def cifar10(folder: Path, download: bool) -> dict[str, np.ndarray]:
    """keras.datasets.cifar10.

    Translation: the loader checks the SHA-256 of the archive that it
    downloads and unpacks; it checks no local files. It converts the same
    pickles to channels last; y is uint8 (n, 1).
    """
    get = _fetch(folder) if download else lambda fname, **_: str(folder)
    return _arrays(keras.datasets.cifar10, get)


def _fetch(folder: Path) -> Callable[..., str]:
    """Return `get_file` with a cache in a subfolder."""
    cache = folder / "keras"
    cache.mkdir(parents=True, exist_ok=True)
    return partial(keras.utils.get_file, cache_dir=str(cache))


def _take(folder: Path) -> Callable[..., str]:
    """Return a replacement of `get_file` that finds files in a folder."""
    return lambda fname, **_: str(folder / fname)


def _arrays(kind: Any, get: Callable[..., str]) -> dict[str, np.ndarray]:
    # The loaders take no folder, so `get_file` is replaced in their module.
    module: Any = importlib.import_module(kind.load_data.__module__)
    original = module.get_file
    module.get_file = get
    try:
        loaded = dict(zip(("train", "test"), kind.load_data(), strict=True))
    finally:
        module.get_file = original
    arrays = {}
    for part, (x, y) in loaded.items():
        arrays[f"x_{part}"] = x if x.ndim == 4 else x[..., np.newaxis]
        arrays[f"y_{part}"] = y.ravel().astype(np.int64)
    return arrays
