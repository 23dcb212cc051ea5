"""A report describes how it was run, and all of its text can be read."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from framework_parity import run
from framework_parity.common.spec.load import parse
from framework_parity.comparisons.ladder.verdict import Verdict
from framework_parity.comparisons.report.run.curves import curves
from framework_parity.comparisons.report.run.difference_map import disagreement
from framework_parity.comparisons.report.run.differences import differences
from framework_parity.comparisons.report.run.display import DisplayedResult
from framework_parity.comparisons.report.run.document import document
from framework_parity.comparisons.report.run.figures import pictures
from framework_parity.comparisons.report.run.page import page
from framework_parity.comparisons.report.style import STYLE, svg
from framework_parity.comparisons.run import settings
from framework_parity.comparisons.run.result import Result
from tests.comparisons.arms import SMALL

HOW: dict[str, dict[str, Any]] = {
    "shared": {"randomness": "shared", "dtype": "float32", "seeds": 1},
    "native": {"randomness": "native", "dtype": "bfloat16", "seeds": 2},
    "alone": {"backends": ["torch"], "seeds": 1},
}
SAME = "start from the same initial values and train on the same batches"
FRAMEWORKS = "PyTorch and Keras, side by side"


def spec(validation: float) -> dict[str, Any]:
    data = {"spiral": {"samples": 60}, "validation": validation}
    claims = ["linear.test_accuracy > 0.2"]
    return SMALL | {"data": data, "claims": claims}


@pytest.fixture(scope="module")
def results(shared_workers: None) -> dict[str, DisplayedResult]:
    """One small arm, run in three ways; only the first has a validation."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "TRAJECTORY", {"quick": 30})
        return {
            name: run(spec(0.2 if name == "shared" else 0), **how)
            for name, how in HOW.items()
        }


def words(result: Result) -> str:
    """Return the text of a report, in one line without the markup."""
    text = page(result, pictures(result))
    text = re.sub(r"<style>.*?</style>", "", text, flags=re.S)
    text = re.sub(r"<[^>]*>", "", text)
    return " ".join(text.split())


def test_a_shared_run_states_what_is_shared(
    results: dict[str, Result],
) -> None:
    text = words(results["shared"])
    assert text.startswith(f"small: {FRAMEWORKS}")
    assert f"Both frameworks {SAME}" in text
    assert "Training and validation in both frameworks, in float32" in text
    assert (
        "The verdict is based on the ladder, which is run in float64 from the "
        "same initial values in both frameworks, and on the claims, evaluated "
        "on the float32 runs. The float32 curves are shown for illustration"
    ) in text
    assert "alone" not in text.split("Conventions")[0]


def test_a_native_run_states_that_it_was_not_compared_step_by_step(
    results: dict[str, Result],
) -> None:
    text = words(results["native"])
    assert "Each framework drew its own initial weights and masks" in text
    assert "they were not compared step by step" in text
    assert f"Both frameworks {SAME}" not in text
    assert f"there both frameworks {SAME}" in text
    assert (
        "Training in both frameworks, in bfloat16, each from its own initial "
        "weights"
    ) in text
    assert "The bfloat16 curves are shown" in text


def test_a_replayed_run_names_the_source_of_its_draws(
    results: dict[str, Result],
) -> None:
    for name, played, where in (
        (
            "shared",
            "Both frameworks used these draws",
            "both frameworks",
        ),
        (
            "alone",
            "Only PyTorch was run, with the random draws of PyTorch",
            "PyTorch alone",
        ),
    ):
        played_back = replace(results[name].settings, randomness="replay")
        text = words(replace(results[name], settings=played_back))
        assert played in text
        assert (
            f"in {where}, in float32, with the random draws of PyTorch" in text
        )
        assert (
            "test accuracy, float32, with the random draws of PyTorch." in text
        )
        assert f"Both frameworks {SAME}" not in text


def test_one_framework_alone_is_not_reported_as_two(
    results: dict[str, Result],
) -> None:
    text = words(results["alone"]).split("The complete specification")[0]
    assert text.startswith("small: PyTorch alone")
    assert "trained in PyTorch alone." in text
    assert "Only PyTorch was run, from the initial weights that both" in text
    assert "Training in PyTorch alone, in float32" in text
    for untrue in (FRAMEWORKS, SAME, "noise floor", "The verdict is based"):
        assert untrue not in text
    native = replace(
        results["alone"],
        settings=replace(results["alone"].settings, randomness="native"),
    )
    assert "from initial weights that it drew itself" in words(native)


