"""Two-sided values: where the frameworks differ and which values cause it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from framework_parity import run
from framework_parity.api.audit import audit
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.optimizers.adam import Adam
from framework_parity.common.spec.two_sided.experiment import (
    TwoSided,
    parse_sides,
)
from framework_parity.comparisons.audit.naive_port import naive_port
from framework_parity.comparisons.ladder.ladder import LadderResult
from framework_parity.comparisons.ladder.two_sided_causes import (
    Explanation,
    run_and_explain,
)
from framework_parity.comparisons.report.audit.document import (
    document as audit_document,
)
from framework_parity.comparisons.run.result import Result
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.comparisons.cli.test_cli import parity

Sides = dict[str, Any]


def sides(torch: Any, keras: Any) -> Sides:
    return {"torch": torch, "keras": keras}


SHORT = [{"dense": 4}, "relu", {"dense": 3}]


def document(layers: Any = None, **recipe: Any) -> dict[str, Any]:
    """Return a small experiment of one arm, with some of its recipe."""
    defaults = {
        "loss": "cross_entropy",
        "optimizer": {"sgd": {"lr": 0.1}},
        "batch_size": 32,
        "epochs": 2,
    }
    return {
        "name": "two_sides",
        "dialect": "torch",
        "data": {"spiral": {"samples": 100}},
        "recipe": defaults | recipe,
        "arms": {"only": layers or SHORT},
    }


def explained(
    pair: WorkerPair, written: Any
) -> tuple[LadderResult, Explanation]:
    spec = parse_sides(written)
    assert isinstance(spec, TwoSided)
    return run_and_explain(pair, spec, "only", steps=16)


def adam(**fields: Any) -> dict[str, Any]:
    return {"adam": {"lr": 0.01, **fields}}


NORMED = [
    {"dense": 4},
    sides(["batch_norm", "relu"], ["relu", "batch_norm"]),
    {"dense": 3},
]
STARTED = [
    {"dense": {"units": 4, "kernel_initializer": sides("zeros", "normal")}},
    {"dense": 3},
]
OTHER = sides("relu", "tanh")


@pytest.mark.parametrize(
    ("written", "rung", "where", "says"),
    [
        (
            document(batch_size=sides("full", 32)),
            "data",
            "batch 1 of epoch 1",
            "recipe.batch_size is full for PyTorch and 32 for Keras",
        ),
        (
            document(sides(SHORT, [{"dense": 8}, "relu", {"dense": 3}])),
            "structure",
            "dense_1",
            "dense_1 has shape (4,) on PyTorch's side and (8,) on Keras's",
        ),
        (
            document(sides(SHORT, [{"dense": 8}, *SHORT])),
            "structure",
            "dense_1/kernel",
            "dense_1/kernel, of shape (2, 4), is on PyTorch's side alone",
        ),
        (
            document([{"dense": 4}, OTHER, {"dense": 3}]),
            "forward",
            "relu_1",
            "arms.only[1] is relu for PyTorch and tanh for Keras",
        ),
        (
            document(NORMED),
            "forward",
            "batch_norm_1",
            "arms.only[1] is",
        ),
        (
            document(STARTED),
            "forward",
            "dense_1/kernel",
            "the initial values of dense_1/kernel differ",
        ),
        (
            document(
                loss={"cross_entropy": {"label_smoothing": sides(0.1, 0.0)}}
            ),
            "gradient",
            None,
            "label_smoothing is 0.1 for PyTorch and 0.0 for Keras",
        ),
        (
            document(optimizer=adam(epsilon=sides(1e-8, 1e-3))),
            "step",
            None,
            "epsilon is 1e-08 for PyTorch and 0.001 for Keras",
        ),
        (
            document(
                schedule=sides(
                    "constant", {"step_decay": {"every": 4, "by": 0.5}}
                )
            ),
            "trajectory",
            "rate",
            "the first difference is rate",
        ),
        (
            document(epochs=sides(1, 2)),
            "trajectory",
            "steps",
            "agree for 8 steps, but PyTorch trains for 8 and Keras for 16",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_ladder_names_the_first_difference_of_two_sides_and_its_cause(
    pair: WorkerPair, written: Any, rung: str, where: str | None, says: str
) -> None:
    ladder, why = explained(pair, written)
    *lower, last = ladder.verdicts
    assert [v.outcome for v in lower] == ["agree"] * len(lower)
    assert (last.outcome, last.rung) == ("disagree", rung)
    assert where in (None, last.where)
    assert says in last.sentence
    assert "the difference is in the specification" in last.sentence
    assert "agree where both train the same side" in last.sentence
    assert last.suspect is None
    [effect] = why.effects
    assert (effect.kind, effect.rung, effect.restores) == ("alone", rung, True)
    json.dumps(effect.as_json(), allow_nan=False)


def test_each_of_several_values_is_tried_alone(pair: WorkerPair) -> None:
    written = document(
        loss={"cross_entropy": {"label_smoothing": sides(0.1, 0.0)}},
        optimizer={
            "sgd": {
                "lr": sides(0.1, 0.2),
                "velocity": sides("of_gradients", "of_steps"),
            }
        },
        clipping=sides({"by_value": 1000.0}, None),
    )
    ladder, why = explained(pair, written)
    assert [v.outcome for v in ladder.verdicts][-1] == "disagree"
    effects = {
        e.name.rpartition(".")[2]: (e.kind, e.rung) for e in why.effects
    }
    assert effects == {
        "label_smoothing": ("alone", "gradient"),
        "lr": ("alone", "step"),
        "clipping": ("none", None),
        "velocity": ("equivalent", None),
    }


def test_values_that_part_only_together_are_named_together(
    pair: WorkerPair,
) -> None:
    """Patience 1 stops at once where no improvement is large enough."""
    stopping = {
        "patience": sides(50, 1),
        "counting": "reaches",
        "min_delta": sides(0.0, 100.0),
    }
    written = document(early_stopping=stopping, batch_size="full", epochs=16)
    ladder, why = explained(pair, written)
    assert [v.outcome for v in ladder.verdicts][-1] == "disagree"
    assert [e.kind for e in why.effects] == ["together", "together"]
    assert "cause a difference only together" in ladder.verdicts[-1].sentence
    assert ladder.verdicts[-1].rung == "trajectory"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"clipping": sides({"by_value": 1000.0}, None)},
            "recipe.clipping differs between the two sides and has no effect",
        ),
        (
            {
                "optimizer": {
                    "sgd": {
                        "lr": 0.1,
                        "velocity": sides("of_gradients", "of_steps"),
                    }
                }
            },
            "recipe.optimizer.sgd.velocity is equivalent on both sides",
        ),
    ],
    ids=["no_effect", "same_meaning"],
)
def test_sides_without_effect_agree_and_are_named(
    pair: WorkerPair, change: Any, says: str
) -> None:
    ladder, _ = explained(pair, document(**change))
    assert [v.outcome for v in ladder.verdicts] == ["agree"] * 6
    assert says in ladder.verdicts[-1].sentence


@pytest.fixture(scope="module")
def ran(
    tmp_path_factory: pytest.TempPathFactory, shared_workers: None
) -> Result:
    """Other layers and other epochs on the two sides of one arm."""
    inside = sides([{"dense": 4}, "relu"], {"dropout": 0.5})
    written = document(
        [{"dense": 4}, inside, {"dense": 3}], epochs=sides(1, 4)
    )
    written["claims"] = ["only.epochs <= 1", "only.parameters > 40"]
    return run(written, seeds=5, out=tmp_path_factory.mktemp("two_sides"))


def test_claims_are_judged_on_each_frameworks_own_side(ran: Result) -> None:
    epochs, parameters = ran.claims
    assert [a.holds for a in epochs.answers.values()] == [True, False]
    assert [a.holds for a in parameters.answers.values()] == [True, False]
    assert epochs.verdict == parameters.verdict == "frameworks disagree"
    assert ran.verdict == "disagree"


def test_a_saved_spec_parses_to_the_same_experiment(ran: Result) -> None:
    assert ran.report is not None
    folder = ran.report.parent
    again = parse_sides(yaml.safe_load((folder / "spec.yaml").read_text()))
    assert isinstance(again, TwoSided)
    assert isinstance(ran.experiment, TwoSided)
    assert again.sides == ran.experiment.sides
    assert again.content_hash == ran.experiment.content_hash
    result = json.loads((folder / "result.json").read_text())
    named = {cause["cause"] for cause in result["causes"]}
    assert named == {"recipe.epochs", "arms.only[1]"}
    assert result["sentence"].count("the difference is in the specification")
    [arm] = result["arms"]
    assert arm["parameters_by_side"] == {"torch": 47, "keras": 27}
    assert "recipe.epochs" in ran.report.read_text()


def test_a_replay_of_two_sides_is_refused_before_training(
    no_workers: None,
) -> None:
    written = document(batch_size=sides("full", 32))
    with pytest.raises(SpecError, match=r"recipe.batch_size: has a value"):
        run(written, randomness="replay")


def test_the_command_line_names_the_value(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    shared_workers: None,
) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(yaml.safe_dump(document(batch_size=sides("full", 32))))
    status = parity("check", str(file), "--level", "data", "--json")
    result = json.loads(capsys.readouterr().out)
    assert status == 1
    assert result["verdict"] == "disagree"
    [cause] = result["causes"]
    assert cause["cause"] == "recipe.batch_size"
    assert cause["change"] == {"torch": "full", "keras": 32}
    assert cause["restores"] is True


def names(written: Any, **more: Any) -> list[str]:
    return [row.name for row in naive_port(written, **more).conventions]


def test_an_audit_has_the_written_values_beside_the_defaults() -> None:
    written = document(optimizer=adam(epsilon=sides(1e-8, 1e-3)))
    conventions = names(written)
    assert conventions[-1] == "recipe.optimizer.adam.epsilon"
    assert "dense_kernel_initializer" in conventions
    assert "adam_epsilon" not in conventions  # written, so it is no default
    only = naive_port(written, defaults=False)
    [row] = only.conventions
    assert (row.torch, row.keras) == (1e-8, 1e-3)
    assert row.sources == ("written in the specification",) * 2
    mixed = only.mixed(frozenset({row.name}))
    optimizer = mixed.recipe.optimizer
    assert isinstance(optimizer, Adam)
    assert optimizer.epsilon == 1e-3
    assert mixed.arms == only.mixed(frozenset()).arms


def test_corners_are_each_frameworks_defaults_and_values() -> None:
    written = document(NORMED, batch_size=sides("full", 16))
    port = naive_port(written)
    for side in ("torch", "keras"):
        spec = parse_sides(written | {"dialect": side})
        assert isinstance(spec, TwoSided)
        whole = port.mixed(port.corners[side])
        assert whole.content_hash == spec.sides[side].content_hash


def test_defaults_inside_of_a_list_of_one_side_are_switched_apart() -> None:
    deep = [{"dense": 4}, "batch_norm", "relu", {"dense": 3}]
    port = naive_port(document(sides(SHORT, deep)))
    conventions = {row.name for row in port.conventions}
    assert conventions > {"arms.only", "batch_norm_running_decay"}
    both = port.mixed(frozenset({"arms.only", "batch_norm_running_decay"}))
    norm: Any = both.arm("only").layers[1]
    assert norm.running_decay == 0.99
    assert norm.epsilon == 1e-5


def test_values_that_fit_only_together_are_one_difference() -> None:
    written = document([{"dense": 4}, {"dense": sides(3, 4)}])
    written["data"] = {"spiral": {"classes": sides(3, 4), "samples": 100}}
    port = naive_port(written, defaults=False)
    [row] = port.conventions
    assert row.name == "data.spiral.classes + arms.only[1].dense"
    assert port.mixed(frozenset({row.name})).data.source.class_count == 4


def test_values_of_the_same_meaning_are_no_difference() -> None:
    velocity = sides("of_gradients", "of_steps")
    written = document(optimizer={"sgd": {"lr": 0.1, "velocity": velocity}})
    assert naive_port(written, defaults=False).conventions == ()


def test_an_audit_without_defaults_needs_two_sides() -> None:
    with pytest.raises(SpecError, match="leaves nothing to audit"):
        naive_port(document(), defaults=False)


def test_a_fault_is_not_excused_by_two_sides(faulty: WorkerPair) -> None:
    """Keras has another epsilon; only the smoothing was meant to differ."""
    smoothing = sides(0.1, 0.0)
    written = document(
        loss={"cross_entropy": {"label_smoothing": smoothing}},
        optimizer=adam(epsilon=1e-4),
    )
    for worker, fault in zip(
        faulty.workers.values(),
        ("", "misread:adam_epsilon:keras"),
        strict=True,
    ):
        worker.submit("plant", name=fault).result()
    ladder, why = explained(faulty, written)
    assert ladder.verdicts[-1].rung == "gradient"
    assert "they also differ where both train" in ladder.verdicts[-1].sentence
    [effect] = why.effects
    assert effect.restores is False
    assert [cause.name for cause in why.causes] == ["adam_epsilon"]


def test_a_picture_needs_the_same_layers_on_both_sides() -> None:
    written = document([{"dense": 4}, OTHER, {"dense": 3}])
    written["plots"] = [{"bars": "test_accuracy"}]
    assert parse_sides(written).plots
    written["plots"] = ["weight_histogram"]
    with pytest.raises(SpecError) as error:
        parse_sides(written)
    assert error.value.field == "plots[0]"
    assert "two sides of 'only'" in error.value.message


PORT = """\
name: someones_port
dialect: keras
data: {digits: {}, test: 0.2, validation: 0}
recipe:
  loss: {cross_entropy: {label_smoothing: {torch: 0.1, keras: 0.0}}}
  optimizer: {adam: {lr: 0.001, epsilon: {torch: 1.0e-8, keras: 1.0e-3}}}
  batch_size: {torch: full, keras: 32}
  epochs: 20
arms:
  net: [{flatten: channels_last}, {dense: 32}, relu, {dense: 10}]
"""


@pytest.mark.slow
@pytest.mark.parametrize("defaults", [True, False])
def test_an_audit_names_the_value_that_makes_a_port_fail(
    defaults: bool,
) -> None:
    """One step an epoch on one side, 45 on the other: only this causes it."""
    result = audit_document(audit(yaml.safe_load(PORT), defaults=defaults))
    assert result["verdict"] == "agree"
    assert result["makes"] == [["recipe.batch_size"]]
    rows = {row["convention"]: row for row in result["conventions"]}
    written = {name for name, row in rows.items() if row["written"]}
    assert written == {
        "recipe.loss.cross_entropy.label_smoothing",
        "recipe.optimizer.adam.epsilon",
        "recipe.batch_size",
    }
    assert ("dense_kernel_initializer" in rows) == defaults
    assert max(rows, key=lambda name: abs(rows[name]["effect"])) == (
        "recipe.batch_size"
    )
