"""Fuzzing: run the ladder on random specifications, in float64.

A specification that agrees is also trained in the precision of its recipe, if
that is another; see `comparisons.ladder.precision`. The specifications come
from `strategies`. One on which the two frameworks disagree, or on which one
of them fails, is shrunk by Hypothesis to the simplest that still fails, and
saved as YAML, which `parity check` replays.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from framework_parity.common.spec.experiment import Experiment
from framework_parity.comparisons.fuzz.strategies import experiments
from framework_parity.comparisons.ladder.ladder import run_ladder
from framework_parity.comparisons.ladder.precision import train_in
from framework_parity.comparisons.ladder.verdict import (
    Outcome,
    Verdict,
    outcome_of,
    worst,
)
from framework_parity.comparisons.workers.pool import WorkerPool
from framework_parity.comparisons.workers.worker import (
    FuzzWatcher,
    WorkerError,
    WorkerPair,
)

# Number of specs that Hypothesis draws from one seed.
ROUND = 50

# Maximum number of disagreements that are shrunk; all are counted.
MOST_SHRUNK = 5

# Time limit of shrinking one spec, in seconds: where a spec crashes a
# framework, each attempt needs new workers.
SHRINKING = 60.0


class DisagreementError(AssertionError):
    """A failure that Hypothesis shrinks."""


class OutOfTimeError(BaseException):
    """Ends shrinking; Hypothesis takes an `Exception` for a failure."""


@dataclass
class Failure:
    """A spec on which the two frameworks disagree, after shrinking.

    Attributes:
        spec: the simplest failing spec.
        original: the spec as it was drawn.
        verdict: the verdict on the simplest spec.
        path: path of the saved file, or None.
    """

    spec: Experiment
    original: Experiment
    verdict: Verdict
    path: Path | None = None


@dataclass
class Fuzzed:
    """The result of a fuzzing run.

    Attributes:
        seed: seed of the specs.
        outcomes: number of specs by outcome.
        undecided: the reason for each undecided spec.
        precisions: number of specs that were also trained in a precision
            other than float64, by precision and outcome; a spec is
            `undecided` where training is chaotic too early.
        failures: the disagreements that were shrunk.
        seconds: wall time, without shrinking.
        busy: seconds that each framework computed, over all pairs.
        jobs: number of pairs of workers.
    """

    seed: int
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    undecided: list[str] = field(default_factory=list)
    precisions: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0
    busy: Counter[str] = field(default_factory=Counter)
    jobs: int = 1

    @property
    def count(self) -> int:
        """Number of specs that were compared."""
        return self.outcomes.total()

    @property
    def per_minute(self) -> float:
        """Number of specs that were compared per minute."""
        return 60 * self.count / self.seconds if self.seconds else 0.0

    @property
    def verdict(self) -> Outcome:
        """The worst outcome of all specs."""
        return worst([kind for kind, n in self.outcomes.items() if n])

    def as_json(self) -> dict[str, Any]:
        """Return the object of the command line's contract."""
        return {
            "command": "fuzz",
            "verdict": self.verdict,
            "seed": self.seed,
            "count": self.count,
            "disagreements": self.outcomes["disagree"],
            "undecided": self.outcomes["undecided"],
            "precisions": {
                f"{precision}: {outcome}": count
                for (precision, outcome), count in sorted(
                    self.precisions.items()
                )
            },
            "specs_per_minute": round(self.per_minute, 1),
            "seconds": round(self.seconds, 1),
            "busy_share": {
                backend: round(seconds / self.seconds / self.jobs, 3)
                for backend, seconds in self.busy.items()
            },
            "failures": [
                {
                    "spec": failure.spec.model_dump(mode="json"),
                    "file": str(failure.path) if failure.path else None,
                    **failure.verdict.as_json(),
                }
                for failure in self.failures
            ],
        }


def fuzz(
    count: int,
    seed: int = 0,
    *,
    steps: int = 20,
    jobs: int = 2,
    out: Path | None = None,
    setup: dict[str, str] | None = None,
    watch: FuzzWatcher | None = None,
    timeout: float | None = None,
) -> Fuzzed:
    """Run the ladder on random specs.

    Args:
        count: number of different specs.
        seed: seed of the specs.
        steps: length of each trajectory, in steps.
        jobs: number of pairs of workers.
        out: folder for the specs that fail, or None to save none. The specs
            as they were drawn are saved at once in its folder `as_drawn`.
        setup: `module:function` that each worker calls first, by backend;
            the tests plant faults with it.
        watch: called with the specs done, the total and the disagreements.
        timeout: seconds without progress after which a framework is
            stopped; None for no limit.

    Returns:
        The outcomes and the failures.
    """
    result = Fuzzed(seed, jobs=jobs)
    failing: list[tuple[Experiment, int, Verdict]] = []
    start = time.perf_counter()
    with WorkerPool(jobs, setup=setup, threads=1, timeout=timeout) as pool:
        ladder = _Ladder(pool, steps)
        waiting = []
        # Results arrive while further specs are drawn.
        done = _Done(count, watch)
        for spec, number in _drawn(count, seed):
            future = ladder.submit(spec)
            future.add_done_callback(done)
            waiting.append((spec, number, future))
        for spec, number, future in waiting:
            outcome, verdict = future.result()
            result.outcomes[outcome] += 1
            if outcome == "disagree":
                failing.append((spec, number, verdict))
                if out is not None:
                    _write(spec, verdict.sentence, out / "as_drawn")
            elif outcome == "undecided":
                result.undecided.append(verdict.sentence)
        result.seconds = time.perf_counter() - start
        result.busy, result.precisions = pool.busy(), ladder.precisions
        for spec, number, verdict in failing[:MOST_SHRUNK]:
            failure = _shrunk(ladder, spec, number, verdict)
            result.failures.append(failure)
    if out is not None:
        _save(result, out)
    return result


