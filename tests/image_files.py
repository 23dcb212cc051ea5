"""Small files of the true formats of known images, for the tests."""

import gzip
import io
import pickle
import struct
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from common.image_archives import BATCHES, IDX

FOLDERS = {"mnist": "MNIST/raw", "fashion_mnist": "FashionMNIST/raw"}
TRAIN, TEST = 30, 20


def write_idx(folder: Path, kind: str) -> None:
    """Write the four files of MNIST or of its like, with a few images."""
    raw = folder / FOLDERS[kind]
    raw.mkdir(parents=True)
    rng = np.random.Generator(np.random.Philox(len(kind)))
    for name, count in zip(IDX, (TRAIN, TRAIN, TEST, TEST), strict=True):
        if "images" in name:
            entries = rng.integers(256, size=(count, 28, 28))
        else:
            entries = np.arange(count) % 10
        write_array(raw / name, entries)


def write_array(path: Path, entries: Any, kind: int = 8) -> None:
    """Write bytes as an IDX file, packed; 8 says that they are bytes."""
    head = struct.pack(">BBBB", 0, 0, kind, entries.ndim)
    sides = struct.pack(f">{entries.ndim}I", *entries.shape)
    content = head + sides + entries.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content, 1, mtime=0))


class _Python2(pickle._Pickler):
    """Writes bytes as Python 2 wrote its strings, as CIFAR-10's files do."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_bytes(self, value: bytes) -> None:
        self.write(pickle.BINSTRING + struct.pack("<i", len(value)) + value)

    dispatch[bytes] = save_bytes


def write_cifar(folder: Path, labels: int = 10) -> None:
    """Write an archive of CIFAR-10: the true shape, most of it black.

    Keras's loader wants exactly 10,000 images in each batch.
    """
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
                b"labels": [n % labels for n in range(10_000)],
            }
            _add(archive, batch, entry)
        _add(archive, "batches.meta", {b"label_names": [b"x"] * 10})


def _add(archive: tarfile.TarFile, name: str, entry: Any) -> None:
    written = io.BytesIO()
    _Python2(written, 2).dump(entry)
    member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
    member.size = written.tell()
    written.seek(0)
    archive.addfile(member, written)
