"""Known images, as Keras's own loaders read them.

Each function takes a folder and whether to fetch what is missing there, and
returns x in uint8, channels last, and y in int64: `common.data.image_cache`.
"""

import importlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np


def mnist(folder: Path, download: bool) -> dict[str, np.ndarray]:
    """keras.datasets.mnist; of local files, keras.datasets.fashion_mnist.

    Translation: mnist comes as one npz whose hash is checked, and there is
    no code for the files as LeCun hands them out, but that of fashion_mnist:
    the format is the same. x is uint8 (n, 28, 28), y uint8 (n,).
    """
    if download:
        return _arrays(keras.datasets.mnist, _fetch(folder))
    return _arrays(keras.datasets.fashion_mnist, _take(folder / "MNIST/raw"))


def fashion_mnist(folder: Path, download: bool) -> dict[str, np.ndarray]:
    """keras.datasets.fashion_mnist.

    Translation: it reads the *packed* files, whose header it skips.
    """
    if download:
        return _arrays(keras.datasets.fashion_mnist, _fetch(folder))
    found = _take(folder / "FashionMNIST/raw")
    return _arrays(keras.datasets.fashion_mnist, found)


def cifar10(folder: Path, download: bool) -> dict[str, np.ndarray]:
    """keras.datasets.cifar10.

    Translation: it checks the SHA-256 of the archive, which it unpacks
    itself; of local files, none. It turns the same pickles to channels last;
    y is uint8 (n, 1).
    """
    get = _fetch(folder) if download else lambda fname, **_: str(folder)
    return _arrays(keras.datasets.cifar10, get)


def _fetch(folder: Path) -> Callable[..., str]:
    """Return `get_file`, with a cache below our folder."""
    cache = folder / "keras"
    cache.mkdir(parents=True, exist_ok=True)
    return partial(keras.utils.get_file, cache_dir=str(cache))


def _take(folder: Path) -> Callable[..., str]:
    """Return what finds the files in a folder, in place of `get_file`."""
    return lambda fname, **_: str(folder / fname)


def _arrays(kind: Any, get: Callable[..., str]) -> dict[str, np.ndarray]:
    # The loaders take no folder: they ask this function where a file is.
    module = importlib.import_module(kind.load_data.__module__)
    theirs = module.get_file
    module.get_file = get
    try:
        loaded = dict(zip(("train", "test"), kind.load_data(), strict=True))
    finally:
        module.get_file = theirs
    found = {}
    for part, (x, y) in loaded.items():
        found[f"x_{part}"] = x if x.ndim == 4 else x[..., np.newaxis]
        found[f"y_{part}"] = y.ravel().astype(np.int64)
    return found
