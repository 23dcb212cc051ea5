"""Both frameworks' own loaders give the same images for the same files."""

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from framework_parity.common.data import image_cache
from framework_parity.common.data.image_cache import ImageFiles, reading
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.load import parse
from framework_parity.common.training.record import digest
from framework_parity.comparisons.cli import output
from framework_parity.comparisons.ladder.ladder import run_ladder
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.comparisons.cli.test_cli import parity
from tests.image_files import FOLDERS, TEST, TRAIN, write_cifar, write_idx

ARM = """\
name: small
dialect: keras
data: {mnist: {samples: 30, test_samples: 20}, validation: 0}
recipe: {loss: cross_entropy, optimizer: {sgd: 0.1}, batch_size: 8, epochs: 1}
arms: {only: [flatten, {dense: 10}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a small MNIST."""
    write_idx(tmp_path, "mnist")
    return tmp_path


def loaded(pair: WorkerPair, folder: Path, kind: str) -> Any:
    """Return the images of both, which have to be equal to the byte."""
    results = pair.ask("load_images", folder=folder, kind=kind)
    assert results["torch"][0] == results["keras"][0]
    return results["torch"][1]


@pytest.mark.parametrize("kind", FOLDERS)
def test_both_load_the_digits_that_the_files_hold(
    kind: str, pair: WorkerPair, tmp_path: Path
) -> None:
    truth = write_idx(tmp_path, kind)
    images = loaded(pair, tmp_path, kind)
    for name, values in truth.items():
        np.testing.assert_array_equal(images[name], values)
    assert images["x_train"].shape == (TRAIN, 28, 28, 1)
    assert images["x_test"].shape == (TEST, 28, 28, 1)
    kinds = {name: values.dtype.str for name, values in images.items()}
    assert set(kinds.values()) == {"|u1", "<i8"}


def test_both_load_the_photographs_that_the_archive_holds(
    pair: WorkerPair, tmp_path: Path
) -> None:
    truth = write_cifar(tmp_path)
    images = loaded(pair, tmp_path, "cifar10")
    for name, values in truth.items():
        np.testing.assert_array_equal(images[name][: len(values)], values)


def test_a_file_that_is_replaced_is_loaded_anew(
    pair: WorkerPair, folder: Path
) -> None:
    before = digest(loaded(pair, folder, "mnist"))
    write_idx(folder, "mnist", seed=1)
    after = loaded(pair, folder, "mnist")
    assert digest(after) != before
    # This process has no framework, and reads their cache.
    with reading(ImageFiles(folder)):
        assert digest(image_cache.images("mnist", {})) == digest(after)


def test_cached_images_load_without_the_files(
    pair: WorkerPair, folder: Path
) -> None:
    before = digest(loaded(pair, folder, "mnist"))
    for file in (folder / FOLDERS["mnist"]).iterdir():
        file.unlink()
    assert digest(loaded(pair, folder, "mnist")) == before


def test_loaders_find_files_in_their_download_folder(
    pair: WorkerPair, tmp_path: Path
) -> None:
    """A framework does not download again what it has downloaded."""
    cache = tmp_path / "keras" / "datasets" / "fashion-mnist"
    truth = write_idx(tmp_path, "fashion_mnist")
    shutil.copytree(tmp_path / FOLDERS["fashion_mnist"], cache)
    raw = tmp_path / FOLDERS["fashion_mnist"]
    for file in list(raw.iterdir()):
        file.with_suffix("").write_bytes(gzip.decompress(file.read_bytes()))
        file.unlink()
    arguments: dict[str, Any] = {
        "folder": tmp_path,
        "kind": "fashion_mnist",
    }
    with pytest.raises(SpecError, match="there is no"):
        pair.ask("load_images", **arguments)
    results = pair.ask("load_images", **arguments, download=True)
    assert results["torch"][0] == results["keras"][0]
    np.testing.assert_array_equal(
        results["keras"][1]["x_test"], truth["x_test"]
    )


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_a_changed_byte_in_the_cache_is_refused(
    backend: str, pair: WorkerPair, folder: Path
) -> None:
    loaded(pair, folder, "mnist")
    kept = folder / "parity" / f"{backend}_impl" / "mnist.npz"
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    kept.write_bytes(content)
    with pytest.raises(SpecError, match="checksum") as caught:
        pair.ask("load_images", folder=folder, kind="mnist")
    assert caught.value.file == str(kept)


