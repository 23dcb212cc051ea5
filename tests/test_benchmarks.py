"""The benchmarks run, and this project's loop really trains."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from framework_parity.comparisons.workers.worker import ENVIRONMENT

RACE = """
import json, sys
from benchmarks.cases import Case
from benchmarks.race import ours, race
tiny = Case("tiny", 4, (8,), "relu", 3, 50, 16, epochs=2)
record = ours(sys.argv[1], tiny)()
times = race(sys.argv[1], tiny, 1, 1)
print(json.dumps([len(record.steps["loss"]), tiny.steps, times]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("framework", "others"),
    [
        ("torch", {"bare", "tensor_loader", "image_loader"}),
        ("keras", {"bare", "model_fit"}),
    ],
)
def test_a_race_times_every_loop(framework: str, others: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RACE, framework],
        env=os.environ | ENVIRONMENT,
        check=True,
        capture_output=True,
        text=True,
    )
    trained, steps, times = json.loads(done.stdout.splitlines()[-1])
    assert trained == steps == 8
    timed: dict[str, Any] = times
    assert set(timed) == {"ours", *others}
    for each in timed.values():
        assert each["seconds"]["median"] > 0
        assert each["ratio"]["median"] > 0
