"""The faults of the frameworks stand on the installed versions."""

import pytest

from tests.framework_faults.__main__ import shown, stands
from tests.framework_faults.faults import FAULTS, Fault


def test_scripts_have_at_most_fifteen_lines() -> None:
    for fault in FAULTS:
        assert len(fault.script.strip().splitlines()) <= 15, fault.name


def test_a_fixed_fault_is_noticed() -> None:
    fault = FAULTS[0]
    assert stands(fault, 1.0, 2.0)
    assert not stands(fault, 1.0, 1.0)
    assert stands(fault, "an error", "a row")


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_stands(fault: Fault) -> None:
    assert stands(fault, *shown(fault))
