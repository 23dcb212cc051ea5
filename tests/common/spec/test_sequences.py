"""Layers over sequences and token ids: shapes, refusals and initial values."""

from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from framework_parity.common.data.sequences import (
    AddingProblem,
    EmbeddedReber,
    FirstToken,
    TokenMajority,
    TokenOrder,
)
from framework_parity.common.spec.architecture import ShapeError, layer_nodes
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.layer import Shape, TokenShape
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.layers.attention import SinusoidalPositions
from framework_parity.common.spec.layers.recurrent import Gru, Lstm
from framework_parity.common.spec.load import parse
from framework_parity.common.spec.node import defaults_from, members
from tests.cases import CASES, arm
from tests.common.written import written
from tests.tolerances import ROUNDING, assert_close

IDS = TokenShape((6,), 5)


def embedding(**fields: Any) -> dict[str, Any]:
    return {"embedding": {"vocabulary": 5, "size": 3, **fields}}


PADDED = embedding(masked_id=0)


@pytest.mark.parametrize(
    ("layers", "shape", "message"),
    [
        (["flatten"], IDS, "token ids, which are names and no quantities"),
        ([embedding()], (6,), "are no token ids; it must be the first layer"),
        ([embedding(), embedding()], IDS, "it must be the first layer"),
        ([embedding(vocabulary=4)], IDS, "the data have ids up to 4"),
        ([embedding(padding=5)], IDS, "expected an id below its vocabulary"),
        ([{"lstm": 3}], (4,), "expected sequences: time, channels"),
        ([{"gru": 3}], (4, 5, 3), "expected sequences: time, channels"),
        ([{"multi_head_attention": 2}], (4, 3), "which leaves a remainder"),
        (["position_embedding"], (4,), "expected sequences"),
        ([PADDED, "flatten"], IDS, "would treat the steps that are padding"),
        ([PADDED, "batch_norm"], IDS, "like all others; leave out"),
        ([PADDED, {"softmax": "time"}], IDS, "give it 'axis: channels', "),
        (
            [PADDED, {"residual": [{"conv1d": {"filters": 3, "size": 1}}]}],
            IDS,
            "conv1d would treat",
        ),
        ([PADDED, {"permute": ["channels", "time"]}], IDS, "s; leave out"),
        ([PADDED, {"repeat": 3}], IDS, "expected vectors"),
        ([embedding(masked_id=5)], IDS, "masked_id 5, expected an id below"),
        (["sinusoidal_positions"], (4, 3), "expected an even number"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(
    layers: Any, shape: Shape, message: str
) -> None:
    chosen = arm(layers, (6,), tokens=5).layers
    with pytest.raises(ShapeError, match=message):
        layer_nodes(chosen, shape)


def test_biases_that_a_gru_does_not_have_are_refused() -> None:
    document = {
        "name": "refused",
        "dialect": "torch",
        "data": {"noise": {"sides": [4, 3]}},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1},
            "batch_size": 8,
            "epochs": 1,
        },
        "arms": {
            "a": [{"gru": {"units": 2, "biases": "one"}}, {"dense": 3}],
        },
    }
    with pytest.raises(SpecError, match="'two' or 'stacked' or 'none'"):
        parse(document)


@pytest.mark.parametrize(
    ("fields", "shape"),
    [
        ({}, (3,)),
        ({"returns": "sequence"}, (4, 3)),
        ({"direction": "both"}, (6,)),
        ({"direction": "both", "returns": "sequence"}, (4, 6)),
        ({"direction": "both", "returns": "last_step"}, (6,)),
        ({"direction": "backward"}, (3,)),
    ],
)
def test_output_shapes_of_recurrent_layers(fields: Any, shape: Shape) -> None:
    with defaults_from("keras"):
        assert (
            Lstm.model_validate({"units": 3, **fields}).output_shape((4, 2))
            == shape
        )


@pytest.mark.parametrize(
    ("dialect", "kind", "count"),
    [
        # As PyTorch's LSTM(3, 5) and GRU(3, 5), whose documentation has
        # 4 (3 · 5 + 5 · 5 + 5 + 5) and 3 (...) numbers.
        ("torch", "lstm", 4 * (15 + 25 + 10)),
        ("torch", "gru", 3 * (15 + 25 + 10)),
        # As `model.summary()` of Keras prints them.
        ("keras", "lstm", 4 * (15 + 25 + 5)),
        ("keras", "gru", 3 * (15 + 25 + 10)),
        ("keras", "simple_rnn", 15 + 25 + 5),
    ],
)
def test_parameter_counts_are_those_of_the_frameworks(
    dialect: str, kind: str, count: int
) -> None:
    with defaults_from(dialect):
        layer = TypeAdapter(Layer).validate_python({kind: 5})
    [node] = layer_nodes([layer], (7, 3))
    assert node.parameter_count == count


def test_forget_bias_is_that_of_the_second_gate() -> None:
    with defaults_from("keras"):
        layer = Lstm.model_validate({"units": 2, "forget_bias": 1.5})
    drawn = layer.draw("bias", np.random.default_rng(0), (4, 3))
    assert drawn.tolist() == [0, 0, 1.5, 1.5, 0, 0, 0, 0]
    with defaults_from("torch"):
        both = Lstm.model_validate(
            {"units": 2, "forget_bias": 1.5, "direction": "both"}
        )
    second = both.draw(
        "backward_recurrent_bias", np.random.default_rng(0), (4, 3)
    )
    assert 1.5 not in second
    assert np.abs(second).max() < 2**-0.5


def test_recurrent_kernel_of_keras_is_orthogonal_as_a_whole() -> None:
    with defaults_from("keras"):
        layer = Gru.model_validate({"units": 3})
    drawn = layer.draw("recurrent_kernel", np.random.default_rng(0), (4, 2))
    assert_close(drawn @ drawn.T, np.eye(3), ROUNDING)


@pytest.mark.parametrize("order", ["interleaved", "concatenated"])
def test_sinusoidal_positions_are_those_of_the_paper(order: Any) -> None:
    """Vaswani et al. 2017, section 3.5, with 10000 for the base."""
    table = SinusoidalPositions(order=order).table((5, 6))
    for t in range(5):
        for i in range(3):
            angle = t / 10000 ** (2 * i / 6)
            places = (
                (2 * i, 2 * i + 1) if order == "interleaved" else (i, 3 + i)
            )
            expected = [np.sin(angle), np.cos(angle)]
            assert_close(table[t, list(places)], np.array(expected), ROUNDING)


def test_adding_problem_is_the_sum_of_two_marked_numbers() -> None:
    x, y = AddingProblem(steps=9, samples=300).draw(1)
    numbers, marks = x[..., 0], x[..., 1]
    assert (marks[:, :4].sum(1) == 1).all()
    assert (marks[:, 4:].sum(1) == 1).all()
    assert_close((numbers * marks).sum(1), y, ROUNDING)
    # To answer 1 always has a squared error of 2/12.
    assert abs(np.mean((y - 1) ** 2) - 1 / 6) < 0.03


def test_first_token_is_the_class_and_stands_nowhere_else() -> None:
    ids, labels = FirstToken(steps=7, classes=3, others=2, samples=200).draw(0)
    assert (ids[:, 0] == labels).all()
    assert ids[:, 1:].min() == 3
    assert ids.max() == 4


def test_the_class_of_a_majority_is_the_larger_group() -> None:
    ids, labels = TokenMajority(steps=9, words=3, others=2, samples=400).draw(
        0
    )
    first = ((ids >= 1) & (ids <= 3)).sum(1)
    second = ((ids >= 4) & (ids <= 6)).sum(1)
    assert ((second > first) == labels).all()
    assert ((first + second) % 2 == 1).all()
    assert ids.max() == 8
    # The padding comes last, and there is a sequence of each length.
    lengths = (ids > 0).sum(1)
    assert all(
        (row[:n] > 0).all() for row, n in zip(ids, lengths, strict=True)
    )
    assert set(lengths) == set(range(1, 10))
    assert 0.4 < labels.mean() < 0.6


def test_token_order_holds_both_ids_once() -> None:
    ids, labels = TokenOrder(steps=5, others=3, samples=200).draw(0)
    assert ((ids == 0).sum(1) == 1).all()
    assert ((ids == 1).sum(1) == 1).all()
    first = (ids == 0).argmax(1) < (ids == 1).argmax(1)
    assert (first == labels).all()


def test_reber_strings_are_of_the_grammar() -> None:
    """The graph of the grammar; Cleeremans et al. 1989, figure 3."""
    ids, labels = EmbeddedReber(samples=400).draw(0)
    for row, label in zip(ids, labels, strict=True):
        text = "".join(" BTPSXVE"[n] for n in row).strip()
        assert text[0] == "B"
        assert text[-1] == "E"
        assert (text[1] == text[-2]) == label
        assert follows(text[2:-2])


def follows(text: str) -> bool:
    """Whether a string walks through the graph of the Reber grammar."""
    arcs = {
        (1, "T"): 2,
        (1, "P"): 3,
        (2, "S"): 2,
        (2, "X"): 4,
        (3, "T"): 3,
        (3, "V"): 5,
        (4, "X"): 3,
        (4, "S"): 6,
        (5, "P"): 4,
        (5, "V"): 6,
    }
    state: int | None = 1
    for letter in text[1:-1]:
        state = arcs.get((state, letter)) if state else None
    return state == 6 and text[0] == "B" and text[-1] == "E"


def test_padding_ends_where_the_sequence_does() -> None:
    layers = [PADDED, "tanh", {"lstm": 3}, {"dense": 2}]
    nodes = arm(layers, (6,), tokens=5).nodes
    assert [node.padded for node in nodes] == [False, True, True, False]


def test_each_layer_that_takes_padding_has_a_case_with_it() -> None:
    padded = [case.arm for case in CASES if case.id.startswith("padded-")]
    tried = {
        type(node.layer)
        for each in padded
        for node in each.all_nodes
        if node.padded
    }
    taking: set[Any] = set()
    for kind in members(Layer):
        with defaults_from("keras"):
            fields: Any = written(kind)
            layer: Any = kind.model_validate(fields)
        if layer.takes_padding():
            taking.add(kind)
    assert taking <= tried, taking - tried
    assert len(taking) > 25
