"""Files of images: damaged ones are refused, and cached ones are complete."""

import gzip
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from framework_parity.common.data.image_archives import SETS
from framework_parity.common.data.image_cache import (
    ImageFiles,
    current,
    image_files,
    reading,
)
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
    """Return a function that changes the unpacked content of a file."""

    def spoil(path: Path) -> None:
        content = gzip.decompress(path.read_bytes())
        path.write_bytes(gzip.compress(change(content)))

    return spoil


def becomes(name: str) -> Spoil:
    """Return a function that replaces a file by another of the files."""
    return lambda path: path.write_bytes((path.parent / name).read_bytes())


def refusal(kind: str, folder: Path) -> SpecError:
    target = folder / "unpacked"
    target.mkdir()
    with pytest.raises(SpecError) as caught:
        SETS[kind].unpack(folder, target)
    assert str(caught.value).isprintable()
    return caught.value


@pytest.mark.parametrize(
    ("name", "spoil", "message"),
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
def test_damaged_file_is_refused_with_a_message(
    name: str, spoil: Spoil, message: str, tmp_path: Path
) -> None:
    write_idx(tmp_path, "mnist")
    path = tmp_path / FOLDERS["mnist"] / name
    spoil(path)
    error = refusal("mnist", tmp_path)
    assert message in error.message
    assert Path(error.file).parent == path.parent


@pytest.mark.parametrize(
    ("spoil", "message"),
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
def test_damaged_archive_is_refused_with_a_message(
    spoil: Spoil, message: str, tmp_path: Path
) -> None:
    write_cifar(tmp_path)
    spoil(tmp_path / "cifar-10-python.tar.gz")
    assert message in refusal("cifar10", tmp_path).message


class Loader:
    """A loader that records its calls and returns predefined arrays."""

    def __init__(self) -> None:
        self.calls: list[bool] = []
        self.images: dict[str, Any] = {
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
def loader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Loader]:
    """A backend's loader, in this process, with the files of a small MNIST."""
    write_idx(tmp_path, "mnist")
    fake, module = Loader(), ModuleType("made_up.datasets")
    module.mnist = fake.mnist  # type: ignore[attr-defined]
    monkeypatch.setitem(
        sys.modules, "framework_parity.made_up.datasets", module
    )
    with reading(ImageFiles(tmp_path, backend="made_up")):
        yield fake


def data(**fields: Any) -> Data:
    return Data.model_validate(
        {"mnist": {"samples": 20, "test_samples": 12, **fields}}
        | {"validation": 0.0, "scaling": "none"}
    )


def test_images_are_a_data_set_with_its_own_test_part(loader: Loader) -> None:
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
        assert part.x.dtype == np.float64
        assert part.y.dtype == np.int64


def test_files_are_loaded_once(loader: Loader) -> None:
    data().parts(CrossEntropy())
    data(samples=30).parts(CrossEntropy())
    assert loader.calls == [False]


def test_test_share_is_used_without_an_own_test_part(
    loader: Loader,
) -> None:
    result = Data.model_validate({"mnist": {"test_samples": 0}, "test": 0.5})
    assert (result.test, result.part_sizes()["test"]) == (0.5, 30_000)


@pytest.mark.parametrize(
    ("field", "count"), [("samples", 31), ("test_samples", 21)]
)
def test_more_than_the_files_hold_is_refused(
    field: str, count: int, loader: Loader
) -> None:
    with pytest.raises(SpecError, match=f"got {count}, but") as caught:
        data(**{field: count}).parts(CrossEntropy())
    assert caught.value.field == f"data.mnist.{field}"


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("x_train", lambda x: x[..., 0], "the train images are uint8"),
        ("x_test", lambda x: x.astype(float), "the test images are float64"),
        ("y_train", lambda y: y[1:], "for 30 images"),
        ("y_test", lambda y: y.astype(np.uint8), "the test labels are uint8"),
        ("y_train", lambda y: y - 1, "labels reach from -1 to 8"),
    ],
)
def test_loader_with_wrong_arrays_is_refused(
    name: str, change: Any, message: str, loader: Loader
) -> None:
    loader.images[name] = change(loader.images[name])
    with pytest.raises(SpecError, match=message):
        data().parts(CrossEntropy())


def test_error_in_a_loader_is_reported_in_a_message(
    loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(folder: Path, download: bool) -> Any:
        raise RuntimeError("no such\nluck")

    monkeypatch.setattr(
        sys.modules["framework_parity.made_up.datasets"], "mnist", breaks
    )
    with pytest.raises(SpecError, match=r"made_up\.datasets: no such luck"):
        data().parts(CrossEntropy())


def test_loader_may_download_where_that_is_allowed(
    loader: Loader, tmp_path: Path
) -> None:
    files = replace(current(), folder=tmp_path / "elsewhere", download=True)
    with reading(files):
        data().parts(CrossEntropy())
    assert loader.calls == [True]


def test_cache_of_another_backend_is_not_used(
    loader: Loader, tmp_path: Path
) -> None:
    data().parts(CrossEntropy())
    for file in (tmp_path / FOLDERS["mnist"]).iterdir():
        file.unlink()
    data().source.require_files()
    with (
        reading(replace(current(), backend="another")),
        pytest.raises(SpecError, match="there is no MNIST/raw"),
    ):
        data().source.require_files()


def test_process_without_a_framework_loads_no_images(
    loader: Loader,
) -> None:
    with (
        reading(replace(current(), backend="")),
        pytest.raises(SpecError, match="no framework has loaded"),
    ):
        data().parts(CrossEntropy())


def test_unwritable_folder_is_reported_in_a_message(
    loader: Loader, tmp_path: Path
) -> None:
    (tmp_path / "parity").write_text("a file")
    with pytest.raises(SpecError, match="cannot be kept: "):
        data().parts(CrossEntropy())


@pytest.mark.parametrize("spoil", [cut, flip])
def test_cached_file_has_a_checksum(
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


def test_folder_of_the_environment_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARITY_DATA", str(tmp_path))
    assert current() == image_files() == ImageFiles(tmp_path)
    other = tmp_path / "other"
    assert image_files(other, download=True) == ImageFiles(other, True)
    with reading(ImageFiles(other)):
        assert current().folder == other
    assert current().folder == tmp_path


def test_without_a_folder_files_are_in_the_cache_of_the_user(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PARITY_DATA", raising=False)
    cache = Path.home() / ".cache" / "framework-parity"
    assert current().folder == cache
