"""Where the files of known images lie, and what is kept of them.

Somebody puts the files as they are handed out, compressed, into one folder,
where torchvision would put them too::

    MNIST/raw/train-images-idx3-ubyte.gz         (and three more)
    FashionMNIST/raw/train-images-idx3-ubyte.gz  (and three more)
    cifar-10-python.tar.gz

A framework's own loader reads them, once. What it made is kept beside them
as `parity/torch_impl/mnist.npz`, in one neutral form: x in uint8, channels
last, y in int64, with a checksum. The frameworks share no such file, so that
the ladder's data rung compares what the two loaders made.
"""

import fcntl
import importlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from framework_parity.common.data.image_archives import CLASSES, DAMAGE, SETS
from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.training.record import digest

PARTS = ("train", "test")
FOLDER, DOWNLOAD = "PARITY_DATA", "PARITY_DOWNLOAD"

Images: TypeAlias = dict[str, Any]
"""x_train, y_train, x_test and y_test."""


@contextmanager
def image_folder(folder: str | Path | None, download: bool) -> Iterator[None]:
    """Say where the files lie, and whether loaders may fetch them.

    It is said in the environment, which worker processes inherit.

    Args:
        folder: None for what the environment says already.
        download: whether each framework's loader may fetch what is missing.
    """
    before = {name: os.environ.get(name) for name in (FOLDER, DOWNLOAD)}
    _set(FOLDER, str(folder) if folder is not None else before[FOLDER])
    _set(DOWNLOAD, "1" if download else None)
    try:
        yield
    finally:
        for name, value in before.items():
            _set(name, value)


def _set(name: str, value: str | None) -> None:
    os.environ.pop(name, None)
    if value is not None:
        os.environ[name] = value


def place() -> Path:
    """Return the folder that the files lie in."""
    said = os.environ.get(FOLDER)
    home = Path.home() / ".cache" / "framework-parity"
    return Path(said).expanduser().resolve() if said else home


# The package of this process's one framework, if it has one.
_backend = ""


def use(backend: str) -> None:
    """Let this process load images by `datasets` of a backend's package."""
    global _backend
    _backend = backend


def require_files(kind: str) -> None:
    """Refuse images whose files are not there and may not be fetched.

    Raises:
        SpecError: with where to put which files.
    """
    folder, files = place(), SETS[kind].files
    missing = [name for name in files if not (folder / name).is_file()]
    if not missing or os.environ.get(DOWNLOAD) or _kept(kind):
        return
    raise SpecError(
        f"data.{kind}",
        f"there is no {', '.join(missing)}; put what is missing there as it "
        "is handed out, name another folder (--data-dir), or let it be "
        "fetched (--download)",
        str(folder),
    )


def images(kind: str, asked: dict[str, int]) -> Images:
    """Return images as this process's framework loads them.

    A process without a framework takes what any of them has made.

    Args:
        kind: the word of the set.
        asked: how many images are wanted of `train` and of `test`.

    Raises:
        SpecError: if files are missing, damaged or too few.
    """
    if _backend:
        path = _cache(kind, _backend)
        _make(kind, path)
    else:
        path = _newest(kind)
    found = _read(kind, path)
    for part, number in asked.items():
        there = len(found[f"y_{part}"])
        if there < number:
            field = "samples" if part == "train" else "test_samples"
            raise SpecError(
                f"data.{kind}.{field}",
                f"got {number}, but the files hold {there}",
                str(place()),
            )
    return found


def _cache(kind: str, backend: str) -> Path:
    return place() / "parity" / backend / f"{kind}.npz"


def _kept(kind: str) -> list[Path]:
    """Return what has been kept that this process may read."""
    if _backend:
        own = _cache(kind, _backend)
        return [own] if own.exists() else []
    return list((place() / "parity").glob(f"*/{kind}.npz"))


def _newest(kind: str) -> Path:
    """Return what a framework has kept last: what is compared is equal."""
    found = sorted(_kept(kind), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        raise SpecError(
            f"data.{kind}",
            "no framework has loaded these images yet",
            str(place()),
        )
    return found[-1]


def _stamps(kind: str) -> str:
    """Return what shows that one of the files has been changed, if all are."""
    paths = [place() / name for name in SETS[kind].files]
    if not all(path.is_file() for path in paths):
        return ""
    found = [path.stat() for path in paths]
    return " ".join(f"{each.st_size}:{each.st_mtime_ns}" for each in found)


def _make(kind: str, path: Path) -> None:
    """Have the images loaded and kept, unless they are."""
    require_files(kind)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".lock").open("w") as lock:
            # Several workers of one framework want the same file.
            fcntl.flock(lock, fcntl.LOCK_EX)
            stamps = _stamps(kind)
            if _is_kept(kind, path, stamps):
                return
            found = _loaded(kind)
            partial = path.with_suffix(".part")
            with partial.open("wb") as file:
                check = digest(found)
                np.savez(file, **found, digest=check, stamps=stamps)
            partial.replace(path)
    except OSError as error:
        raise SpecError(
            f"data.{kind}",
            f"cannot be kept: {error.strerror or error}",
            str(path.parent),
        ) from error


def _is_kept(kind: str, path: Path, stamps: str) -> bool:
    """Whether images are kept, of the files that are there, if any are."""
    if not path.exists():
        return False
    return stamps in ("", _entries(kind, path, "stamps")["stamps"])


def _read(kind: str, path: Path) -> Images:
    return _read_once(kind, path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read_once(kind: str, path: Path, changed: int) -> Images:
    names = [f"{name}_{part}" for name in "xy" for part in PARTS]
    found = _entries(kind, path, *names, "digest")
    if found.pop("digest") != digest(found):
        raise _spoilt(kind, path)
    return found


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
    """Return what the framework's loader makes of the files, checked."""
    # Slow to import, and wanted once in a folder's life.
    loader = importlib.import_module(f"framework_parity.{_backend}.datasets")
    load, known = getattr(loader, kind), SETS[kind]
    with tempfile.TemporaryDirectory(prefix="parity-") as temporary:
        download = bool(os.environ.get(DOWNLOAD))
        where = place() if download else Path(temporary)
        if not download:
            known.unpack(place(), where)
        try:
            found: Images = load(where, download)
        except Exception as error:
            raise SpecError(
                f"data.{kind}",
                f"cannot be loaded by {loader.__name__}: {error}",
                str(place()),
            ) from error
    for part in PARTS:
        _check(kind, part, found[f"x_{part}"], found[f"y_{part}"])
    return found


def _check(kind: str, part: str, x: Any, y: Any) -> None:
    """Refuse what cannot be images and labels of this set."""
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
        raise SpecError(f"data.{kind}", f"the {part} {wrong}", str(place()))
