"""The sentences that an audit is told in."""

import pytest

from comparisons.wording import _that_differ


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 conventions differ"),
        (1, "1 convention differs"),
        (2, "2 conventions differ"),
    ],
)
def test_one_convention_differs_and_two_differ(count: int, said: str) -> None:
    assert _that_differ(count) == said
