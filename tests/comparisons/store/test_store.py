"""A result is stored once, as it was computed, or not at all."""

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framework_parity.common.data.image_cache import image_files
from framework_parity.common.reference.trainer import Trainer
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.load import parse
from framework_parity.common.training.record import Record
from framework_parity.comparisons.ladder.thresholds import NUDGES
from framework_parity.comparisons.store import files, identity, store
from framework_parity.comparisons.store.comparison import (
    differences,
    distances,
)
from framework_parity.comparisons.store.identity import (
    Place,
    digest_of,
    identities,
)
from framework_parity.comparisons.store.store import (
    DamagedError,
    RunStore,
    open_store,
)
from framework_parity.comparisons.workers import tasks
from tests.comparisons.arms import SMALL

SPEC = parse(SMALL)
ARM = SPEC.arm(next(iter(SPEC.arms)))
TORCH = Place("torch", 1, "cpu", image_files())


def arguments(**changed: Any) -> dict[str, Any]:
    """Return the arguments of a training."""
    fields = {"arm": ARM, "seed": 0, "dtype": "float64", "nudges": (1,)}
    return fields | changed


def wanted(task: str = "train", **changed: Any) -> list[dict[str, Any]]:
    return identities(task, arguments(**changed), TORCH)


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return tasks.train(Trainer, **arguments())


@pytest.fixture
def stored(records: list[Record], tmp_path: Path) -> RunStore:
    """A store with a run and its perturbed run."""
    made = RunStore(tmp_path / "store")
    made.save(wanted(), records)  # type: ignore[arg-type]
    assert made.added == 2
    return made


def bits(result: Any) -> dict[str, bytes]:
    """Return the bytes and the kind of each array of a result."""
    _, arrays, weights = files.contents(result)
    return {
        name: value.tobytes() + str(value.dtype).encode()
        for name, value in (arrays | (weights or {})).items()
    }


