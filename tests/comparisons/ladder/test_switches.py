"""Switches: a field set to another value, wherever it occurs."""

import pytest

from framework_parity.common.spec.conventions import CONVENTIONS, Convention
from framework_parity.common.spec.layers.normalization import BatchNorm
from framework_parity.comparisons.ladder.interventions import (
    rows_of,
    starts_elsewhere,
    switched,
)
from tests.cases import arm
from tests.comparisons.arms import DIGITS, RESIDUAL
from tests.comparisons.arms import arm as judged
from tests.examples import example

ROWS = {row.name: row for row in CONVENTIONS}
TWO = [row for row in CONVENTIONS if row.torch != row.keras]
DENSE = [{"dense": 3}]


@pytest.mark.parametrize("row", TWO, ids=lambda row: row.name)
def test_switching_one_example_gives_the_other(
    row: Convention,
) -> None:
    torch, keras = example(row, row.torch), example(row, row.keras)
    assert switched(torch, row, row.keras) == keras
    assert switched(keras, row, row.torch) == torch
    assert switched(keras, row, row.keras) is None
    assert row.name in rows_of(torch)


def test_a_switch_reaches_into_blocks() -> None:
    row = ROWS["batch_norm_running_decay"]
    changed = switched(judged(RESIDUAL, DIGITS), row, row.keras)
    assert changed is not None
    decays = [
        node.layer.running_decay
        for node in changed.all_nodes
        if isinstance(node.layer, BatchNorm)
    ]
    assert decays == [0.99, 0.99]


def test_an_arm_without_the_field_is_not_switched() -> None:
    row = ROWS["batch_norm_running_decay"]
    assert switched(arm(DENSE), row, row.torch) is None
    assert row.name not in rows_of(arm(DENSE))


def test_a_third_value_is_given_as_it_is() -> None:
    third = arm(DENSE, optimizer={"adam": {"epsilon": 0.01}})
    assert rows_of(third)["adam_epsilon"][1] == 0.01


def test_a_switch_to_an_invalid_arm_is_none() -> None:
    row = ROWS["batch_size"]
    normed = arm([{"batch_norm": {}}, *DENSE])
    assert switched(normed, row, 1) is None
    low = ROWS["uniform_low"]
    narrow = {"uniform": {"low": -0.2, "high": -0.1}}
    assert (
        switched(
            arm([{"dense": {"units": 3, "kernel_initializer": narrow}}]),
            low,
            0.0,
        )
        is None
    )


def test_only_initial_values_of_unchanged_shapes_start_elsewhere() -> None:
    def elsewhere(name: str) -> bool:
        row = ROWS[name]
        mine = example(row, row.torch)
        other = switched(mine, row, row.keras)
        assert other is not None
        return starts_elsewhere(mine, other)

    assert elsewhere("dense_kernel_initializer")
    assert elsewhere("prelu_initial")
    assert not elsewhere("prelu_slopes")
    assert not elsewhere("adam_epsilon")
    assert not elsewhere("batch_norm_running_decay")
