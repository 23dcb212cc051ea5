"""Scripts of the arms of an experiment."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from framework_parity.common.choices import Dtype
from framework_parity.common.codegen.scripts.script import (
    Script,
    ScriptOptions,
)
from framework_parity.common.data.image_cache import image_files, reading
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.errors import SpecError, names, nearest
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.arms import sides_of
from framework_parity.common.spec.two_sided.experiment import TwoSided
from framework_parity.comparisons.run import validation
from framework_parity.comparisons.workers.worker import PACKAGES, Worker


def plain_options(
    spec: Experiment | TwoSided,
    side: Arm,
    dtype: Dtype | None = None,
    seed: int = 0,
) -> ScriptOptions:
    """Return the options of a script that draws its own random values.

    Args:
        spec: the experiment.
        side: the arm of one framework.
        dtype: the precision; None for that of the arm's recipe.
        seed: the seed of the run.
    """
    return ScriptOptions(
        experiment=spec.name,
        summary=spec.teaches.split("\n")[0],
        seed=seed,
        dtype=dtype or side.recipe.precision,
    )


def make_script(
    spec: Experiment | TwoSided,
    framework: str,
    *,
    arm: str | None,
    exact: bool,
    arrays: str | None,
    seed: int,
    dtype: Dtype | None,
    data_dir: str | Path | None,
) -> Script:
    """Return a script that trains an arm; see `framework_parity.emit`.

    Args:
        spec: the experiment.
        framework: `torch` or `keras`.
        arm: the name of the network; None for the first.
        exact: whether the script repeats the run of this project.
        arrays: the name of the file that the script reads.
        seed: the seed of the run.
        dtype: the precision; None for that of the arm's recipe.
        data_dir: folder with the files of the image data sets.

    Raises:
        SpecError: if an argument is invalid.
        WorkerError: if the framework fails.
    """
    validation.one_of("framework", framework, PACKAGES)
    name = next(iter(spec.arms)) if arm is None else arm
    if name not in spec.arms:
        raise SpecError(
            "arm",
            f"got {name!r}, expected one of: {names(spec.arms)}"
            + nearest(name, spec.arms),
        )
    side = sides_of(spec.arm(name))[framework]
    images = image_files(data_dir, False)
    options = replace(
        plain_options(spec, side, dtype, seed),
        exact=exact,
        arrays=arrays or f"{spec.name}-{name}-{framework}.npz",
    )
    with reading(images):
        if exact:
            side.data.source.require_files()
        with closing(Worker(framework, images=images)) as worker:
            script: Script = worker.submit(
                "script", arm=side, options=options
            ).result()
    return script
