"""How an experiment is run: a frozen record, checked when it is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from framework_parity.common.choices import Dtype, Profile, Randomness
from framework_parity.comparisons.ladder.thresholds import (
    MOST_SEEDS,
    SEEDS_OF_CLAIMS,
)
from framework_parity.comparisons.run import validation
from framework_parity.comparisons.workers.pool import DEVICES, PACKAGES

# How long the float64 trajectory is, in steps.
TRAJECTORY = {"quick": 500, "full": 2000}

# How far the curves are held to their floor, in steps; in float32 most are
# chaotic long before.
HELD = 500


@dataclass(frozen=True)
class RunSettings:
    """How every arm of an experiment is trained and compared.

    Attributes:
        profile: `quick`, or `full` for the experiment's own numbers and a
            float64 trajectory of 2,000 steps instead of 500.
        backends: the frameworks to run; with one alone nothing is compared.
        dtype: the precision of the curves, where it is not to be that of
            each arm's recipe; the ladder's is float64.
        seeds: how many runs of each arm, under seeds 0, 1, ...
        randomness: start both frameworks from the same numbers (`shared`),
            or each from its own initialisers' (`native`), or play into both
            what PyTorch draws under `replay.seed`, `seed + 1`, ..., data,
            weights, order and masks (`replay`). The ladder always shares.
        device: what both compute on: `cpu`, `cuda`, or for PyTorch alone
            `mps`.
        jobs: how many arms to run at once, each in a pair of its own.
        data_dir: folder with the files of known images; None for what
            PARITY_DATA says, or ~/.cache/framework-parity.
        download: whether each framework may fetch what is missing there.

    Raises:
        SpecError: if a setting is none of what is allowed.
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
    def trajectory_steps(self) -> int:
        """The length of the ladder's float64 trajectory."""
        return TRAJECTORY[self.profile]

    @property
    def held_steps(self) -> int:
        """How far the curves are compared with their floor."""
        return min(HELD, self.trajectory_steps)

    def as_json(self) -> dict[str, Any]:
        """Return what a report says of how it was run."""
        return {
            "profile": self.profile,
            "dtype": self.dtype,
            "seeds": self.seeds,
            "randomness": self.randomness,
            "device": self.device,
            "trajectory_steps": self.trajectory_steps,
            "held_steps": self.held_steps,
        }