def test_warnings_are_in_the_document_the_report_and_the_notebook(
    results: dict[str, DisplayedResult],
) -> None:
    result = results["shared"]
    assert result.warnings == document(result)["warnings"] == []
    assert 'class="warnings"' not in page(result, [])
    layers = [{"dense": 3}, "sigmoid"]
    wrong = parse(spec(0.2) | {"arms": {"linear": layers}})
    warned = replace(result, experiment=wrong)
    [sentence] = warned.warnings
    assert sentence.startswith("arms.linear: sigmoid_1 is applied before")
    assert document(warned)["warnings"] == [sentence]
    for html in (page(warned, []), warned._repr_html_()):
        assert f"<strong>warning:</strong> {sentence}" in unescape(html)


def test_no_validation_is_drawn_where_there_is_none(
    results: dict[str, Result],
) -> None:
    for name, result in results.items():
        drawn = {each.name: each for each in pictures(result)}
        has = name == "shared"
        assert ("validation" in drawn["curves"].svg) == has
        assert ("validation" in drawn["curves"].caption) == has


def test_a_ladder_that_ends_early_has_no_plots_of_differences(
    results: dict[str, Result],
) -> None:
    native = results["native"]
    [arm] = native.arms
    assert arm.ladder is not None
    verdicts = [Verdict("forward", "linear", "disagree")]
    ladder = replace(arm.ladder, verdicts=verdicts, trajectory=None)
    short = replace(arm, ladder=ladder)
    drawn = pictures(replace(native, arms=[short]))
    assert [each.name for each in drawn] == ["data", "boundaries", "curves"]
    text = words(replace(native, arms=[short]))
    assert "map of the gradients" not in text


def test_the_ladder_and_curves_of_one_precision_are_both_drawn(
    results: dict[str, Result],
) -> None:
    shared = results["shared"]
    double = replace(shared.settings, dtype="float64")
    [figure] = differences(replace(shared, settings=double))
    assert [panel.get_ylabel().split("\n")[0] for panel in figure.axes] == [
        "the ladder, float64",
        "the curves, float64",
    ]


NAN, INF = float("nan"), float("inf")


def with_losses(
    result: Result, first: list[float], second: list[float]
) -> Any:
    """Return the result with two arms that have these losses by epoch."""
    arms = []
    for name, losses in (("one", first), ("other", second)):
        [arm] = result.arms
        changed = {
            backend: [
                replace(
                    record,
                    epochs={
                        key: np.resize(losses, len(values))
                        if key.endswith("loss")
                        else values
                        for key, values in record.epochs.items()
                    },
                )
                for record in records
            ]
            for backend, records in arm.records.items()
        }
        own = replace(arm.arm, name=name)
        arms.append(replace(arm, arm=own, records=changed))
    return replace(result, arms=arms)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("second", [[NAN], [INF], [1e30, NAN], [0.0], [0.5]])
@pytest.mark.parametrize("first", [[NAN], [1e20, INF], [0.5], [1e-30, 1e30]])
def test_losses_that_are_huge_or_not_finite_are_drawn(
    first: list[float], second: list[float], results: dict[str, Result]
) -> None:
    drawn = curves(with_losses(results["shared"], first, second))
    assert "<svg" in svg(drawn)


@pytest.mark.parametrize(
    "draw",
    [lambda result: [curves(result)], differences, disagreement],
    ids=["curves", "differences", "disagreement"],
)
@pytest.mark.parametrize("horizon", [None, 20])
def test_all_text_fits_into_the_plot_of_a_single_arm(
    draw: Callable[[Result], list[Figure]],
    horizon: int | None,
    results: dict[str, Result],
) -> None:
    shared = results["shared"]
    [arm] = shared.arms
    assert arm.ladder is not None
    assert arm.ladder.trajectory is not None
    whole = arm.ladder.trajectory
    ended = {
        name: replace(compared, horizon=horizon)
        for name, compared in whole.curves.items()
    }
    ladder = replace(arm.ladder, trajectory=replace(whole, curves=ended))
    with rc_context(STYLE):
        [figure] = draw(replace(shared, arms=[replace(arm, ladder=ladder)]))
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
    # All that is drawn, text and legends included, in inches.
    needed = figure.get_tightbbox(canvas.get_renderer())
    width, height = figure.get_size_inches()
    assert needed.x0 >= 0
    assert needed.x1 <= width
    assert needed.y0 >= 0
    assert needed.y1 <= height
