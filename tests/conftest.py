"""Fixtures of all tests: the two workers, started once per session."""

from collections.abc import Iterator

import hypothesis
import pytest

from framework_parity.comparisons.workers.pool import WorkerPair

# The same examples on every run, so that failures are reproducible.
hypothesis.settings.register_profile(
    "house", derandomize=True, deadline=None, max_examples=50
)
hypothesis.settings.load_profile("house")

SETUP = "tests.setup:add_tasks"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group the tests of a file, or of a case, in one process of xdist."""
    for item in items:
        given = getattr(item, "callspec", None)
        case = getattr(given and given.params.get("case"), "id", "")
        group = f"{item.path.stem}-{case}" if case else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def pair() -> Iterator[WorkerPair]:
    """Both frameworks, each in its own process."""
    with WorkerPair(setup={"torch": SETUP, "keras": SETUP}) as workers:
        yield workers
