"""`parity runs`, and runs that are killed and go on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framework_parity.common.data.image_cache import image_files
from framework_parity.common.reference.trainer import Trainer
from framework_parity.common.spec.load import parse
from framework_parity.common.training.record import Record
from framework_parity.comparisons.store import identity
from framework_parity.comparisons.store.identity import Place, identities
from framework_parity.comparisons.store.store import RunStore
from framework_parity.comparisons.workers import tasks
from tests.comparisons.arms import SMALL
from tests.comparisons.cli.test_cli import parity

SPEC = parse(SMALL)
ARM = SPEC.arm(next(iter(SPEC.arms)))


@pytest.fixture
def stored(tmp_path: Path) -> RunStore:
    """A store with two seeds of each framework, which are the same."""
    store = RunStore(tmp_path / "store")
    for backend in ("torch", "keras"):
        place = Place(backend, 1, "cpu", image_files())
        for seed in (0, 1):
            asked = {"arm": ARM, "seed": seed, "dtype": "float64"}
            store.save(
                identities("train", asked, place),
                list(tasks.train(Trainer, **asked)),  # type: ignore[arg-type]
            )
    return store


def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_runs_are_listed_and_filtered(
    stored: RunStore,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = ("--store", str(stored.folder))
    for more, count in (
        ((), 4),
        (("--backend", "keras"), 2),
        (("--dtype", "float32"), 0),
        (("--data", "spiral"), 4),
        (("--data", "digits"), 0),
        (("--outdated",), 0),
    ):
        assert parity("runs", "list", *folder, *more, "--json") == 0
        assert len(printed(capsys)["runs"]) == count, more
    assert parity("runs", "list", *folder) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("4 runs, ")
    assert "run, seed 1, spiral, dense" in "\n".join(lines)
    monkeypatch.setattr(identity, "code_digest", lambda: "another")
    assert parity("runs", "list", *folder, "--outdated", "--json") == 0
    assert len(printed(capsys)["runs"]) == 4


def test_runs_are_compared(
    stored: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {
        (entry.identity["framework"], entry.identity["seed"]): entry.name
        for entry in stored.entries()
    }
    folder = ("--store", str(stored.folder))
    alike = names["torch", 0], names["keras", 0]
    assert parity("runs", "compare", *alike, *folder, "--json") == 0
    document = printed(capsys)
    assert document["differences"] == [
        {"field": "framework", "values": ["torch", "keras"]}
    ]
    assert {n["largest_difference"] for n in document["numbers"]} == {0.0}
    apart = names["torch", 0], names["torch", 1]
    assert parity("runs", "compare", *apart, *folder) == 1
    assert "seed: 0 | 1" in capsys.readouterr().out
    asked: dict[str, Any] = {"arm": ARM, "seed": 0, "dtype": "float64"}
    for threads_used, loss in ((2, np.nan), (3, 1.0)):
        [record] = tasks.train(Trainer, **asked)
        record.steps["loss"][-1] = loss
        place = Place("torch", threads_used, "cpu", image_files())
        stored.save(identities("train", asked, place), [record])
    threads = {
        entry.identity["threads"]: entry.name for entry in stored.entries()
    }
    assert (
        parity("runs", "compare", threads[2], threads[3], *folder, "--json")
        == 1
    )
    found = {
        n["name"]: n["largest_difference"] for n in printed(capsys)["numbers"]
    }
    assert found["steps/loss"] == "inf"
    assert parity("runs", "compare", "zzz", alike[0], *folder) == 2
    assert "no run in" in capsys.readouterr().err


def test_runs_are_verified_repaired_and_removed(
    stored: RunStore, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ("--store", str(stored.folder))
    assert parity("runs", "verify", *folder) == 0
    assert "4 runs, 0 damaged" in capsys.readouterr().out
    broken = next(stored.folders())
    (broken / "arrays.npz").write_bytes(b"")
    assert parity("runs", "verify", *folder) == 3
    out = capsys.readouterr().out
    assert broken.name in out
    assert "4 runs, 1 damaged" in out
    assert parity("runs", "verify", "--repair", *folder) == 0
    assert "1 damaged, removed" in capsys.readouterr().out
    [first, damaged, _] = stored.folders()
    twice = (first.name[:12], first.name[:13])
    assert parity("runs", "remove", *twice, *folder) == 0
    assert "1 run removed" in capsys.readouterr().out
    (damaged / "run.json").write_text("")
    assert parity("runs", "list", *folder) == 0
    out = capsys.readouterr().out
    assert "1 run, " in out
    assert "1 damaged; see 'parity runs verify'" in out
    assert parity("runs", "remove", damaged.name[:12], *folder) == 0
    assert parity("runs", "remove", *folder) == 2
    capsys.readouterr()
    assert parity("runs", "remove", "--all", *folder, "--json") == 0
    assert printed(capsys) == {"removed": 1}
    assert list(stored.folders()) == []


def test_no_store_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert parity("runs", "list", "--store", "off") == 2
    assert "give the folder" in capsys.readouterr().err
    assert parity("runs", "list", "--store", "/nowhere/at/all") == 2
    assert "there is no folder" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_goes_on(tmp_path: Path) -> None:
    """Its results are those of a run that is left alone."""
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(SMALL))

    def command(store: str) -> list[str]:
        return [
            *(sys.executable, "-m", "framework_parity", "run", str(spec)),
            *("--seeds", "12", "--store", str(tmp_path / store)),
            *("--out", str(tmp_path / f"{store}-out")),
        ]

    def digests(store: str) -> dict[str, str]:
        runs = RunStore(tmp_path / store)
        return {
            entry.name: result.digest()
            for entry in runs.entries()
            if isinstance(result := runs.read(entry), Record)
        }

    quiet: dict[str, Any] = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    subprocess.run(command("alone"), check=True, **quiet)
    draw, kills = np.random.default_rng(0), 0
    while True:
        process = subprocess.Popen(
            command("killed"), start_new_session=True, **quiet
        )
        try:
            process.wait(draw.uniform(5, 12) if kills < 6 else None)
            break
        except subprocess.TimeoutExpired:
            # At times the process alone, at times its workers too.
            if draw.random() < 0.5:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()
            kills += 1
    assert process.returncode == 0
    assert digests("killed") == digests("alone")
    assert RunStore(tmp_path / "killed").verify() == []
    began = time.monotonic()
    subprocess.run(command("killed"), check=True, **quiet)
    assert time.monotonic() - began < 30
