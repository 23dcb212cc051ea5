"""`parity emit` prints or writes a script, and refuses what it cannot."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framework_parity import SpecError, emit
from framework_parity.common.codegen.scripts.script import Script, Section
from framework_parity.comparisons.cli import main
from framework_parity.comparisons.run import scripts

SCRIPT = Script(
    "xor, 'net', in PyTorch.",
    (),
    ("import torch",),
    (Section("Data", "x = 1"),),
    {"order": np.arange(3)},
)


def called(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run the command with the given words; return the exit status."""
    monkeypatch.setattr(sys, "argv", ["parity", *words])
    with pytest.raises(SystemExit) as end:
        main.main()
    return int(end.value.code or 0)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Replace the making of scripts, which needs a framework."""
    calls: list[Any] = []

    def make(*args: Any, **kwargs: Any) -> Script:
        calls.append((args, kwargs))
        return SCRIPT

    monkeypatch.setattr("framework_parity.emit", make, raising=False)
    return calls


def test_a_script_is_printed(
    made: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("emit", "xor", "--framework", "torch", "--lesson", "2")
    assert called(monkeypatch, *words) == 0
    assert capsys.readouterr().out == SCRIPT.python
    ((args, kwargs),) = made
    assert args == ("xor", "torch")
    assert kwargs["lesson"] == 2


def test_a_script_is_written_with_its_arrays(
    made: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "new" / "xor.py"
    words = ("emit", "xor", "--framework", "torch", "--exact", "--json")
    assert called(monkeypatch, *words, "-o", str(file)) == 0
    assert file.read_text() == SCRIPT.python
    with np.load(file.with_suffix(".npz")) as saved:
        np.testing.assert_array_equal(saved["order"], np.arange(3))
    document = json.loads(capsys.readouterr().out)
    assert document["files"] == [str(file), str(file.with_suffix(".npz"))]
    assert made[0][1]["arrays"] == "xor.npz"


def test_a_notebook_is_written(
    made: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "xor.ipynb"
    words = ("emit", "xor", "--framework", "keras", "--notebook")
    assert called(monkeypatch, *words, "-o", str(file)) == 0
    assert json.loads(file.read_text())["nbformat"] == 4
    assert made[0][0] == ("xor", "keras")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--exact",), "needs a file"),
        (("-o", "torch.py"), "would hide the module 'torch'"),
        (("-o", "/dev/null/a.py"), "cannot be written"),
    ],
)
def test_an_output_that_cannot_be_is_refused(
    words: tuple[str, ...],
    message: str,
    made: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = called(monkeypatch, "emit", "xor", "--framework", "torch", *words)
    assert status == 2
    assert message in capsys.readouterr().err
    assert len(made) <= 1


def test_an_unknown_arm_or_framework_is_refused() -> None:
    with pytest.raises(SpecError, match="did you mean"):
        emit("xor", "torch", arm="hiden_layer")
    framework: Any = "jax"
    with pytest.raises(SpecError, match="expected one of"):
        emit("xor", framework)
    assert scripts.make_script.__doc__


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_an_exact_script_runs_from_an_empty_folder(
    framework: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "framework_parity", "emit", "xor"]
    words = ["--framework", framework, "--exact", "-o", "xor_script.py"]
    for line in ([*command, *words], [sys.executable, "xor_script.py"]):
        ended = subprocess.run(
            line, cwd=tmp_path, capture_output=True, text=True, check=True
        )
    assert "loss" in ended.stdout
    assert (tmp_path / "loss.png").is_file()
