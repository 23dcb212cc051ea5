"""The audit: what a naive port costs, and which conventions make the cost.

First the aligned run: both frameworks train what one complete specification
says, and the ladder judges them. Then the conventions that the two dialects
fill differently are switched, alone and together, and the final metric is
measured under some seeds, the same for each mix. `comparisons/audit/causes.py`
decides from these numbers whether the two naive ports differ by more than
chance, and which smallest sets of conventions make the difference. At last
each option of the recipe is taken away, to find what amplifies it.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from framework_parity.common.data import image_cache
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
    Measured,
    Sweep,
)
from framework_parity.comparisons.ladder.effects import Effect, paired
from framework_parity.comparisons.ladder.ladder import run_ladder
from framework_parity.comparisons.workers.pool import (
    LABELS,
    Watcher,
    WorkerPair,
)

# A size with more sets of conventions than are tried takes the strongest
# conventions only, and says so.
MOST_SETS = {"quick": 30, "full": 120}

# Workers where nobody says how many: each holds a framework in memory.
MOST_JOBS = 8

# Sets found that are shown, and so measured in both frameworks.
SHOWN_SETS = 3


def measure_defaults(
    port: NaivePort,
    settings: AuditSettings,
    watch: Watcher | None = None,
) -> AuditResult:
    """Measure what each difference of two naive ports costs.

    Args:
        port: the experiment, completed for each framework.
        settings: how it is measured.
        watch: called as the work goes on.

    Raises:
        SpecError: if the data cannot be had.
        WorkerError: if a framework breaks.
    """
    torch, keras = port.corners["torch"], port.corners["keras"]
    own = port.mixed({"torch": torch, "keras": keras}[port.own])
    with ExitStack() as stack:
        stack.enter_context(
            image_cache.image_folder(settings.data_dir, settings.download)
        )
        own.data.source.require_files()
        pair = stack.enter_context(WorkerPair(threads=1))
        aligned = run_ladder(
            pair,
            arm_of(own),
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
    arm: str | None,
    defaults: bool,
) -> NaivePort:
    """Return the naive ports of an experiment.

    Args:
        experiment: a name of the catalogue, a file, or what one would write
            in one.
        dataset: which of the experiment's data sets; None for its first.
        profile: `quick` or `full`.
        arm: which network; None for the one with the most fields unset.
        defaults: whether each port takes its framework's defaults;
            otherwise only the values differ that are written for each
            framework.

    Raises:
        SpecError: if the experiment is invalid in either dialect.
    """
    if isinstance(experiment, dict):
        return naive_port(experiment, arm, defaults)
    name = str(experiment)
    try:
        words = catalogue.written(name, dataset, profile)
        return naive_port(words, arm, defaults)
    except SpecError as error:
        raise (
            error.located(name) if catalogue.is_file(name) else error
        ) from error


class _Mixes:
    """The metric of an audit's mixes, as `comparisons.audit.causes` asks for
    it.
    """

    def __init__(self, found: AuditResult, lab: Sweep) -> None:
        self._port, self._metric, self._lab = found.port, found.metric, lab

    def ask(self, mixes: Iterable[DefaultsMix]) -> None:
        """Have the mixes trained in the background."""
        self._lab.ask(map(self._port.mixed, mixes))

    def values(self, mix: DefaultsMix) -> Values:
        """Return the metric of a mix, of shape (seeds,)."""
        runs = self._lab.measured(self._port.mixed(mix))
        return np.array(runs.values(self._metric))


def _measure(found: AuditResult, lab: Sweep) -> None:
    """Fill in all that is found by training."""
    port = found.port
    naive = list(port.corners.values())
    lab.ask(map(port.mixed, naive), "keras")
    lab.ask(map(port.mixed, [*naive, *_ones(port, naive)]))
    found.corners = [_corner(port, lab, mix) for mix in naive]
    finder = Finder(
        _Mixes(found, lab),
        [row.name for row in port.conventions],
        rising=METRICS[found.metric],
        margin=found.margin,
        resolution=found.resolution,
        most_sets=MOST_SETS[found.settings.profile],
    )
    found.switches = _switches(found, lab, finder)
    found.causes = finder.find()
    found.corners += _further_corners(found, lab)
    if found.gap_is_real:
        cause = found.cause or port.corners["keras"]
        found.options = _options(found, lab, found.good ^ cause)
    found.runs = lab.runs


def _ones(port: NaivePort, starts: list[DefaultsMix]) -> list[DefaultsMix]:
    """Return what is one switch away from any of some mixes."""
    names = (row.name for row in port.conventions)
    return [start ^ {name} for name in names for start in starts]


def _corner(port: NaivePort, lab: Sweep, mix: DefaultsMix) -> NamedMix:
    spec = port.mixed(mix)
    return NamedMix(mix, {side: lab.measured(spec, side) for side in LABELS})


def _switches(
    found: AuditResult, lab: Sweep, finder: Finder
) -> list[SingleChange]:
    """Measure every convention alone; return the strongest first."""
    port = found.port
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


def _further_corners(found: AuditResult, lab: Sweep) -> list[NamedMix]:
    """Measure in both frameworks what the causes do, and their parts."""
    assert found.causes is not None
    wanted: dict[DefaultsMix, None] = {}
    for made in found.search.sets[:SHOWN_SETS] if found.search else ():
        for size in range(1, len(made) + 1):
            for part in combinations(sorted(made), size):
                wanted[found.good ^ frozenset(part)] = None
    for undone in found.causes.undone_by[:SHOWN_SETS]:
        wanted[found.bad ^ undone] = None
    new = [m for m in wanted if m not in found.port.corners.values()]
    lab.ask(map(found.port.mixed, new), "keras")
    return [_corner(found.port, lab, mix) for mix in new]


def _options(
    found: AuditResult, lab: Sweep, bad_mix: DefaultsMix
) -> list[Option]:
    """Take the recipe's options away, one at a time, in both corners."""
    good, bad = map(found.port.mixed, (found.good, bad_mix))
    causes = found.good ^ bad_mix
    without = {
        path: (_without(good, path), _without(bad, path))
        for path in _said_options(good.recipe, ())
        if not _has_place(path, found.port, causes)
    }
    for pair in without.values():
        lab.ask(each for each in pair if each)
    sign = 1.0 if METRICS[found.metric] else -1.0

    def gap(good: Measured, bad: Measured) -> Effect:
        better, worse = (
            sign * np.array(runs.values(found.metric)) for runs in (good, bad)
        )
        return paired(better, worse, found.resolution)

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
    """Whether an option has one of the causes in it.

    Taking such an option away takes the cause away, which shows nothing.
    """
    rows = [row for row in port.conventions if row.name in causes]
    place = ".".join(("recipe", *path))
    return any(
        row.field.split(".")[0] in path or row.name.startswith(place)
        for row in rows
    )


def _said_options(
    model: Model, path: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    """Yield every field that is not what it is where nothing is said."""
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        if not info.is_required() and value != info.get_default():
            yield (*path, name)
        if isinstance(value, Model):
            yield from _said_options(value, (*path, name))


def _without(spec: Experiment, path: tuple[str, ...]) -> Experiment | None:
    """Return the experiment with one option as if nothing were said.

    None if such a recipe cannot be meant.
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
