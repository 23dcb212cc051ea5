"""What a worker is asked for to see which images it loads."""

from pathlib import Path
from typing import Any

from common import image_files
from common.image_files import Images
from comparisons import tasks


def load_images(
    trainer_class: Any,
    folder: Path,
    kind: str,
    asked: dict[str, int],
    progress: Any = None,
) -> tuple[Images, Images]:
    """Return what the loader makes of files, and what is kept of that."""
    with image_files.kept_in(folder, download=False):
        kept = image_files.images(kind, asked)
        return image_files._loaded(kind), kept


def load_any_cifar(backend: str) -> None:
    """Let torchvision read a CIFAR-10 whose checksums it does not know."""
    if backend == "torch_impl":
        from torchvision.datasets import cifar

        cifar.check_integrity = lambda path, md5: Path(path).is_file()


def add_tasks(backend: str) -> None:
    """Let a worker be asked for what stands here."""
    load_any_cifar(backend)
    tasks.load_images = load_images
