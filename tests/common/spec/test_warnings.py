"""Warnings about a specification: the place, the effect and the remedy."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.layers.activations import LogSoftmax, Sigmoid
from framework_parity.common.spec.load import parse
from framework_parity.common.spec.losses import CrossEntropy
from framework_parity.common.spec.warnings import spec_warnings

SPIRAL = {"spiral": {"classes": 3, "samples": 60}}
XOR = {"xor": {"copies": 20}}


def warned(
    layers: list[Any],
    loss: str = "cross_entropy",
    data: dict[str, Any] = SPIRAL,
) -> list[str]:
    """Return the warnings about a network of one arm, `a`."""
    written = {
        "name": "tried",
        "dialect": "torch",
        "data": data,
        "recipe": {
            "loss": loss,
            "optimizer": {"sgd": 0.1},
            "batch_size": 16,
            "epochs": 1,
        },
        "arms": {"a": layers},
    }
    return spec_warnings(parse(written))


DENSE_3: dict[str, Any] = {"dense": 3}
BRANCHES = {"concatenate": [[{"dense": 1}, "sigmoid"], [{"dense": 2}]]}


@pytest.mark.parametrize(
    ("layers", "place"),
    [
        ([DENSE_3, "sigmoid"], "sigmoid_1"),
        ([DENSE_3, "softmax"], "softmax_1"),
        ([{"dense": 4}, "softmax", DENSE_3, "softmax"], "softmax_2"),
        ([DENSE_3, "sigmoid", "sigmoid"], "sigmoid_2"),
        ([DENSE_3, "sigmoid", {"dropout": 0.1}, "linear"], "sigmoid_1"),
        (
            [
                DENSE_3,
                {"residual": {"body": [DENSE_3], "activation": "sigmoid"}},
            ],
            "sigmoid_1",
        ),
        ([BRANCHES], "sigmoid_1"),
        ([DENSE_3, {"frozen": ["softmax"]}], "softmax_1"),
    ],
    ids=[
        "last",
        "softmax",
        "second",
        "twice",
        "behind-dropout",
        "residual",
        "branch",
        "frozen",
    ],
)
def test_outputs_between_0_and_1_before_a_cross_entropy(
    layers: list[Any], place: str
) -> None:
    [sentence] = warned(layers)
    assert sentence.startswith(f"arms.a: {place} is applied before")
    assert sentence.endswith(f"remove {place}")
    # The best that outputs between 0 and 1 can do: 1 for the right class.
    best = CrossEntropy().value(np.eye(3), np.arange(3))
    assert f"cannot fall below {best:.2f}" in sentence


def test_a_sigmoid_before_a_binary_cross_entropy() -> None:
    [sentence] = warned([{"dense": 1}, "sigmoid"], "binary_cross_entropy", XOR)
    assert sentence.startswith("arms.a: sigmoid_1 is applied before")
    lowest, highest = Sigmoid().value(np.array([0.0, 1.0]))
    assert f"between {lowest:.1f} and {highest:.2f}" in sentence


@pytest.mark.parametrize("relu", ["relu", "relu6"])
def test_logits_without_their_negative_half(relu: str) -> None:
    [sentence] = warned([DENSE_3, relu])
    assert sentence.startswith(f"arms.a: {relu}_1 is applied before")
    assert f"remove {relu}_1" in sentence


def test_a_logarithm_of_probabilities_has_no_effect() -> None:
    [sentence] = warned([DENSE_3, "log_softmax"])
    assert sentence.startswith("arms.a: log_softmax_1 is applied before")
    z = np.random.default_rng(0).normal(size=(5, 3))
    y, loss = np.array([0, 1, 2, 0, 1]), CrossEntropy()
    twice = LogSoftmax().value(z)
    assert loss.value(twice, y) == pytest.approx(loss.value(z, y), rel=1e-15)


@pytest.mark.parametrize(
    ("kind", "value"), [("softmax", "1"), ("log_softmax", "0")]
)
def test_a_softmax_of_one_number(kind: str, value: str) -> None:
    warnings = warned([{"dense": 1}, kind], "binary_cross_entropy", XOR)
    [sentence] = [
        warning for warning in warnings if "single number" in warning
    ]
    assert sentence.startswith(f"arms.a: {kind}_1 is taken of a single")
    assert f"always {value}" in sentence


@pytest.mark.parametrize(
    "loss", ["mean_squared_error", "mean_absolute_error", "huber"]
)
def test_a_distance_on_one_hot_classes(loss: str) -> None:
    [sentence] = warned([DENSE_3], loss)
    assert sentence.startswith(f"arms.a: '{loss}' is taken on 3 one-hot")


def test_a_network_that_learns_nothing_is_refused() -> None:
    points = {"x": [[0], [1]], "y": [0, 1]}
    data = {"points": points, "test": 0, "validation": 0}
    with pytest.raises(SpecError, match="no trainable parameters") as refused:
        warned(["tanh"], "mean_squared_error", data)
    assert refused.value.field == "arms.a"


@pytest.mark.parametrize(
    "layers",
    [
        [DENSE_3],
        [DENSE_3, "tanh"],
        [{"dense": 4}, "sigmoid", DENSE_3],
        [{"dense": 4}, "softmax", DENSE_3],
        [{"dense": 4}, "relu", DENSE_3, {"dropout": 0.1}],
    ],
    ids=["logits", "tanh", "sigmoid-inside", "softmax-inside", "relu-inside"],
)
def test_usual_networks_give_no_warnings(layers: list[Any]) -> None:
    assert warned(layers) == []


def test_a_mean_of_padding_alone_is_not_a_number() -> None:
    """Ids of two kinds and two steps: about a quarter of the samples."""
    data: dict[str, Any] = {
        "noise": {"sides": [2], "tokens": 2, "samples": 60, "classes": 2}
    }
    padded = {"embedding": {"vocabulary": 2, "size": 3, "masked_id": 0}}
    ending = ["global_average_pool", {"dense": 2}]
    data = data | {"test": 0, "validation": 0}
    ids = parse(
        {
            "name": "ids",
            "dialect": "torch",
            "data": data,
            "recipe": {"loss": "cross_entropy", "optimizer": "sgd"}
            | {"batch_size": 16, "epochs": 1},
            "arms": {"a": [padded, *ending]},
        }
    ).arm("a")
    assert isinstance(ids, Arm)
    x = ids.data.parts(ids.recipe.loss)["train"].x
    count = int((x == 0).all(1).sum())
    assert 5 < count < 30
    [sentence] = warned([padded, *ending], data=data)
    assert f"{count} samples consist of padding, the id 0, alone" in sentence
    assert warned([padded, {"lstm": 2}], data=data) == []


def test_moved_images_whose_target_is_not_moved() -> None:
    layers: list[Any] = ["random_flip", {"conv2d": {"filters": 1, "size": 1}}]
    data = {"digits": {}, "target": "inputs"}
    [sentence] = warned(layers, "mean_squared_error", data)
    assert sentence.startswith("arms.a: random_flip_1 moves the images")
    assert sentence.endswith("remove random_flip_1")
