"""Measure the cost of the frameworks' different defaults."""

from pathlib import Path
from typing import Any

from framework_parity.common.choices import LessonChoice, Profile
from framework_parity.comparisons.audit.audit import (
    measure_defaults,
    read_port,
)
from framework_parity.comparisons.audit.result import AuditResult
from framework_parity.comparisons.audit.settings import AuditSettings
from framework_parity.comparisons.ladder.thresholds import SEEDS_OF_AUDITS
from framework_parity.comparisons.report.audit import page as audit_page
from framework_parity.comparisons.run import validation
from framework_parity.comparisons.workers.worker import Watcher


def audit(
    experiment: str | Path | dict[str, Any],
    *,
    dataset: str | None = None,
    lesson: LessonChoice | None = None,
    profile: Profile = "quick",
    arm: str | None = None,
    seeds: int = SEEDS_OF_AUDITS,
    jobs: int | None = None,
    data_dir: str | Path | None = None,
    download: bool = False,
    out: str | Path | None = None,
    watch: Watcher | None = None,
    store: str | Path | None = None,
    fresh: bool = False,
    timeout: float | None = None,
    defaults: bool = True,
) -> AuditResult:
    """Measure the cost of each difference between two naive ports.

    The ports differ in the frameworks' defaults, and in the values that the
    experiment sets separately for each framework.

    Args:
        experiment: a name of the catalogue, the path of a file, or a
            dictionary with the contents of such a file.
        dataset: one of the experiment's data sets; None for the default.
        lesson: the lesson whose numbers the experiment has, or `own` for the
            project's own version; None for the first in the full profile,
            and for the project's own in the quick profile.
        profile: `quick`, or `full` for the experiment's own numbers.
        arm: name of the network; by default the one with the most
            differences.
        seeds: number of runs of each mix, under seeds 0, 1, ...; at least 2.
            The standard error of a difference falls with its square root.
        jobs: number of PyTorch workers that share the runs; by default one
            for each core, up to a maximum.
        data_dir: folder with the files of the image data sets; by default
            that of PARITY_DATA, or ~/.cache/framework-parity.
        download: whether each framework may download missing files.
        out: folder for the report, or None to write nothing.
        watch: called with the stage, the backend, the number done and the
            total.
        store: folder of finished runs, which are not computed again; None
            for that of PARITY_STORE, or ~/.cache/framework-parity/runs, and
            `off` for none.
        fresh: whether stored runs are computed again, and replaced.
        timeout: seconds without progress after which a framework is
            stopped; None for no limit.
        defaults: whether each port takes its framework's defaults;
            otherwise the ports differ only in the values that the experiment
            sets separately for each framework.

    Returns:
        The measured effects and the causes.

    Raises:
        SpecError: if the experiment or an argument is invalid, in either
            dialect.
        WorkerError: if a framework fails.
    """
    settings = AuditSettings(
        profile=profile,
        seeds=seeds,
        jobs=jobs,
        data_dir=data_dir,
        download=download,
        store=store,
        fresh=fresh,
        timeout=timeout,
    )
    port = read_port(*(experiment, dataset, profile, lesson, arm, defaults))
    if out is not None:
        out = validation.folder("out", out, validation.FILES["audit"])
    result = measure_defaults(port, settings, watch)
    if out is not None:
        with validation.writing(Path(out)):
            result.report = audit_page.write(result, Path(out))
    return result
