"""Records: one spec and one seed are one result, to the last bit."""

from collections.abc import Iterator

import pytest

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.arm import Arm
from framework_parity.comparisons.workers.worker import (
    LABELS,
    Worker,
    WorkerPair,
)
from tests.comparisons.arms import DIGITS, DROPOUT, IMAGES, arm

ARMS = {
    "spiral": arm(DROPOUT, epochs=4),
    "digits": arm(IMAGES, DIGITS, batch_size=64, epochs=2),
}

every_way = [
    pytest.mark.parametrize("arm", ARMS.values(), ids=ARMS.keys()),
    pytest.mark.parametrize("dtype", ["float32", "float64"]),
    pytest.mark.parametrize("backend", list(LABELS)),
]


def digest(worker: Worker, arm: Arm, dtype: Dtype, seed: int = 0) -> str:
    [record] = worker.submit(
        "train", arm=arm, seed=seed, dtype=dtype, gradient_norm=True
    ).result()
    result: str = record.digest()
    return result


@pytest.fixture(scope="module")
def fresh() -> Iterator[WorkerPair]:
    """Both frameworks in processes that have not computed anything yet."""
    with WorkerPair() as pair:
        yield pair


@every_way[0]
@every_way[1]
@every_way[2]
def test_a_run_repeats_to_the_bit(
    pair: WorkerPair, fresh: WorkerPair, arm: Arm, dtype: Dtype, backend: str
) -> None:
    """In one process, and in another one."""
    worker = pair.workers[backend]
    first = digest(worker, arm, dtype)
    assert digest(worker, arm, dtype) == first
    assert digest(fresh.workers[backend], arm, dtype) == first


@every_way[0]
@every_way[1]
@every_way[2]
def test_another_seed_is_another_run(
    pair: WorkerPair, arm: Arm, dtype: Dtype, backend: str
) -> None:
    worker = pair.workers[backend]
    assert digest(worker, arm, dtype) != digest(worker, arm, dtype, seed=1)


@pytest.mark.parametrize("backend", list(LABELS))
def test_earlier_runs_do_not_change_a_run(
    pair: WorkerPair, backend: str
) -> None:
    """Neither the other precision, nor another network, nor another seed."""
    worker = pair.workers[backend]
    first = digest(worker, ARMS["spiral"], "float64")
    digest(worker, ARMS["digits"], "float32", seed=5)
    digest(worker, ARMS["spiral"], "float64", seed=5)
    assert digest(worker, ARMS["spiral"], "float64") == first
