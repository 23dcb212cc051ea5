"""Run the ladder on an experiment."""

from pathlib import Path
from typing import Any

from framework_parity.api.experiment import find_experiment
from framework_parity.common.choices import LadderDtype, LessonChoice, Rung
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.experiment import TwoSided
from framework_parity.comparisons.ladder.thresholds import SEEDS
from framework_parity.comparisons.run.check import (
    CheckedArm,
    CheckSettings,
    check_arms,
)
from framework_parity.comparisons.workers.worker import Watcher


def check(
    experiment: str | Path | dict[str, Any] | Experiment | TwoSided,
    *,
    dataset: str | None = None,
    lesson: LessonChoice | None = None,
    level: Rung = "statistics",
    seed: int = 0,
    steps: int = 500,
    dtype: LadderDtype = "float64",
    seeds: int = SEEDS,
    margin: float | None = None,
    device: str = "cpu",
    data_dir: str | Path | None = None,
    download: bool = False,
    watch: Watcher | None = None,
    store: str | Path | None = None,
    fresh: bool = False,
    timeout: float | None = None,
) -> list[CheckedArm]:
    """Run the ladder on every arm, up to statistics over seeds.

    Args:
        experiment: a name of the catalogue, the path of a file, a
            dictionary with the contents of such a file, or an experiment.
        dataset: one of the experiment's data sets; None for the default.
        lesson: the lesson whose numbers the experiment has, or `own` for the
            project's own version; None for the first in the full profile,
            and for the project's own in the quick profile.
        level: the last rung.
        seed: seed of all random values.
        steps: the length of the trajectory, in steps.
        dtype: the precision; only float64 can show an agreement.
        seeds: number of runs of each framework with its own randomness, for
            the statistics rung; at least 5.
        margin: the allowed difference of the final metric: absolute for an
            accuracy, relative for a loss; None for 0.02 or 0.1.
        device: the device of both frameworks: `cpu`, `cuda` or `mps`.
        data_dir: folder with the files of the image data sets; by default
            that of PARITY_DATA, or ~/.cache/framework-parity.
        download: whether each framework's loader may download missing files.
        watch: called with the arm, the backend, the steps done and the
            total.
        store: folder of finished runs, which are not computed again; None
            for that of PARITY_STORE, or ~/.cache/framework-parity/runs, and
            `off` for none.
        fresh: whether stored runs are computed again, and replaced.
        timeout: seconds without progress after which a framework is
            stopped; None for no limit.

    Returns:
        The verdicts of each arm, and the causes of a disagreement.

    Raises:
        SpecError: if the experiment or a setting is invalid; before training
            starts.
        WorkerError: if a framework fails.
    """
    settings = CheckSettings(
        level=level,
        seed=seed,
        steps=steps,
        dtype=dtype,
        seeds=seeds,
        margin=margin,
        device=device,
        data_dir=data_dir,
        download=download,
        store=store,
        fresh=fresh,
        timeout=timeout,
    )
    spec = find_experiment(experiment, dataset, "quick", lesson)
    return list(check_arms(spec, settings, watch))
