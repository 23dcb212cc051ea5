"""Replay: both frameworks print what a PyTorch script printed."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from framework_parity import run
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.load import parse
from framework_parity.common.spec.replay import RecordedDraws
from framework_parity.common.training import batches
from framework_parity.common.training.record import Record
from framework_parity.comparisons import catalogue
from framework_parity.comparisons.run import settings
from framework_parity.comparisons.run.replay import recorded
from framework_parity.comparisons.workers.worker import (
    LABELS,
    WorkerError,
    WorkerPair,
)
from tests.comparisons import bare
from tests.comparisons.arms import SMALL
from tests.comparisons.published import (
    DROPOUT_FIGURES,
    SINE_FIGURES,
    STOPPING_FIGURES,
    STOPPING_TABLE,
    XOR_FIGURES,
)

DROPOUT = catalogue.find("dropout")

on_each_backend = pytest.mark.parametrize("backend", list(LABELS))

Play = Callable[[str, Arm, RecordedDraws], Record]


def network_of(experiment: str, arm: str) -> Arm:
    """Return an arm of an experiment of the catalogue."""
    network = catalogue.find(experiment).arm(arm)
    assert isinstance(network, Arm)
    return network


@pytest.fixture(scope="module")
def play(pair: WorkerPair) -> Play:
    """Train in one framework from what was drawn."""

    def trained(backend: str, arm: Arm, drawn: RecordedDraws) -> Record:
        options: dict[str, Any] = {
            "seed": 0,
            "dtype": "float32",
            "drawn": drawn,
        }
        worker = pair.workers[backend]
        record: Record = worker.submit("train", arm=arm, **options).result()[0]
        return record

    return trained


def losses(record: Record) -> tuple[str, str]:
    """Return train and test loss as a script prints them."""
    final = record.final
    return f"{final['train_loss']:.4f}", f"{final['test_loss']:.4f}"


@on_each_backend
@pytest.mark.parametrize("arm", DROPOUT_FIGURES)
def test_the_dropout_table_is_printed(
    pair: WorkerPair, play: Play, backend: str, arm: str
) -> None:
    network = network_of("dropout", arm)
    record = play(backend, network, recorded(pair, network, 0))
    assert losses(record) == DROPOUT_FIGURES[arm]


@on_each_backend
def test_the_early_stopping_figures_are_printed(
    pair: WorkerPair, play: Play, backend: str
) -> None:
    network = network_of("early_stopping", "best_kept")
    record = play(backend, network, recorded(pair, network, 0))
    curve = record.epochs["validation_loss"]
    best = int(curve.argmin())
    assert record.final["best_epoch"] == best + 1
    assert (
        f"{best}",
        f"{curve[best]:.4f}",
        f"{curve[-1]:.4f}",
    ) == STOPPING_FIGURES


@on_each_backend
def test_the_early_stopping_table_is_printed(
    pair: WorkerPair, play: Play, backend: str
) -> None:
    network = network_of("early_stopping", "to_the_end")
    record = play(backend, network, recorded(pair, network, 0))
    for epoch, row in STOPPING_TABLE.items():
        training = record.steps["loss"][epoch]
        monitored = record.epochs["validation_loss"][epoch]
        assert (f"{training:.4f}", f"{monitored:.4f}") == row


@on_each_backend
@pytest.mark.parametrize("arm", SINE_FIGURES)
def test_the_losses_of_the_sine_are_printed(
    pair: WorkerPair, play: Play, backend: str, arm: str
) -> None:
    network = catalogue.find("learning_rate", lesson=2).arm(arm)
    assert isinstance(network, Arm)
    record = play(backend, network, recorded(pair, network, 0))
    assert f"{record.steps['loss'][-1]:.4f}" == SINE_FIGURES[arm]


@on_each_backend
def test_the_predictions_of_xor_are_printed(
    pair: WorkerPair, play: Play, backend: str
) -> None:
    network = network_of("xor", "hidden_layer")
    record = play(backend, network, recorded(pair, network, 0))
    logits = record.probes["representations/dense_2"][-1, :, 0]
    assert [f"{1 / (1 + np.exp(-z)):.3f}" for z in logits] == XOR_FIGURES


@pytest.mark.parametrize("name", bare.PLAYED)
def test_a_bare_script_has_the_same_losses_to_the_bit(
    pair: WorkerPair, play: Play, name: str
) -> None:
    script = [sys.executable, "-I", bare.__file__, name]
    printed = subprocess.run(script, check=True, capture_output=True)
    network = parse(bare.PLAYED[name]).arm("only")
    record = play("torch", network, recorded(pair, network, 0))
    np.testing.assert_array_equal(
        record.steps["loss"], np.array(json.loads(printed.stdout), np.float32)
    )


@pytest.mark.parametrize("name", bare.PLAYED)
def test_keras_follows_a_bare_script(
    pair: WorkerPair, play: Play, name: str
) -> None:
    network = parse(bare.PLAYED[name]).arm("only")
    drawn = recorded(pair, network, 0)
    torch, keras = (play(backend, network, drawn) for backend in LABELS)
    np.testing.assert_allclose(
        torch.steps["loss"], keras.steps["loss"], rtol=1e-5
    )


def test_draws_depend_on_the_seed_and_the_protocol(
    pair: WorkerPair,
) -> None:
    def weights(run: int = 0, **replay: Any) -> Any:
        written = DROPOUT.model_dump(mode="json")
        written["replay"] |= replay
        arm = parse(written).arm("rate_3")
        return recorded(pair, arm, run).weights["dense_1/kernel"]

    first = weights()
    assert (first == weights()).all()
    assert (first != weights(run=1)).any()
    assert (weights(run=1) == weights(seed=43)).all()
    assert (first != weights(reseed=False)).any()


def test_the_masks_that_are_replayed_are_those_of_pytorch(
    pair: WorkerPair, play: Play
) -> None:
    """The shared stream's masks, or another seed's, give other figures."""
    arm = network_of("dropout", "rate_5")
    drawn, other = (recorded(pair, arm, number) for number in (0, 1))
    shared = [
        segment.masks
        for segment in batches.segments(arm, 50, 0, range(arm.recipe.epochs))
    ]
    shared_masks = {
        name: list(np.concatenate([masks[name] for masks in shared]))
        for name in drawn.masks
    }
    published = DROPOUT_FIGURES["rate_5"]
    for masks, same in ((drawn.masks, True), (shared_masks, False)):
        record = play("keras", arm, replace(drawn, masks=masks))
        assert (losses(record) == published) == same
    record = play("keras", arm, replace(drawn, masks=other.masks))
    assert losses(record) != published


def test_a_run_is_replayed_in_both_and_compared(
    monkeypatch: pytest.MonkeyPatch, shared_workers: None
) -> None:
    monkeypatch.setattr(settings, "TRAJECTORY", {"quick": 20})
    written = bare.PLAYED["table"]
    result = run(written, randomness="replay", seeds=2)
    [arm] = result.arms
    assert result.verdict == "agree"
    assert arm.curves is not None
    first, second = arm.records["torch"]
    assert (first.steps["loss"] != second.steps["loss"]).any()
    for torch, keras in zip(*arm.records.values(), strict=True):
        np.testing.assert_allclose(
            torch.steps["loss"], keras.steps["loss"], rtol=1e-5
        )
    alone = run(written, randomness="replay", backends=["keras"], seeds=1)
    [record] = alone.arms[0].records["keras"]
    assert record.digest() == arm.records["keras"][0].digest()


def test_an_order_that_pytorch_does_not_draw_is_refused(
    no_workers: None,
) -> None:
    once = SMALL | {"recipe": SMALL["recipe"] | {"shuffle": "once"}}
    with pytest.raises(SpecError, match="a DataLoader draws an order for"):
        run(once, randomness="replay")


def test_images_changed_at_random_are_refused(no_workers: None) -> None:
    moved = SMALL | {
        "data": {"digits": {}, "validation": 0},
        "arms": {"moved": [{"random_crop": 1}, "flatten", {"dense": 10}]},
    }
    with pytest.raises(SpecError, match="moved: has a 'random_crop', but"):
        run(moved, randomness="replay")


def test_keras_records_nothing(pair: WorkerPair) -> None:
    arm = DROPOUT.arm("rate_3")
    future = pair.workers["keras"].submit("record", arm=arm, seed=0)
    with pytest.raises(WorkerError, match="only PyTorch's draws are replayed"):
        future.result()
