"""Scripts: comments, notebooks, imports, the usual optimiser."""

import json
from typing import Any

import numpy as np
import pytest

from framework_parity.common.codegen.printing import _shortened
from framework_parity.common.codegen.scripts import arrays, parts
from framework_parity.common.codegen.scripts.script import (
    Script,
    Section,
    annotated,
    check_script,
    epsilon_note,
    with_usual_optimizer,
)
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.load import parse
from framework_parity.common.training import batches
from tests.backends.script_cases import CASES, arm_of, case

SCRIPT = Script(
    "one, 'net', in PyTorch.",
    ("It shows something.",),
    ("import numpy as np",),
    (Section("Data", "x = np.ones(3)"), Section("Model", "y = x")),
)


def test_a_comment_is_at_the_end_of_its_line_or_before_it() -> None:
    notes = [("b", "short"), ("c", "long " * 14 + "end")]
    lines = annotated(["a = 1", "    b = 2", "    c = 3"], notes)
    assert lines[:2] == ["a = 1", "    b = 2  # short"]
    assert lines[-1] == "    c = 3"
    assert all(line.startswith("    # ") for line in lines[2:-1])
    assert max(map(len, lines)) <= 79


def test_only_the_first_line_gets_a_comment() -> None:
    assert annotated(["b", "b"], [("b", "x")]) == ["b  # x", "b"]


def test_a_script_is_a_notebook_with_a_cell_for_each_section() -> None:
    document = json.loads(SCRIPT.notebook)
    assert document["nbformat"] == 4
    code = [c for c in document["cells"] if c["cell_type"] == "code"]
    texts = ["".join(cell["source"]) for cell in code]
    assert texts == ["import numpy as np", "x = np.ones(3)", "y = x"]
    names: dict[str, Any] = {}
    exec("\n".join(texts), names)  # noqa: S102
    assert names["y"].sum() == 3


def test_the_text_of_a_script_has_its_parts_in_order() -> None:
    text = SCRIPT.python
    assert text.startswith('"""one, \'net\', in PyTorch.\n\nIt shows')
    assert text.index("import") < text.index("# Data") < text.index("# Model")
    assert SCRIPT.modules == {"numpy"}


def test_decorators_and_methods_can_be_left_out() -> None:
    code = (
        "@registered\nclass A(B):\n    x = 1\n\n    @classmethod\n"
        "    def get_config(cls):\n        return {}\n\n"
        "    def call(self):\n        return 1"
    )
    assert _shortened(code, frozenset({"registered", "get_config"})) == (
        "class A(B):\n    x = 1\n\n    def call(self):\n        return 1"
    )


@pytest.mark.parametrize("dialect", ["torch", "keras"])
def test_a_small_epsilon_is_where_the_framework_has_it(dialect: Any) -> None:
    other = "keras" if dialect == "torch" else "torch"
    arm = parse(case(dialect=other, optimizer={"adam": 0.01})).arm("net")
    plain = with_usual_optimizer(arm, dialect, exact=False).recipe.optimizer
    exact = with_usual_optimizer(arm, dialect, exact=True).recipe.optimizer
    own = {"torch": "epsilon", "keras": "epsilon_hat"}[dialect]
    fields = plain.model_dump()["adam"], exact.model_dump()["adam"]
    assert [f["epsilon_placement"] == own for f in fields] == [True, False]
    large = {"adam": {"lr": 0.01, "epsilon": 0.001}}
    arm = parse(case(dialect=other, optimizer=large)).arm("net")
    kept = with_usual_optimizer(arm, dialect, exact=False).recipe.optimizer
    assert kept.model_dump()["adam"]["epsilon_placement"] != own


def test_the_velocity_changes_only_at_a_constant_rate() -> None:
    sgd = {"sgd": {"lr": 0.1, "momentum": 0.9}}
    constant = parse(case(dialect="keras", optimizer=sgd)).arm("net")
    moving = parse(
        case(optimizer=sgd, schedule={"step_decay": {"every": 2, "by": 0.5}})
    ).arm("net")

    def velocity(arm: Arm) -> str:
        changed = with_usual_optimizer(arm, "torch", exact=True)
        return str(changed.recipe.optimizer.model_dump()["sgd"]["velocity"])

    assert velocity(constant) == "of_gradients"
    assert velocity(moving) == "of_steps"


def test_a_note_names_the_framework_whose_default_it_is() -> None:
    optimizer = arm_of("keras_adam").recipe.optimizer
    assert epsilon_note(optimizer, "torch") == (
        "Keras's default; PyTorch's is 1e-08"
    )


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"evaluation_mode": "training"}, "evaluation_mode"),
        (
            {
                "plateau": {"patience": 1},
                "schedule": {"step_decay": {"every": 2, "by": 0.5}},
            },
            "plateau",
        ),
    ],
)
def test_what_no_script_can_have_is_refused(
    fields: dict[str, Any], place: str
) -> None:
    layers = [{"dense": 4}, {"dropout": 0.5}, {"dense": 3}]
    arm = parse(case(layers, **fields)).arm("net")
    with pytest.raises(SpecError, match="no script can have") as error:
        check_script(arm)
    assert error.value.field == f"recipe.{place}"


def test_the_arrays_are_those_of_the_run() -> None:
    arm = arm_of("image_dropout")
    drawn = arrays.drawn_arrays(arm, 0)
    rows = arm.data.rows(arm.data.source.draw(0)[1])
    np.testing.assert_array_equal(drawn["train"], rows["train"])
    np.testing.assert_array_equal(drawn["val"], rows["validation"])
    samples = len(rows["train"])
    np.testing.assert_array_equal(
        drawn["order"][2], batches.order(arm.recipe, samples, 0, 2)
    )
    masks = arrays.mask_arrays(arm, 0, "float64")
    steps = arm.recipe.epochs * batches.steps_per_epoch(arm.recipe, samples)
    assert {name: len(mask) for name, mask in masks.items()} == {
        "spatial_dropout_1": steps
    }


@pytest.mark.parametrize("name", ["plain", "in_order", "test_watched"])
def test_plain_splits_have_the_sizes_of_the_specification(name: str) -> None:
    data = arm_of(name).data
    x, y = data.source.draw(data.seed)
    names: dict[str, Any] = {"x": x, "y": y, "np": np}
    code = [parts.IMPORTS["train_test_split"], *parts.split_code(data, False)]
    exec("\n".join(code), names)  # noqa: S102
    sizes = data.part_sizes()
    assert len(names["x_train"]) == sizes["train"]
    assert len(names["y_test"]) == sizes["test"]
    if name != "test_watched":
        assert len(names["x_val"]) == sizes["validation"]
    assert name in CASES
