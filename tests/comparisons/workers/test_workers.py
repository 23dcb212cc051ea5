"""Workers: a framework that dies, fails or prints is reported as such."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from framework_parity.comparisons.workers import worker as worker_module
from framework_parity.comparisons.workers.worker import (
    ENTRY,
    LABELS,
    TimeLimit,
    Worker,
    WorkerError,
    WorkerPair,
)
from tests.comparisons.arms import TANH, arm

SETUP = "tests.comparisons.misfortunes:{}"

# Seconds until a worker that hangs fails its test.
PATIENCE = 300.0

both = pytest.mark.parametrize("backend", list(LABELS))


@pytest.fixture(scope="module", autouse=True)
def bare() -> Iterator[None]:
    """Start workers without a framework."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_module, "ENTRY", "tests.comparisons.bare_worker")
        yield


@pytest.fixture(scope="module")
def unlucky(bare: None) -> Iterator[WorkerPair]:
    """Both workers, with tasks that misbehave."""
    with WorkerPair(
        setup=dict.fromkeys(LABELS, SETUP.format("install"))
    ) as pair:
        yield pair


def result(worker: Worker, task: str, **arguments: Any) -> Any:
    return worker.submit(task, **arguments).result(PATIENCE)


def test_a_worker_that_dies_at_once_is_reported() -> None:
    worker = Worker("torch", setup=SETUP.format("die_at_once"))
    try:
        with pytest.raises(WorkerError, match="status 3") as caught:
            result(worker, "train")
        assert "the PyTorch worker died in 'train'" in str(caught.value)
        assert "these are my last words" in str(caught.value)
        with pytest.raises(WorkerError, match="status 3"):
            result(worker, "train")
    finally:
        worker.close()


def test_a_worker_that_cannot_start_says_why() -> None:
    worker = Worker("torch", setup=SETUP.format("raise_at_once"))
    try:
        with pytest.raises(WorkerError, match="torch_impl will not start"):
            result(worker, "train")
    finally:
        worker.close()


def test_a_worker_that_dies_in_a_task_is_reported() -> None:
    worker = Worker("torch", setup=SETUP.format("install"))
    try:
        with pytest.raises(WorkerError, match="status 7") as caught:
            result(worker, "die")
        assert "died in 'die'" in str(caught.value)
        assert "I was in the middle of a task" in str(caught.value)
    finally:
        worker.close()


def killed(worker: Worker, sign: signal.Signals) -> str:
    """Kill a worker in the middle of a task; return the error message."""
    waiting = worker.submit("sleep", seconds=PATIENCE)
    worker._started().send_signal(sign)
    with pytest.raises(WorkerError) as caught:
        waiting.result(PATIENCE)
    return str(caught.value)


def test_a_killed_worker_is_reported_with_its_signal() -> None:
    """Nothing that a worker prints as it starts is in the message."""
    worker = Worker("keras", setup=SETUP.format("install_with_a_message"))
    try:
        result(worker, "sleep", seconds=0.0)
        assert killed(worker, signal.SIGKILL) == (
            "the Keras worker died in 'sleep', killed by signal 9 "
            "(SIGKILL), possibly out of memory; it printed nothing after its "
            "start"
        )
    finally:
        worker.close()


def test_the_last_output_of_a_killed_worker_is_reported() -> None:
    worker = Worker("torch", setup=SETUP.format("install_with_a_message"))
    try:
        result(worker, "chat")
        message = killed(worker, signal.SIGSEGV)
        first, *last = message.splitlines()
        assert first == (
            "the PyTorch worker died in 'sleep', killed by signal 11 "
            "(SIGSEGV); its last words:"
        )
        assert "chatter on standard output" in last
        assert "a message of the start" not in message
    finally:
        worker.close()


def test_informational_messages_are_no_last_words(
    unlucky: WorkerPair,
) -> None:
    worker = unlucky.workers["keras"]
    result(worker, "inform")
    words = worker.last_words()
    assert "W0000 00:00:1.5   7 a.cc:2] this is a warning" in words
    assert "E0000 00:00:1.5   7 a.cc:3] this is an error" in words
    assert "this only informs" not in words
    assert "absl::InitializeLog" not in words


