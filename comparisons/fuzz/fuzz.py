"""Fuzzing: random specifications through the ladder, in float64.

One that agrees there is also trained in the precision that its recipe says,
if that is another; see `comparisons.ladder.precision`. The specs come from
`strategies`. A spec on which the two frameworks part, or
one of them breaks, is shrunk by Hypothesis to the simplest one on which they
still do, and saved as YAML, which `parity check` replays.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
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
from framework_parity.comparisons.workers.pool import WorkerError, WorkerPair

# Specs that Hypothesis draws from one seed; the next have another.
ROUND = 50

# Specs a pair of workers takes before fresh ones take its place: TensorFlow
# never gives back the memory of a graph it has traced.
LIFETIME = 250

# So many disagreements are shrunk; more are counted.
MOST_SHRUNK = 5

# Seconds for each: a spec that a framework dies of needs new workers a try.
SHRINKING = 60.0

FuzzWatcher = Callable[[int, int, int], None]
"""Called with the specs done, the specs in all, and the disagreements."""


class DisagreementError(AssertionError):
    """What Hypothesis is to shrink."""


@dataclass
class Failure:
    """A spec on which the two frameworks part, as simple as it could be made.

    Attributes:
        spec: the simplest found.
        found: as it was drawn.
        verdict: what the judge says of the simplest.
        path: where it was saved.
    """

    spec: Experiment
    found: Experiment
    verdict: Verdict
    path: Path | None = None


@dataclass
class Fuzzed:
    """What a fuzzing run came to.

    Attributes:
        seed: of the specs.
        outcomes: how many specs agreed, disagreed, or were undecided.
        undecided: why, for each that was undecided.
        precisions: of those trained in another precision than float64 as
            well, how many agreed and how many were chaotic too early to be
            judged, by precision and outcome.
        failures: the disagreements that were shrunk.
        seconds: wall time, without shrinking.
        busy: seconds that each framework computed, of all pairs together.
        jobs: pairs of workers.
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
        """How many specs were judged."""
        return self.outcomes.total()

    @property
    def per_minute(self) -> float:
        """How many specs were judged a minute."""
        return 60 * self.count / self.seconds if self.seconds else 0.0

    @property
    def verdict(self) -> Outcome:
        """Whether the two frameworks agree on all of them: the worst."""
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
                    "spec": each.spec.model_dump(mode="json"),
                    "file": str(each.path) if each.path else None,
                    **each.verdict.as_json(),
                }
                for each in self.failures
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
) -> Fuzzed:
    """Send random specs up the ladder.

    Args:
        count: how many different ones.
        seed: of the specs.
        steps: length of each trajectory.
        jobs: pairs of workers.
        out: folder for the specs that fail, or None to save none; as they
            were drawn, at once, in its folder `as_drawn`.
        setup: what the workers call first; the tests plant faults with it.
        watch: called as specs are done.
    """
    result = Fuzzed(seed, jobs=jobs)
    failing: list[tuple[Experiment, int]] = []
    start = time.perf_counter()
    with _Crew(jobs, steps, setup) as crew:
        waiting = [
            (spec, number, crew.submit(spec))
            for spec, number in _drawn(count, seed)
        ]
        for spec, number, future in waiting:
            outcome, why = future.result()
            result.outcomes[outcome] += 1
            if outcome == "disagree":
                failing.append((spec, number))
                if out is not None:
                    _write(spec, why, out / "as_drawn")
            elif outcome == "undecided":
                result.undecided.append(why)
            if watch:
                watch(result.count, count, len(failing))
        result.seconds = time.perf_counter() - start
        result.busy, result.precisions = crew.busy(), crew.precisions
        for spec, number in failing[:MOST_SHRUNK]:
            result.failures.append(_shrunk(crew, spec, number))
    if out is not None:
        _save(result, out)
    return result


def round_of_specs(
    number: int, act: Callable[[Experiment], None], *phases: Phase
) -> None:
    """Let Hypothesis draw specs from a seed, and act on each."""

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


