"""A report teaches first: its order, its folds and the sizes of pictures."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from framework_parity.common.reference import trainer as reference
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.load import parse
from framework_parity.comparisons.report.run.data import data, data_caption
from framework_parity.comparisons.report.run.figures import pictures
from framework_parity.comparisons.report.run.page import page
from framework_parity.comparisons.report.style import (
    COLUMN,
    SCREEN,
    SIZE,
    ReportFigure,
    arm_colours,
    share_range,
    shown,
    single,
)
from framework_parity.comparisons.run.claim_verdicts import judge_claim
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.workers import tasks
from framework_parity.comparisons.workers.worker import LABELS

NAMES = tuple(f"arm_{letter}" for letter in "abcdefg")
WRITTEN: dict[str, Any] = {
    "name": "small",
    "teaches": "What is `relu`?\n\nIt is *not* linear.",
    "dialect": "keras",
    "data": {"spiral": {"samples": 90}},
    "recipe": {
        "loss": "cross_entropy",
        "optimizer": {"adam": 0.01},
        "epochs": 3,
    },
    "arms": {
        name: [{"dense": 4}, "relu", {"dense": 4}, "relu", {"dense": 3}]
        for name in NAMES
    },
    "claims": ["arm_a.train_loss < 9", "arm_b.gap < 9"],
    "notebook": [
        {
            "says": "The `loss` is large.",
            "correction": "It is not.",
            "claims": ["arm_a_train_loss_below_9"],
        }
    ],
    "probes": {
        "gradient_norm": True,
        "dead_relu": {},
        "representations": {"epochs": [0, "last"], "samples": 30},
        "per_sample_gradients": {
            "places": ["dense_1", "dense_2"],
            "epochs": [0, 1, "last"],
        },
    },
    "plots": [
        "gradient_norms",
        "sample_gradients",
        "layer_variances",
        "dead_shares",
        "weight_histogram",
        "distances",
        "loss_over_time",
        "rates",
        "layer_bars",
        "confusion",
        "gradient_product",
        "gradient_table",
        {"bars": "near_zero(0.001)"},
        {"bars": 'variance("train_loss", 1)'},
    ],
}


@pytest.fixture(scope="module")
def result() -> Result:
    """Seven arms, trained by NumPy in place of both frameworks."""
    experiment = parse(WRITTEN)
    assert isinstance(experiment, Experiment)
    arms = [
        ArmResult(
            experiment.arm(name),
            dict.fromkeys(
                LABELS,
                tasks.train(
                    reference.Trainer, experiment.arm(name), 0, "float64"
                ),
            ),
        )
        for name in NAMES
    ]
    for arm in arms:
        for records in arm.records.values():
            records[0].grid = np.full((101 * 101, 3), 1 / 3)
    runs = {b: {a.arm.name: a.records[b] for a in arms} for b in LABELS}
    known = {arm.arm.name: arm.arm for arm in arms}
    judged = [judge_claim(c, runs, known) for c in experiment.claims]
    return Result(experiment, arms, judged, RunSettings(seeds=1))


@pytest.fixture(scope="module")
def drawn(result: Result) -> list[ReportFigure]:
    return pictures(result)


@pytest.fixture(scope="module")
def html(result: Result, drawn: list[ReportFigure]) -> str:
    result.arms[0].scripts = {
        "torch": "import torch\nsame\n",
        "keras": "import keras\nsame",
    }
    return page(result, drawn)


def test_the_lesson_comes_before_the_agreement(html: str) -> None:
    marks = [
        'class="teaches"',
        'class="headline',
        ">Claims<",
        ">Pictures<",
        ">The code in both frameworks<",
        ">What the notebook says, and what is wrong with it<",
        ">How well the frameworks agree<",
        ">The ladder<",
        ">Conventions<",
        ">The complete specification<",
    ]
    places = [html.index(mark) for mark in marks]
    assert places == sorted(places)


class Folds(HTMLParser):
    """Collects the headings inside of closed `details`."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.heading = ""
        self.folded: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.depth += tag == "details"
        self.heading = tag if tag == "h2" else ""

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "details"
        self.heading = "" if tag == "h2" else self.heading

    def handle_data(self, data: str) -> None:
        if self.heading:
            (self.folded if self.depth else self.open).append(data)


def test_agreement_conventions_and_specification_are_folded(
    html: str,
) -> None:
    folds = Folds()
    folds.feed(html)
    assert folds.folded == [
        "How well the frameworks agree",
        "The ladder",
        "Conventions",
        "The complete specification",
    ]
    assert folds.open == [
        *("Claims", "Pictures", "Training, validation and test"),
        "The code in both frameworks",
        "What the notebook says, and what is wrong with it",
    ]


