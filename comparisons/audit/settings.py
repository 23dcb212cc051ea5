"""How an audit is run: a frozen record, checked when it is made."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framework_parity.common.choices import Profile
from framework_parity.comparisons.ladder.thresholds import (
    MOST_SEEDS,
    SEEDS_OF_AUDITS,
)
from framework_parity.comparisons.run import validation
from framework_parity.comparisons.run.settings import TRAJECTORY


@dataclass(frozen=True)
class AuditSettings:
    """How the mixes of an audit are trained and measured.

    Attributes:
        profile: `quick`, or `full` for the experiment's own numbers.
        seeds: runs of each mix, under seeds 0, 1, ...; at least 2. The
            error of a difference falls with the square root of it.
        jobs: how many PyTorch workers share the runs; None for one for each
            core, within reason.
        data_dir: folder with the files of known images; None for what
            PARITY_DATA says, or ~/.cache/framework-parity.
        download: whether each framework may fetch what is missing there.

    Raises:
        SpecError: if a setting is none of what is allowed.
    """

    profile: Profile = "quick"
    seeds: int = SEEDS_OF_AUDITS
    jobs: int | None = None
    data_dir: str | Path | None = None
    download: bool = False

    def __post_init__(self) -> None:
        validation.one_of("profile", self.profile, TRAJECTORY)
        seeds = validation.whole("seeds", self.seeds, 2, MOST_SEEDS)
        object.__setattr__(self, "seeds", seeds)
        if self.jobs is not None:
            jobs = validation.whole("jobs", self.jobs, 1)
            object.__setattr__(self, "jobs", jobs)

    @property
    def trajectory_steps(self) -> int:
        """The length of the aligned run's float64 trajectory."""
        return TRAJECTORY[self.profile]

    def as_json(self) -> dict[str, Any]:
        """Return what a report says of how it was run."""
        return {
            "profile": self.profile,
            "dtype": "float64",
            "seeds": self.seeds,
        }
