"""Ports of parameter groups, whose rates Keras gives to optimisers."""

from pathlib import Path

import pytest

from framework_parity.comparisons.workers.worker import WorkerPair
from tests.comparisons.compare.porting import (
    MSE_K,
    MSE_T,
    SGD_K,
    Case,
    check_case,
    compared_case,
    module,
    on_each,
    sequential,
)

SHAPE = (4, 6)
NETWORK_T = module(
    "self.a, self.b = nn.Linear(6, 8), nn.Linear(8, 4)",
    "return self.b(torch.tanh(self.a(x)))",
)
NETWORK_K = sequential(
    "layers.Dense(8, activation='tanh', name='a')",
    "layers.Dense(4, name='b')",
    shape="(6,)",
)


def torch_groups(first: str, rest: str, kind: str = "SGD", **more: str) -> str:
    """Return a file whose first layer has a rate of its own."""
    arguments = "".join(f", {name}={value}" for name, value in more.items())
    return f"""{NETWORK_T}{MSE_T}
def make_optimizer(params):
    params = list(params)
    first, rest = params[:2], params[2:]
    groups = [{{"params": first, "lr": {first}}}, {{"params": rest}}]
    return torch.optim.{kind}(groups, lr={rest}{arguments})
"""


def keras_groups(first: str, rest: str, named: str = "a") -> str:
    """Return a file whose layer `named` has an optimiser of its own."""
    return f"""{NETWORK_K}{MSE_K}
def make_optimizer():
    others = keras.optimizers.OptimizerMap(keras.optimizers.{rest})
    others[".*{named}/.*"] = keras.optimizers.{first}
    return keras.optimizers.MultiOptimizer(others)
"""


SELECTED_K = f"""{NETWORK_K}{MSE_K}
def make_optimizer():
    def chosen(variable):
        first = "/a/" in f"/{{variable.path}}"
        return keras.optimizers.SGD(0.01 if first else 0.1)

    return keras.optimizers.MultiOptimizer(chosen)
"""
STEP_T = """
def train_step(model, optimizer, x, y):
    optimizer.zero_grad()
    value = loss(model(x), y)
    value.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    optimizer.step()
    return value.item()
"""
AGREE = {
    "the same groups": Case(
        torch_groups("0.01", "0.1"),
        keras_groups("SGD(0.01)", "SGD(0.1)"),
        SHAPE,
    ),
    "the other layer is the group": Case(
        torch_groups("0.01", "0.1"),
        keras_groups("SGD(0.1)", "SGD(0.01)", "b"),
        SHAPE,
    ),
    "chosen by a function": Case(
        torch_groups("0.01", "0.1"), SELECTED_K, SHAPE
    ),
    "Adam": Case(
        torch_groups("0.01", "0.1", "Adam", eps="1e-7"),
        keras_groups("Adam(0.01)", "Adam(0.1)"),
        SHAPE,
    ),
}
DIFFER = {
    "one rate in Keras": Case(
        torch_groups("0.01", "0.1"),
        NETWORK_K + MSE_K + SGD_K,
        SHAPE,
        ("parameter_group_rate",),
    ),
    "another rate of the group": Case(
        torch_groups("0.01", "0.1"),
        keras_groups("SGD(0.02)", "SGD(0.1)"),
        SHAPE,
        ("parameter_group_rate",),
    ),
    "one rate in PyTorch": Case(
        torch_groups("0.1", "0.1"),
        keras_groups("SGD(0.02)", "SGD(0.1)"),
        SHAPE,
        ("parameter_group_rate",),
    ),
    "ten times the rate": Case(
        torch_groups("0.01", "0.1"),
        keras_groups("SGD(0.1)", "SGD(1.0)"),
        SHAPE,
        ("learning_rate",),
    ),
    # Each of Keras's optimisers clips by the norm of its own gradients.
    "clipped by group": Case(
        torch_groups("0.01", "0.1") + STEP_T,
        keras_groups(
            "SGD(0.01, global_clipnorm=0.1)", "SGD(0.1, global_clipnorm=0.1)"
        ),
        SHAPE,
        ("gradient_clipping",),
    ),
    "momentum": Case(
        torch_groups("0.01", "0.1", momentum="0.9"),
        keras_groups("SGD(0.01, momentum=0.8)", "SGD(0.1, momentum=0.8)"),
        SHAPE,
        ("sgd_momentum",),
    ),
}


@pytest.mark.parametrize("name", AGREE)
def test_the_same_groups_agree(
    both: WorkerPair, tmp_path: Path, name: str
) -> None:
    result = compared_case(both, tmp_path, AGREE[name])
    assert result.verdict == "agree"
    assert result.causes == []


@on_each(DIFFER)
def test_a_group_that_differs_is_named(
    both: WorkerPair, tmp_path: Path, case: Case
) -> None:
    check_case(both, tmp_path, case)