def _shrunk(crew: "_Crew", found: Experiment, number: int) -> Failure:
    """Draw the round once more, fail at the spec, and let it be shrunk."""
    failing: dict[str, tuple[Experiment, Verdict]] = {}
    end = time.perf_counter() + SHRINKING

    def fails(spec: Experiment) -> None:
        key = spec.content_hash
        if key not in failing:
            late = time.perf_counter() > end
            if late if failing else key != found.content_hash:
                return
            verdict = crew.run_ladder(spec)[-1]
            if verdict.outcome != "disagree":
                return
            failing[key] = spec, verdict
        raise DisagreementError

    with suppress(DisagreementError):
        round_of_specs(number, fails, Phase.generate, Phase.shrink)
    spec, verdict = min(failing.values(), key=lambda each: _size(each[0]))
    return Failure(spec, found, verdict)


def _size(spec: Experiment) -> int:
    return len(spec.model_dump_json())


def _save(result: Fuzzed, out: Path) -> None:
    for failure in result.failures:
        verdict = failure.verdict
        said = f"{verdict.rung}: {verdict.sentence}"
        failure.path = _write(failure.spec, said, out)


def _write(spec: Experiment, said: str, folder: Path) -> Path:
    """Save a spec under what is said of it; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"fuzzed-{spec.content_hash}.yaml"
    written = spec.model_dump(mode="json")
    text = yaml.safe_dump(written, sort_keys=False)
    path.write_text(f"# {said}\n{text}", "utf-8")
    return path


class _Crew:
    """Pairs of workers that climb with one spec after another."""

    def __init__(
        self, jobs: int, steps: int, setup: dict[str, str] | None
    ) -> None:
        self.steps, self.setup = steps, setup
        self.pool = ThreadPoolExecutor(jobs, "crew")
        self.pairs: SimpleQueue[tuple[WorkerPair, int]] = SimpleQueue()
        self.worked: Counter[str] = Counter()
        self.precisions: Counter[tuple[str, Outcome]] = Counter()
        self._lock = Lock()
        for _ in range(jobs):
            self.pairs.put((self._fresh(), 0))

    def __enter__(self) -> "_Crew":
        return self

    def __exit__(self, *reason: object) -> None:
        self.pool.shutdown(cancel_futures=True)
        while not self.pairs.empty():
            self._close(self.pairs.get()[0])

    def submit(self, spec: Experiment) -> "Future[tuple[Outcome, str]]":
        """Climb with a spec when a pair is free; return at once."""

        def judged() -> tuple[Outcome, str]:
            verdicts = self.run_ladder(spec)
            return outcome_of(verdicts), verdicts[-1].sentence

        return self.pool.submit(judged)

    def run_ladder(self, spec: Experiment) -> list[Verdict]:
        """Climb with a spec's only arm, then train in its own precision.

        In that it may be chaotic too early to be judged, and the ladder has
        decided; so of that verdict only a disagreement is returned. A
        framework that breaks on a valid spec does not agree; if it died,
        fresh workers take its place.
        """
        pair, age = self.pairs.get()
        if age == LIFETIME:
            pair, age = self._another(pair), 0
        try:
            arm, dtype = spec.arm("fuzzed"), spec.recipe.precision
            verdicts = run_ladder(pair, arm, steps=self.steps).verdicts
            if dtype != "float64" and outcome_of(verdicts) == "agree":
                _, verdict = train_in(pair, arm, dtype, steps=self.steps)
                with self._lock:
                    self.precisions[dtype, verdict.outcome] += 1
                if verdict.outcome == "disagree":
                    verdicts.append(verdict)
            return verdicts
        except WorkerError as error:
            if not pair.alive():
                pair, age = self._another(pair), 0
            first, *more = str(error).splitlines()
            said = " ".join([first, *(line.strip() for line in more[-1:])])
            return [Verdict("worker", "fuzzed", "disagree", sentence=said)]
        finally:
            self.pairs.put((pair, age + 1))

    def busy(self) -> Counter[str]:
        """Return the seconds that each framework has worked."""
        found = Counter(self.worked)
        for _ in range(self.pairs.qsize()):
            pair, age = self.pairs.get()
            found.update(pair.busy())
            self.pairs.put((pair, age))
        return found

    def _fresh(self) -> WorkerPair:
        return WorkerPair(setup=self.setup, threads=1)

    def _another(self, pair: WorkerPair) -> WorkerPair:
        self._close(pair)
        return self._fresh()

    def _close(self, pair: WorkerPair) -> None:
        self.worked.update(pair.busy())
        pair.__exit__(None, None, None)
