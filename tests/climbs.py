"""Many ladder runs ("climbs") at once, with a cache of their results.

Each result is cached under a hash of all that determines it: the arm, the
seed, the number of steps, the threads, and the code of the four packages. An
interrupted call continues where it stopped; what has changed is run again.
"""

import ast
import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.arm import Arm
from framework_parity.comparisons.ladder.ladder import run_ladder
from framework_parity.comparisons.ladder.precision import train_in
from framework_parity.comparisons.ladder.verdict import Outcome, Verdict, worst
from framework_parity.comparisons.workers.pool import WorkerError, WorkerPair

ROOT = Path(__file__).parents[1]
ROOMS = ("common", "torch_impl", "keras_impl", "comparisons")
LIBRARIES = ("torch", "keras", "tensorflow", "numpy", "scikit-learn")

# Ladder runs of a pair of workers before fresh ones replace it: TensorFlow
# never frees the memory of a graph that it has traced.
LIFETIME = 200

SAYING = Path("tests/coverage/saying.py")
SETUP = "tests.coverage.saying:add_tasks"

Found = dict[str, Any]
"""`verdicts` by rung, the code results `said` by backend, `seconds`; or
`broke`, the error of a worker."""


@dataclass(frozen=True)
class Job:
    """One arm to run the ladder on.

    Attributes:
        name: of the job, in lists.
        arm: the network, its data and its recipe.
        seed: of the weights, the order and the masks.
        steps: of the trajectory.
        threads: of each framework.
        says: whether the workers also emit and read each part of the arm.
        dtype: float64 for the whole ladder; in another precision the arm is
            only trained, as `comparisons.ladder.precision` does.
    """

    name: str
    arm: Arm
    seed: int = 0
    steps: int = 500
    threads: int = 1
    says: bool = False
    dtype: Dtype = "float64"

    @cached_property
    def key(self) -> str:
        """A hash of all that determines the result, except the code."""
        parts = (*self.arm.layers, self.arm.data, self.arm.recipe)
        meaning = [part.model_dump(mode="json") for part in parts]
        number: list[int | str] = [
            *(self.seed, self.steps, self.threads, self.says)
        ]
        if self.dtype != "float64":
            number.append(self.dtype)
        return _digest(json.dumps([meaning, number], sort_keys=True))


class Memory:
    """The cached results, in a file.

    Args:
        path: of the file; the results of other code are dropped.
        code: identifies the code; by default, its digest.
    """

    def __init__(self, path: Path, code: str | None = None) -> None:
        self.path, self.code = path, code or code_digest()
        self.results: dict[str, Found] = {}
        self._lock = threading.Lock()
        if path.exists():
            kept = json.loads(path.read_text("utf-8"))
            if kept["code"] == self.code:
                self.results = kept["found"]

    def keep(self, key: str, result: Found) -> None:
        """Add a result and write the file atomically."""
        with self._lock:
            self.results[key] = result
            text = json.dumps({"code": self.code, "found": self.results})
            self.path.parent.mkdir(parents=True, exist_ok=True)
            half = self.path.with_suffix(".half")
            half.write_text(text, "utf-8")
            half.replace(self.path)


@cache
def code_digest() -> str:
    """Return a digest of all that determines the results, except prose."""
    digest = hashlib.sha256()
    files = [f for room in ROOMS for f in sorted((ROOT / room).rglob("*.py"))]
    for file in (*files, ROOT / SAYING):
        digest.update(str(file.relative_to(ROOT)).encode())
        digest.update(_meaning(file.read_text("utf-8")).encode())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    return digest.hexdigest()[:16]


