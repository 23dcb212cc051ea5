"""What the tests of a comparison share."""

from collections.abc import Iterator

import pytest

from framework_parity.comparisons.workers.worker import WorkerPair


@pytest.fixture(scope="module")
def both() -> Iterator[WorkerPair]:
    """A worker for each framework."""
    with WorkerPair() as pair:
        yield pair
