"""The kill matrix: every planted fault is caught, and conventions are named.

One fault for each rung stands for all, the frameworks in turn; `make
kill-matrix` plants every one and writes the document.
"""

import re
from pathlib import Path

import pytest

from framework_parity.comparisons.ladder.ladder import RUNGS
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.kill_matrix import Kill, count, document, kill, kills
from tests.planted import Planted, by_hand, everything, misreadings

MATRIX = Path(__file__).parents[3] / "docs" / "kill_matrix.md"

SAMPLE = {
    "misread:shuffle:keras-in-keras": "data",
    "misread:prelu_slopes:torch-in-torch": "structure",
    "misread:layer_norm_epsilon:torch-in-torch": "forward",
    "misread:penalty_form:torch-in-torch": "gradient",
    "misread:batch_norm_running_decay:keras-in-keras": "step",
    "misread:multi_step_boundary:keras-in-keras": "trajectory",
    "misread:he_normal_truncation:keras-in-keras": "initial",
}
PLANTED = {fault.id: fault for fault in everything()}


@pytest.mark.parametrize("fault", SAMPLE)
def test_a_sample_is_caught_on_its_rung_and_named(
    pair: WorkerPair, faulty: WorkerPair, fault: str
) -> None:
    result = kill(pair, faulty, PLANTED[fault])
    assert result.rung == SAMPLE[fault]
    assert result.named, result.causes


@pytest.mark.slow
def test_all_are_caught_and_nearly_all_are_named() -> None:
    results = list(kills(everything(), jobs=2))
    missed = [kill.planted.id for kill in results if not kill.caught]
    unnamed = [
        k.planted.id for k in results if k.planted.cause and not k.named
    ]
    assert not missed
    assert count(results).enough, unnamed


def test_the_committed_matrix_is_complete() -> None:
    """It was written by a run over all that is planted now."""
    rows = re.findall(
        r"^\| `(\w+)` \| (PyTorch|Keras) \|.*●",
        MATRIX.read_text("utf-8"),
        re.MULTILINE,
    )
    labels = {"torch": "PyTorch", "keras": "Keras"}
    assert rows == [(f.title, labels[f.suspect]) for f in everything()]


def made_up(planted: Planted, rung: str | None, *causes: str) -> Kill:
    named = tuple((name, planted.suspect) for name in causes)
    return Kill(planted, rung, "dense_1/kernel" if rung else None, named, 1.0)


def test_the_document_lists_faults_that_were_missed_or_not_named() -> None:
    first, second, third = misreadings()[:3]
    hand = by_hand()[0]
    results = [
        made_up(first, "step", str(first.cause)),
        made_up(second, "initial", "adam_epsilon", str(second.cause)),
        made_up(third, None),
        made_up(hand, "data"),
    ]
    counted = count(results)
    assert (counted.planted, counted.caught) == (4, 3)
    assert (counted.misread, counted.named, counted.alone) == (3, 2, 1)
    assert not counted.enough
    assert count(results[:2]).enough
    text = document(results)
    assert "planted: 4, caught: 3" in text
    assert f"**not caught**: `{third.title}`" in text
    rungs = RUNGS[: RUNGS.index("initial") + 1]
    widths = {line.count("|") for line in text.splitlines() if line[:1] == "|"}
    assert widths == {len(rungs) + 5}


def test_enough_means_all_caught_and_57_of_60_named() -> None:
    faults = misreadings()[:60]
    right = [made_up(f, "step", str(f.cause)) for f in faults]
    wrong = [made_up(f, "step", "something") for f in faults]
    missed = [made_up(f, None) for f in faults]
    assert count(right[:57] + wrong[57:]).enough
    assert not count(right[:56] + wrong[56:]).enough
    assert not count(right[:59] + missed[59:]).enough
