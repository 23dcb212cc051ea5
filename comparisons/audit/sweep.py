"""Train and measure mixes of conventions, each once.

All runs are in float64 and share all random values. Both backends implement
every value of every convention, as the ladder verifies, so the mixes are
measured in one framework; the results are confirmed in the other.
"""

import math
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.training.record import Curve, Record
from framework_parity.comparisons.audit.naive_port import arm_of
from framework_parity.comparisons.ladder.noise_floor import (
    Comparison,
    compare_curves,
)
from framework_parity.comparisons.ladder.thresholds import (
    MARGIN_OF_ACCURACY,
    MARGIN_OF_LOSS,
    NUDGES,
    TIMES_FLOOR,
)
from framework_parity.comparisons.ladder.trajectory import (
    evaluation_curves,
    step_curves,
)
from framework_parity.comparisons.workers.worker import Worker, WorkerPair

Counter = Callable[[str, int, int], None]
"""Called with the backend, the runs done and the runs asked for so far."""

# The final metrics in order of preference, and whether a larger value is
# better. `diverged` counts the runs whose metric is not finite.
METRICS = {
    "test_accuracy": True,
    "test_loss": False,
    "train_accuracy": True,
    "train_loss": False,
    "diverged": False,
}


@dataclass(frozen=True)
class MixRuns:
    """One experiment of one arm, trained under some seeds.

    Attributes:
        records: one for each seed.
    """

    records: tuple[Record, ...]

    def values(self, metric: str) -> list[float]:
        """Return a final metric, for each seed."""
        if metric == "diverged":
            finals = self.values(self.metric)
            return [float(not math.isfinite(value)) for value in finals]
        return [record.final[metric] for record in self.records]

    def mean(self, metric: str) -> float:
        """Return the mean of a final metric over the seeds."""
        return float(np.mean(self.values(metric)))

    @property
    def metric(self) -> str:
        """The first of `METRICS` that the records have."""
        final = self.records[0].final
        return next(name for name in METRICS if name in final)


def margin_of(metric: str, runs: Iterable[MixRuns]) -> float:
    """Return the largest negligible difference of a metric.

    Args:
        metric: a key of `METRICS`.
        runs: the runs that are compared.

    Returns:
        For an accuracy `MARGIN_OF_ACCURACY`, for a loss `MARGIN_OF_LOSS`
        times the mean of all runs, for `diverged` 0.
    """
    if metric == "diverged":
        return 0.0
    if metric.endswith("accuracy"):
        return MARGIN_OF_ACCURACY
    return MARGIN_OF_LOSS * float(np.mean([r.mean(metric) for r in runs]))


def resolution_of(metric: str, parts: dict[str, int]) -> float:
    """Return the step in which a metric of one run moves.

    Args:
        metric: a key of `METRICS`.
        parts: number of samples of each part of the data.

    Returns:
        1 / samples for an accuracy, 1 for `diverged`, 0 for a loss.
    """
    if metric.endswith("accuracy"):
        return 1.0 / parts[metric.removesuffix("_accuracy")]
    return 1.0 if metric == "diverged" else 0.0


@dataclass(frozen=True)
class Drift:
    """The drift of a mix's losses from those of a base run.

    Attributes:
        largest: the largest relative difference over steps and seeds.
        first_step: the first step in any seed at which the difference
            exceeds `TIMES_FLOOR` times the floor; None if there is none.
        evaluated: as `largest`, of the losses that are evaluated between
            epochs. A convention of evaluation changes only these.
    """

    largest: float
    first_step: int | None
    evaluated: float = 0.0


