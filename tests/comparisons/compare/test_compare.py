"""Pairs of live models: sound ones agree, the causes of others are named."""

from pathlib import Path

import pytest

from framework_parity.common.spec.errors import SpecError
from framework_parity.comparisons.compare.compare import compare_models
from framework_parity.comparisons.compare.result import PairResult
from framework_parity.comparisons.report.compare import headline
from framework_parity.comparisons.workers.worker import WorkerPair

HERE = Path(__file__).parent
VECTOR, IMAGE, IDS, SEQUENCE = (2, 12), (2, 8, 8, 3), (2, 6), (2, 5, 8)


def compared(
    pair: WorkerPair, torch: str, keras: str, shape: tuple[int, ...]
) -> PairResult:
    addresses = (
        f"{HERE / 'torch_models.py'}:{torch}",
        f"{HERE / 'keras_models.py'}:{keras}",
    )
    return compare_models(pair, addresses, [shape])


SOUND = [
    ("Dense", "dense", VECTOR),
    ("Residual", "residual", IMAGE),
    ("strided", "strided", IMAGE),
    ("Branches", "Branches", VECTOR),
    ("Clamped", "Clamped", VECTOR),
    ("Text", "text_sequence", IDS),
    ("text_gru", "text_gru", IDS),
    ("Decoder", "decoder", IMAGE),
    ("Block", "Block", SEQUENCE),
]


@pytest.mark.parametrize(("torch", "keras", "shape"), SOUND)
def test_a_sound_pair_agrees(
    both: WorkerPair, torch: str, keras: str, shape: tuple[int, ...]
) -> None:
    result = compared(both, torch, keras, shape)
    assert result.verdict == "agree", headline(result)
    assert result.causes == []
    assert result.first is None
    paired = [each.torch.index for each in result.ratios]
    anchors = [n.index for n in result.graphs[0].with_tensors() if n.inputs]
    assert set(anchors) <= set(paired)


FAULTY = [
    ("dense_relu", "dense", VECTOR, {"activation_replaced"}),
    ("dense_extra", "dense", VECTOR, {"missing_in_keras"}),
    ("residual_eps", "residual", IMAGE, {"batch_norm_epsilon"}),
    ("residual_gelu", "residual", IMAGE, {"activation_replaced"}),
    ("residual_first", "residual", IMAGE, {"flatten_order"}),
    ("residual_average", "residual", IMAGE, {"operation_replaced"}),
    (
        "residual_two",
        "residual",
        IMAGE,
        {"batch_norm_epsilon", "flatten_order"},
    ),
    (
        "residual_three",
        "residual",
        IMAGE,
        {"batch_norm_epsilon", "flatten_order", "activation_replaced"},
    ),
    ("branches_swapped", "Branches", VECTOR, {"concatenate_order"}),
    ("strided_symmetric", "strided", IMAGE, {"conv2d_pads"}),
    ("block_eps", "Block", SEQUENCE, {"layer_norm_epsilon"}),
    ("block_unscaled", "Block", SEQUENCE, {"attention_scale"}),
    ("block_tanh_gelu", "Block", SEQUENCE, {"gelu_form"}),
    ("text_first", "text_sequence", IDS, {"lstm_returns"}),
    ("text_gru", "text_sequence", IDS, {"operation_replaced"}),
]


@pytest.mark.parametrize(("torch", "keras", "shape", "causes"), FAULTY)
def test_the_causes_of_a_mistake_are_named(
    both: WorkerPair,
    torch: str,
    keras: str,
    shape: tuple[int, ...],
    causes: set[str],
) -> None:
    result = compared(both, torch, keras, shape)
    assert result.verdict == "disagree"
    assert {each.slug for each in result.causes} == causes
    assert result.remaining is not None
    assert result.remaining < 10
    for each in result.causes:
        node = each.torch or each.keras
        assert node is not None
        assert node.site is not None
        assert node.site.startswith(("torch_models.py:", "keras_models.py:"))


def test_default_initializers_are_listed(both: WorkerPair) -> None:
    result = compared(both, "Dense", "dense", VECTOR)
    slugs = {each.slug for each in result.draws}
    assert slugs == {"dense_bias_initializer", "dense_kernel_initializer"}
    assert any("as 0 in Keras" in each.sentence for each in result.draws)
    assert result.verdict == "agree"


def test_another_number_of_outputs_is_said(both: WorkerPair) -> None:
    result = compared(both, "clamped_several", "Clamped", VECTOR)
    assert result.verdict == "disagree"
    assert headline(result) == "PyTorch returns 2 tensors and Keras 1"


def test_the_document_has_verdict_causes_and_pairs(both: WorkerPair) -> None:
    result = compared(both, "residual_eps", "residual", IMAGE)
    document = result.as_json()
    assert document["verdict"] == "disagree"
    assert document["first_rung"] == "forward"
    assert document["first_place"]["torch"].startswith("norm (torch_models.py")
    (cause,) = document["causes"]
    assert cause["slug"] == "batch_norm_epsilon"
    assert "0.001" in cause["change"]
    assert len(document["pairing"]) == 9
    slugs = {each["slug"] for each in document["not_decided"]}
    assert slugs == {"batch_norm_running_decay"}


@pytest.mark.parametrize(
    ("torch", "keras", "says"),
    [
        ("Raises", "dense", "raises AttributeError at torch_models.py:"),
        ("ends", "dense", "ends the interpreter (status 7)"),
        ("Nothing", "dense", "defines no 'Nothing'"),
        ("Dense", "number", "got int, expected a keras.Model"),
    ],
)
def test_an_error_in_a_users_file_is_one_sentence(
    both: WorkerPair, torch: str, keras: str, says: str
) -> None:
    with pytest.raises(SpecError) as refused:
        compared(both, torch, keras, VECTOR)
    assert says in str(refused.value)
