"""Archives of well-known image data sets: files, checks and unpacking.

The files of a set are checked in one folder and unpacked into another, where
a framework's own loader reads them. The checks detect errors that a loader
would ignore: labels in place of images, a truncated file, a flipped bit.
"""

import gzip
import math
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.layer import Shape

CLASSES = 10

# The exceptions that a damaged file may raise.
DAMAGE = (
    *(OSError, EOFError, ValueError, KeyError, zlib.error),
    *(tarfile.TarError, zipfile.BadZipFile),
)

IDX = tuple(
    f"{part}-{what}-ubyte.gz"
    for part in ("train", "t10k")
    for what in ("images-idx3", "labels-idx1")
)
BATCHES = (*(f"data_batch_{n}" for n in range(1, 6)), "test_batch")


@dataclass(frozen=True)
class Known:
    """One image data set.

    Attributes:
        files: the distributed files, as paths inside the folder.
        shape: shape of one image, (height, width, channels).
        unpack: a function that checks the files in one folder and unpacks
            them into another.
    """

    files: tuple[str, ...]
    shape: Shape
    unpack: Callable[[Path, Path], None]


def _unpack_idx(folder: str) -> Callable[[Path, Path], None]:
    """Return a function that checks and unpacks the four files of MNIST."""

    def unpack(source: Path, target: Path) -> None:
        (target / folder).mkdir(parents=True)
        counts = []
        for name in IDX:
            path = source / folder / name
            content = _unzipped(path)
            counts.append(_idx_count(path, content, "images" in name))
            copy = target / folder / name
            shutil.copyfile(path, copy)
            copy.with_suffix("").write_bytes(content)
        for images, labels, name in zip(
            counts[::2], counts[1::2], IDX[::2], strict=True
        ):
            if images != labels:
                raise SpecError(
                    "data",
                    f"holds {counted(images, 'image')}, but there "
                    f"{'is' if labels == 1 else 'are'} "
                    f"{counted(labels, 'label')}",
                    str(source / folder / name),
                )

    return unpack


def _unzipped(path: Path) -> bytes:
    """Return the decompressed content of a file, verified by its checksum."""
    try:
        return gzip.decompress(path.read_bytes())
    except DAMAGE as error:
        raise SpecError(
            "data", f"is truncated, or no gzip file: {error}", str(path)
        ) from error


def _idx_count(path: Path, content: bytes, images: bool) -> int:
    """Return the number of images or labels in a file of the IDX format.

    The file begins with 0, 0, 8 (for bytes) and the number of axes. The
    length of each axis follows in four bytes, big-endian, then one byte for
    each entry.
    """
    sides = (28, 28) if images else ()
    what = "images of 28 × 28" if images else "labels"
    ndim = 1 + len(sides)
    head = np.frombuffer(
        content[4 : 4 + 4 * ndim].ljust(4 * ndim, b"\0"), ">u4"
    )
    begins = content[:4] == bytes([0, 0, 8, ndim])
    if not begins or tuple(head[1:]) != sides:
        raise SpecError(
            "data",
            f"holds no {what}: it begins with the bytes "
            f"{content[:4].hex(' ') or 'of nothing'}, or its sides are others",
            str(path),
        )
    entries = content[4 + 4 * ndim :]
    if len(entries) != math.prod(map(int, head)):
        raise SpecError(
            "data",
            f"says that it holds {head[0]} {what}, but has {len(entries)} "
            "bytes of them",
            str(path),
        )
    if not images and max(entries, default=0) >= CLASSES:
        raise SpecError(
            "data",
            f"holds the label {max(entries)}, expected 0 to {CLASSES - 1}",
            str(path),
        )
    return int(head[0])


def _unpack_cifar(source: Path, target: Path) -> None:
    """Check the archive of CIFAR-10 and unpack it."""
    (name,) = SETS["cifar10"].files
    path = source / name
    plain = target / "archive.tar"
    try:
        with gzip.open(path) as packed, plain.open("wb") as file:
            shutil.copyfileobj(packed, file, 1 << 20)
        with tarfile.open(plain) as archive:
            archive.extractall(target, filter="data")
    except DAMAGE as error:
        raise SpecError(
            "data", f"is truncated, or no such archive: {error}", str(path)
        ) from error
    for batch in BATCHES:
        if not (target / "cifar-10-batches-py" / batch).is_file():
            raise SpecError(
                "data", f"holds no cifar-10-batches-py/{batch}", str(path)
            )


SETS = {
    "mnist": Known(
        tuple(f"MNIST/raw/{name}" for name in IDX),
        (28, 28, 1),
        _unpack_idx("MNIST/raw"),
    ),
    "fashion_mnist": Known(
        tuple(f"FashionMNIST/raw/{name}" for name in IDX),
        (28, 28, 1),
        _unpack_idx("FashionMNIST/raw"),
    ),
    "cifar10": Known(("cifar-10-python.tar.gz",), (32, 32, 3), _unpack_cifar),
}
