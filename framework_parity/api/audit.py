"""Measure what the frameworks' defaults cost."""

from pathlib import Path
from typing import Any

from framework_parity.comparisons.audit.audit import (
    measure_defaults,
    read_port,
)
from framework_parity.comparisons.audit.result import AuditResult
from framework_parity.comparisons.audit.settings import AuditSettings
from framework_parity.comparisons.ladder.thresholds import (
    SEEDS_OF_AUDITS,
)
from framework_parity.comparisons.report.audit import page as audit_page
from framework_parity.comparisons.run import validation
from framework_parity.comparisons.run.runner import (
    Watcher,
)
from framework_parity.comparisons.run.settings import (
    Profile,
)


def audit(
    experiment: str | Path | dict[str, Any],
    *,
    dataset: str | None = None,
    profile: Profile = "quick",
    arm: str | None = None,
    seeds: int = SEEDS_OF_AUDITS,
    jobs: int | None = None,
    data_dir: str | Path | None = None,
    download: bool = False,
    out: str | Path | None = None,
    watch: Watcher | None = None,
    defaults: bool = True,
) -> AuditResult:
    """Measure what each difference of two naive ports costs.

    The ports differ in the frameworks' defaults, and in the values that the
    experiment writes for each framework.

    Args:
        experiment: a name of the catalogue, a file, or what one would write
            in one.
        dataset: which of the experiment's data sets; None for its first.
        profile: `quick`, or `full` for the experiment's own numbers.
        arm: which network; by default the one with the most unspecified
            defaults.
        seeds: runs of each mix, under seeds 0, 1, ...; at least 2. The
            error of a difference falls with the square root of it.
        jobs: how many PyTorch workers share the runs; by default one for
            each core, within reason.
        data_dir: folder with the files of known images; by default what
            PARITY_DATA says, or ~/.cache/framework-parity.
        download: whether each framework may fetch what is missing there.
        out: folder for the report, or None to write nothing.
        watch: called as the work goes on.
        defaults: whether each port takes its framework's defaults;
            otherwise only the values differ that are written for each
            framework.

    Raises:
        SpecError: if the experiment or an argument is invalid, in either
            dialect.
        WorkerError: if a framework breaks.
    """
    settings = AuditSettings(
        profile=profile,
        seeds=seeds,
        jobs=jobs,
        data_dir=data_dir,
        download=download,
    )
    port = read_port(experiment, dataset, profile, arm, defaults)
    if out is not None:
        out = validation.folder("out", out, validation.FILES["audit"])
    result = measure_defaults(port, settings, watch)
    if out is not None:
        with validation.writing(Path(out)):
            result.report = audit_page.write(result, Path(out))
    return result