def test_no_picture_is_wider_than_the_column_or_higher_than_a_screen(
    drawn: list[ReportFigure],
) -> None:
    for picture in drawn:
        for svg in filter(None, (picture.svg, *picture.more)):
            head = svg[: svg.index(">")]
            sizes = dict(SIZE.findall(head))
            assert float(sizes["width"]) / 72 <= COLUMN + 1e-6, picture.name
            assert float(sizes["height"]) / 72 <= SCREEN + 1e-6, picture.name


def test_every_arm_is_in_the_pictures_of_arms(
    drawn: list[ReportFigure],
) -> None:
    for picture in drawn:
        if picture.name in ("data", "differences", "disagreement"):
            continue
        if picture.table is None:
            text = "".join((picture.svg, *picture.more))
            for name in NAMES:
                assert f">{shown(name)}" in text, (picture.name, name)


def test_captions_are_words(drawn: list[ReportFigure]) -> None:
    captions = {p.name: p.caption for p in drawn}
    assert captions["bars_1"] == (
        "Share of the weights between -0.001 and 0.001: mean and each seed"
    )
    assert captions["bars_2"] == (
        "Variance of the training loss after epoch 1: mean and each seed"
    )
    for caption in captions.values():
        assert not set('_"`') & set(caption)


def test_a_page_is_small_and_asks_for_nothing(html: str) -> None:
    assert len(html.encode()) < 3_000_000
    assert not re.search(r"<(script|link|iframe|img|object)\b", html)
    assert not re.search(r"url\((?!#)|@import", html)


def test_no_markup_of_docstrings_is_printed(html: str) -> None:
    assert "What is <code>relu</code>?" in html
    assert "It is <em>not</em> linear." in html
    assert "The <code>loss</code> is large." in html
    before = html[: html.index('id="conventions"')]
    assert "`" not in before


def test_a_remark_has_the_figures_of_its_claims(
    html: str, result: Result
) -> None:
    part = html[html.index('id="notebook"') : html.index('id="agreement"')]
    assert "arm_a.train_loss &lt; 9" in part
    assert "arm_b.gap" not in part
    loss = result.arms[0].records["torch"][0].final["train_loss"]
    assert f"holds: {loss:.4g} against 9" in part


def test_scripts_are_in_two_columns_with_marked_lines(
    html: str, result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = html[html.index('id="code"') : html.index('id="notebook"')]
    assert '<pre class="torch differs">import torch</pre>' in part
    assert '<pre class="keras differs">import keras</pre>' in part
    assert '<pre class="torch">same</pre><pre class="keras">same</pre>' in part
    # A framework that has no script leaves the arm out.
    monkeypatch.setattr(result.arms[0], "scripts", {"torch": "import torch"})
    assert 'id="code"' not in page(result, [])


def test_the_data_are_drawn_before_training(result: Result) -> None:
    figure = data(result)
    [panel] = figure.axes
    seen = [np.asarray(c.get_offsets()) for c in panel.collections]
    assert len(seen) == 3
    sizes = result.arms[0].arm.data.part_sizes()
    assert sum(map(len, seen)) == sizes["train"]
    assert f"{sizes['train']} training samples" in data_caption(result)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["class 0", "class 1", "class 2"]
    assert panel.get_xlabel().startswith("first input")


def test_a_function_of_one_input_is_drawn_with_its_samples(
    result: Result,
) -> None:
    written = WRITTEN | {
        "data": {"sine": {"samples": 40, "noise": 0.5}},
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": {"sgd": 0.1},
            "epochs": 1,
        },
        "arms": {"net": [{"dense": 1}]},
        "claims": [],
        "notebook": [],
        "probes": None,
        "plots": [],
    }
    arm = parse(written).arm("net")
    assert isinstance(arm, Arm)
    other = ArmResult(arm, {})
    figure = data(replace(result, arms=[other]))
    samples, truth = figure.axes[0].lines
    train = arm.data.parts(arm.recipe.loss)["train"]
    assert samples.get_ydata() == pytest.approx(train.y[:, 0])
    assert len(np.asarray(truth.get_xdata())) == 40


def test_each_of_many_arms_has_its_own_colour() -> None:
    for count in (2, 8, 12, 36):
        names = [f"arm_{n}" for n in range(count)]
        colours = {str(c) for c in arm_colours(names).values()}
        assert len(colours) == count


def test_a_panel_far_above_the_others_has_its_own_scale() -> None:
    figures = [single() for _ in range(4)]
    panels = [panel for _, panel in figures]
    for panel, top in zip(panels, (1.0, 3.0, 2.0, 1e15), strict=True):
        panel.plot([0, 1], [1e-9, top])
        panel.set_yscale("log")
    share_range(panels)
    limits = [panel.get_ylim() for panel in panels]
    assert limits[0] == limits[1] == limits[2]
    assert limits[0][1] < 100
    assert limits[3][1] >= 1e15
    assert [t.get_text() for t in panels[3].texts] == ["another scale"]
