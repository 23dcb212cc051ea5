"""The disagreement map shows all differences, narrow peaks included."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from framework_parity.common.training.record import Curve, Record
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR
from framework_parity.comparisons.ladder.trajectory import (
    Trajectory,
    compare_records,
)
from framework_parity.comparisons.report.run.difference_map import (
    HIGHEST,
    LOWEST,
    disagreement,
)
from framework_parity.comparisons.report.style import (
    MOST_POINTS,
    SCREEN,
    largest,
    svg,
)

DRIFT = 1e-12
NAMES = ("dense_1/kernel", "dense_2/kernel")


def record(norms: Curve) -> Record:
    return Record(
        steps={"loss": np.ones(len(norms)), "gradient_norm": norms},
        epochs={"epoch": np.array([1.0])},
        final={},
        weights={"dense_1/kernel": np.ones(2)},
        parameters=NAMES,
    )


def trajectory(times: Curve, steps: int = 1000) -> Trajectory:
    """Return one whose gradients differ by so many floors, step by step."""
    torch = np.ones((steps, 2))
    keras = torch * (1.0 + times * DRIFT)
    both = [[record(x), record(x * (1.0 + DRIFT))] for x in (torch, keras)]
    return compare_records("only", both[0], both[1])


def drawn(*trajectories: Trajectory | None) -> Figure:
    arms = [
        SimpleNamespace(
            arm=SimpleNamespace(name=f"arm_{n}"),
            ladder=SimpleNamespace(trajectory=each),
        )
        for n, each in enumerate(trajectories)
    ]
    result: Any = SimpleNamespace(arms=arms)
    [figure] = disagreement(result)
    return figure


def cells(figure: Figure) -> Curve:
    [image] = figure.axes[0].images
    return np.asarray(image.get_array())


@pytest.mark.parametrize("step", [0, 1, 499, 998, 999])
def test_a_peak_of_one_step_is_not_lost(step: int) -> None:
    times = np.ones((1000, 2))
    times[step, 1] = 1e4
    values = cells(drawn(trajectory(times)))
    assert values.shape[1] <= MOST_POINTS
    assert (values > TIMES_FLOOR).sum() == 1
    row, column = np.unravel_index(values.argmax(), values.shape)
    stride = -(-1000 // MOST_POINTS)
    assert (int(row), int(column)) == (1, step // stride)
    assert values.max() == pytest.approx(1e4, rel=0.01)


def test_only_ratios_above_the_limit_are_coloured() -> None:
    [image] = drawn(trajectory(np.ones((10, 2)), 10)).axes[0].images

    norm: Any = image.norm  # its types allow arrays only

    def saturation(times: float) -> float:
        red, green, blue, _ = image.cmap(norm(times))
        return float(max(red, green, blue) - min(red, green, blue))

    for times in (LOWEST, 1.0, 0.95 * TIMES_FLOOR):
        assert saturation(times) < 0.05
    for times in (1.2 * TIMES_FLOOR, 1e4, HIGHEST / 100):
        assert saturation(times) > 0.3


def test_zero_infinite_and_missing_differences_can_be_drawn() -> None:
    times = np.zeros((20, 2))
    times[5:, 0] = np.inf
    figure = drawn(trajectory(times, 20), None)
    values = cells(figure)
    assert values.min() == LOWEST
    assert values[0, 6] == HIGHEST
    assert "not reached" in svg(figure)


def test_a_panel_names_the_place_of_its_largest_difference() -> None:
    times = np.ones((100, 2))
    times[42, 1] = 50.0
    text = svg(drawn(trajectory(times, 100)))
    assert "dense_2/kernel, step 42" in text
    assert "at most 50 times the floor" in text


def test_the_largest_of_each_stretch() -> None:
    values = np.array([1.0, 5.0, 2.0, 3.0, 9.0])
    assert largest(values, 2).tolist() == [5.0, 3.0, 9.0]


def test_many_arms_have_several_maps_and_a_short_scale() -> None:
    arms = [
        SimpleNamespace(
            arm=SimpleNamespace(name=f"arm_{n}"),
            ladder=SimpleNamespace(trajectory=trajectory(np.ones((9, 2)), 9)),
        )
        for n in range(12)
    ]
    result: Any = SimpleNamespace(arms=arms)
    figures = disagreement(result)
    assert len(figures) > 1
    drawn = [axes for f in figures for axes in f.axes if axes.images]
    assert len(drawn) == 12
    for figure in figures:
        assert figure.get_figheight() <= SCREEN
        figure.canvas.draw()
        bar = figure.axes[-1].get_position()
        assert bar.height * figure.get_figheight() <= 2.1
