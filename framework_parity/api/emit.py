"""Scripts of an experiment that need only the framework."""

from pathlib import Path
from typing import Any, Literal

from framework_parity.api.experiment import find_experiment
from framework_parity.common.choices import Dtype, LessonChoice, Profile
from framework_parity.common.codegen.scripts.script import Script
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.experiment import TwoSided
from framework_parity.comparisons.run.scripts import make_script


def emit(
    experiment: str | Path | dict[str, Any] | Experiment | TwoSided,
    framework: Literal["torch", "keras"],
    *,
    arm: str | None = None,
    dataset: str | None = None,
    lesson: LessonChoice | None = None,
    profile: Profile = "quick",
    exact: bool = False,
    arrays: str | None = None,
    seed: int = 0,
    dtype: Dtype | None = None,
    data_dir: str | Path | None = None,
) -> Script:
    """Return a script that trains an arm in one framework.

    The script imports nothing of this project. It contains the data, the
    model, the optimiser, training, evaluation and one plot.

    Args:
        experiment: a name of the catalogue, the path of a file, a
            dictionary with the contents of such a file, or an experiment.
        framework: `torch` or `keras`.
        arm: the name of the network; None for the first.
        dataset: one of the experiment's data sets; None for the default.
        lesson: the lesson whose numbers the experiment has, or `own` for the
            project's own version; None for the first in the full profile,
            and for the project's own in the quick profile.
        profile: `quick` or `full`.
        exact: whether the script reads the initial weights, the order of the
            samples and the masks from a file, so that it repeats the run of
            `run` with this seed.
        arrays: the name of that file; by default made from the names of the
            experiment, the arm and the framework.
        seed: the seed of the run.
        dtype: the precision; None for that of the arm's recipe.
        data_dir: folder with the files of the image data sets; by default
            that of PARITY_DATA, or ~/.cache/framework-parity.

    Returns:
        The script: its `python` and its `notebook` are texts, its `arrays`
        the content of the file that it reads, if it reads one.

    Raises:
        SpecError: if the experiment or an argument is invalid, or if the
            script cannot be written in this framework.
        WorkerError: if the framework fails.
    """
    spec = find_experiment(experiment, dataset, profile, lesson)
    return make_script(
        spec,
        framework,
        arm=arm,
        exact=exact,
        arrays=arrays,
        seed=seed,
        dtype=dtype,
        data_dir=data_dir,
    )
