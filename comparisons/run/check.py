"""Run the ladder on every arm of an experiment, and name the causes."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from framework_parity.common.choices import LadderDtype, Rung
from framework_parity.common.data import image_cache
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
    Effect,
    run_and_explain,
)
from framework_parity.comparisons.ladder.verdict import (
    Outcome,
    outcome_of,
    worst,
)
from framework_parity.comparisons.run import validation
from framework_parity.comparisons.workers.pool import Watcher, WorkerPair


@dataclass(frozen=True)
class CheckSettings:
    """How far the ladder goes, and under which seeds.

    Attributes:
        level: the last rung.
        seed: of everything that is drawn.
        steps: the length of the trajectory.
        dtype: float64 is what shows an agreement.
        seeds: runs of each framework with its own randomness, for the rung
            of statistics.
        margin: how far apart their final metric may be: an accuracy, or a
            share of a loss; None for 0.02 or 0.1.
        device: what both compute on.
        data_dir: folder with the files of known images; None for what
            PARITY_DATA says, or ~/.cache/framework-parity.
        download: whether each framework may fetch what is missing there.

    Raises:
        SpecError: if a setting is none of what is allowed.
    """

    level: Rung = "statistics"
    seed: int = 0
    steps: int = 500
    dtype: LadderDtype = "float64"
    seeds: int = SEEDS
    margin: float | None = None
    device: str = "cpu"
    data_dir: str | Path | None = None
    download: bool = False

    def __post_init__(self) -> None:
        validation.whole("seeds", self.seeds, FEWEST_SEEDS, MOST_SEEDS)
        if self.margin is not None:
            validation.positive("margin", self.margin)


@dataclass(frozen=True)
class CheckedArm:
    """One arm's ladder, and what a disagreement comes from.

    Attributes:
        ladder: the verdict of each rung that was reached.
        causes: conventions, or values of two sides, that make the frameworks
            part; empty where they agree or nothing is known.
    """

    ladder: LadderResult
    causes: tuple[Cause | Effect, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of the rungs."""
        return outcome_of(self.ladder.verdicts)


def check_arms(
    spec: Experiment | TwoSided,
    settings: CheckSettings,
    watch: Watcher | None = None,
) -> Iterator[CheckedArm]:
    """Run the ladder on every arm, one after another.

    Args:
        spec: the experiment.
        settings: how far the ladder goes.
        watch: called as it goes on.

    Raises:
        SpecError: if the data cannot be had; before anything is trained.
        WorkerError: if a framework breaks.
    """
    with ExitStack() as stack:
        stack.enter_context(
            image_cache.image_folder(settings.data_dir, settings.download)
        )
        for name in spec.arms:
            for side in sides_of(spec.arm(name)).values():
                side.data.source.require_files()
        pair = stack.enter_context(WorkerPair(device=settings.device))
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
    asked: dict[str, Any] = {
        "seed": settings.seed,
        "steps": settings.steps,
        "level": settings.level,
        "dtype": settings.dtype,
        "progress": progress,
        "seeds": settings.seeds,
        "margin": settings.margin,
    }
    if isinstance(spec, TwoSided):
        ladder, explained = run_and_explain(pair, spec, name, **asked)
        return CheckedArm(ladder, tuple(explained.found))
    ladder = run_ladder(pair, spec.arm(name), **asked)
    causes = diagnose(
        pair, ladder, settings.seed, settings.steps, settings.dtype
    )
    return CheckedArm(ladder, tuple(causes))


def outcome(arms: list[CheckedArm]) -> Outcome:
    """Return the outcome of all arms together: the worst."""
    return worst([arm.outcome for arm in arms])
