"""One framework alone, of the pair that all tests share."""

import pytest

from comparisons.workers import Pair, Worker


@pytest.fixture(scope="session")
def torch_worker(pair: Pair) -> Worker:
    """PyTorch alone."""
    return pair.workers["torch"]
