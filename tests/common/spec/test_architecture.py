"""Layer names, shapes and parameter counts, from the specification alone."""

import pytest
from pydantic import TypeAdapter

from framework_parity.common.spec.architecture import (
    DEEPEST,
    ShapeError,
    layer_nodes,
    masked,
    parameter_count,
)
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.load import parse
from framework_parity.common.spec.node import defaults_from
from tests.cases import arm


def network(*written: object) -> tuple[Layer, ...]:
    with defaults_from("keras"):
        return TypeAdapter(tuple[Layer, ...]).validate_python(written)


def mlp(*units: int) -> tuple[Layer, ...]:
    layers: list[object] = []
    for count in units:
        layers += [{"dense": count}, "relu"]
    return network(*layers[:-1])


@pytest.mark.parametrize(
    ("units", "count"),
    [
        ((256, 128, 10), 235_146),
        ((128, 64, 32, 16, 10), 111_514),
        ((512, 10), 407_050),
        ((10,), 7_850),
    ],
    ids=str,
)
def test_parameter_counts_match_those_counted_by_hand(
    units: tuple[int, ...], count: int
) -> None:
    assert parameter_count(mlp(*units), (784,)) == count


def test_layers_without_parameters_do_not_count() -> None:
    layers = network("flatten", {"dense": 3}, "tanh", {"dropout": 0.5})
    assert parameter_count(layers, (8, 8, 1)) == 64 * 3 + 3


def test_a_dense_without_bias_has_a_kernel_alone() -> None:
    [node] = layer_nodes(network({"dense": {"units": 3, "bias": False}}), (4,))
    assert node.parameters == {"dense_1/kernel": (4, 3)}


def test_layers_are_numbered_by_kind_and_carry_shapes() -> None:
    layers = network("flatten", {"dense": 6}, "relu", {"dense": 2})
    result = [
        (p.name, p.input_shape, p.output_shape)
        for p in layer_nodes(layers, (4, 5, 3))
    ]
    assert result == [
        ("flatten_1", (4, 5, 3), (60,)),
        ("dense_1", (60,), (6,)),
        ("relu_1", (6,), (6,)),
        ("dense_2", (6,), (2,)),
    ]


def test_dense_on_images_is_refused_with_its_path() -> None:
    with pytest.raises(ShapeError, match="put a 'flatten' before") as caught:
        layer_nodes(network("relu", {"dense": 2}), (4, 5, 3))
    assert caught.value.path == (1,)


def test_masked_layers_are_the_dropouts() -> None:
    layers = network({"dropout": 0.1}, {"dense": 2}, {"dropout": 0.2})
    assert [p.name for p in masked(layers, (4,))] == ["dropout_1", "dropout_2"]


def test_arm_counts_what_its_layers_count() -> None:
    example = arm([{"dense": 7}, "tanh", {"dense": 3}])
    assert example.parameter_count == 5 * 7 + 7 + 7 * 3 + 3


def nested(depth: int) -> dict[str, object]:
    """Return a specification with a residual in a residual, and so on."""
    block: object = "tanh"
    for _ in range(depth):
        block = {"residual": [block]}
    return {
        "name": "nested",
        "dialect": "keras",
        "data": "spiral",
        "recipe": {"loss": "cross_entropy", "optimizer": "adam", "epochs": 1},
        "arms": {"only": [block, {"dense": 3}]},
    }


def test_nesting_of_layers_is_limited() -> None:
    assert len(parse(nested(DEEPEST)).arm("only").all_nodes) == DEEPEST + 2
    with pytest.raises(SpecError, match="nested more than 20 layers deep"):
        parse(nested(DEEPEST + 1))
    for depth in (100, 150, 400):
        with pytest.raises(SpecError, match=r"nested (too|more).* deep"):
            parse(nested(depth))
