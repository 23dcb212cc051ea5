"""Views of the probe of representations, and their separability."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.metrics.probes import labels_of, viewed
from framework_parity.common.metrics.registry import STATISTICS, Run, views
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.load import parse
from framework_parity.common.training.record import Record

SEEN = {"representations": {"samples": 4, "part": "test"}}


def arm(**fields: Any) -> Arm:
    written = {
        "name": "one",
        "dialect": "keras",
        "data": {"spiral": {"classes": 2, "samples": 40}},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": "sgd",
            "epochs": 1,
        },
        "arms": {"one": [{"dense": 3}, "relu", {"dense": 2}]},
        "probes": SEEN,
    }
    return parse({**written, **fields}).arm("one")


def run(values: Any) -> Run:
    """Return a run whose relu has these outputs in its last record."""
    looks = np.stack([np.zeros_like(values), values])
    probes = {"representations/relu_1": looks}
    return Run(arm(), Record({}, {}, {}, {}, probes=probes))


def separability(measured: Run, view: str = "relu_1") -> float:
    return STATISTICS["separability"]((measured,), (view,))


def test_views_are_the_input_and_the_recorded_layers() -> None:
    assert views(arm()) == ["input", "dense_1", "relu_1", "dense_2"]
    some = {"representations": {"places": ["relu_1"]}}
    assert views(arm(probes=some)) == ["input", "relu_1"]
    assert views(arm(probes=None)) == []


def test_view_of_the_input_is_some_samples_of_the_part() -> None:
    test = arm().data.parts(arm().recipe.loss)["test"].some(4)
    seen = viewed(run(np.zeros((4, 3))), "input")
    np.testing.assert_array_equal(seen, test.x)
    np.testing.assert_array_equal(labels_of(arm()), test.y)


def test_images_are_laid_out_in_rows() -> None:
    assert viewed(run(np.ones((4, 2, 2, 3))), "relu_1").shape == (4, 12)


def test_separability_is_one_for_points_and_zero_for_equal_means() -> None:
    labels = labels_of(arm())
    assert set(labels) == {0, 1}
    points = np.where(labels == 0, -1.0, 1.0)[:, np.newaxis]
    assert separability(run(points)) == 1.0
    # Each class has one sample at 1 and another at -1, or all at 0.
    around = np.zeros(4)
    for label in (0, 1):
        indices = np.flatnonzero(labels == label)
        around[indices[: len(indices) // 2 * 2]] = [1.0, -1.0] * (
            len(indices) // 2
        )
    assert separability(run(around[:, np.newaxis])) == 0.0


def test_separability_with_half_of_the_variance_within_classes() -> None:
    """Two means at ±1 and deviations of 1 around them, of equal size."""
    labels = labels_of(arm())
    assert sorted(labels) == [0, 0, 1, 1]
    values = np.empty(4)
    for label, mean in ((0, -1.0), (1, 1.0)):
        values[labels == label] = [mean - 1.0, mean + 1.0]
    assert separability(run(values[:, np.newaxis])) == pytest.approx(0.5)


def test_nearest_mean_is_the_share_nearest_to_their_own_mean() -> None:
    labels = labels_of(arm())
    points = np.where(labels == 0, -1.0, 1.0)[:, np.newaxis]
    nearest = STATISTICS["nearest_mean"]
    assert nearest((run(points),), ("relu_1",)) == 1.0
    # One of the first class lies beyond the other's mean: the means are
    # then at 1 and 2, and it stands at 3.
    points[np.flatnonzero(labels == 0)] = [[-1.0], [3.0]]
    points[labels == 1] = 2.0
    assert nearest((run(points),), ("relu_1",)) == 0.75


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (
            'one.separability("relu_9") > 0',
            "its views are: dense_1, dense_2, input",
        ),
        ("one.separability > 0", "separability(view)"),
    ],
)
def test_view_that_is_not_recorded_is_refused(
    claim: str, message: str
) -> None:
    with pytest.raises(ValueError, match="claims") as refused:
        arm(claims=[claim])
    assert message in str(refused.value)
