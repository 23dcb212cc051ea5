"""The settings of an audit, validated when they are created."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framework_parity.common.choices import Profile
from framework_parity.common.data.image_cache import ImageFiles, image_files
from framework_parity.comparisons.ladder.thresholds import (
    MOST_SEEDS,
    SEEDS_OF_AUDITS,
)
from framework_parity.comparisons.run import validation
from framework_parity.comparisons.run.settings import TRAJECTORY
from framework_parity.comparisons.store.store import RunStore, open_store


@dataclass(frozen=True)
class AuditSettings:
    """Settings of the training and measurement of an audit's mixes.

    Attributes:
        profile: `quick`, or `full` for the experiment's own numbers.
        seeds: number of runs of each mix, under seeds 0, 1, ...; at least 2.
            The standard error of a difference falls with its square root.
        jobs: number of PyTorch workers that share the runs; None for one for
            each core, up to a maximum.
        data_dir: folder with the files of the image data sets; None for
            that of PARITY_DATA, or ~/.cache/framework-parity.
        download: whether each framework may download missing files.
        store: folder of finished runs, which are not computed again; None
            for that of PARITY_STORE, or ~/.cache/framework-parity/runs, and
            `off` for none.
        fresh: whether stored runs are computed again, and replaced.

    Raises:
        SpecError: if a setting has a value that is not allowed.
    """

    profile: Profile = "quick"
    seeds: int = SEEDS_OF_AUDITS
    jobs: int | None = None
    data_dir: str | Path | None = None
    download: bool = False
    store: str | Path | None = None
    fresh: bool = False

    def __post_init__(self) -> None:
        validation.one_of("profile", self.profile, TRAJECTORY)
        seeds = validation.whole("seeds", self.seeds, 2, MOST_SEEDS)
        object.__setattr__(self, "seeds", seeds)
        if self.jobs is not None:
            jobs = validation.whole("jobs", self.jobs, 1)
            object.__setattr__(self, "jobs", jobs)

    @property
    def images(self) -> ImageFiles:
        """Where the frameworks find image data sets."""
        return image_files(self.data_dir, self.download)

    def open_store(self) -> RunStore | None:
        """Return the store of finished runs, or None."""
        return open_store(self.store, self.fresh)

    @property
    def trajectory_steps(self) -> int:
        """Length of the aligned run's float64 trajectory, in steps."""
        return TRAJECTORY[self.profile]

    def as_json(self) -> dict[str, Any]:
        """Return the settings that a report lists."""
        return {
            "profile": self.profile,
            "dtype": "float64",
            "seeds": self.seeds,
        }
