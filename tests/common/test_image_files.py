"""Files of images: what is damaged is refused, and what is kept is whole."""

import gzip
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from framework_parity.common.data import image_cache as image_files
from framework_parity.common.data.image_archives import SETS
from framework_parity.common.data.spec import Data
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.losses import CrossEntropy
from tests.image_files import (
    FOLDERS,
    TEST,
    TRAIN,
    write_array,
    write_cifar,
    write_idx,
)

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"

Spoil = Callable[[Path], Any]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def repacked(change: Callable[[bytes], bytes]) -> Spoil:
    """Return what changes a file inside of its packing."""

    def spoil(path: Path) -> None:
        content = gzip.decompress(path.read_bytes())
        path.write_bytes(gzip.compress(change(content)))

    return spoil


def becomes(name: str) -> Spoil:
    """Return what puts another of the files in a file's place."""
    return lambda path: path.write_bytes((path.parent / name).read_bytes())


def refusal(kind: str, folder: Path) -> SpecError:
    target = folder / "unpacked"
    target.mkdir()
    with pytest.raises(SpecError) as caught:
        SETS[kind].unpack(folder, target)
    assert str(caught.value).isprintable()
    return caught.value


@pytest.mark.parametrize(
    ("name", "spoil", "says"),
    [
        (IMAGES, cut, "is truncated"),
        (LABELS, cut, "is truncated"),
        (IMAGES, flip, "is truncated, or no gzip file"),
        (IMAGES, lambda path: path.write_bytes(b"<html>"), "no gzip file"),
        (IMAGES, lambda path: path.write_bytes(b""), "holds no images"),
        (IMAGES, becomes(LABELS), "holds no images of 28 × 28"),
        (LABELS, becomes(IMAGES), "holds no labels: it begins with the bytes"),
        (IMAGES, becomes("t10k-" + IMAGES[6:]), "20 images, but there are 30"),
        (LABELS, becomes("t10k-" + LABELS[6:]), "30 images, but there are 20"),
        (IMAGES, repacked(lambda c: b"\1" + c[1:]), "the bytes 01 00 08 03"),
        (IMAGES, repacked(lambda c: c[:-1]), "says that it holds 30 images"),
        (LABELS, repacked(lambda c: c + b"\1"), "but has 31 bytes"),
        (IMAGES, repacked(lambda c: c[:10]), "holds no images"),
        (LABELS, repacked(lambda c: c[:3]), "holds no labels"),
        (
            LABELS,
            lambda path: write_array(path, np.full(TRAIN, 10)),
            "holds the label 10, expected 0 to 9",
        ),
        (
            IMAGES,
            lambda path: write_array(path, np.zeros((TRAIN, 28, 27))),
            "holds no images of 28 × 28",
        ),
        (
            IMAGES,
            lambda path: write_array(path, np.zeros((TRAIN, 28, 28)), 9),
            "the bytes 00 00 09 03",
        ),
    ],
)
def test_a_damaged_file_is_refused_in_a_sentence(
    name: str, spoil: Spoil, says: str, tmp_path: Path
) -> None:
    write_idx(tmp_path, "mnist")
    path = tmp_path / FOLDERS["mnist"] / name
    spoil(path)
    error = refusal("mnist", tmp_path)
    assert says in error.message
    assert Path(error.file).parent == path.parent


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (cut, "is truncated"),
        (flip, "is truncated"),
        (lambda path: path.write_bytes(gzip.compress(b"")), "no such archive"),
        (
            repacked(
                lambda c: c.replace(b"py/data_batch_4", b"py/data_batch_9")
            ),
            "holds no cifar-10-batches-py/data_batch_4",
        ),
    ],
    ids=["cut", "flipped", "empty", "other_names"],
)
def test_a_damaged_archive_is_refused_in_a_sentence(
    spoil: Spoil, says: str, tmp_path: Path
) -> None:
    write_cifar(tmp_path)
    spoil(tmp_path / "cifar-10-python.tar.gz")
    assert says in refusal("cifar10", tmp_path).message


class Loader:
    """A loader that counts, and makes of the files what it is told."""

    def __init__(self) -> None:
        self.calls: list[bool] = []
        self.images = {
            "x_train": np.arange(TRAIN * 784).reshape(TRAIN, 28, 28, 1) % 251,
            "x_test": np.arange(TEST * 784).reshape(TEST, 28, 28, 1) % 241,
        }
        self.images = {k: v.astype(np.uint8) for k, v in self.images.items()}
        self.images |= {
            "y_train": np.arange(TRAIN) % 10,
            "y_test": np.arange(TEST) % 10,
        }

    def mnist(self, folder: Path, download: bool) -> Any:
        self.calls.append(download)
        return self.images


@pytest.fixture
def loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loader:
    """A backend's loader, in this process, with the files of a small MNIST."""
    write_idx(tmp_path, "mnist")
    found, module = Loader(), ModuleType("made_up.datasets")
    module.mnist = found.mnist  # type: ignore[attr-defined]
    monkeypatch.setitem(
        sys.modules, "framework_parity.made_up.datasets", module
    )
    monkeypatch.setattr(image_files, "_backend", "made_up")
    monkeypatch.setenv("PARITY_DATA", str(tmp_path))
    return found


