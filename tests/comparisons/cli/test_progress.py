"""Where standard error is no terminal, progress comes in plain lines."""

import io
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import yaml

from framework_parity.comparisons.cli.ticker import Stages, Ticker
from framework_parity.comparisons.workers.worker import LABELS
from tests.comparisons.arms import SMALL

# Seconds, for a machine that is busy.
PATIENCE = 300.0


def lines_of(file: io.StringIO) -> list[str]:
    return file.getvalue().splitlines()


def wait_for(file: io.StringIO, count: int) -> list[str]:
    """Wait until so many lines are there, and return them."""
    end = time.monotonic() + 30.0
    while len(lines_of(file)) < count and time.monotonic() < end:
        time.sleep(0.005)
    return lines_of(file)


def test_a_line_states_the_progress_of_each_framework() -> None:
    stages = Stages(LABELS, "steps")
    assert stages.report() == ("", "")
    stages.watch("deep: float32, seed 0", "torch", 1250, 5000)
    stages.watch("deep: float32, seed 0", "keras", 0, 5000)
    stage, line = stages.report()
    assert stage == "deep: float32, seed 0"
    assert line == (
        "deep: float32, seed 0: PyTorch 1,250 of 5,000 steps (25 %), "
        "Keras 0 of 5,000 steps (0 %)"
    )
    stages.watch("deep: float32, seed 1", "torch", 5000, 5000)
    stage, line = stages.report()
    assert stage == "deep: float32, seed 1; deep: float32, seed 0"
    assert line == (
        "deep: float32, seed 1: PyTorch 5,000 of 5,000 steps (100 %); "
        "deep: float32, seed 0: Keras 0 of 5,000 steps (0 %)"
    )


def test_a_new_stage_is_printed_at_once_and_an_old_one_at_intervals() -> None:
    file = io.StringIO()
    at = ["one", "one: 10 %"]

    def say() -> tuple[str, str]:
        return at[0], at[1]

    with Ticker("title", say, file, least=0.01, most=PATIENCE):
        assert len(wait_for(file, 1)) == 1
        # A line of the same stage waits for its interval, too long here.
        at[1] = "one: 20 %"
        time.sleep(0.1)
        assert len(lines_of(file)) == 1
        at[:] = "two", "two: 0 %"
        first, second = wait_for(file, 2)
    assert re.fullmatch(r"title · 0:0\d · one: 10 %", first)
    assert re.fullmatch(r"title · 0:\d\d · two: 0 %", second)
    file = io.StringIO()
    with Ticker("title", say, file, least=0.01, most=0.05):
        # A sign of life, though nothing has changed.
        assert len(wait_for(file, 3)) >= 3


def test_nothing_is_printed_before_the_first_report() -> None:
    file = io.StringIO()
    with Ticker("title", lambda: ("", ""), file, least=0.01, most=0.02):
        time.sleep(0.1)
    assert lines_of(file) == []


def test_a_closed_stream_does_not_end_a_run() -> None:
    file = io.StringIO()
    file.close()
    before = threading.active_count()
    # pytest fails a test in whose threads an exception was raised.
    with Ticker("title", lambda: ("one", "one"), file, 0.01, 0.02):
        time.sleep(0.1)
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("command", "stage"),
    [
        (("run", "--seeds", "1", "--backend", "torch"), "linear: "),
        pytest.param(
            ("check", "--level", "trajectory"),
            "linear: ",
            marks=pytest.mark.slow,
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_progress_goes_to_a_file_while_it_runs(
    command: tuple[str, ...], stage: str, tmp_path: Path
) -> None:
    spec = tmp_path / "small.yaml"
    recipe = SMALL["recipe"] | {"epochs": 300, "evaluate_every": 0}
    spec.write_text(yaml.safe_dump(SMALL | {"recipe": recipe}), "utf-8")
    out = ("--out", str(tmp_path / "out")) if command[0] == "run" else ()
    log = tmp_path / "stderr.log"
    seen: list[str] = []
    with log.open("wb") as file:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "framework_parity"),
                *(command[0], str(spec), *command[1:], *out),
            ],
            stdout=subprocess.DEVNULL,
            stderr=file,
        )
        while process.poll() is None:
            # What is there now has been flushed.
            seen.append(log.read_text("utf-8"))
            time.sleep(0.1)
    text = log.read_text("utf-8")
    assert process.returncode == 0, text
    assert any(stage in before for before in seen)
    assert "\x1b" not in text
    assert "\r" not in text
    for line in text.splitlines():
        assert re.fullmatch(
            r"small · \d+:\d\d · (linear: .*?: )?(PyTorch|Keras) "
            r"[\d,]+ of [\d,]+ steps \(\d+ %\).*"
            r"|small · \d+:\d\d · linear: (PyTorch|Keras) .*",
            line,
        ), line
