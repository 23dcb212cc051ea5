"""A run that is interrupted leaves its finished records, and goes on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framework_parity.common.reference.trainer import Trainer
from framework_parity.common.spec.load import parse
from framework_parity.common.training.record import Record
from framework_parity.comparisons.run.finished import FinishedRuns
from framework_parity.comparisons.workers import tasks
from tests.comparisons.arms import SMALL

SPEC = parse(SMALL)
ARM = SPEC.arm(next(iter(SPEC.arms)))


def arguments(**changed: Any) -> dict[str, Any]:
    """Return the arguments of a run."""
    fields = {"arm": ARM, "seed": 0, "dtype": "float64", "nudges": (1,)}
    return fields | changed


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return tasks.train(Trainer, **arguments())


def runs(folder: Path, randomness: str = "shared") -> FinishedRuns:
    return FinishedRuns(folder, randomness, "cpu")


def test_a_record_is_read_as_it_was_stored(
    records: list[Record], tmp_path: Path
) -> None:
    runs(tmp_path).save("torch", "seed0", arguments(), records)
    loaded = runs(tmp_path).load("torch", "seed0", arguments())
    assert loaded is not None
    assert [r.digest() for r in loaded] == [r.digest() for r in records]
    assert [r.parameters for r in loaded] == [r.parameters for r in records]
    assert loaded[0].grid is not None or records[0].grid is None


@pytest.mark.parametrize(
    "changed",
    [{"seed": 1}, {"dtype": "float32"}, {"nudges": ()}],
    ids=lambda fields: next(iter(fields)),
)
def test_a_run_with_other_settings_is_not_finished(
    changed: dict[str, Any], records: list[Record], tmp_path: Path
) -> None:
    runs(tmp_path).save("torch", "seed0", arguments(), records)
    assert runs(tmp_path).load("torch", "seed0", arguments(**changed)) is None
    assert runs(tmp_path).load("keras", "seed0", arguments()) is None
    assert runs(tmp_path, "replay").load("torch", "seed0", arguments()) is None


def test_an_incomplete_file_is_not_used(
    records: list[Record], tmp_path: Path
) -> None:
    stored = runs(tmp_path)
    stored.save("torch", "seed0", arguments(), records)
    (file,) = stored.folder.iterdir()
    file.write_bytes(file.read_bytes()[:-100])
    assert stored.load("torch", "seed0", arguments()) is None
    stored.clear()
    assert not stored.folder.exists()


def test_nan_and_infinity_are_stored(
    records: list[Record], tmp_path: Path
) -> None:
    record = records[0]
    record.final["best_epoch"] = float("nan")
    record.steps["loss"][-1] = np.inf
    runs(tmp_path).save("torch", "seed0", arguments(), [record])
    loaded = runs(tmp_path).load("torch", "seed0", arguments())
    assert loaded is not None
    assert np.isnan(loaded[0].final["best_epoch"])
    assert np.isinf(loaded[0].steps["loss"][-1])
