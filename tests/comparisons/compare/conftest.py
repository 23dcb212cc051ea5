"""What the tests of a comparison share."""

from collections.abc import Iterator

import pytest

from framework_parity.comparisons.workers.worker import WorkerPair

# The users' files, which import a framework, have no doctests.
collect_ignore_glob = ["*_torch.py", "*_keras.py", "*_models.py"]


@pytest.fixture(scope="session")
def both() -> Iterator[WorkerPair]:
    """A worker for each framework, without the tasks of other tests."""
    with WorkerPair() as pair:
        yield pair