def data(**fields: Any) -> Data:
    return Data.model_validate(
        {"mnist": {"samples": 20, "test_samples": 12, **fields}}
        | {"validation": 0.0, "scaling": "none"}
    )


def test_images_come_as_a_data_set_with_its_test_part(loader: Loader) -> None:
    parts = data().parts(CrossEntropy())
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 20,
        "test": 12,
    }
    for name, part in parts.items():
        np.testing.assert_array_equal(
            part.x, loader.images[f"x_{name}"][: len(part)]
        )
        np.testing.assert_array_equal(
            part.y, loader.images[f"y_{name}"][: len(part)]
        )
        assert (part.x.dtype, part.y.dtype) == (np.float64, np.int64)


def test_files_are_loaded_once(loader: Loader) -> None:
    data().parts(CrossEntropy())
    data(samples=30).parts(CrossEntropy())
    assert loader.calls == [False]


def test_without_a_test_part_of_its_own_a_share_serves(
    loader: Loader,
) -> None:
    found = Data.model_validate({"mnist": {"test_samples": 0}, "test": 0.5})
    assert (found.test, found.part_sizes()["test"]) == (0.5, 30_000)


@pytest.mark.parametrize(
    ("field", "asked"), [("samples", 31), ("test_samples", 21)]
)
def test_more_than_the_files_hold_is_refused(
    field: str, asked: int, loader: Loader
) -> None:
    with pytest.raises(SpecError, match=f"got {asked}, but") as caught:
        data(**{field: asked}).parts(CrossEntropy())
    assert caught.value.field == f"data.mnist.{field}"


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("x_train", lambda x: x[..., 0], "the train images are uint8"),
        ("x_test", lambda x: x.astype(float), "the test images are float64"),
        ("y_train", lambda y: y[1:], "for 30 images"),
        ("y_test", lambda y: y.astype(np.uint8), "the test labels are uint8"),
        ("y_train", lambda y: y - 1, "labels reach from -1 to 8"),
    ],
)
def test_a_loader_that_makes_something_else_is_refused(
    name: str, change: Any, says: str, loader: Loader
) -> None:
    loader.images[name] = change(loader.images[name])
    with pytest.raises(SpecError, match=says):
        data().parts(CrossEntropy())


def test_a_loader_that_breaks_is_a_sentence(
    loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(folder: Path, download: bool) -> Any:
        raise RuntimeError("no such\nluck")

    monkeypatch.setattr(
        sys.modules["framework_parity.made_up.datasets"], "mnist", breaks
    )
    with pytest.raises(SpecError, match=r"made_up\.datasets: no such luck"):
        data().parts(CrossEntropy())


def test_a_loader_may_fetch_where_that_is_said(
    loader: Loader, tmp_path: Path
) -> None:
    with image_files.image_folder(tmp_path / "elsewhere", download=True):
        data().parts(CrossEntropy())
    assert loader.calls == [True]


def test_what_is_kept_elsewhere_is_not_mine(
    loader: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data().parts(CrossEntropy())
    for file in (tmp_path / FOLDERS["mnist"]).iterdir():
        file.unlink()
    data().source.require_files()
    monkeypatch.setattr(image_files, "_backend", "another")
    with pytest.raises(SpecError, match="there is no MNIST/raw"):
        data().source.require_files()


def test_a_process_without_a_framework_waits_for_one(
    loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_files, "_backend", "")
    with pytest.raises(SpecError, match="no framework has loaded"):
        data().parts(CrossEntropy())


def test_a_folder_that_takes_nothing_is_a_sentence(
    loader: Loader, tmp_path: Path
) -> None:
    (tmp_path / "parity").write_text("a file")
    with pytest.raises(SpecError, match="cannot be kept: "):
        data().parts(CrossEntropy())


@pytest.mark.parametrize("spoil", [cut, flip])
def test_what_is_kept_has_a_checksum(
    spoil: Spoil, loader: Loader, tmp_path: Path
) -> None:
    data().parts(CrossEntropy())
    kept = tmp_path / "parity" / "made_up" / "mnist.npz"
    spoil(kept)
    with pytest.raises(SpecError, match="its checksum is another"):
        data().parts(CrossEntropy())


def test_a_checksum_is_of_the_images_not_of_the_file(
    loader: Loader, tmp_path: Path
) -> None:
    data().parts(CrossEntropy())
    kept = tmp_path / "parity" / "made_up" / "mnist.npz"
    with np.load(kept) as file:
        entries = dict(file)
    entries["x_train"][0, 0, 0, 0] ^= 1
    np.savez(kept, **entries)
    with pytest.raises(SpecError, match="its checksum is another"):
        data().parts(CrossEntropy())


def test_the_environment_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARITY_DATA", "before")
    with image_files.image_folder(tmp_path, download=True):
        assert image_files.place() == tmp_path
        assert os.environ["PARITY_DOWNLOAD"] == "1"
        with image_files.image_folder(None, download=False):
            assert image_files.place() == tmp_path
            assert "PARITY_DOWNLOAD" not in os.environ
    assert os.environ["PARITY_DATA"] == "before"
    assert "PARITY_DOWNLOAD" not in os.environ


def test_by_default_files_lie_in_the_cache_of_the_user(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PARITY_DATA", raising=False)
    cache = Path.home() / ".cache" / "framework-parity"
    assert image_files.place() == cache
