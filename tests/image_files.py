"""Small files in the formats of known image sets, for the tests."""

import gzip
import io
import pickle
import struct
import tarfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from framework_parity.common.data.image_archives import BATCHES

FOLDERS = {"mnist": "MNIST/raw", "fashion_mnist": "FashionMNIST/raw"}
TRAIN, TEST = 30, 20


def write_idx(
    folder: Path, kind: str, seed: int = 0, classes: int = 10
) -> dict[str, Any]:
    """Write the four files of an MNIST-like set, with a few images.

    Returns:
        The arrays that a loader should return.
    """
    raw = folder / FOLDERS[kind]
    raw.mkdir(parents=True, exist_ok=True)
    rng = np.random.Generator(np.random.Philox(seed))
    truth: dict[str, Any] = {}
    for part, count in (("train", TRAIN), ("test", TEST)):
        images = rng.integers(256, size=(count, 28, 28))
        labels = np.arange(count) % classes
        begin = "train" if part == "train" else "t10k"
        write_array(raw / f"{begin}-images-idx3-ubyte.gz", images)
        write_array(raw / f"{begin}-labels-idx1-ubyte.gz", labels)
        truth |= {f"x_{part}": images[..., np.newaxis], f"y_{part}": labels}
    return truth


def write_array(path: Path, entries: Any, kind: int = 8) -> None:
    """Write bytes as a compressed IDX file; kind 8 is bytes."""
    head = struct.pack(">BBBB", 0, 0, kind, entries.ndim)
    sides = struct.pack(f">{entries.ndim}I", *entries.shape)
    content = head + sides + entries.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content, 1, mtime=0))


class _Python2(pickle._Pickler):
    """Pickles bytes like Python 2's strings, as in CIFAR-10's files."""

    write: Any  # `pickle` declares no type for it
    dispatch: ClassVar[Any] = dict(pickle._Pickler.dispatch)

    def save_bytes(self, value: bytes) -> None:
        self.write(pickle.BINSTRING + struct.pack("<i", len(value)) + value)

    dispatch[bytes] = save_bytes


def write_cifar(folder: Path, classes: int = 10) -> dict[str, Any]:
    """Write an archive of CIFAR-10 with the right shape, mostly zeros.

    Keras's loader needs exactly 10,000 images in each batch.

    Returns:
        The arrays that a loader should return for the first images.
    """
    truth = {}
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.Generator(np.random.Philox(10))
    with tarfile.open(
        folder / "cifar-10-python.tar.gz", "w:gz", compresslevel=1
    ) as archive:
        for batch in BATCHES:
            data = np.zeros((10_000, 3072), np.uint8)
            data[:TRAIN] = rng.integers(256, size=(TRAIN, 3072))
            entry = {
                b"data": data,
                b"labels": [n % classes for n in range(10_000)],
            }
            if batch in ("data_batch_1", "test_batch"):
                part = "test" if batch == "test_batch" else "train"
                red_green_blue = data[:TRAIN].reshape(-1, 3, 32, 32)
                truth[f"x_{part}"] = np.stack(
                    [*red_green_blue.swapaxes(0, 1)], -1
                )
                truth[f"y_{part}"] = np.arange(TRAIN) % classes
            _add(archive, batch, entry)
        _add(archive, "batches.meta", {b"label_names": [b"x"] * 10})
    return truth


def _add(archive: tarfile.TarFile, name: str, entry: Any) -> None:
    written = io.BytesIO()
    _Python2(written, 2).dump(entry)
    member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
    member.size = written.tell()
    written.seek(0)
    archive.addfile(member, written)
