"""Tables of the report: claims in groups, metrics, and layers."""

from dataclasses import replace
from typing import Any

import pytest

from framework_parity.common.reference import trainer as reference
from framework_parity.common.spec.load import parse
from framework_parity.comparisons.report.render import prose
from framework_parity.comparisons.report.run.claims import grouped_claims
from framework_parity.comparisons.report.run.listings import (
    layer_tables,
    metric_caption,
    metric_table,
)
from framework_parity.comparisons.report.run.text import claim_rows, one_seed
from framework_parity.comparisons.run.claim_verdicts import judge_claim
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.workers import tasks
from framework_parity.comparisons.workers.worker import LABELS
from tests.comparisons.arms import SMALL

NAMES = ("one", "two", "three", "four", "five")
FORMULAS = [
    {
        "name": f"{name}_small",
        "sentence": f"{name}: the loss is smaller than a hundred.",
        "expression": f"{name}.train_loss < 100",
    }
    for name in NAMES
]
LESSON = {
    "name": "lesson",
    "sentence": "The first arm learns more than chance.",
    "expression": "one.train_accuracy > two.train_loss - 9",
}


def result(claims: list[Any], seeds: int = 1, **fields: Any) -> Result:
    """Train small arms with the reference, and judge claims."""
    layers = [{"dense": 4}, "relu", {"dense": 3}]
    written = SMALL | {"arms": dict.fromkeys(NAMES, layers), "claims": claims}
    experiment = parse(written | fields)
    arms = []
    for name in experiment.arms:
        arm = experiment.arm(name)
        records = [
            tasks.train(reference.Trainer, arm, seed, "float64")[0]
            for seed in range(seeds)
        ]
        arms.append(ArmResult(arm, dict.fromkeys(LABELS, records)))
    runs = {b: {a.arm.name: a.records[b] for a in arms} for b in LABELS}
    known = {arm.arm.name: arm.arm for arm in arms}
    judged = [judge_claim(c, runs, known) for c in experiment.claims]
    settings = RunSettings(seeds=seeds, dtype="float64")
    return Result(experiment, arms, judged, settings)


@pytest.fixture(scope="module")
def mixed() -> Result:
    return result([LESSON, *FORMULAS])


def test_claims_that_share_a_pattern_are_folded(mixed: Result) -> None:
    shown, groups = grouped_claims(mixed)
    assert [row[0] for row in shown] == [LESSON["sentence"]]
    [group] = groups
    assert group.summary == (
        "5 claims: one, two, three, … the loss is smaller than a hundred."
    )
    assert group.verdict == "holds in both, in one seed"
    assert [row[0] for row in group.rows] == [c["sentence"] for c in FORMULAS]


def test_claims_with_another_verdict_are_not_folded(mixed: Result) -> None:
    claims = list(mixed.claims)
    claims[1] = replace(claims[1], verdict="refuted in both")
    shown, [group] = grouped_claims(replace(mixed, claims=claims))
    assert FORMULAS[0]["sentence"] in [row[0] for row in shown]
    assert len(group.rows) == 4


def test_if_all_claims_share_a_pattern_they_are_shown() -> None:
    shown, groups = grouped_claims(result(FORMULAS))
    assert len(shown) == 5
    assert groups == []


def test_claims_that_differ_in_meaning_are_not_grouped() -> None:
    others = [
        {
            "name": f"claim_{n}",
            "sentence": sentence,
            "expression": f"{name}.train_loss < 100",
        }
        for n, (name, sentence) in enumerate(
            zip(
                NAMES,
                (
                    "Through ten layers, a tenth is left.",
                    "Twenty: less.",
                    "Every unit of it is alive at the end.",
                    "A rate of one is too large for this network.",
                    "Nothing else matters.",
                ),
                strict=True,
            )
        )
    ]
    shown, groups = grouped_claims(result(others))
    assert len(shown) == 5
    assert groups == []


def test_the_verdict_of_one_seed_says_so(mixed: Result) -> None:
    assert claim_rows(mixed)[0][-1] == "holds in both, in one seed"
    assert "the one seed that was run" in one_seed(mixed)
    assert "the one seed that was run" in metric_caption(mixed)
    two = result([LESSON], seeds=2)
    assert "seed" not in claim_rows(two)[0][-1].partition(";")[0].replace(
        "undecided at 2 seeds", ""
    )
    assert one_seed(two) == ""
    assert "mean of 2 seeds" in metric_caption(two)


def test_the_metrics_of_each_part_are_in_one_table(mixed: Result) -> None:
    table = metric_table(mixed)
    assert table is not None
    assert table.groups == [
        "training accuracy",
        "test accuracy",
        "gap: training minus test",
    ]
    assert table.frameworks == ["PyTorch", "Keras"]
    final = mixed.arms[0].records["torch"][0].final
    gap = final["train_accuracy"] - final["test_accuracy"]
    expected = (final["train_accuracy"], final["test_accuracy"], gap)
    cells = [f"{value:.4g}" for value in expected for _ in range(2)]
    assert table.rows[0] == ("one", *cells)


def test_networks_that_are_not_fitted_have_no_table_of_metrics() -> None:
    recipe = SMALL["recipe"] | {"epochs": 1}
    data = SMALL["data"] | {"test": 0}
    assert metric_table(result([], recipe=recipe, data=data)) is None


def test_layer_tables_have_shapes_and_parameters() -> None:
    residual = {"residual": {"body": [{"dense": 4}], "shortcut": []}}
    arms = {
        "first": [{"dense": 4}, "relu", {"dense": 3}],
        "same": [{"dense": 4}, "relu", {"dense": 3}],
        "deep": [{"dense": 4}, residual, {"dense": 3}],
    }
    tables = layer_tables(result([], arms=arms))
    assert [table.arms for table in tables] == ["first, same", "deep"]
    assert tables[0].rows == [
        ("input", "2", "0"),
        ("dense_1", "4", "12"),
        ("relu_1", "4", "0"),
        ("dense_2", "3", "15"),
    ]
    assert tables[0].total == "27"
    names = [row[0].strip() for row in tables[1].rows]
    assert names == [
        *("input", "dense_1", "residual_1", "body:", "dense_2", "dense_3"),
    ]
    assert tables[1].total == "47"


def test_backticks_and_emphasis_are_not_printed() -> None:
    assert str(prose("use `eval()`, *not* x * y * z")) == (
        "use <code>eval()</code>, <em>not</em> x * y * z"
    )
    assert str(prose("a < b & `<i>`")) == (
        "a &lt; b &amp; <code>&lt;i&gt;</code>"
    )
