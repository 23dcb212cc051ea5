"""The table of framework names is complete and up to date."""

from typing import Any

import pytest

from framework_parity.comparisons.workers.worker import WorkerPair
from tests.framework_names.making import (
    UnexplainedError,
    committed,
    made,
    text,
)


@pytest.fixture(scope="module")
def answers(pair: WorkerPair) -> dict[str, dict[str, Any]]:
    """Return the public names and calls of both frameworks and backends."""
    asked: dict[str, dict[str, Any]] = pair.ask("asked")
    return asked


def test_the_committed_table_is_what_is_made(
    answers: dict[str, dict[str, Any]],
) -> None:
    # `made` raises an error if a public name or argument is not explained.
    assert committed() == text(made(answers)), (
        "common/framework_names.json is not what is made; call "
        "`python -m tests.framework_names`"
    )


def test_the_public_names_of_both_frameworks_are_listed(
    answers: dict[str, dict[str, Any]],
) -> None:
    public_names = {
        module: set(names)
        for answer in answers.values()
        for module, names in answer["public"].items()
    }
    for module, some in {
        "torch.nn": {"Linear", "LSTM", "KLDivLoss", "Transformer"},
        "torch.nn.functional": {"relu", "conv2d", "cross_entropy"},
        "torch.optim": {"AdamW", "LBFGS"},
        "torch.optim.lr_scheduler": {"StepLR", "ReduceLROnPlateau"},
        "torch.nn.init": {"kaiming_normal_", "dirac_"},
        "keras.layers": {"Dense", "GRU", "MultiHeadAttention"},
        "keras.losses": {"Huber", "sparse_categorical_crossentropy"},
        "keras.optimizers": {"Nadam", "Ftrl"},
        "keras.optimizers.schedules": {"CosineDecay"},
        "keras.initializers": {"GlorotNormal", "he_normal"},
        "keras.activations": {"gelu", "sparsemax"},
        "keras.regularizers": {"L1L2"},
        "keras.constraints": {"MaxNorm"},
        "keras.callbacks": {"EarlyStopping", "TensorBoard"},
        "keras.metrics": {"AUC"},
    }.items():
        assert some <= public_names[module], module


def answer(**public: Any) -> dict[str, dict[str, Any]]:
    """Return the answer of a framework with these public names."""
    empty = {"public": public, "kinds": {}, "arguments": {}, "activations": {}}
    return {"torch": empty}


def test_a_public_name_that_nothing_explains_is_a_fault() -> None:
    new = {"torch.optim": {"BrandNew": ["BrandNew", []]}}
    with pytest.raises(UnexplainedError, match="BrandNew is not explained"):
        made(answer(**new))


def test_an_argument_that_nothing_explains_is_a_fault() -> None:
    new = {"torch.optim": {"Adam": ["Adam", ["lr", "brand_new"]]}}
    with pytest.raises(
        UnexplainedError, match=r"Adam\(brand_new\) is not explained"
    ):
        made(answer(**new))


def test_an_argument_with_another_value_needs_a_sentence() -> None:
    changed = answer()
    changed["torch"]["arguments"] = {"sgd": {"mu_minus": {"momentum": False}}}
    with pytest.raises(UnexplainedError, match=r"sgd\.mu_minus carries"):
        made(changed)


def test_a_declaration_that_contradicts_a_backend_is_a_fault() -> None:
    changed = answer()
    changed["torch"]["kinds"] = {"optimizer": {"AdamW": ["adam"]}}
    with pytest.raises(UnexplainedError, match="AdamW is declared as adamw"):
        made(changed)


def test_a_formula_that_is_another_function_is_a_fault() -> None:
    changed = answer()
    changed["torch"]["activations"] = {"hardtanh": [0.0] * 9}
    with pytest.raises(UnexplainedError, match="hardtanh is not maximum"):
        made(changed)