@pytest.mark.parametrize(
    "libraries",
    ["sklearn", "threadpoolctl, scipy, matplotlib", "torch", "keras"],
)
def test_an_identity_does_not_depend_on_what_was_imported(
    libraries: str, tmp_path: Path
) -> None:
    # Keras writes its file of settings into an empty folder.
    script = (
        "from framework_parity.comparisons.store.identity import variables\n"
        f"before = variables(); import {libraries}\n"
        "assert variables() == before, (before, variables())"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"KERAS_HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "keras.json").exists() == (libraries == "keras")


def test_keras_settings_belong_to_an_identity_where_they_are_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert "keras.json" not in identity.variables()
    file = tmp_path / "keras.json"
    file.write_text(json.dumps(identity.KERAS_SETTINGS))
    assert "keras.json" not in identity.variables()
    file.write_text(json.dumps(identity.KERAS_SETTINGS | {"epsilon": 1e-6}))
    assert identity.variables()["keras.json"] == '{"epsilon": 1e-06}'
    file.write_text("{not JSON")
    assert identity.variables()["keras.json"] == "{not JSON"


def test_secrets_of_terraform_are_not_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TF_TOKEN_app_terraform_io", "secret")
    monkeypatch.setenv("TF_VAR_password", "secret")
    monkeypatch.setenv("TF_DETERMINISTIC_OPS", "1")
    found = identity.variables()
    assert found["TF_DETERMINISTIC_OPS"] == "1"
    assert "secret" not in found.values()


def test_a_record_is_read_as_it_was_stored(
    records: list[Record], stored: RunStore
) -> None:
    loaded: Any = stored.load(wanted())
    assert stored.used == 2
    for record, again in zip(records, loaded, strict=True):
        assert again.digest() == record.digest()
        assert bits(again) == bits(record)
        assert again.parameters == record.parameters
        assert again.final == record.final
        assert again.seconds == record.seconds


def test_an_inspected_step_is_read_as_it_was_stored(tmp_path: Path) -> None:
    asked = arguments(nudges=NUDGES)
    step = tasks.inspect_step(Trainer, **asked)
    made = RunStore(tmp_path)
    which = identities("inspect_step", asked, TORCH)
    made.save(which, [step])
    loaded: Any = made.load(which)
    [again] = loaded
    assert bits(again) == bits(step)
    assert (again.data, again.shapes, again.counts) == (
        *(step.data, step.shapes, step.counts),
    )


def test_a_run_without_perturbations_is_found_among_those_with_them(
    stored: RunStore,
) -> None:
    assert stored.load(wanted(nudges=()))
    assert stored.load(wanted(nudges=(1, 2))) is None
    together = {"runs": ((0, 1),), "batched": False}
    assert stored.load(wanted("train_together", **together))
    batched = {"runs": ((0, 1),), "batched": True}
    assert stored.load(wanted("train_together", **batched)) is None
    names = [
        digest_of(wanted("train_together", **batched, nudged_epochs=n)[0])
        for n in (1, 2)
    ]
    assert names[0] != names[1]


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": 1},
        {"dtype": "float32"},
        {"gradient_norm": True},
        {"native": True},
        {"drawn": "something"},
        {"nudged_epochs": 1},
        {"arm": replace(ARM, layers=(*ARM.layers, *ARM.layers[:1]))},
        {"arm": replace(ARM, streams=(("dense_1", "dense_2"),))},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_run_with_other_settings_is_another(
    changed: dict[str, Any], stored: RunStore
) -> None:
    assert stored.load(wanted(**changed)) is None


def test_the_name_of_an_arm_changes_nothing(stored: RunStore) -> None:
    assert stored.load(wanted(arm=replace(ARM, name="another")))


@pytest.mark.parametrize(
    "place",
    [
        replace(TORCH, backend="keras"),
        replace(TORCH, threads=2),
    ],
    ids=["framework", "threads"],
)
def test_a_run_elsewhere_is_another(place: Place, stored: RunStore) -> None:
    assert stored.load(identities("train", arguments(), place)) is None


@pytest.mark.parametrize("name", ["versions", "code_digest"])
def test_other_code_computes_again(
    name: str, stored: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    [first, _] = wanted()
    assert identity.is_current(first)
    monkeypatch.setattr(identity, name, lambda: "another")
    assert stored.load(wanted()) is None
    assert not identity.is_current(first)


def test_the_code_of_both_backends_is_in_the_digest() -> None:
    hashed = [
        str(file.relative_to(identity.ROOT))
        for folder in identity.CODE
        for file in (identity.ROOT / folder).rglob("*.py")
    ]
    assert {"torch_impl/engine.py", "keras_impl/engine.py"} <= set(hashed)
    assert "common/training/loop.py" in hashed
    assert "comparisons/workers/tasks.py" in hashed


def test_a_task_that_is_not_stored_has_no_identity() -> None:
    assert wanted("draw") == []
    assert identities("devices", {}, TORCH) == []


def test_a_fresh_store_computes_again_and_replaces(
    stored: RunStore, records: list[Record]
) -> None:
    fresh = RunStore(stored.folder, fresh=True)
    assert fresh.load(wanted()) is None
    changed = [replace(record, seconds=123.0) for record in records]
    fresh.save(wanted(), changed)  # type: ignore[arg-type]
    loaded: Any = stored.load(wanted())
    assert [record.seconds for record in loaded] == [123.0, 123.0]
    assert not list((stored.folder / store.ASIDE).iterdir())


def test_nan_and_infinity_are_stored(
    records: list[Record], tmp_path: Path
) -> None:
    loss = records[0].steps["loss"].copy()
    loss[-1], loss[-2] = np.inf, np.nan
    record = replace(
        records[0],
        steps=records[0].steps | {"loss": loss},
        final=records[0].final | {"best_epoch": float("nan")},
    )
    made = RunStore(tmp_path)
    made.save(wanted(nudges=()), [record])
    [again] = made.load(wanted(nudges=())) or []
    assert bits(again) == bits(record)
    assert isinstance(again, Record)
    assert np.isnan(again.final["best_epoch"])


def damage_weights(folder: Path) -> None:
    file = folder / files.WEIGHTS
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def damage_arrays(folder: Path) -> None:
    file = folder / files.ARRAYS
    file.write_bytes(file.read_bytes()[:-100])


def damage_head(folder: Path) -> None:
    (folder / files.HEAD).write_text('{"identity": ', "utf-8")


def damage_identity(folder: Path) -> None:
    head = json.loads((folder / files.HEAD).read_text())
    head["identity"]["seed"] = 99
    (folder / files.HEAD).write_text(json.dumps(head))


def damage_names(folder: Path) -> None:
    head = json.loads((folder / files.HEAD).read_text())
    head["files"] = {"../../../secret": "0"}
    (folder / files.HEAD).write_text(json.dumps(head))


def lose_weights(folder: Path) -> None:
    (folder / files.WEIGHTS).unlink()


@pytest.mark.parametrize(
    "damage",
    [
        *(damage_weights, damage_arrays, damage_head),
        *(damage_identity, damage_names, lose_weights),
    ],
)
def test_a_damaged_run_is_named_and_can_be_repaired(
    damage: Any, stored: RunStore, records: list[Record]
) -> None:
    folder = next(stored.folders())
    damage(folder)
    with pytest.raises(DamagedError, match="a stored run is damaged") as error:
        stored.load(wanted())
    assert folder.name in str(error.value)
    [named] = stored.verify()
    assert folder.name in str(named)
    assert folder.exists()
    stored.verify(repair=True)
    assert stored.verify() == []
    assert stored.load(wanted()) is None
    stored.save(wanted(), records)  # type: ignore[arg-type]
    assert stored.load(wanted())


def test_arrays_that_are_pickles_are_refused(stored: RunStore) -> None:
    folder = next(stored.folders())
    np.savez(folder / files.ARRAYS, grid=np.array([{}], object))
    head = json.loads((folder / files.HEAD).read_text())
    head["files"][files.ARRAYS] = store._digest(folder / files.ARRAYS)
    (folder / files.HEAD).write_text(json.dumps(head))
    with pytest.raises(DamagedError, match="allow_pickle"):
        stored.read(stored.entry(folder))


@pytest.mark.parametrize("broken", ["write", "rename", "head"])
def test_a_full_disk_leaves_nothing_and_is_a_warning(
    broken: str,
    records: list[Record],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    made = RunStore(tmp_path)
    if broken == "write":
        monkeypatch.setattr(np, "savez", full)
    elif broken == "rename":
        monkeypatch.setattr(Path, "rename", full)
    else:
        monkeypatch.setattr(files, "to_json", full)
    with pytest.warns(RuntimeWarning, match="No space left"):
        made.save(wanted(), records)  # type: ignore[arg-type]
    # It is said once.
    made.save(wanted(), records)  # type: ignore[arg-type]
    monkeypatch.undo()
    assert list(made.folders()) == []
    assert list((tmp_path / store.ASIDE).iterdir()) == []
    assert made.added == 0
    made.save(wanted(), records)  # type: ignore[arg-type]
    assert made.load(wanted())


def test_a_folder_that_cannot_be_written_is_a_warning(
    records: list[Record], tmp_path: Path
) -> None:
    (tmp_path / "store").write_text("a file in its place")
    made = RunStore(tmp_path / "store")
    with pytest.warns(RuntimeWarning, match="results are not stored"):
        made.save(wanted(), records)  # type: ignore[arg-type]
    assert made.load(wanted()) is None


def test_a_killed_writer_leaves_no_result(
    stored: RunStore, records: list[Record]
) -> None:
    """Only what is renamed counts; the rest is removed when it is old."""
    folder = next(stored.folders())
    left = stored.folder / store.ASIDE / "left"
    shutil.copytree(folder, left)
    shutil.rmtree(folder)
    assert stored.load(wanted()) is None
    stored.verify(repair=True)
    assert left.exists()  # it may be that of a process that still writes
    long_ago = time.time() - 2 * store.ABANDONED
    os.utime(left, (long_ago, long_ago))
    stored.verify(repair=True)
    assert not left.exists()
    stored.save(wanted(), records)  # type: ignore[arg-type]
    assert stored.load(wanted())


@pytest.mark.parametrize("fresh", [False, True])
def test_many_writers_share_a_store(
    fresh: bool, records: list[Record], tmp_path: Path
) -> None:
    start = threading.Barrier(8)

    def write(_: int) -> Any:
        own = RunStore(tmp_path, fresh)
        start.wait()
        own.save(wanted(), records)  # type: ignore[arg-type]
        return RunStore(tmp_path).load(wanted())

    with ThreadPoolExecutor(8) as threads:
        for loaded in threads.map(write, range(8)):
            # Another process may be replacing the run at this moment.
            assert loaded or fresh
    assert RunStore(tmp_path).load(wanted())
    assert RunStore(tmp_path).verify() == []
    assert list((tmp_path / store.ASIDE).iterdir()) == []


def test_runs_are_found_by_the_first_digits_and_removed(
    stored: RunStore,
) -> None:
    first, second = stored.folders()
    assert stored.find(first.name[:10]) == first
    for prefix in ("", "zz", first.name + "0"):
        with pytest.raises(SpecError, match="no run in"):
            stored.find(prefix)
    shutil.copytree(first, first.with_name(first.name[:-1] + "x"))
    shutil.copytree(first, first.with_name(first.name[::-1]))
    alike = first.with_name(first.name[:-4] + "0000")
    shutil.copytree(first, alike)
    with pytest.raises(SpecError, match="the names of 2 runs"):
        stored.find(first.name[:36])
    assert stored.remove([first, first, alike]) == 2
    assert second in stored.folders()


def test_other_files_in_a_store_are_left_alone(stored: RunStore) -> None:
    place = stored.folder / "v1" / "zz"
    place.mkdir()
    (place / "file").touch()
    (place / "a folder").mkdir()
    (place / "link").symlink_to("/")
    assert len(list(stored.folders())) == 2
    assert stored.verify(repair=True) == []
    assert stored.remove(stored.folders()) == 2
    assert len(list(place.iterdir())) == 3
    assert [path.name for path in (stored.folder / "v1").iterdir()] == ["zz"]


@pytest.mark.parametrize(
    "name", ["TF_ENABLE_ONEDNN_OPTS", "ATEN_CPU_CAPABILITY", "XLA_FLAGS"]
)
def test_a_variable_that_changes_numbers_makes_another_run(
    name: str, stored: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "default")
    assert stored.load(wanted()) is None
    monkeypatch.delenv(name)
    assert stored.load(wanted())


def test_keras_s_file_of_settings_makes_another_run(
    stored: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text('{"epsilon": 1e-3}')
    assert stored.load(wanted()) is None


def test_another_processor_computes_again(
    stored: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "processor", lambda: "another")
    assert stored.load(wanted()) is None


def test_runs_on_an_accelerator_are_not_stored() -> None:
    place = replace(TORCH, device="cuda")
    assert identities("train", arguments(), place) == []


def test_the_folder_is_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(store.FOLDER, str(tmp_path))
    opened = open_store()
    assert opened is not None
    assert opened.folder == tmp_path
    monkeypatch.setenv(store.FOLDER, "off")
    assert open_store() is None
    opened = open_store(tmp_path / "own", fresh=True)
    assert opened is not None
    assert (opened.folder, opened.fresh) == (tmp_path / "own", True)
    assert open_store("off") is None
    monkeypatch.delenv(store.FOLDER)
    monkeypatch.setenv("HOME", str(tmp_path))
    opened = open_store()
    assert opened is not None
    assert opened.folder.is_relative_to(tmp_path)
    for wrong in ("", "~nobody-of-this-name/runs"):
        with pytest.raises(SpecError, match="store: got"):
            open_store(wrong)


def test_differences_are_named_by_their_path() -> None:
    first = {"a": 1, "b": {"c": [1, 2]}, "d": 0}
    second = {"a": 1, "b": {"c": [1, 3]}, "e": 0}
    assert list(differences(first, second)) == [
        *(("b.c[1]", 2, 3), ("d", 0, None), ("e", None, 0))
    ]


def test_distances_of_arrays(records: list[Record]) -> None:
    record = records[0]
    assert set(distances(record, record).values()) == {0.0}
    loss = record.steps["loss"].copy()
    loss[0] += 0.25
    other = replace(record, steps={"loss": loss}, grid=None)
    found = distances(record, other)
    assert found["steps/loss"] == 0.25
    assert found["steps/rate"] is None
    loss[1] = np.nan
    assert distances(record, other)["steps/loss"] == np.inf
    assert distances(other, other)["steps/loss"] == 0.0


def test_the_name_of_a_run_is_a_digest_of_its_identity() -> None:
    [first, second] = wanted()
    assert len(digest_of(first)) == 40
    assert digest_of(first) != digest_of(second)
    assert digest_of(dict(reversed(first.items()))) == digest_of(first)
