"""Standard image data sets, read by torchvision's own loaders.

Each function takes a folder and whether to download missing files, and
returns x in uint8, channels last, and y in int64; see
`common.data.image_cache`.
"""

from pathlib import Path
from typing import Any

import numpy as np
from torchvision import datasets


def mnist(folder: Path, download: bool) -> dict[str, np.ndarray]:
    """torchvision.datasets.MNIST.

    Translation: there is one data set per part, of the *unpacked* files.
    `.data` is uint8 (n, 28, 28), `.targets` int64 (n,).
    """
    return _arrays(datasets.MNIST, folder, download)


def fashion_mnist(folder: Path, download: bool) -> dict[str, np.ndarray]:
    """torchvision.datasets.FashionMNIST.

    Translation: the same as MNIST, in another folder.
    """
    return _arrays(datasets.FashionMNIST, folder, download)


def cifar10(folder: Path, download: bool) -> dict[str, np.ndarray]:
    """torchvision.datasets.CIFAR10.

    Translation: the loader checks the MD5 of each unpacked file. `.data` is
    an array (n, 32, 32, 3) of uint8, `.targets` a list.
    """
    return _arrays(datasets.CIFAR10, folder, download)


def _arrays(kind: Any, folder: Path, download: bool) -> dict[str, np.ndarray]:
    arrays = {}
    for part in ("train", "test"):
        loaded = kind(folder, train=part == "train", download=download)
        x = np.asarray(loaded.data)
        arrays[f"x_{part}"] = x if x.ndim == 4 else x[..., np.newaxis]
        arrays[f"y_{part}"] = np.asarray(loaded.targets, np.int64)
    return arrays
