"""Frozen layers: their tensors, and the mode of batch norms inside."""

from typing import Any

import pytest

from framework_parity.common.spec.architecture import is_padded_after
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.load import parse
from tests.cases import arm
from tests.common.written import experiment

NORM: dict[str, Any] = {"batch_norm": {}}


def test_tensors_inside_are_no_parameters() -> None:
    network = arm([{"frozen": [{"dense": 4}, NORM]}, {"dense": 3}])
    assert network.parameters == {
        "dense_2/kernel": (4, 3),
        "dense_2/bias": (3,),
    }
    assert list(network.tensors) == [
        *("dense_1/kernel", "dense_1/bias"),
        *("batch_norm_1/gamma", "batch_norm_1/beta"),
        *("batch_norm_1/running_mean", "batch_norm_1/running_variance"),
        *("dense_2/kernel", "dense_2/bias"),
    ]
    assert network.parameter_count == 15


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("training", "training", "training"),
        ("training", "evaluation", "evaluation"),
        ("evaluation", "training", "evaluation"),
    ],
)
def test_evaluation_of_either_of_two_frozen_blocks_applies(
    outer: str, inner: str, expected: str
) -> None:
    inside = {"frozen": {"layers": [NORM], "batch_norm": inner}}
    block = {"frozen": {"layers": [inside], "batch_norm": outer}}
    norm, *_ = arm([block, {"dense": 3}]).all_nodes
    assert norm.frozen == expected


def test_layers_inside_of_a_frozen_residual_are_frozen() -> None:
    residual = {"residual": {"body": [{"dense": 5}], "activation": "prelu"}}
    network = arm([{"frozen": [residual]}, {"dense": 3}])
    assert [node.frozen for node in network.all_nodes] == [
        *("evaluation", "evaluation", "evaluation"),
        *(None, None),
    ]


def test_padding_begins_inside_of_a_frozen_block() -> None:
    embedding = {"embedding": {"vocabulary": 4, "size": 3, "masked_id": 0}}
    layers = [{"frozen": [embedding]}, {"lstm": 3}, {"dense": 3}]
    first, lstm, dense = arm(layers, (6,), tokens=4).nodes
    assert is_padded_after(first)
    assert lstm.padded
    assert not dense.padded


def test_a_network_of_which_all_is_frozen_is_refused() -> None:
    with pytest.raises(SpecError, match="take one out of 'frozen'"):
        parse(experiment(arms={"a": [{"frozen": [{"dense": 3}]}]}))
