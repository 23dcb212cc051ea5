"""What a worker has computed is stored, and not computed again."""

from pathlib import Path
from typing import Any

import pytest

from framework_parity.common.spec.load import parse
from framework_parity.comparisons.ladder.ladder import run_ladder
from framework_parity.comparisons.run.runner import run_experiment
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.store.store import RunStore
from framework_parity.comparisons.workers.pool import WorkerPool
from framework_parity.comparisons.workers.worker import (
    Worker,
    WorkerError,
    WorkerPair,
)
from tests.comparisons.arms import SMALL

SPEC = parse(SMALL)
ARM = SPEC.arm(next(iter(SPEC.arms)))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that a process was asked for."""
    names: list[str] = []
    timed = Worker._timed

    def counted(self: Worker, task: str, *rest: Any) -> Any:
        names.append(f"{self.backend} {task}")
        return timed(self, task, *rest)

    monkeypatch.setattr(Worker, "_timed", counted)
    return names


@pytest.fixture
def storing(
    pair: WorkerPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> RunStore:
    """A store that the shared workers use."""
    store = RunStore(tmp_path)
    for worker in pair.workers.values():
        monkeypatch.setattr(worker, "_store", store)
    return store


def test_a_task_is_computed_once(
    pair: WorkerPair, storing: RunStore, asked: list[str]
) -> None:
    first, again = (
        pair.ask("train", arm=ARM, seed=0, dtype="float64", nudges=(1,))
        for _ in range(2)
    )
    assert sorted(asked) == ["keras train", "torch train"]
    assert (storing.added, storing.used) == (4, 4)
    for name in pair.workers:
        assert [record.digest() for record in again[name]] == [
            record.digest() for record in first[name]
        ]


def test_a_second_ladder_computes_nothing(
    pair: WorkerPair, storing: RunStore, asked: list[str]
) -> None:
    first = run_ladder(pair, ARM, steps=20)
    del asked[:]
    again = run_ladder(pair, ARM, steps=20)
    assert asked == []
    assert [v.as_json() for v in again.verdicts] == [
        v.as_json() for v in first.verdicts
    ]


@pytest.mark.usefixtures("shared_workers")
def test_a_second_run_computes_nothing(
    storing: RunStore, asked: list[str]
) -> None:
    settings = RunSettings(seeds=2)
    with WorkerPool() as pool:
        first = run_experiment(SPEC, settings, pool)
        computed = len(asked)
        del asked[:]
        again = run_experiment(SPEC, settings, pool)
    assert asked == []
    # A script, two seeds, one step and a trajectory, of each arm.
    assert computed == 2 * 5 * len(SPEC.arms)
    assert storing.used == storing.added
    for one, other in zip(first.arms, again.arms, strict=True):
        for name in ("torch", "keras"):
            assert [r.digest() for r in one.records[name]] == [
                r.digest() for r in other.records[name]
            ]
        assert one.scripts == other.scripts
    assert first.verdict == again.verdict


def test_a_run_that_fails_is_not_stored(
    pair: WorkerPair, storing: RunStore
) -> None:
    worker = pair.workers["torch"]
    future = worker.submit("train", arm=ARM, seed=0, dtype="no precision")
    with pytest.raises(WorkerError):
        future.result()
    assert list(storing.folders()) == []


def test_a_worker_with_a_setup_has_no_store(tmp_path: Path) -> None:
    """What a planted fault computes is not what others are to find."""
    store = RunStore(tmp_path)
    for setup, stores in (("", True), ("module:function", False)):
        worker = Worker("torch", setup=setup, store=store)
        worker.close()
        assert (worker._store is store) == stores


def test_a_worker_whose_results_are_stored_is_not_started(
    pair: WorkerPair, storing: RunStore
) -> None:
    asked: dict[str, Any] = {"arm": ARM, "seed": 0, "dtype": "float64"}
    stored = pair.ask("train", **asked)
    with WorkerPair(store=storing) as own:
        found = own.ask("train", **asked)
        assert own.alive()
        assert [w._process for w in own.workers.values()] == [None, None]
    for name in pair.workers:
        assert found[name][0].digest() == stored[name][0].digest()
    with pytest.raises(WorkerError, match="the PyTorch worker is closed"):
        own.workers["torch"]._started()
