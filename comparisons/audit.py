"""The audit: what a naive port costs, and which conventions make the cost.

First the aligned run: both frameworks train what one complete specification
says, and the ladder judges them. Then the conventions that the two dialects
fill differently are switched, alone and together, and the final metric is
measured over some seeds. Where the two naive ports part by more than seeds
do, the smallest sets of conventions are sought that make the difference
from the better port, and those whose removal unmakes it from the worse one.
At last each option of the recipe is taken away: what turns a small
difference into a large one?
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any, Literal

from common import image_files
from common.element import Model
from common.errors import SpecError
from common.experiment import Experiment
from common.load import parse
from comparisons import arguments, catalogue
from comparisons.findings import Audit, Corner, Option, Search, Switch
from comparisons.laboratory import METRICS, Laboratory
from comparisons.ladder import climb
from comparisons.naive import Mix, NaivePort, arm_of, naive_port
from comparisons.tolerances import MOST_SEEDS
from comparisons.workers import LABELS, Pair

Watcher = Callable[[str, str, int, int], None]
"""Called with the stage, the backend, and how much is done of how much."""

# How long the aligned run's float64 trajectory is, in steps.
TRAJECTORY = {"quick": 500, "full": 2000}

# Sets of conventions are sought up to this size. A size with more sets than
# are tried takes the strongest conventions only, and says so.
LARGEST_SET = 3
MOST_SETS = {"quick": 30, "full": 120}

# Workers where nobody says how many: each holds a framework in memory.
MOST_JOBS = 8

# Sets found that are shown, and so measured in both frameworks.
SHOWN_SETS = 3


def audit(
    experiment: str | Path | dict[str, Any],
    *,
    dataset: str | None = None,
    profile: Literal["quick", "full"] = "quick",
    arm: str | None = None,
    seeds: int = 3,
    jobs: int | None = None,
    data_dir: str | Path | None = None,
    download: bool = False,
    out: str | Path | None = None,
    watch: Watcher | None = None,
) -> Audit:
    """Measure what each convention of a naive port costs.

    Args:
        experiment: a name of the catalogue, a file, or what somebody would
            write in one.
        dataset: which of the experiment's data sets; None for its first.
        profile: `quick`, or `full` for the experiment's own numbers.
        arm: which network; by default the one that leaves most unsaid.
        seeds: runs of each mix, under seeds 0, 1, ...; at least 2, since
            their spread says what a difference is worth.
        jobs: how many PyTorch workers share the runs; by default one for
            each core, within reason.
        data_dir: folder with the files of known images; by default what
            PARITY_DATA says, or ~/.cache/framework-parity.
        download: whether each framework may fetch what is missing there.
        out: folder for the report, or None to write nothing.
        watch: called as the work goes on.

    Raises:
        SpecError: if the experiment cannot be meant, in either dialect.
        WorkerError: if a framework breaks.
    """
    arguments.one_of("profile", profile, TRAJECTORY)
    seeds = arguments.whole("seeds", seeds, 2, MOST_SEEDS)
    if jobs is not None:
        jobs = arguments.whole("jobs", jobs, 1)
    port = _read(experiment, dataset, profile, arm)
    if out is not None:
        out = arguments.folder("out", out, arguments.FILES["audit"])
    torch, keras = port.corners["torch"], port.corners["keras"]
    own = port.mixed({"torch": torch, "keras": keras}[port.own])
    with ExitStack() as stack:
        stack.enter_context(image_files.kept_in(data_dir, download))
        own.data.source.demand()
        pair = stack.enter_context(Pair(threads=1))
        climbed = climb(
            pair,
            arm_of(own),
            steps=TRAJECTORY[profile],
            progress=partial(watch, "aligned run") if watch else None,
        )
        settings = {"profile": profile, "dtype": "float64", "seeds": seeds}
        found = Audit(port, port.mixed(torch), climbed, settings)
        if port.conventions and found.verdict != "disagree":
            count = partial(watch, "mixes") if watch else None
            jobs = jobs or min(os.cpu_count() or 1, MOST_JOBS)
            with Laboratory(pair, seeds, jobs, count) as lab:
                _measure(found, lab)
    if out is not None:
        from comparisons.audit_report import write

        with arguments.writing(Path(out)):
            found.report = write(found, Path(out))
    return found


def _read(
    experiment: str | Path | dict[str, Any],
    dataset: str | None,
    profile: str,
    arm: str | None,
) -> NaivePort:
    if isinstance(experiment, dict):
        return naive_port(experiment, arm)
    name = str(experiment)
    try:
        return naive_port(catalogue.written(name, dataset, profile), arm)
    except SpecError as error:
        raise (
            error.located(name) if catalogue.is_file(name) else error
        ) from error


def _measure(found: Audit, lab: Laboratory) -> None:
    """Fill in all that is found by training."""
    port = found.port
    naive = list(port.corners.values())
    lab.ask(map(port.mixed, naive), "keras")
    lab.ask(map(port.mixed, [*naive, *_ones(port, naive)]))
    found.corners = [_corner(port, lab, mix) for mix in naive]
    found.switches = _switches(found, lab)
    if found.gap_is_real:
        found.makes = _smallest_sets(found, lab, found.good)
        found.unmakes = _smallest_sets(found, lab, found.bad)
        found.corners += _further_corners(found, lab)
    culprits = found.culprits or port.corners["keras"]
    found.options = list(_options(found, lab, found.good ^ culprits))
    found.runs = lab.runs


def _ones(port: NaivePort, starts: list[Mix]) -> list[Mix]:
    """Return what is one switch away from any of some mixes."""
    names = (row.name for row in port.conventions)
    return [start ^ {name} for name in names for start in starts]


def _corner(port: NaivePort, lab: Laboratory, mix: Mix) -> Corner:
    spec = port.mixed(mix)
    return Corner(mix, {side: lab.measured(spec, side) for side in LABELS})


def _switches(found: Audit, lab: Laboratory) -> list[Switch]:
    """Measure every convention alone; return the strongest first."""
    port = found.port
    torch, keras = (port.mixed(mix) for mix in port.corners.values())

    def gain(before: Experiment, after: Experiment, metric: str) -> float:
        runs = lab.measured(before), lab.measured(after)
        return runs[1].mean(metric) - runs[0].mean(metric)

    switches = []
    for row in port.conventions:
        alone = port.mixed(frozenset({row.name}))
        but = port.mixed(port.corners["keras"] - {row.name})
        switches.append(
            Switch(
                convention=row,
                alone=gain(torch, alone, found.metric),
                last=gain(but, keras, found.metric),
                loss=gain(torch, alone, "train_loss"),
                drift=lab.drift(alone, torch),
            )
        )
    return sorted(switches, key=lambda switch: -switch.strength)


def _smallest_sets(found: Audit, lab: Laboratory, start: Mix) -> Search:
    """Seek the smallest sets that carry one corner to the other.

    A set does so when it moves the mean by half of the gap at least, in the
    gap's direction, and by more than seeds do.
    """
    ranked = [switch.convention.name for switch in found.switches]
    search = Search((), 0, 0, 0)
    for size in range(1, min(LARGEST_SET, len(ranked)) + 1):
        reach = len(ranked)
        while comb(reach, size) > MOST_SETS[found.settings["profile"]]:
            reach -= 1
        sets = [frozenset(s) for s in combinations(ranked[:reach], size)]
        lab.ask(found.port.mixed(start ^ switched) for switched in sets)
        works = [s for s in sets if moves(found, lab, start, start ^ s)]
        search = Search(tuple(works), size, len(sets), comb(len(ranked), size))
        if works:
            break
    return search


def moves(found: Audit, lab: Laboratory, start: Mix, mix: Mix) -> bool:
    """Whether a mix lies nearer to the other corner than to the start."""
    before, after = (
        lab.measured(found.port.mixed(each)).mean(found.metric)
        for each in (start, mix)
    )
    keras_is_start = start == found.port.corners["keras"]
    gap = -found.gap if keras_is_start else found.gap
    share = (after - before) / gap
    return share >= 0.5 and abs(after - before) > found.spread


def _further_corners(found: Audit, lab: Laboratory) -> list[Corner]:
    """Measure in both frameworks what the sets found do, and their parts."""
    assert found.makes is not None
    assert found.unmakes is not None
    wanted: dict[Mix, None] = {}
    for made in found.makes.sets[:SHOWN_SETS]:
        for size in range(1, len(made) + 1):
            for part in combinations(sorted(made), size):
                wanted[found.good ^ frozenset(part)] = None
    for unmade in found.unmakes.sets[:SHOWN_SETS]:
        wanted[found.bad ^ unmade] = None
    new = [m for m in wanted if m not in found.port.corners.values()]
    lab.ask(map(found.port.mixed, new), "keras")
    return [_corner(found.port, lab, mix) for mix in new]


def _options(found: Audit, lab: Laboratory, bad_mix: Mix) -> Iterator[Option]:
    """Take the recipe's options away, one at a time, in both corners."""
    good, bad = map(found.port.mixed, (found.good, bad_mix))
    without = {
        path: (_without(good, path), _without(bad, path))
        for path in _said_options(good.recipe, ())
    }
    for pair in without.values():
        lab.ask(each for each in pair if each)
    before, runs = lab.measured(good), lab.measured(bad)
    sign = 1.0 if METRICS[found.metric] else -1.0

    def gap(good: Any, bad: Any) -> float:
        return sign * float(good.mean(found.metric) - bad.mean(found.metric))

    for path, (good_less, bad_less) in without.items():
        name, had = ".".join(path), gap(before, runs)
        if good_less is None or bad_less is None:
            yield Option(name, had, None, runs, None)
            continue
        left = lab.measured(bad_less)
        has = gap(lab.measured(good_less), left)
        yield Option(name, had, has, runs, left)


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
