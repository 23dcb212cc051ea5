"""The settings of an audit, validated when they are created."""

from dataclasses import dataclass
from typing import Any

from framework_parity.common.choices import Profile
from framework_parity.comparisons.ladder.thresholds import (
    MOST_SEEDS,
    SEEDS_OF_AUDITS,
)
from framework_parity.comparisons.run import validation
from framework_parity.comparisons.run.settings import TRAJECTORY
from framework_parity.comparisons.run.worker_settings import WorkerSettings
from framework_parity.comparisons.workers.worker import WorkerOptions


@dataclass(frozen=True, kw_only=True)
class AuditSettings(WorkerSettings):
    """Settings of an audit's mixes, beside those of the workers.

    Attributes:
        profile: `quick`, or `full` for the experiment's own numbers.
        seeds: number of runs of each mix, under seeds 0, 1, ...; at least 2.
            The standard error of a difference falls with its square root.
        jobs: number of PyTorch workers that share the runs; None for one for
            each core, up to a maximum.

    Raises:
        SpecError: if a setting has a value that is not allowed.
    """

    profile: Profile = "quick"
    seeds: int = SEEDS_OF_AUDITS
    jobs: int | None = None

    def worker_options(self) -> WorkerOptions:
        """Return the options of the workers, which share the processor."""
        return super().worker_options() | {"threads": 1}

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.one_of("profile", self.profile, TRAJECTORY)
        seeds = validation.whole("seeds", self.seeds, 2, MOST_SEEDS)
        object.__setattr__(self, "seeds", seeds)
        if self.jobs is not None:
            jobs = validation.whole("jobs", self.jobs, 1)
            object.__setattr__(self, "jobs", jobs)

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
