"""The folder of the image data sets, and the cache of the loaded arrays.

The user puts the compressed files of a data set into one folder, with the
paths of torchvision::

    MNIST/raw/train-images-idx3-ubyte.gz         (and three more)
    FashionMNIST/raw/train-images-idx3-ubyte.gz  (and three more)
    cifar-10-python.tar.gz

A framework's own loader reads them, once. The result is cached in the same
folder as `parity/torch_impl/mnist.npz`, in one neutral form: x in uint8,
channels last, y in int64, with a checksum. Each framework has its own cache,
so that the ladder's data rung compares the results of the two loaders.
"""

import importlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from filelock import FileLock

from framework_parity.common.data.image_archives import CLASSES, DAMAGE, SETS
from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.training.record import digest

PARTS = ("train", "test")

# The environment variable with the default folder.
FOLDER = "PARITY_DATA"

Images: TypeAlias = dict[str, Any]
"""x_train, y_train, x_test and y_test."""


@dataclass(frozen=True)
class ImageFiles:
    """Where a process finds image data sets, and what loads them.

    Attributes:
        folder: the folder of the files.
        download: whether the framework's loader may download missing files.
        backend: the package whose `datasets` module loads the files, such
            as `torch_impl`; empty in a process without a framework, which
            reads the caches alone.
    """

    folder: Path
    download: bool = False
    backend: str = ""


def image_files(
    folder: str | Path | None = None, download: bool = False
) -> ImageFiles:
    """Return the image files of a process without a framework.

    Args:
        folder: the folder of the files; None for that of the environment
            variable PARITY_DATA, or ~/.cache/framework-parity.
        download: whether a framework's loader may download missing files.

    Returns:
        The files, in an absolute folder.
    """
    home = Path.home() / ".cache" / "framework-parity"
    chosen = Path(folder or os.environ.get(FOLDER) or home)
    return ImageFiles(chosen.expanduser().resolve(), download)


_current: ContextVar[ImageFiles | None] = ContextVar("images", default=None)


@contextmanager
def reading(files: ImageFiles) -> Iterator[None]:
    """Draw image data sets from these files, inside the block.

    Args:
        files: the files; without a block, those of `image_files()`.

    Yields:
        Nothing.
    """
    token = _current.set(files)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> ImageFiles:
    """Return the files of the innermost block of `reading`."""
    return _current.get() or image_files()


def require_files(kind: str) -> None:
    """Raise an error if files are missing and may not be downloaded.

    Args:
        kind: the kind of the image data set.

    Raises:
        SpecError: if files are missing; names the files and the folder.
    """
    files = current()
    missing = [
        name
        for name in SETS[kind].files
        if not (files.folder / name).is_file()
    ]
    if not missing or files.download or _kept(kind):
        return
    raise SpecError(
        f"data.{kind}",
        f"there is no {', '.join(missing)}; put the files there as they "
        "are distributed, name another folder (--data-dir), or let them be "
        "downloaded (--download)",
        str(files.folder),
    )


def images(kind: str, asked: dict[str, int]) -> Images:
    """Return the images as the framework of this process loads them.

    A process without a framework uses the newest cache of any framework.

    Args:
        kind: the kind of the image data set.
        asked: the required numbers of images of `train` and `test`.

    Returns:
        All images of the data set: x_train, y_train, x_test and y_test.

    Raises:
        SpecError: if files are missing, damaged or too few.
    """
    if current().backend:
        path = _cache(kind)
        _make(kind, path)
    else:
        path = _newest(kind)
    arrays = _read(kind, path)
    for part, number in asked.items():
        available = len(arrays[f"y_{part}"])
        if available < number:
            field = "samples" if part == "train" else "test_samples"
            raise SpecError(
                f"data.{kind}.{field}",
                f"got {number}, but the files hold {available}",
                str(current().folder),
            )
    return arrays


def _cache(kind: str) -> Path:
    files = current()
    return files.folder / "parity" / files.backend / f"{kind}.npz"


def _kept(kind: str) -> list[Path]:
    """Return the cache files that this process may read."""
    if current().backend:
        path = _cache(kind)
        return [path] if path.exists() else []
    return list((current().folder / "parity").glob(f"*/{kind}.npz"))


