"""Run the ladder on an experiment."""

from pathlib import Path
from typing import Any

from framework_parity.api.experiment import find_experiment
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.experiment import (
    TwoSided,
)
from framework_parity.comparisons.run.check import (
    CheckedArm,
    CheckSettings,
    check_arms,
)
from framework_parity.comparisons.run.runner import (
    Watcher,
)


def check(
    experiment: str | Path | dict[str, Any] | Experiment | TwoSided,
    *,
    dataset: str | None = None,
    watch: Watcher | None = None,
    **settings: Any,
) -> list[CheckedArm]:
    """Run the ladder on every arm, up to statistics over seeds.

    Args:
        experiment: a name of the catalogue, a file, what one would write in
            one, or an experiment.
        dataset: which of the experiment's data sets; None for its first.
        watch: called as it goes on.
        settings: the fields of `CheckSettings`.

    Returns:
        The verdicts of each arm, and what a disagreement comes from.

    Raises:
        SpecError: if the experiment or a setting is invalid; before anything
            is trained.
        WorkerError: if a framework breaks.
    """
    checked = CheckSettings(**settings)
    spec = find_experiment(experiment, dataset, "quick")
    return list(check_arms(spec, checked, watch))
