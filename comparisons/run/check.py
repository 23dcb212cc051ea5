"""Run the ladder on every arm of an experiment, and find the causes."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from framework_parity.common.choices import LadderDtype, Rung
from framework_parity.common.data.image_cache import reading
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.arms import sides_of
from framework_parity.common.spec.two_sided.experiment import TwoSided
from framework_parity.comparisons.ladder.diagnosis import Cause, diagnose
from framework_parity.comparisons.ladder.ladder import LadderResult, run_ladder
from framework_parity.comparisons.ladder.thresholds import (
    FEWEST_SEEDS,
    MOST_SEEDS,
    SEEDS,
)
from framework_parity.comparisons.ladder.two_sided_causes import (
    ValueEffect,
    run_and_explain,
)
from framework_parity.comparisons.ladder.verdict import (
    Outcome,
    outcome_of,
    worst,
)
from framework_parity.comparisons.run import validation
from framework_parity.comparisons.run.worker_settings import WorkerSettings
from framework_parity.comparisons.workers.worker import (
    Watcher,
    WorkerOptions,
    WorkerPair,
)


@dataclass(frozen=True, kw_only=True)
class CheckSettings(WorkerSettings):
    """Settings of the ladder, beside those of the workers.

    Attributes:
        level: the last rung.
        seed: seed of all random values.
        steps: the length of the trajectory, in steps.
        dtype: the precision; only float64 can show an agreement.
        seeds: number of runs of each framework with its own randomness, for
            the statistics rung.
        margin: the allowed difference of the final metric: absolute for an
            accuracy, relative for a loss; None for 0.02 or 0.1.
        device: the device of both frameworks.

    Raises:
        SpecError: if a setting has a value that is not allowed.
    """

    level: Rung = "statistics"
    seed: int = 0
    steps: int = 500
    dtype: LadderDtype = "float64"
    seeds: int = SEEDS
    margin: float | None = None
    device: str = "cpu"

    def worker_options(self) -> WorkerOptions:
        """Return the options of the workers."""
        return super().worker_options() | {"device": self.device}

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.whole("seeds", self.seeds, FEWEST_SEEDS, MOST_SEEDS)
        if self.margin is not None:
            validation.positive("margin", self.margin)


@dataclass(frozen=True)
class CheckedArm:
    """The result of the ladder for one arm, with the causes.

    Attributes:
        ladder: the verdict of each rung that was reached.
        causes: conventions, or two-sided values, that make the frameworks
            differ; empty where they agree or no cause was identified.
    """

    ladder: LadderResult
    causes: tuple[Cause | ValueEffect, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of the rungs."""
        return outcome_of(self.ladder.verdicts)


def check_arms(
    spec: Experiment | TwoSided,
    settings: CheckSettings,
    watch: Watcher | None = None,
) -> Iterator[CheckedArm]:
    """Run the ladder on every arm, one after another.

    Args:
        spec: the experiment.
        settings: settings of the ladder.
        watch: called with the arm, the backend, the steps done and the
            total.

    Yields:
        The result of each arm.

    Raises:
        SpecError: if the data is not available; before training starts.
        WorkerError: if a framework fails.
    """
    with ExitStack() as stack:
        stack.enter_context(reading(settings.images))
        for name in spec.arms:
            for side in sides_of(spec.arm(name)).values():
                side.data.source.require_files()
        pair = stack.enter_context(WorkerPair(**settings.worker_options()))
        for name in spec.arms:
            progress = partial(watch, name) if watch else None
            yield _check(pair, spec, name, settings, progress)


def _check(
    pair: WorkerPair,
    spec: Experiment | TwoSided,
    name: str,
    settings: CheckSettings,
    progress: Any,
) -> CheckedArm:
    arguments: dict[str, Any] = {
        "seed": settings.seed,
        "steps": settings.steps,
        "level": settings.level,
        "dtype": settings.dtype,
        "progress": progress,
        "seeds": settings.seeds,
        "margin": settings.margin,
    }
    if isinstance(spec, TwoSided):
        ladder, explained = run_and_explain(pair, spec, name, **arguments)
        return CheckedArm(ladder, tuple(explained.all_causes))
    ladder = run_ladder(pair, spec.arm(name), **arguments)
    causes = diagnose(
        pair, ladder, settings.seed, settings.steps, settings.dtype
    )
    return CheckedArm(ladder, tuple(causes))


def outcome(arms: list[CheckedArm]) -> Outcome:
    """Return the worst outcome of all arms."""
    return worst([arm.outcome for arm in arms])
