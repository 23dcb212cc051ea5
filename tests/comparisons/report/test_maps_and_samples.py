"""Plots of samples and of grids hold the right values."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.load import parse
from framework_parity.common.training.record import Record
from framework_parity.comparisons.report.run import plots as gallery
from framework_parity.comparisons.report.run.plots import maps, planes, samples
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.run.settings import RunSettings

BACKENDS = ("torch", "keras")


def written(**fields: Any) -> dict[str, Any]:
    return {
        "name": "small",
        "dialect": "keras",
        "data": {"digits": {"samples": 200}, "test": 0.5},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.1},
            "epochs": 1,
        },
        "arms": {"one": ["flatten", {"dense": 10}]},
        "probes": {"representations": {"samples": 60, "part": "test"}},
        **fields,
    }


def drawn(experiment: Experiment, records: Any, picture: int = 0) -> Figure:
    """Draw one of an experiment's pictures of these records, by arm."""
    arms = [
        ArmResult(
            experiment.arm(name),
            {backend: records[name][backend] for backend in BACKENDS},
        )
        for name in experiment.arms
    ]
    result = Result(experiment, arms, [], RunSettings())
    figures: Any = gallery.draw(result, experiment.plots[picture])
    [figure] = figures
    assert isinstance(figure, Figure)
    return figure


def seeing(experiment: Experiment, wrong: int) -> Any:
    """Return records of a network that misclassifies the first samples."""
    arm = experiment.arm("one")
    labels = arm.data.parts(arm.recipe.loss)["test"].some(60).y
    logits = np.zeros((60, 10))
    chosen = labels.copy()
    chosen[:wrong] = (chosen[:wrong] + 1) % 10
    # The later a sample, the more confident its prediction.
    logits[np.arange(60), chosen] = 1 + np.arange(60)
    flat = np.random.default_rng(0).normal(size=(1, 60, 64))
    looks = {
        "representations/flatten_1": flat,
        "representations/dense_1": logits[np.newaxis],
    }
    record = Record({}, {}, {}, {}, probes=looks)
    return {"one": {backend: [record] for backend in BACKENDS}}, labels


def texts(panel: Any) -> list[str]:
    return [text.get_text() for text in panel.texts]


def test_a_confusion_matrix_counts_each_sample_once() -> None:
    experiment = parse(written(plots=["confusion"]))
    records, labels = seeing(experiment, wrong=3)
    figure = drawn(experiment, records)
    assert len(figure.axes) == 2
    for panel in figure.axes:
        cells = {
            text.get_position(): int(text.get_text()) for text in panel.texts
        }
        assert sum(cells.values()) == 60
        off = {at: n for at, n in cells.items() if at[0] != at[1]}
        assert sum(off.values()) == 3
        first = int(labels[0])
        assert ((first + 1) % 10, first) in off


def test_the_worst_mistakes_come_first_with_both_classes() -> None:
    experiment = parse(written(plots=["mistakes"]))
    records, labels = seeing(experiment, wrong=3)
    figure = drawn(experiment, records)
    rows = np.array(figure.axes).reshape(2, samples.WORST)
    for row in rows:
        titles = [panel.get_title() for panel in row]
        expected = [
            f"{labels[n]} as {(labels[n] + 1) % 10}" for n in (2, 1, 0)
        ]
        assert titles == [*expected, *[""] * (samples.WORST - 3)]
        assert [bool(panel.images) for panel in row] == [
            *[True] * 3,
            *[False] * (samples.WORST - 3),
        ]


def named(tmp_path: Path, *pictures: Any) -> tuple[Figure, ...]:
    """Draw pictures of classes that have names, some of them long."""
    file = tmp_path / "named.npz"
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 8, 8, 1)), np.arange(60) % 3
    np.savez(file, x=x, y=y)
    names = ["cat", "dog", "a very long name"]
    experiment = parse(
        written(
            data={"table": {"file": str(file), "classes": names}, "test": 0.5},
            arms={"one": ["flatten", {"dense": 3}]},
            probes={"representations": {"samples": 30, "part": "test"}},
            plots=list(pictures),
        )
    )
    arm = experiment.arm("one")
    labels = arm.data.parts(arm.recipe.loss)["test"].y
    logits = np.eye(3)[(labels + (np.arange(30) == 4)) % 3]
    looks = {
        "representations/flatten_1": rng.normal(size=(1, 30, 64)),
        "representations/dense_1": logits[np.newaxis],
    }
    record = Record({}, {}, {}, {}, probes=looks)
    records = {"one": {backend: [record] for backend in BACKENDS}}
    return tuple(
        drawn(experiment, records, index) for index in range(len(pictures))
    )


def test_classes_are_called_by_their_names(tmp_path: Path) -> None:
    figures = named(tmp_path, "confusion", "mistakes", "embeddings")
    confusion, mistakes, embeddings = figures
    names = ["cat", "dog", "a very lo…"]
    panel = confusion.axes[0]
    assert [t.get_text() for t in panel.get_xticklabels()] == names
    assert [t.get_text() for t in panel.get_yticklabels()] == names
    title = mistakes.axes[0].get_title()
    assert title in [f"{names[n]} as {names[(n + 1) % 3]}" for n in range(3)]
    shown = [t.get_text() for t in embeddings.legends[0].get_texts()]
    assert shown == [f"class {name}" for name in names]


