"""Find an experiment by name, path or contents."""

from pathlib import Path
from typing import Any

from framework_parity.common.choices import LessonChoice
from framework_parity.common.spec.errors import SpecError, shown
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.experiment import (
    TwoSided,
    parse_sides,
)
from framework_parity.comparisons import catalogue


def find_experiment(
    experiment: Any,
    dataset: str | None,
    profile: str,
    lesson: LessonChoice | None = None,
) -> Experiment | TwoSided:
    """Return an experiment of the catalogue, of a file, or of a dictionary.

    Args:
        experiment: a name of the catalogue, the path of a file, a
            dictionary with the contents of such a file, or an experiment.
        dataset: name of one of the experiment's data sets; None for the
            default. Allowed only with a name of the catalogue.
        profile: `quick` or `full`.
        lesson: as in `catalogue.find`; allowed only with a name of the
            catalogue.

    Returns:
        The complete specification.

    Raises:
        SpecError: if it is none of these, or is invalid.
    """
    if isinstance(experiment, str | Path):
        return catalogue.find(str(experiment), dataset, profile, lesson)
    if not isinstance(experiment, Experiment | TwoSided | dict):
        raise SpecError(
            "experiment",
            f"got {shown(experiment)}, expected a name of the catalogue, the "
            "path of a .yaml or .json file, a dict with the content of such a "
            "file would, or an Experiment",
        )
    for option, value in {"dataset": dataset, "lesson": lesson}.items():
        if value is not None:
            raise SpecError(
                option,
                f"got {shown(value)}, but the experiment specifies its own",
            )
    if isinstance(experiment, dict):
        return parse_sides(experiment)
    return experiment
