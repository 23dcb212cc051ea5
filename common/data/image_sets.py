"""Sets of images that everybody knows, each with a test part of its own.

Their files are read by the frameworks' own loaders; `common.data.image_cache`
says where the files lie, and how what the loaders made comes here.
"""

from typing import Annotated

import numpy as np
from pydantic import Field

from framework_parity.common.data import image_cache as image_files
from framework_parity.common.data.base import Dataset, Labels
from framework_parity.common.data.image_archives import CLASSES, SETS
from framework_parity.common.spec.layer import Array, Shape

Test = Annotated[int, Field(strict=True, ge=0, le=10_000)]


class ImageSet(Dataset):
    """Images (height, width, channels) of grey levels 0 to 255, in 10 classes.

    Attributes:
        samples: the first so many images of the official training part.
        test_samples: the first so many of the official test part, which are
            the test part; 0 leaves it to `data.test`.
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
        image_files.require_files(self.kind())

    def labels(self, seed: int) -> None:
        """Return None: a framework's loader has to read them first."""
        return

    def draw(self, seed: int) -> tuple[Array, Labels]:
        asked = {"train": self.samples, "test": self.test_samples}
        found = image_files.images(self.kind(), asked)
        x, y = (
            np.concatenate(
                [found[f"{name}_{part}"][:n] for part, n in asked.items()]
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


class Cifar10(ImageSet):
    """60,000 photographs of 32 × 32 in three colours; Krizhevsky 2009."""

    samples: Annotated[int, Field(strict=True, ge=1, le=50_000)] = 50_000
