"""The plugin for pytest, in a run of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
TESTS = """
import sys

import pytest

INPUTS = (4, 6, 6, 3)


def test_sound(framework_pair):
    framework_pair(
        "recipes_torch.py:Net", "recipes_keras.py:net", inputs=INPUTS
    )


@pytest.mark.framework_pair(level="gradient")
def test_fault(framework_pair):
    framework_pair(
        "recipes_torch.py:rate_4", "recipes_keras.py:net", inputs=[INPUTS]
    )


def test_no_framework_is_imported():
    assert not {"torch", "tensorflow", "keras"} & sys.modules.keys()
"""


def test_the_fixture_compares_and_says_what_to_change(tmp_path: Path) -> None:
    for name in ("recipes_torch.py", "recipes_keras.py"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "test_port.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "1 failed, 2 passed" in done.stdout, done.stdout
    assert "dropout_rate: rate of dropout is 0.4 in PyTorch" in done.stdout
    assert "recipes_torch.py:" in done.stdout
    assert "assert_equivalent" not in done.stdout