def round_of_specs(
    number: int, act: Callable[[Experiment], None], *phases: Phase
) -> None:
    """Draw specs from a seed with Hypothesis, and call a function on each.

    Args:
        number: the seed.
        act: called with each spec; an exception marks a failing one.
        phases: the phases of Hypothesis to run.
    """

    @seeded(number)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(experiments())
    def drawn(spec: Experiment) -> None:
        act(spec)

    drawn()


def _drawn(count: int, seed: int) -> Iterator[tuple[Experiment, int]]:
    """Yield different specs, each with the number of its round."""
    known: set[str] = set()
    number = seed * 1_000_003
    while True:
        specs: list[Experiment] = []
        round_of_specs(number, specs.append, Phase.generate)
        for spec in specs:
            if spec.content_hash not in known:
                known.add(spec.content_hash)
                yield spec, number
            if len(known) == count:
                return
        number += 1


def _shrunk(
    ladder: "_Ladder", original: Experiment, number: int, verdict: Verdict
) -> Failure:
    """Draw the round again, fail at the spec, and shrink it.

    A disagreement that does not come again is returned as it was drawn.

    Args:
        ladder: runs the ladder.
        original: the specification that failed.
        number: of the round that it was drawn in.
        verdict: of its failure.
    """
    failing: dict[str, tuple[Experiment, Verdict]] = {}
    end = time.perf_counter() + SHRINKING

    def fails(spec: Experiment) -> None:
        key = spec.content_hash
        if key not in failing:
            if failing and time.perf_counter() > end:
                raise OutOfTimeError
            if not failing and key != original.content_hash:
                return
            verdict = ladder.run_ladder(spec)[-1]
            if verdict.outcome != "disagree":
                return
            failing[key] = spec, verdict
        raise DisagreementError

    with suppress(DisagreementError, OutOfTimeError):
        round_of_specs(number, fails, Phase.generate, Phase.shrink)
    if not failing:
        return Failure(original, original, verdict)
    spec, verdict = min(failing.values(), key=lambda entry: _size(entry[0]))
    return Failure(spec, original, verdict)


def _size(spec: Experiment) -> int:
    return len(spec.model_dump_json())


def _save(result: Fuzzed, out: Path) -> None:
    for failure in result.failures:
        verdict = failure.verdict
        comment = f"{verdict.rung}: {verdict.sentence}"
        failure.path = _write(failure.spec, comment, out)


def _write(spec: Experiment, comment: str, folder: Path) -> Path:
    """Save a spec with a comment above it; return the path of the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"fuzzed-{spec.content_hash}.yaml"
    written = spec.model_dump(mode="json")
    text = yaml.safe_dump(written, sort_keys=False)
    path.write_text(f"# {comment}\n{text}", "utf-8")
    return path


class _Done:
    """Counts finished specs and disagreements, and reports them."""

    def __init__(self, total: int, watch: FuzzWatcher | None) -> None:
        self.total, self.watch = total, watch
        self.done = self.disagreements = 0
        self._lock = Lock()

    def __call__(self, future: "Future[tuple[Outcome, Verdict]]") -> None:
        if future.cancelled() or future.exception() or self.watch is None:
            return
        outcome, _ = future.result()
        with self._lock:
            self.done += 1
            self.disagreements += outcome == "disagree"
            self.watch(self.done, self.total, self.disagreements)


class _Ladder:
    """The ladder, run on one spec after another by a pool of workers."""

    def __init__(self, pool: WorkerPool, steps: int) -> None:
        self.pool, self.steps = pool, steps
        self.precisions: Counter[tuple[str, Outcome]] = Counter()
        self._lock = Lock()

    def submit(self, spec: Experiment) -> "Future[tuple[Outcome, Verdict]]":
        """Submit a spec to the next idle pair; return at once."""

        def judged(pair: WorkerPair) -> tuple[Outcome, Verdict]:
            verdicts = self._run(spec, pair)
            return outcome_of(verdicts), verdicts[-1]

        return self.pool.submit(judged)

    def run_ladder(self, spec: Experiment) -> list[Verdict]:
        """Run the ladder on a spec's arm, then train in its own precision.

        The verdict in that precision is returned only if it disagrees,
        since training may be chaotic too early there. A framework that
        fails on a valid spec counts as a disagreement.
        """
        return self.pool.call(partial(self._run, spec))

    def _run(self, spec: Experiment, pair: WorkerPair) -> list[Verdict]:
        arm, dtype = spec.arm("fuzzed"), spec.recipe.precision
        try:
            verdicts = run_ladder(pair, arm, steps=self.steps).verdicts
            if dtype != "float64" and outcome_of(verdicts) == "agree":
                _, verdict = train_in(pair, arm, dtype, steps=self.steps)
                with self._lock:
                    self.precisions[dtype, verdict.outcome] += 1
                if verdict.outcome == "disagree":
                    verdicts.append(verdict)
        except WorkerError as error:
            first, *more = str(error).splitlines()
            message = " ".join([first, *(line.strip() for line in more[-1:])])
            return [Verdict("worker", "fuzzed", "disagree", sentence=message)]
        return verdicts
