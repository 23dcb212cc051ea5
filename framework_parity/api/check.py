"""Run the ladder on an experiment."""

from pathlib import Path
from typing import Any

from framework_parity.api.experiment import find_experiment
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.experiment import TwoSided
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
    watch: Watcher | None = None,
    **settings: Any,
) -> list[CheckedArm]:
    """Run the ladder on every arm, up to statistics over seeds.

    Args:
        experiment: a name of the catalogue, the path of a file, a
            dictionary with the contents of such a file, or an experiment.
        dataset: one of the experiment's data sets; None for its first.
        watch: called with the arm, the backend, the steps done and the
            total.
        settings: the fields of `CheckSettings`.

    Returns:
        The verdicts of each arm, and the causes of a disagreement.

    Raises:
        SpecError: if the experiment or a setting is invalid; before training
            starts.
        WorkerError: if a framework fails.
    """
    checked = CheckSettings(**settings)
    spec = find_experiment(experiment, dataset, "quick")
    return list(check_arms(spec, checked, watch))
