"""Measure the cost of a naive port, and find the conventions that cause it.

The first step is the aligned run: both frameworks train one complete
specification, and the ladder compares them. Then the conventions whose
defaults differ between the two dialects are switched, alone and together, and
the final metric is measured under the same seeds for each mix.
`comparisons/audit/causes.py` decides from these values whether the two naive
ports differ by more than chance, and which smallest sets of conventions
cause the difference. Finally each option of the recipe is removed, to find
those that amplify the difference.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from framework_parity.common.choices import LessonChoice
from framework_parity.common.data.image_cache import reading
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.load import parse
from framework_parity.common.spec.node import Model
from framework_parity.comparisons import catalogue
from framework_parity.comparisons.audit.causes import (
    DefaultsMix,
    Finder,
    Values,
)
from framework_parity.comparisons.audit.naive_port import (
    NaivePort,
    arm_of,
    naive_port,
)
from framework_parity.comparisons.audit.result import (
    AuditResult,
    NamedMix,
    Option,
    SingleChange,
)
from framework_parity.comparisons.audit.settings import AuditSettings
from framework_parity.comparisons.audit.sweep import (
    METRICS,
    MixRuns,
    Sweep,
)
from framework_parity.comparisons.ladder.effects import Effect, paired
from framework_parity.comparisons.ladder.ladder import run_ladder
from framework_parity.comparisons.workers.worker import (
    LABELS,
    Watcher,
    WorkerPair,
)

# The maximum number of sets of one size, by profile. A size with more sets is
# limited to the strongest conventions, and the result records it.
MOST_SETS = {"quick": 30, "full": 120}

# Maximum of the default number of workers; each has a framework in memory.
MOST_JOBS = 8

# Number of sets that are reported, and therefore measured in both frameworks.
SHOWN_SETS = 3


def measure_defaults(
    port: NaivePort,
    settings: AuditSettings,
    watch: Watcher | None = None,
) -> AuditResult:
    """Measure the cost of each difference between two naive ports.

    Args:
        port: the experiment, completed for each framework.
        settings: the settings of the audit.
        watch: called with the stage, the backend, the number done and the
            total.

    Returns:
        The measurements; only the aligned run where that disagrees.

    Raises:
        SpecError: if the data is not available.
        WorkerError: if a framework fails.
    """
    torch, keras = port.corners["torch"], port.corners["keras"]
    spec = port.mixed({"torch": torch, "keras": keras}[port.own])
    with ExitStack() as stack:
        stack.enter_context(reading(settings.images))
        spec.data.source.require_files()
        pair = stack.enter_context(WorkerPair(**settings.worker_options()))
        aligned = run_ladder(
            pair,
            arm_of(spec),
            steps=settings.trajectory_steps,
            progress=partial(watch, "aligned run") if watch else None,
        )
        audit = AuditResult(port, port.mixed(torch), aligned, settings)
        if port.conventions and audit.verdict != "disagree":
            count = partial(watch, "mixes") if watch else None
            jobs = settings.jobs or min(os.cpu_count() or 1, MOST_JOBS)
            with Sweep(pair, settings.seeds, jobs, count) as lab:
                _measure(audit, lab)
    return audit


def read_port(
    experiment: str | Path | dict[str, Any],
    dataset: str | None,
    profile: str,
    lesson: LessonChoice | None,
    arm: str | None,
    defaults: bool,
) -> NaivePort:
    """Return the naive ports of an experiment.

    Args:
        experiment: a name of the catalogue, the path of a file, or a
            dictionary with the contents of such a file.
        dataset: one of the experiment's data sets; None for the default.
        profile: `quick` or `full`.
        lesson: as in `catalogue.find`.
        arm: name of the network; None for the one with the most differences.
        defaults: whether each port takes its framework's defaults;
            otherwise the ports differ only in the two-sided values.

    Returns:
        The two ports.

    Raises:
        SpecError: if the experiment is invalid in either dialect.
    """
    if isinstance(experiment, dict):
        return naive_port(experiment, arm, defaults)
    name = str(experiment)
    try:
        document = catalogue.written(name, dataset, profile, lesson)
        return naive_port(document, arm, defaults)
    except SpecError as error:
        raise (
            error.located(name) if catalogue.is_file(name) else error
        ) from error


class _Mixes:
    """The metric of an audit's mixes, as a `causes.MixMetrics`."""

    def __init__(self, audit: AuditResult, lab: Sweep) -> None:
        self._port, self._metric, self._lab = audit.port, audit.metric, lab

    def ask(self, mixes: Iterable[DefaultsMix]) -> None:
        """Start training the mixes in the background."""
        self._lab.ask(map(self._port.mixed, mixes))

    def values(self, mix: DefaultsMix) -> Values:
        """Return the metric of a mix, of shape (seeds,)."""
        runs = self._lab.measured(self._port.mixed(mix))
        return np.array(runs.values(self._metric))


