"""The settings of a run, validated when they are created."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from framework_parity.common.choices import Dtype, Profile, Randomness
from framework_parity.common.data.image_cache import ImageFiles, image_files
from framework_parity.comparisons.ladder.thresholds import (
    MOST_SEEDS,
    SEEDS_OF_CLAIMS,
)
from framework_parity.comparisons.run import validation
from framework_parity.comparisons.workers.worker import DEVICES, PACKAGES

# Length of the float64 trajectory, in steps.
TRAJECTORY = {"quick": 200, "full": 2000}

# Number of steps over which curves are compared with their floor; in float32
# most are chaotic long before.
HELD = 500


@dataclass(frozen=True)
class RunSettings:
    """How every arm of an experiment is trained and compared.

    Attributes:
        profile: `quick`, or `full` for the experiment's own numbers and a
            float64 trajectory of 2,000 steps instead of 200.
        backends: the frameworks to run; with a single one nothing is
            compared.
        dtype: the precision of the curves; None for that of each arm's
            recipe. The ladder always uses float64.
        seeds: number of runs of each arm, under seeds 0, 1, ...
        randomness: `shared` starts both frameworks from the same weights,
            `native` each from those of its own initialisers, and `replay`
            uses in both the data, weights, order and masks that PyTorch
            draws under `replay.seed`, `seed + 1`, ... The ladder always
            uses `shared`.
        device: the device of both frameworks: `cpu`, `cuda`, or for PyTorch
            alone `mps`.
        jobs: number of arms that run at the same time, each in its own pair
            of workers.
        data_dir: folder with the files of the image data sets; None for
            that of PARITY_DATA, or ~/.cache/framework-parity.
        download: whether each framework may download missing files.

    Raises:
        SpecError: if a setting has a value that is not allowed.
    """

    profile: Profile = "quick"
    backends: Sequence[str] = ("torch", "keras")
    dtype: Dtype | None = None
    seeds: int = SEEDS_OF_CLAIMS
    randomness: Randomness = "shared"
    device: str = "cpu"
    jobs: int = 1
    data_dir: str | Path | None = None
    download: bool = False

    def __post_init__(self) -> None:
        validation.one_of("profile", self.profile, TRAJECTORY)
        if self.dtype is not None:
            validation.one_of("dtype", self.dtype, get_args(Dtype))
        validation.one_of("randomness", self.randomness, get_args(Randomness))
        validation.one_of("device", self.device, DEVICES)
        checked = {
            "backends": validation.some_of(
                "backends", self.backends, PACKAGES
            ),
            "seeds": validation.whole("seeds", self.seeds, 1, MOST_SEEDS),
            "jobs": validation.whole("jobs", self.jobs, 1),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def images(self) -> ImageFiles:
        """Where the frameworks find image data sets."""
        return image_files(self.data_dir, self.download)

    @property
    def trajectory_steps(self) -> int:
        """The length of the ladder's float64 trajectory."""
        return TRAJECTORY[self.profile]

    @property
    def held_steps(self) -> int:
        """Number of steps over which curves are compared with their floor."""
        return min(HELD, self.trajectory_steps)

    def as_json(self) -> dict[str, Any]:
        """Return the settings that a report lists."""
        return {
            "profile": self.profile,
            "dtype": self.dtype,
            "seeds": self.seeds,
            "randomness": self.randomness,
            "device": self.device,
            "trajectory_steps": self.trajectory_steps,
            "held_steps": self.held_steps,
        }
