"""Fixtures of all tests: the two workers, started once per session."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from framework_parity.comparisons.workers.worker import WorkerPair

# The same examples on every run, so that failures are reproducible.
hypothesis.settings.register_profile(
    "house", derandomize=True, deadline=None, max_examples=50
)
hypothesis.settings.load_profile("house")

SETUP = "tests.setup:add_tasks"


def pytest_xdist_make_scheduler(
    config: pytest.Config, log: Any
) -> LoadScopeScheduling:
    """Run a file in one process of xdist, and so a case of the large file."""
    return _ByFile(config, log)


class _ByFile(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        if Path(file).stem != "test_against_reference":
            return file
        case = re.search(r"\[(.*)-(torch|keras)\]", test)
        return f"{file}::{case[1]}" if case else file


@pytest.fixture(scope="session")
def pair() -> Iterator[WorkerPair]:
    """Both frameworks, each in its own process."""
    with WorkerPair(setup={"torch": SETUP, "keras": SETUP}) as workers:
        yield workers