def test_without_mistakes_the_titles_say_none() -> None:
    experiment = parse(written(plots=["mistakes"]))
    figure = drawn(experiment, seeing(experiment, wrong=0)[0])
    assert [p.get_title() for p in figure.axes[:: samples.WORST]] == [
        "none"
    ] * 2


def test_embeddings_lay_both_frameworks_out_together() -> None:
    experiment = parse(written(plots=["embeddings"]))
    records, _ = seeing(experiment, wrong=0)
    figure = drawn(experiment, records)
    rows = np.array(figure.axes).reshape(2, 3)
    assert [panel.get_title() for panel in rows[0]] == [
        "input",
        "flatten 1",
        "dense 1",
    ]
    # Equal representations have equal coordinates.
    for column in rows.T:
        places = [
            np.concatenate([each.get_xydata() for each in panel.lines])
            for panel in column
        ]
        assert places[0].shape == (60, 2)
        np.testing.assert_array_equal(places[0], places[1])


def test_different_representations_are_laid_out_in_one_plane() -> None:
    rng = np.random.default_rng(0)
    seen = [rng.normal(size=(30, 4)), 50 + rng.normal(size=(30, 4))]
    torch, keras = samples._laid_out(seen)
    assert torch.shape == keras.shape == (30, 2)
    # Two clouds that are far apart stay so in the common plane.
    apart = np.linalg.norm(torch.mean(0) - keras.mean(0))
    assert apart > torch.std(0).max()
    assert apart > keras.std(0).max()


def grid() -> Experiment:
    cells = {
        f"d{depth}b{batch}r{index}": {
            "layers": ["flatten", *[{"dense": 4}] * depth, {"dense": 10}],
            "recipe": {"optimizer": {"sgd": rate}, "batch_size": batch},
        }
        for depth in (0, 1)
        for batch in (8, 16)
        for index, rate in enumerate((0.01, 0.1))
        if (depth, batch, rate) != (1, 16, 0.1)
    }
    return parse(written(arms=cells, plots=[{"heat_maps": "test_accuracy"}]))


def test_heat_maps_hold_the_means_and_their_difference() -> None:
    experiment = grid()
    records = {
        name: {
            "torch": [accurate(0.1 * index), accurate(0.1 * index + 0.02)],
            "keras": [accurate(0.1 * index + 0.03)],
        }
        for index, name in enumerate(experiment.arms)
    }
    figure = drawn(experiment, records)
    torch, keras, difference = figure.axes
    assert [panel.get_title() for panel in figure.axes] == [
        "PyTorch",
        "Keras",
        "Keras − PyTorch",
    ]
    drawn_values: Any = torch.images[0].get_array()
    expected = np.append(np.arange(7) * 0.1 + 0.01, np.nan).reshape(4, 2)
    np.testing.assert_allclose(drawn_values.filled(np.nan), expected)
    apart: Any = difference.images[0].get_array()
    np.testing.assert_allclose(apart.compressed(), [0.02] * 7)
    frame: Any
    [frame] = keras.patches
    assert frame.get_xy() == (-0.5, 2.5)
    labels = [text.get_text() for text in torch.get_yticklabels()]
    assert labels == [
        "no hidden layer, batch 8",
        "no hidden layer, batch 16",
        "1 hidden layer, batch 8",
        "1 hidden layer, batch 16",
    ]


def test_a_statistic_in_which_less_is_better_frames_the_least() -> None:
    values = np.array([[3.0, 1.0], [2.0, np.nan]])
    assert maps._best(values, "test_loss") == (0, 1)
    assert maps._best(values, "test_accuracy") == (0, 0)


def accurate(value: float) -> Record:
    return Record({}, {}, {"test_accuracy": value}, {})


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"probes": None, "plots": ["embeddings"]}, "no probe"),
        (
            {
                "probes": {"representations": {"places": ["flatten_1"]}},
                "plots": ["confusion"],
            },
            "does not record 'dense_1'",
        ),
        (
            {
                "data": "spiral",
                "arms": {"one": [{"dense": 3}]},
                "plots": ["mistakes"],
            },
            "not images",
        ),
    ],
)
def test_a_plot_that_cannot_be_drawn_is_refused(
    fields: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match="plots") as refused:
        parse(written(**fields))
    assert says in str(refused.value)


def test_a_network_that_diverged_is_not_laid_out() -> None:
    experiment = parse(written(plots=["embeddings"]))
    records, _ = seeing(experiment, wrong=3)
    for record in (each[0] for each in records["one"].values()):
        record.probes["representations/dense_1"][0, 0, 0] = np.nan
    figure = drawn(experiment, records)
    messages = [text for panel in figure.axes for text in texts(panel)]
    assert messages == ["diverged", "diverged"]


def test_each_of_18_classes_has_its_own_look() -> None:
    assert len({planes.class_look(label) for label in range(18)}) == 18