def _newest(kind: str) -> Path:
    """Return the newest cache file; those of both frameworks are equal."""
    paths = sorted(_kept(kind), key=lambda path: path.stat().st_mtime_ns)
    if not paths:
        raise SpecError(
            f"data.{kind}",
            "no framework has loaded these images yet",
            str(current().folder),
        )
    return paths[-1]


def _stamps(kind: str) -> str:
    """Return the sizes and times of the files, or "" if one is missing."""
    paths = [current().folder / name for name in SETS[kind].files]
    if not all(path.is_file() for path in paths):
        return ""
    statuses = [path.stat() for path in paths]
    return " ".join(
        f"{status.st_size}:{status.st_mtime_ns}" for status in statuses
    )


def _make(kind: str, path: Path) -> None:
    """Load the images and write the cache file, unless it is current."""
    require_files(kind)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Several workers of one framework may write the same file.
        with FileLock(path.with_suffix(".lock")):
            stamps = _stamps(kind)
            if _is_kept(kind, path, stamps):
                return
            arrays = _loaded(kind)
            partial = path.with_suffix(".part")
            with partial.open("wb") as file:
                check = digest(arrays)
                np.savez(file, **arrays, digest=check, stamps=stamps)
            partial.replace(path)
    except OSError as error:
        raise SpecError(
            f"data.{kind}",
            f"cannot be kept: {error.strerror or error}",
            str(path.parent),
        ) from error


def _is_kept(kind: str, path: Path, stamps: str) -> bool:
    """Return whether the cache file is current."""
    if not path.exists():
        return False
    return stamps in ("", _entries(kind, path, "stamps")["stamps"])


def _read(kind: str, path: Path) -> Images:
    return _read_once(kind, path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read_once(kind: str, path: Path, changed: int) -> Images:
    names = [f"{name}_{part}" for name in "xy" for part in PARTS]
    arrays = _entries(kind, path, *names, "digest")
    if arrays.pop("digest") != digest(arrays):
        raise _spoilt(kind, path)
    return arrays


def _entries(kind: str, path: Path, *names: str) -> Images:
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return {name: file[name] for name in names}
    except DAMAGE as error:
        raise _spoilt(kind, path) from error


def _spoilt(kind: str, path: Path) -> SpecError:
    return SpecError(
        f"data.{kind}",
        "is not what was kept: its checksum is another; delete it, and it is "
        "made again",
        str(path),
    )


def _loaded(kind: str) -> Images:
    """Return the validated result of the framework's loader."""
    files = current()
    # It is slow to import, and needed only to fill the cache.
    loader = importlib.import_module(
        f"framework_parity.{files.backend}.datasets"
    )
    load, known = getattr(loader, kind), SETS[kind]
    with tempfile.TemporaryDirectory(prefix="parity-") as temporary:
        where = files.folder if files.download else Path(temporary)
        if not files.download:
            known.unpack(files.folder, where)
        try:
            arrays: Images = load(where, files.download)
        except Exception as error:
            raise SpecError(
                f"data.{kind}",
                f"cannot be loaded by {loader.__name__}: {error}",
                str(current().folder),
            ) from error
    for part in PARTS:
        _check(kind, part, arrays[f"x_{part}"], arrays[f"y_{part}"])
    return arrays


def _check(kind: str, part: str, x: Any, y: Any) -> None:
    """Raise an error if arrays are not images and labels of the set."""
    shape = SETS[kind].shape
    wrong = ""
    if x.dtype != np.uint8 or x.shape[1:] != shape:
        wrong = f"images are {x.dtype} {x.shape[1:]}, expected uint8 {shape}"
    elif y.dtype != np.int64 or y.shape != (len(x),):
        wrong = f"labels are {y.dtype} {y.shape} for "
        wrong += counted(len(x), "image")
    elif not np.isin(y, range(CLASSES)).all():
        wrong = f"labels reach from {y.min()} to {y.max()}, expected 0 to 9"
    if wrong:
        raise SpecError(
            f"data.{kind}", f"the {part} {wrong}", str(current().folder)
        )
