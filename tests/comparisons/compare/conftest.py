"""What the tests of a comparison share."""

import pytest

from framework_parity.comparisons.workers.worker import WorkerPair

# The users' files, which import a framework, have no doctests.
collect_ignore_glob = ["*_torch.py", "*_keras.py", "*_models.py"]


@pytest.fixture(scope="session")
def both(pair: WorkerPair) -> WorkerPair:
    """A worker for each framework."""
    return pair
