"""Well-known image data sets, each with an official test part.

The files are read by the frameworks' own loaders; `common.data.image_cache`
defines the folder of the files and the cache of the loaded arrays.
"""

from typing import Annotated

import numpy as np
from pydantic import Field

from framework_parity.common.data import image_cache
from framework_parity.common.data.base import Dataset, Labels
from framework_parity.common.data.image_archives import CLASSES, SETS
from framework_parity.common.spec.layer import Array, Shape

Test = Annotated[int, Field(strict=True, ge=0, le=10_000)]


class ImageSet(Dataset):
    """Images (height, width, channels) of grey levels 0 to 255, in 10 classes.

    Attributes:
        samples: the number of images, the first of the official training
            part.
        test_samples: the number of images of the test part, the first of the
            official test part; with 0, `data.test` defines the test part.
    """

    samples: int
    test_samples: Test = 10_000

    @property
    def shape(self) -> Shape:
        return SETS[self.kind()].shape

    @property
    def class_count(self) -> int:
        return CLASSES

    @property
    def size(self) -> int:
        return self.samples + self.test_samples

    @property
    def test_size(self) -> int:
        return self.test_samples

    def require_files(self) -> None:
        image_cache.require_files(self.kind())

    def labels(self, seed: int) -> None:
        """Return None: a framework's loader has to read the labels first."""
        return

    def draw(self, seed: int) -> tuple[Array, Labels]:
        counts = {"train": self.samples, "test": self.test_samples}
        arrays = image_cache.images(self.kind(), counts)
        x, y = (
            np.concatenate(
                [arrays[f"{name}_{part}"][:n] for part, n in counts.items()]
            )
            for name in ("x", "y")
        )
        return x, y.astype(np.int64)


class Mnist(ImageSet):
    """70,000 handwritten digits of 28 × 28 grey levels; LeCun et al. 1998."""

    samples: Annotated[int, Field(strict=True, ge=1, le=60_000)] = 60_000


class FashionMnist(ImageSet):
    """70,000 pieces of clothing of 28 × 28 grey levels; Xiao et al. 2017."""

    samples: Annotated[int, Field(strict=True, ge=1, le=60_000)] = 60_000

    @property
    def class_names(self) -> tuple[str, ...]:
        return (
            *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
            *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        )


class Cifar10(ImageSet):
    """60,000 photographs of 32 × 32 in three colours; Krizhevsky 2009."""

    samples: Annotated[int, Field(strict=True, ge=1, le=50_000)] = 50_000

    @property
    def class_names(self) -> tuple[str, ...]:
        return (
            *("airplane", "automobile", "bird", "cat", "deer"),
            *("dog", "frog", "horse", "ship", "truck"),
        )
