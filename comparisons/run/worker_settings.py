"""The settings of the workers of a command, validated on creation."""

from dataclasses import dataclass
from pathlib import Path

from framework_parity.common.data.image_cache import ImageFiles, image_files
from framework_parity.comparisons.run import validation
from framework_parity.comparisons.store.store import open_store
from framework_parity.comparisons.workers.worker import WorkerOptions


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """Where workers find data and finished runs, and how long they may take.

    Attributes:
        data_dir: folder with the files of the image data sets; None for
            that of PARITY_DATA, or ~/.cache/framework-parity.
        download: whether each framework may download missing files.
        store: folder of finished runs, which are not computed again; None
            for that of PARITY_STORE, or ~/.cache/framework-parity/runs, and
            `off` for none.
        fresh: whether stored runs are computed again, and replaced.
        timeout: seconds without progress after which a framework is
            stopped; None for no limit.

    Raises:
        SpecError: if a setting has a value that is not allowed.
    """

    data_dir: str | Path | None = None
    download: bool = False
    store: str | Path | None = None
    fresh: bool = False
    timeout: float | None = None

    def __post_init__(self) -> None:
        if self.timeout is not None:
            validation.positive("timeout", self.timeout)

    @property
    def images(self) -> ImageFiles:
        """Where the frameworks find image data sets."""
        return image_files(self.data_dir, self.download)

    def worker_options(self) -> WorkerOptions:
        """Return the options of the workers."""
        return {
            "images": self.images,
            "store": open_store(self.store, self.fresh),
            "timeout": self.timeout,
        }
