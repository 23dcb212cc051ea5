"""The tasks of the workers that all tests share."""

from tests.backends import examination, loading, precisions, saving, tails
from tests.coverage import emission
from tests.external import calculations, plain_optimizers
from tests.framework_names import ask


def add_tasks(backend: str) -> None:
    """Add the tests' tasks to a worker."""
    examination.add_tasks(backend)
    loading.add_tasks(backend)
    precisions.add_tasks(backend)
    emission.add_tasks(backend)
    saving.add_tasks(backend)
    calculations.add_tasks(backend)
    plain_optimizers.add_tasks(backend)
    tails.add_tasks(backend)
    ask.add_tasks(backend)