def test_closing_fails_the_tasks_at_once() -> None:
    """Both the running one and those that wait for it."""
    worker = Worker("torch", setup=SETUP.format("install"))
    result(worker, "sleep", seconds=0.0)
    futures = [worker.submit("sleep", seconds=PATIENCE) for _ in range(3)]
    start = time.monotonic()
    worker.close()
    assert time.monotonic() - start < 10.0
    for future in futures:
        with pytest.raises(WorkerError, match="died in 'sleep'"):
            future.result(10.0)


def test_a_worker_without_progress_is_stopped() -> None:
    worker = Worker("torch", setup=SETUP.format("install"), timeout=2.0)
    try:
        stopped = "PyTorch made no progress in 'sleep' for 2 s, and was"
        for task in ("sleep", "count"):  # the second one finds it stopped
            with pytest.raises(WorkerError, match=stopped):
                result(worker, task, seconds=PATIENCE)
        assert not worker.alive()
    finally:
        worker.close()


def test_a_time_limit_counts_each_block() -> None:
    expired = Event()
    limit = TimeLimit(0.5, expired.set)
    for _ in range(4):
        with limit:
            time.sleep(0.2)
    assert not limit.passed
    with limit:
        assert expired.wait(PATIENCE)
    assert limit.passed


def test_without_a_time_limit_no_thread_is_started() -> None:
    before = threading.active_count()
    with TimeLimit(None, lambda: None):
        assert threading.active_count() == before


@both
def test_a_task_that_breaks_leaves_the_worker_alive(
    unlucky: WorkerPair, backend: str
) -> None:
    worker = unlucky.workers[backend]
    with pytest.raises(WorkerError, match="nothing to divide by") as caught:
        result(worker, "fail")
    assert f"{LABELS[backend]} broke in 'fail'" in str(caught.value)
    assert "Traceback" in str(caught.value)
    assert result(worker, "chat") == "answer"


@both
def test_an_unknown_task_leaves_the_worker_alive(
    unlucky: WorkerPair, backend: str
) -> None:
    worker = unlucky.workers[backend]
    with pytest.raises(WorkerError, match="no_such_task"):
        result(worker, "no_such_task")
    assert result(worker, "chat") == "answer"


@both
def test_output_of_a_task_stays_in_the_log(
    unlucky: WorkerPair, backend: str, capfd: pytest.CaptureFixture[str]
) -> None:
    worker = unlucky.workers[backend]
    assert result(worker, "chat") == "answer"
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")
    written = worker.last_words()
    assert "chatter on standard output" in written
    assert "chatter from C on standard output" in written
    assert "chatter from a child" in written


def test_both_work_at_the_same_time(unlucky: WorkerPair) -> None:
    spans = unlucky.ask("sleep", seconds=1.0)
    (start, end), (other_start, other_end) = spans.values()
    shared = min(end, other_end) - max(start, other_start)
    assert shared > 0.5


def test_tasks_of_one_worker_wait_their_turn(unlucky: WorkerPair) -> None:
    worker = unlucky.workers["torch"]
    futures = [worker.submit("sleep", seconds=0.2) for _ in range(2)]
    (_, end), (start, _) = [future.result(PATIENCE) for future in futures]
    assert start >= end


def test_progress_arrives(unlucky: WorkerPair) -> None:
    seen: list[tuple[str, int, int]] = []
    unlucky.ask("count", lambda *report: seen.append(report))
    for backend in LABELS:
        steps = [(done, of) for name, done, of in seen if name == backend]
        assert steps == [(1, 3), (2, 3), (3, 3)]


def test_an_error_is_raised_before_the_other_framework_ends(
    unlucky: WorkerPair,
) -> None:
    """The other may have minutes to go."""
    busy = unlucky.workers["torch"].submit("sleep", seconds=4.0)
    start = time.monotonic()
    with pytest.raises(WorkerError, match="Keras broke"):
        unlucky.ask("fail")
    waited = time.monotonic() - start
    busy.result(PATIENCE)
    assert waited < 2.0


def test_a_worker_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(worker_module, "ENTRY", ENTRY)
    with WorkerPair(("keras",)) as pair:
        pair.ask("train", arm=arm(TANH), seed=0, dtype="float32")
        # TensorFlow has written down what it traced, in the worker's folder.
        left = {
            path.parent.parent for path in tmp_path.rglob("*autograph*.py")
        }
        assert left == {tmp_path}
    assert list(tmp_path.iterdir()) == []
