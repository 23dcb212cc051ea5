"""Parameter groups: which parameters they contain, and their updates."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.spec.groups import ParameterGroup
from tests.cases import arm
from tests.common.reference.test_reference import first_step

NAMES = ("dense_1/kernel", "dense_1/bias", "norm_1/gamma", "gru_1/kernel")
LAYERS = [{"dense": 4}, "tanh", {"dense": 3}]
SGD = {"sgd": {"lr": 0.1, "weight_decay": 0.01}}


@pytest.mark.parametrize(
    ("fields", "members"),
    [
        ({}, NAMES),
        ({"layers": ("dense_1",)}, NAMES[:2]),
        ({"parameters": "kernels"}, (NAMES[0], NAMES[3])),
        ({"parameters": "others"}, NAMES[1:3]),
        ({"layers": ("dense_1", "gru_1"), "parameters": "others"}, NAMES[1:2]),
    ],
    ids=str,
)
def test_a_group_contains_parameters_of_layers(
    fields: dict[str, Any], members: tuple[str, ...]
) -> None:
    group = ParameterGroup(lr_factor=0.1, **fields)
    assert tuple(filter(group.contains, NAMES)) == members


def test_parameters_are_grouped_by_their_options() -> None:
    groups = [
        {"layers": ["dense_1"], "lr_factor": 0.5},
        {"layers": ["dense_2"], "parameters": "others", "weight_decay": 0},
    ]
    example = arm(LAYERS, optimizer=SGD, groups=groups)
    assert example.recipe.grouped(example.parameters) == {
        (1.0, 0.01): ["dense_2/kernel"],
        (0.5, 0.01): ["dense_1/kernel", "dense_1/bias"],
        (1.0, 0.0): ["dense_2/bias"],
    }


def test_a_step_is_that_of_the_group() -> None:
    groups = [
        {"layers": ["dense_1"], "lr_factor": 0.5, "weight_decay": 0.2},
        {"layers": ["dense_2"], "parameters": "others", "lr_factor": 0},
    ]
    trainer, segment = first_step(arm(LAYERS, optimizer=SGD, groups=groups))
    before = trainer.weights()
    gradients = trainer.gradients(segment)[1]
    trainer.steps(segment)
    after = trainer.weights()
    # The rate 0.1 times the factor, and the decay.
    options = {
        "dense_1/kernel": (0.05, 0.2),
        "dense_1/bias": (0.05, 0.2),
        "dense_2/kernel": (0.1, 0.01),
        "dense_2/bias": (0.0, 0.01),
    }
    for name, (rate, decay) in options.items():
        slope = gradients[name] + decay * before[name]
        np.testing.assert_allclose(
            after[name], before[name] - rate * slope, rtol=1e-14, atol=1e-16
        )
