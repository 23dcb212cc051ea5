"""A pool starts, shares, replaces and closes pairs of workers."""

import time
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from framework_parity.common.data.image_cache import (
    ImageFiles,
    current,
    reading,
)
from framework_parity.common.spec.errors import SpecError
from framework_parity.comparisons.workers import pool as pool_module
from framework_parity.comparisons.workers.pool import WorkerPool
from framework_parity.comparisons.workers.worker import WorkerError


class FakePair:
    """A pair without processes, which counts what happens to it."""

    made: list["FakePair"]

    def __init__(self, *how: Any, **options: Any) -> None:
        self.how, self.options = how, options
        self.closed, self.living = 0, True
        FakePair.made.append(self)

    def __enter__(self) -> "FakePair":
        return self

    def __exit__(self, *error: object) -> None:
        self.closed += 1

    def alive(self) -> bool:
        return self.living

    def busy(self) -> dict[str, float]:
        return {"torch": 2.0, "keras": 3.0}


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> list[FakePair]:
    FakePair.made = []
    monkeypatch.setattr(pool_module, "WorkerPair", FakePair)
    return FakePair.made


def test_a_pair_is_started_for_the_first_call_and_kept(
    made: list[FakePair],
) -> None:
    images = ImageFiles(Path("images"))
    setup = {"torch": "a:b"}
    with WorkerPool(2, setup=setup, threads=3, images=images) as pool:
        assert made == []
        pairs = {id(pool.call(lambda pair: pair)) for _ in range(4)}
        assert pool.started == len(pairs) == len(made) == 1
        assert made[0].closed == 0
    assert made[0].how == (("torch", "keras"), setup)
    assert made[0].options == {"threads": 3, "images": images}
    assert made[0].closed == 1


def test_a_pair_is_replaced_after_its_lifetime(
    made: list[FakePair], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "LIFETIME", 2)
    with WorkerPool() as pool:
        served: Any = pool.map(lambda pair, _: pair, range(5))
        assert pool.busy() == {"torch": 6.0, "keras": 9.0}
    first, second, third = made
    assert served == [first, first, second, second, third]
    assert [pair.closed for pair in made] == [1, 1, 1]


def test_a_pair_with_a_dead_worker_is_replaced(made: list[FakePair]) -> None:
    def die(pair: Any) -> None:
        pair.living = False
        raise WorkerError("dead")

    with WorkerPool() as pool:
        with pytest.raises(WorkerError):
            pool.call(die)
        second: Any = pool.call(lambda pair: pair)
    assert made == [made[0], second]
    assert [pair.closed for pair in made] == [1, 1]


def test_nothing_begins_after_a_call_that_fails() -> None:
    begun: list[int] = []

    def fail(pair: Any, number: int) -> None:
        begun.append(number)
        raise SpecError("", "enough")

    with pytest.raises(SpecError, match="enough"), WorkerPool() as pool:
        pool.map(fail, range(5))
    assert begun == [0]


def test_no_second_pair_is_started_after_one_that_does_not_start(
    made: list[FakePair], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: FakePair) -> FakePair:
        raise SpecError("--device", "is not there")

    monkeypatch.setattr(FakePair, "__enter__", refuse)
    with pytest.raises(SpecError, match="not there"), WorkerPool() as pool:
        pool.map(lambda pair, _: None, range(5))
    assert len(made) == 1


def test_values_are_in_the_order_of_the_items(made: list[FakePair]) -> None:
    both = Event()

    def value(pair: Any, number: int) -> int:
        if number == 0:
            assert both.wait(10)  # until the other pair has served 1
        both.set()
        return number

    with WorkerPool(2) as pool:
        assert pool.map(value, range(6)) == list(range(6))
    assert len(made) == pool.started == 2


def test_a_closed_pool_is_refused(made: list[FakePair]) -> None:
    with WorkerPool() as pool:
        pool.call(lambda pair: pair)
    with pytest.raises(SpecError, match="pool: is closed"):
        pool.map(lambda pair, item: item, [1])
    with pytest.raises(SpecError, match="pool: is closed"):
        pool.submit(lambda pair: pair)


def test_calls_read_the_image_files_of_their_caller(
    made: list[FakePair], tmp_path: Path
) -> None:
    def folder(*_: object) -> Path:
        return current().folder

    with WorkerPool(2) as pool, reading(ImageFiles(tmp_path)):
        assert pool.submit(folder).result() == tmp_path
        assert pool.map(folder, range(3)) == [tmp_path] * 3


def test_leaving_closes_the_pairs_of_calls_that_still_run(
    made: list[FakePair],
) -> None:
    running = Event()

    def until_closed(pair: Any) -> None:
        running.set()
        while not pair.closed:
            time.sleep(0.01)
        raise WorkerError("closed")

    with WorkerPool() as pool:
        future = pool.submit(until_closed)
        waiting = pool.submit(until_closed)
        assert running.wait(10)
    assert isinstance(future.exception(), WorkerError)
    assert waiting.cancelled()
    assert made[0].closed == 1
