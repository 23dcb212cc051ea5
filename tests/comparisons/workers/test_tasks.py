"""Tasks, run by the reference, which runs in any process."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from framework_parity.common.reference import trainer as reference
from framework_parity.comparisons.workers import tasks
from tests.comparisons.arms import TANH, arm

ARM = arm(TANH, epochs=4)


def test_two_threads_train_two_trainers() -> None:
    """One task at a time in each thread, and none in another's trainer."""
    train = partial(tasks.train, reference.Trainer, ARM, 0, "float64")
    [alone] = train()
    in_turns = threading.Barrier(2, timeout=60)

    def progress(done: int, total: int) -> None:
        in_turns.wait()

    with ThreadPoolExecutor(2) as threads:
        runs = [threads.submit(train, progress=progress) for _ in range(2)]
        together = [record for run in runs for record in run.result()]
    for record in together:
        assert record.steps["loss"].tolist() == alone.steps["loss"].tolist()


def test_nudged_runs_may_be_shorter() -> None:
    train = partial(tasks.train, reference.Trainer, ARM, 0, "float64")
    whole, nudged = train(nudges=(1,), nudged_epochs=3)
    assert nudged.epochs["epoch"].tolist() == [1, 2, 3]
    _, longer = train(nudges=(1,))
    shown, steps = longer.truncated_at(3), len(nudged.steps["loss"])
    assert steps * 4 == len(longer.steps["loss"]) * 3
    assert shown.steps["loss"].tolist() == nudged.steps["loss"].tolist()
    assert shown.epochs["epoch"].tolist() == [1, 2, 3]
    assert not shown.weights
    assert whole.epochs["epoch"].tolist() == [1, 2, 3, 4]