def _measure(audit: AuditResult, lab: Sweep) -> None:
    """Fill in the fields of a result that training determines."""
    port = audit.port
    naive = list(port.corners.values())
    lab.ask(map(port.mixed, naive), "keras")
    lab.ask(map(port.mixed, [*naive, *_ones(port, naive)]))
    audit.corners = [_corner(port, lab, mix) for mix in naive]
    finder = Finder(
        _Mixes(audit, lab),
        [row.name for row in port.conventions],
        rising=METRICS[audit.metric],
        margin=audit.margin,
        resolution=audit.resolution,
        most_sets=MOST_SETS[audit.settings.profile],
    )
    audit.switches = _switches(audit, lab, finder)
    audit.causes = finder.find()
    audit.corners += _further_corners(audit, lab)
    if audit.gap_is_real:
        cause = audit.cause or port.corners["keras"]
        audit.options = _options(audit, lab, audit.good ^ cause)
    audit.runs = lab.runs


def _ones(port: NaivePort, starts: list[DefaultsMix]) -> list[DefaultsMix]:
    """Return the mixes that differ from one of the given in one switch."""
    names = (row.name for row in port.conventions)
    return [start ^ {name} for name in names for start in starts]


def _corner(port: NaivePort, lab: Sweep, mix: DefaultsMix) -> NamedMix:
    spec = port.mixed(mix)
    return NamedMix(mix, {side: lab.measured(spec, side) for side in LABELS})


def _switches(
    audit: AuditResult, lab: Sweep, finder: Finder
) -> list[SingleChange]:
    """Measure every convention alone; sort by decreasing strength."""
    port = audit.port
    nothing, everything = port.corners.values()
    torch = port.mixed(nothing)
    before = lab.measured(torch).values("train_loss")
    switches = []
    for row in port.conventions:
        alone = port.mixed(nothing | {row.name})
        losses = lab.measured(alone).values("train_loss")
        switches.append(
            SingleChange(
                convention=row,
                alone=finder.effect(nothing, nothing | {row.name}),
                last=finder.effect(everything - {row.name}, everything),
                loss=paired(losses, before),
                drift=lab.drift(alone, torch),
                comparisons=len(port.conventions),
            )
        )
    return sorted(switches, key=lambda switch: -switch.strength)


def _further_corners(audit: AuditResult, lab: Sweep) -> list[NamedMix]:
    """Measure the causes and their subsets in both frameworks."""
    assert audit.causes is not None
    wanted: dict[DefaultsMix, None] = {}
    for made in audit.search.sets[:SHOWN_SETS] if audit.search else ():
        for size in range(1, len(made) + 1):
            for part in combinations(sorted(made), size):
                wanted[audit.good ^ frozenset(part)] = None
    for undone in audit.causes.undone_by[:SHOWN_SETS]:
        wanted[audit.bad ^ undone] = None
    new = [m for m in wanted if m not in audit.port.corners.values()]
    lab.ask(map(audit.port.mixed, new), "keras")
    return [_corner(audit.port, lab, mix) for mix in new]


def _options(
    audit: AuditResult, lab: Sweep, bad_mix: DefaultsMix
) -> list[Option]:
    """Remove the recipe's options, one at a time, in both corners."""
    good, bad = map(audit.port.mixed, (audit.good, bad_mix))
    causes = audit.good ^ bad_mix
    without = {
        path: (_without(good, path), _without(bad, path))
        for path in _specified_options(good.recipe, ())
        if not _has_place(path, audit.port, causes)
    }
    for pair in without.values():
        lab.ask(spec for spec in pair if spec)
    sign = 1.0 if METRICS[audit.metric] else -1.0

    def gap(good: MixRuns, bad: MixRuns) -> Effect:
        better, worse = (
            sign * np.array(runs.values(audit.metric)) for runs in (good, bad)
        )
        return paired(better, worse, audit.resolution)

    before, runs = lab.measured(good), lab.measured(bad)
    had = gap(before, runs)
    options = []
    for path, (good_less, bad_less) in without.items():
        has = left = None
        if good_less is not None and bad_less is not None:
            left = lab.measured(bad_less)
            has = gap(lab.measured(good_less), left)
        name = ".".join(path)
        options.append(Option(name, had, has, runs, left, len(without)))
    return options


def _has_place(
    path: tuple[str, ...], port: NaivePort, causes: DefaultsMix
) -> bool:
    """Whether an option contains one of the causes.

    Removing such an option also removes the cause, which is no evidence.
    """
    rows = [row for row in port.conventions if row.name in causes]
    place = ".".join(("recipe", *path))
    return any(
        row.field.split(".")[0] in path or row.name.startswith(place)
        for row in rows
    )


def _specified_options(
    model: Model, path: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    """Yield the path of every field that differs from its default."""
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        if not info.is_required() and value != info.get_default():
            yield (*path, name)
        if isinstance(value, Model):
            yield from _specified_options(value, (*path, name))


def _without(spec: Experiment, path: tuple[str, ...]) -> Experiment | None:
    """Return the experiment with one option at its default.

    None if such a recipe is invalid.
    """
    changed = spec.model_copy(update={"recipe": _reset(spec.recipe, path)})
    try:
        return parse(changed.model_dump(mode="json"))
    except SpecError:
        return None


def _reset(model: Model, path: tuple[str, ...]) -> Model:
    name, *inner = path
    value = (
        _reset(getattr(model, name), tuple(inner))
        if inner
        else type(model).model_fields[name].get_default()
    )
    return model.model_copy(update={name: value})
