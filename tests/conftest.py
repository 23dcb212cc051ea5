"""Fixtures of all tests: the two workers, started once per session."""

import gc
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from framework_parity.comparisons.workers.worker import LABELS, WorkerPair

# The same examples on every run, so that failures are reproducible.
hypothesis.settings.register_profile(
    "house", derandomize=True, deadline=None, max_examples=50
)
hypothesis.settings.load_profile("house")

SETUP = "tests.setup:add_tasks"

# The tests that are collected are never garbage, but each collection would
# look at all of them; see `pytest_collection_modifyitems`.
gc.disable()


def pytest_xdist_make_scheduler(
    config: pytest.Config, log: Any
) -> LoadScopeScheduling:
    """Return a scheduler that runs the tests of a file in one process.

    Of the largest file, only those of a case are kept together.
    """
    return _ByFile(config, log)


class _ByFile(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        if Path(file).stem != "test_against_reference":
            return "faulty" if _plants_faults(file) else file
        case = re.search(r"\[(.*)-(torch|keras)\]", test)
        return f"{file}::{case[1]}" if case else file


@cache
def _plants_faults(file: str) -> bool:
    """Whether tests of a file need the second pair of workers, `faulty`.

    They run in one process, so that this pair is started once.
    """
    return "faulty: WorkerPair" in Path(file).read_text("utf-8")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--backend`."""
    parser.addoption(
        "--backend",
        choices=list(LABELS),
        help="run only the tests of one backend, without the other framework",
    )


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """With `--backend`, keep the tests that are parametrised with it."""
    gc.freeze()
    gc.enable()
    chosen = config.getoption("--backend")
    if chosen is None:
        return

    def backend_of(item: pytest.Item) -> Any:
        callspec = getattr(item, "callspec", None)
        return callspec.params.get("backend") if callspec else None

    kept = [item for item in items if backend_of(item) == chosen]
    kept_ids = {id(item) for item in kept}
    left = [item for item in items if id(item) not in kept_ids]
    config.hook.pytest_deselected(items=left)
    items[:] = kept


@pytest.fixture(scope="session")
def pair(request: pytest.FixtureRequest) -> Iterator[WorkerPair]:
    """Both frameworks, each in its own process; or that of `--backend`."""
    chosen = request.config.getoption("--backend")
    backends = (chosen,) if chosen else tuple(LABELS)
    with WorkerPair(backends, dict.fromkeys(backends, SETUP)) as workers:
        yield workers
