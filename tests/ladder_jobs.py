"""Many ladder runs at once, with a cache of their results.

Each result is cached under a hash of all that determines it: the arm, the
seed, the number of steps, the threads, and the code of the four packages. An
interrupted call continues where it stopped; what has changed is run again.
"""

import ast
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import version
from itertools import count, groupby
from pathlib import Path
from threading import Lock
from typing import Any

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.arm import Arm
from framework_parity.comparisons.ladder.ladder import run_ladder
from framework_parity.comparisons.ladder.precision import train_in
from framework_parity.comparisons.ladder.verdict import Outcome, Verdict, worst
from framework_parity.comparisons.workers.pool import WorkerPool
from framework_parity.comparisons.workers.worker import WorkerError, WorkerPair

ROOT = Path(__file__).parents[1]
ROOMS = ("common", "torch_impl", "keras_impl", "comparisons")
LIBRARIES = ("torch", "keras", "tensorflow", "numpy", "scikit-learn")

EMISSION = Path("tests/coverage/emission.py")
SETUP = "tests.coverage.emission:add_tasks"

JobResult = dict[str, Any]
"""`verdicts` by rung, the messages about emitted `code` by backend, and
`seconds`; or `error`, the message of a worker that failed."""


@dataclass(frozen=True)
class Job:
    """One arm to run the ladder on.

    Attributes:
        name: of the job, in lists.
        arm: the network, its data and its recipe.
        seed: of the weights, the order and the masks.
        steps: of the trajectory.
        threads: of each framework.
        emits: whether the workers also emit and read each part of the arm.
        dtype: float64 for the whole ladder; in another precision the arm is
            only trained, as `comparisons.ladder.precision` does.
    """

    name: str
    arm: Arm
    seed: int = 0
    steps: int = 500
    threads: int = 1
    emits: bool = False
    dtype: Dtype = "float64"

    @cached_property
    def key(self) -> str:
        """A hash of all that determines the result, except the code."""
        parts = (*self.arm.layers, self.arm.data, self.arm.recipe)
        meaning = [part.model_dump(mode="json") for part in parts]
        number: list[int | str] = [
            *(self.seed, self.steps, self.threads, self.emits)
        ]
        if self.dtype != "float64":
            number.append(self.dtype)
        return _digest(json.dumps([meaning, number], sort_keys=True))


class ResultCache:
    """The cached results, in a file.

    Args:
        path: of the file; the results of other code are dropped.
        code: identifies the code; by default, its digest.
    """

    def __init__(self, path: Path, code: str | None = None) -> None:
        self.path, self.code = path, code or code_digest()
        self.results: dict[str, JobResult] = {}
        self._lock = Lock()
        if path.exists():
            kept = json.loads(path.read_text("utf-8"))
            if kept["code"] == self.code:
                self.results = kept["results"]

    def keep(self, key: str, result: JobResult) -> None:
        """Add a result and write the file atomically."""
        with self._lock:
            self.results[key] = result
            text = json.dumps({"code": self.code, "results": self.results})
            self.path.parent.mkdir(parents=True, exist_ok=True)
            partial = self.path.with_suffix(".partial")
            partial.write_text(text, "utf-8")
            partial.replace(self.path)


@lru_cache
def code_digest() -> str:
    """Return a digest of the code and the libraries behind the results."""
    digest = hashlib.sha256()
    files = [f for room in ROOMS for f in sorted((ROOT / room).rglob("*.py"))]
    for file in (*files, ROOT / EMISSION):
        digest.update(str(file.relative_to(ROOT)).encode())
        digest.update(_without_docstrings(file.read_text("utf-8")).encode())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}".encode())
    return digest.hexdigest()[:16]


def _without_docstrings(source: str) -> str:
    """Return a file's code without comments and docstrings.

    >>> commented = "'''Prose.'''\\nx = 1  # more"
    >>> _without_docstrings("x = 1") == _without_docstrings(commented)
    True
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [each for each in body if not _is_docstring(each)]
    return ast.dump(tree)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def run_jobs(
    jobs: Sequence[Job],
    cache: ResultCache,
    *,
    pairs: int = 2,
    at_most: int | None = None,
    watch: Callable[[str], None] | None = None,
) -> dict[str, JobResult]:
    """Run every job that has no cached result yet.

    Args:
        jobs: the jobs to run.
        cache: the cached results; new ones are added.
        pairs: the number of pairs of workers, which run side by side.
        at_most: the largest number of runs; the rest waits for another call.
        watch: called with a line after each run.

    Returns:
        The known results of the jobs, by their keys.
    """
    unknown = {job.key: job for job in jobs if job.key not in cache.results}
    due = sorted(unknown.values(), key=lambda job: job.threads)[:at_most]
    failed: dict[str, JobResult] = {}
    numbers, lock = count(1), Lock()

    def run(pair: WorkerPair, job: Job) -> None:
        result = run_job(pair, job)
        if "error" in result:
            failed[job.key] = result
        else:
            cache.keep(job.key, result)
        with lock:
            if watch:
                number = f"{next(numbers)}/{len(due)}"
                watch(f"{number} {outcome(result)} {job.name}")

    for threads, group in groupby(due, key=lambda job: job.threads):
        with WorkerPool(pairs, setup=_SETUPS, threads=threads) as pool:
            pool.map(run, group)
    known = cache.results | failed
    return {job.key: known[job.key] for job in jobs if job.key in known}


_SETUPS = {"torch": SETUP, "keras": SETUP}


def run_job(pair: WorkerPair, job: Job) -> JobResult:
    """Run one job."""
    start = time.perf_counter()
    try:
        parts = pair.ask("emit_and_read", arm=job.arm) if job.emits else {}
        verdicts = _verdicts(pair, job)
    except WorkerError as error:
        return {"error": str(error)[-2000:]}
    return {
        "code": parts,
        "verdicts": {v.rung: v.as_json() for v in verdicts},
        "seconds": round(time.perf_counter() - start, 2),
    }


def _verdicts(pair: WorkerPair, job: Job) -> list[Verdict]:
    if job.dtype == "float64":
        result = run_ladder(pair, job.arm, seed=job.seed, steps=job.steps)
        return result.verdicts
    _, verdict = train_in(pair, job.arm, job.dtype, job.seed, job.steps)
    return [verdict]


def outcome(result: JobResult) -> Outcome:
    """Return the outcome of a run; a failed one counts as disagree."""
    if "error" in result:
        return "disagree"
    return worst([each["verdict"] for each in result["verdicts"].values()])


def sentence(result: JobResult) -> str:
    """Return the judge's sentence on the deciding rung, or the error."""
    if "error" in result:
        return str(result["error"])
    given = outcome(result)
    decides = [v for v in result["verdicts"].values() if v["verdict"] == given]
    return f"{decides[-1]['rung']}: {decides[-1]['sentence']}"


def counted(results: Sequence[JobResult]) -> str:
    """Return how many runs agree, and how many do not, if any.

    >>> counted([{"error": "lost"}, {"error": "lost"}])
    'Of 2 ladder runs, 0 agree, 2 disagree'
    """
    counts = Counter(map(outcome, results))
    others: tuple[Outcome, ...] = ("disagree", "undecided")
    kinds = ["agree", *(kind for kind in others if counts[kind])]
    shown = ", ".join(f"{counts[kind]} {kind}" for kind in kinds)
    return f"Of {len(results)} ladder runs, {shown}"