class Sweep:
    """Workers that train experiments; use it in a `with` block.

    Args:
        pair: one worker of each framework.
        seeds: number of runs of each experiment, under seeds 0, 1, ...
        jobs: number of PyTorch workers, including that of the pair.
        count: called whenever a run is submitted or done.
    """

    def __init__(
        self,
        pair: WorkerPair,
        seeds: int,
        jobs: int = 1,
        count: Counter | None = None,
    ) -> None:
        self.seeds = seeds
        self._own = [
            Worker("torch", **(pair.options | {"threads": 1}))
            for _ in range(jobs - 1)
        ]
        self.workers = {
            name: [worker] for name, worker in pair.workers.items()
        }
        self.workers["torch"] += self._own
        self._count = count
        self._runs: dict[tuple[Any, ...], Future[list[Record]]] = {}
        self._asked = dict.fromkeys(self.workers, 0)
        self._done = dict.fromkeys(self.workers, 0)
        self._lock = threading.Lock()

    def __enter__(self) -> "Sweep":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._own:
            worker.close()

    @property
    def runs(self) -> dict[str, int]:
        """Number of finished training runs, by backend."""
        return dict(self._done)

    def ask(
        self, experiments: Iterable[Experiment], backend: str = "torch"
    ) -> None:
        """Start training in the background; `measured` waits for the runs.

        Args:
            experiments: experiments with a single arm.
            backend: `torch` or `keras`.
        """
        for experiment in experiments:
            for seed in range(self.seeds):
                self._run(experiment, backend, seed)

    def measured(
        self, experiment: Experiment, backend: str = "torch"
    ) -> MixRuns:
        """Return an experiment's runs; train those that are missing.

        Args:
            experiment: an experiment with a single arm.
            backend: `torch` or `keras`.

        Returns:
            The runs under all seeds.

        Raises:
            WorkerError: if the framework fails.
        """
        runs = [
            self._run(experiment, backend, seed) for seed in range(self.seeds)
        ]
        return MixRuns(tuple(run.result()[0] for run in runs))

    def drift(self, experiment: Experiment, base: Experiment) -> Drift:
        """Return the drift of an experiment's losses from a base run's.

        The limit of `Drift.first_step` is in units of the base's noise
        floor, from its perturbed runs.

        Args:
            experiment: an experiment with a single arm.
            base: the experiment to compare with.

        Returns:
            The drift over all seeds, in PyTorch.

        Raises:
            WorkerError: if the framework fails.
        """
        steps, evaluations, passed = [0.0], [0.0], []
        for seed in range(self.seeds):
            perturbed_runs = self._run(base, "torch", seed, NUDGES).result()
            (record,) = self._run(experiment, "torch", seed).result()
            compared = _compared(perturbed_runs, record, step_curves)["loss"]
            steps.append(float(compared.difference.max()))
            ratios = compared.difference / compared.floor
            passed += list(np.flatnonzero(ratios > TIMES_FLOOR)[:1])
            evaluations += [
                float(curve.difference.max())
                for name, curve in _compared(
                    perturbed_runs, record, evaluation_curves
                ).items()
                if name != "epoch"
            ]
        first = min(map(int, passed), default=None)
        return Drift(max(steps), first, max(evaluations))

    def _run(
        self,
        experiment: Experiment,
        backend: str,
        seed: int,
        nudges: tuple[int, ...] = (),
    ) -> "Future[list[Record]]":
        """Submit a run, or return the one that was submitted before."""
        key = (experiment.content_hash, backend, seed, nudges)
        if key not in self._runs:
            workers = self.workers[backend]
            worker = workers[self._asked[backend] % len(workers)]
            self._advance(self._asked, backend)
            self._runs[key] = worker.submit(
                "train",
                arm=arm_of(experiment),
                seed=seed,
                dtype="float64",
                nudges=nudges,
            )
            self._runs[key].add_done_callback(
                lambda _: self._advance(self._done, backend)
            )
        return self._runs[key]

    def _advance(self, number: dict[str, int], backend: str) -> None:
        with self._lock:
            number[backend] += 1
        if self._count:
            done, submitted = self._done[backend], self._asked[backend]
            self._count(backend, done, submitted)


def _compared(
    perturbed_runs: list[Record],
    record: Record,
    curves: Callable[[Record], dict[str, Curve]],
) -> dict[str, Comparison]:
    """Compare a run with a base run, whose perturbed runs give the floor."""
    base, *nudged = map(curves, perturbed_runs)
    compared = {}
    run_curves = curves(record)
    for name, curve in base.items():
        if name not in run_curves:
            continue  # no validation part on the other side, for example
        pairs = [(curve, twin[name]) for twin in nudged]
        compared[name] = compare_curves(
            curve, run_curves[name], (pairs, pairs)
        )
    return compared