@pytest.mark.parametrize(
    ("kind", "says"),
    [("mnist", "train-labels"), ("cifar10", "labels reach from 0 to 10")],
)
def test_a_class_too_many_is_refused_in_a_worker(
    kind: str, says: str, pair: WorkerPair, tmp_path: Path
) -> None:
    if kind == "cifar10":
        write_cifar(tmp_path, classes=11)
    else:
        write_idx(tmp_path, kind, classes=11)
    with pytest.raises(SpecError, match=says):
        pair.ask("load_images", folder=tmp_path, kind=kind)


def test_an_archive_that_is_not_the_official_one_is_refused(
    pair: WorkerPair, tmp_path: Path
) -> None:
    """Torchvision checks each file's checksum."""
    write_cifar(tmp_path)
    files: dict[str, Any] = {
        "folder": tmp_path,
        "kind": "cifar10",
        "official": True,
    }
    with pytest.raises(SpecError, match="corrupted"):
        pair.workers["torch"].submit("load_images", **files).result()


def _arm(text: str) -> Any:
    return parse(yaml.safe_load(text)).arm("only")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> ImageFiles:
    """A small MNIST and a small Fashion-MNIST."""
    folder = tmp_path_factory.mktemp("images")
    for kind in ("mnist", "fashion_mnist"):
        write_idx(folder, kind)
    return ImageFiles(folder)


@pytest.fixture(scope="module")
def reading_pair(images: ImageFiles) -> Iterator[WorkerPair]:
    """Both frameworks, which read these files; Keras has a planted fault."""
    setup = {"keras": "tests.backends.loading:change_a_pixel"}
    with WorkerPair(setup=setup, threads=1, images=images) as pair:
        yield pair


def test_the_data_rung_finds_a_loader_that_is_off_by_one_grey_level(
    reading_pair: WorkerPair,
) -> None:
    arm = _arm(ARM.replace("mnist", "fashion_mnist"))
    verdicts = run_ladder(reading_pair, arm).verdicts
    assert [(v.rung, v.outcome) for v in verdicts] == [("data", "disagree")]


def test_both_train_on_what_they_load_and_agree(
    reading_pair: WorkerPair, images: ImageFiles
) -> None:
    with reading(images):
        arm, other = _arm(ARM), _arm(ARM.replace("samples: 30", "samples: 29"))
        verdicts = run_ladder(reading_pair, arm, level="trajectory").verdicts
    assert [v.outcome for v in verdicts] == ["agree"] * 6
    file = images.folder / FOLDERS["mnist"] / "t10k-labels-idx1-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(SpecError, match="is truncated") as caught:
        run_ladder(reading_pair, other)
    assert caught.value.file == str(file)


@pytest.mark.parametrize("command", ["run", "check", "audit"])
def test_missing_files_give_a_one_line_message(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, none = tmp_path / "spec.yaml", tmp_path / "none"
    spec.write_text(ARM)
    out = [] if command == "check" else ["--out", str(tmp_path / "out")]
    assert (
        parity(command, str(spec), "--data-dir", str(none), *out)
        == output.WRONG_INPUT
    )
    message = capsys.readouterr().err.strip()
    assert message.startswith(
        f"parity: {none}: data.mnist: there is no MNIST/"
    )
    assert "--data-dir" in message
    assert "--download" in message
    assert len(message.splitlines()) == 1
