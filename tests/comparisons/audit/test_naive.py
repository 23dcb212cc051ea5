"""The naive port: two dialects, the conventions that differ, and mixes."""

from typing import Any

import pytest

from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.load import parse
from framework_parity.comparisons import catalogue
from framework_parity.comparisons.audit import naive_port as naive
from framework_parity.comparisons.audit.naive_port import NaivePort, naive_port

UNWRITTEN = {
    "adam_epsilon",
    "adam_epsilon_placement",
    "batch_norm_epsilon",
    "batch_norm_running_decay",
    "batch_norm_running_variance",
    "dense_bias_initializer",
    "dense_kernel_initializer",
    "early_stopping_counting",
}


def written(layers: list[Any], **more: Any) -> dict[str, Any]:
    return {
        "name": "tried",
        "dialect": "keras",
        "data": {"spiral": {"samples": 120}},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.01},
            "batch_size": 16,
            "epochs": 1,
            "shuffle": "each_epoch",
        },
        "arms": {"only": layers},
        **more,
    }


@pytest.fixture
def port() -> NaivePort:
    return naive_port(catalogue.written("naive_port"))


def test_the_showcase_leaves_easily_forgotten_values_unwritten(
    port: NaivePort,
) -> None:
    names = {row.name for row in port.conventions}
    assert names >= UNWRITTEN
    # What everybody writes down is written down.
    fields = {"recipe.batch_size", "recipe.shuffle", "adam.lr"}
    assert not fields & {row.field for row in port.conventions}


@pytest.mark.parametrize("side", ["torch", "keras"])
def test_a_corner_is_the_spec_under_that_dialect(
    port: NaivePort, side: str
) -> None:
    words = catalogue.written("naive_port") | {"dialect": side}
    whole = port.mixed(port.corners[side])
    assert whole.content_hash == parse(words).content_hash


@pytest.mark.parametrize("name", sorted(UNWRITTEN))
def test_one_switch_changes_its_field_everywhere_and_nothing_else(
    port: NaivePort, name: str
) -> None:
    mixed = port.mixed(frozenset({name})).model_dump(mode="json")
    row = next(row for row in port.conventions if row.name == name)
    kind, field = row.field.split(".")
    torch, keras = (
        [*_fields(side, kind, field)] for side in port.sides.values()
    )
    assert [*_fields(mixed, kind, field)] == keras != torch
    for other in port.conventions:
        if other.name != name:
            kind, field = other.field.split(".")
            values = [*_fields(mixed, kind, field)]
            assert values == [*_fields(port.sides["torch"], kind, field)]


def _fields(value: Any, kind: str, field: str) -> Any:
    """Yield every value of a field, wherever an element of the kind is."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        if key == kind and isinstance(inner, dict) and field in inner:
            yield inner[field]
        yield from _fields(inner, kind, field)
    for inner in value if isinstance(value, list) else ():
        yield from _fields(inner, kind, field)


def test_differences_are_found_inside_of_blocks_and_initialisers() -> None:
    dense = {"units": 4, "kernel_initializer": "normal", "bias": False}
    dense |= {"bias_initializer": "zeros"}
    layers = [
        {"dense": dense},
        {"residual": [{"dense": dense}, "tanh"]},
        {"dense": dense | {"units": 3}},
    ]
    port = naive_port(written(layers))
    kinds = {row.field.split(".")[0] for row in port.conventions}
    assert kinds == {"adam", "normal"}
    mixed = port.mixed(frozenset({"normal_stddev"})).model_dump(mode="json")
    assert [*_fields(mixed, "normal", "stddev")] == [0.05] * 3


def test_nothing_differs_where_everything_is_written() -> None:
    complete = parse(written([{"dense": 3}])).model_dump(mode="json")
    port = naive_port(complete)
    assert port.conventions == ()
    assert port.corners["torch"] == port.corners["keras"] == frozenset()


def test_the_arm_with_most_differing_defaults_is_audited() -> None:
    arms = {
        "plain": [{"dense": 3}],
        "normed": [{"dense": 3}, "batch_norm"],
        "again": [{"dense": 4}, "batch_norm", {"dense": 3}],
    }
    words = written([], arms=arms)
    assert naive_port(words).arm == "normed"
    assert naive_port(words, "plain").arm == "plain"
    with pytest.raises(SpecError, match="did you mean 'again'"):
        naive_port(words, "agin")


def test_a_spec_that_is_invalid_in_one_dialect_is_refused_with_its_name() -> (
    None
):
    words = written([{"dense": 4}, "batch_norm", {"dense": 3}])
    del words["recipe"]["batch_size"]
    with pytest.raises(SpecError, match="under PyTorch's defaults"):
        naive_port(words)


def test_a_difference_that_no_row_explains_is_an_error() -> None:
    torch, keras = ({"recipe": {"epochs": epochs}} for epochs in (1, 2))
    with pytest.raises(LookupError, match=r"recipe\.epochs"):
        naive._differing(torch, keras, ())
