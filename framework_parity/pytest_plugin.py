"""The plugin for pytest: a fixture and a marker for pairs of models.

    def test_port(framework_pair):
        framework_pair("net_torch.py:Net", "net_keras.py:build",
                       inputs=(2, 32, 32, 3))

The marker `framework_pair(level="trajectory")` sets the defaults of a test.
Nothing of this project is imported before the fixture is used.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

MARKER = "framework_pair"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(level, dtype, seed, timeout): defaults of the fixture "
        f"{MARKER}, which compares a PyTorch and a Keras model",
    )


@pytest.fixture
def framework_pair(
    request: pytest.FixtureRequest,
) -> Callable[..., Any]:
    """Return `assert_equivalent`, with the marker's arguments as defaults.

    Relative paths start at the folder of the test's file.
    """
    from framework_parity.testing import assert_equivalent

    marker = request.node.get_closest_marker(MARKER)
    given = dict(marker.kwargs) if marker else {}
    folder = Path(request.path).parent

    def beside(address: Any) -> Any:
        if not isinstance(address, str | Path):
            return address  # a live model
        path, colon, name = str(address).rpartition(":")
        file = folder / path
        return f"{file}{colon}{name}" if file.is_file() else str(address)

    def compare(torch: Any, keras: Any, **more: Any) -> Any:
        __tracebackhide__ = True
        check = partial(assert_equivalent, **given | more)
        return check(beside(torch), beside(keras))

    return compare


def pytest_sessionfinish() -> None:
    """End the workers, if a test has started them."""
    import sys

    testing = sys.modules.get("framework_parity.testing")
    if testing is not None:
        testing.close()