def _meaning(source: str) -> str:
    """Return a file's code without comments and docstrings.

    >>> _meaning("x = 1") == _meaning("'''Prose.'''\\nx = 1  # more")
    True
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [each for each in body if not _is_prose(each)]
    return ast.dump(tree)


def _is_prose(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def climb_all(
    jobs: Sequence[Job],
    memory: Memory,
    *,
    pairs: int = 2,
    at_most: int | None = None,
    watch: Callable[[str], None] | None = None,
) -> dict[str, Found]:
    """Run every job that has no cached result yet.

    Args:
        jobs: the jobs to run.
        memory: the cached results; new ones are added.
        pairs: the number of pairs of workers, which run side by side.
        at_most: the largest number of runs; the rest waits for another call.
        watch: called with a line after each run.

    Returns:
        The known results of the jobs, by their keys.
    """
    unknown = {job.key: job for job in jobs if job.key not in memory.results}
    due = sorted(unknown.values(), key=lambda job: job.threads)[:at_most]
    broken: dict[str, Found] = {}
    for threads, group in groupby(due, key=lambda job: job.threads):
        crew = _Crew(list(group), threads, memory, broken, watch)
        crew.work(pairs)
    known = memory.results | broken
    return {job.key: known[job.key] for job in jobs if job.key in known}


class _Crew:
    """Pairs of workers, each in a thread, that share a queue of jobs."""

    def __init__(
        self,
        jobs: list[Job],
        threads: int,
        memory: Memory,
        broken: dict[str, Found],
        watch: Callable[[str], None] | None,
    ) -> None:
        self.threads, self.memory, self.broken = threads, memory, broken
        self.watch, self.total, self.done = watch, len(jobs), 0
        self.jobs: SimpleQueue[Job] = SimpleQueue()
        for job in jobs:
            self.jobs.put(job)

    def work(self, pairs: int) -> None:
        """Run jobs until the queue is empty."""
        crew = [threading.Thread(target=self._serve) for _ in range(pairs)]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join()

    def _serve(self) -> None:
        more = True
        while more:
            with WorkerPair(setup=_SETUPS, threads=self.threads) as pair:
                more = self._shift(pair)

    def _shift(self, pair: WorkerPair) -> bool:
        """Run jobs until the workers are old or broken, or none is left."""
        for _ in range(LIFETIME):
            try:
                job = self.jobs.get_nowait()
            except Empty:
                return False
            result = ladder(pair, job)
            self._keep(job, result)
            if "broke" in result:
                return True
        return True

    def _keep(self, job: Job, result: Found) -> None:
        if "broke" in result:
            self.broken[job.key] = result
        else:
            self.memory.keep(job.key, result)
        self.done += 1
        if self.watch:
            count = f"{self.done}/{self.total}"
            self.watch(f"{count} {outcome(result)} {job.name}")


_SETUPS = {"torch": SETUP, "keras": SETUP}


def ladder(pair: WorkerPair, job: Job) -> Found:
    """Run one job."""
    start = time.perf_counter()
    try:
        parts = pair.ask("emit_and_read", arm=job.arm) if job.says else {}
        verdicts = _verdicts(pair, job)
    except WorkerError as error:
        return {"broke": str(error)[-2000:]}
    return {
        "said": parts,
        "verdicts": {v.rung: v.as_json() for v in verdicts},
        "seconds": round(time.perf_counter() - start, 2),
    }


def _verdicts(pair: WorkerPair, job: Job) -> list[Verdict]:
    if job.dtype == "float64":
        result = run_ladder(pair, job.arm, seed=job.seed, steps=job.steps)
        return result.verdicts
    _, verdict = train_in(pair, job.arm, job.dtype, job.seed, job.steps)
    return [verdict]


def outcome(result: Found) -> Outcome:
    """Return the outcome of a run; a broken one counts as disagree."""
    if "broke" in result:
        return "disagree"
    return worst([each["verdict"] for each in result["verdicts"].values()])


def sentence(result: Found) -> str:
    """Return the judge's sentence on the deciding rung, or the error."""
    if "broke" in result:
        return str(result["broke"])
    given = outcome(result)
    decides = [v for v in result["verdicts"].values() if v["verdict"] == given]
    return f"{decides[-1]['rung']}: {decides[-1]['sentence']}"


def counted(results: Sequence[Found]) -> str:
    """Return how many runs agree, and how many do not, if any.

    >>> counted([{"broke": "lost"}, {"broke": "lost"}])
    'Of 2 climbs, 0 agree, 2 disagree'
    """
    counts = Counter(map(outcome, results))
    kinds = ["agree", *(k for k in ("disagree", "undecided") if counts[k])]
    shown = ", ".join(f"{counts[kind]} {kind}" for kind in kinds)
    return f"Of {len(results)} climbs, {shown}"
