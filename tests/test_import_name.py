"""The package works in a folder that has packages of the same names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.comparisons.arms import SMALL

ROOMS = ("common", "comparisons", "torch_impl", "keras_impl", "tests")
SCRIPT = """
import common
import framework_parity

assert common.MINE == "common"
assert framework_parity.parse({spec!r}).name == "small"
"""
TEST = """
import comparisons
from framework_parity import parse


def test_both_are_here():
    assert comparisons.MINE == "comparisons"
    assert parse({spec!r}).name == "small"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with packages named like the folders of this one."""
    project = tmp_path_factory.mktemp("project")
    for room in ROOMS:
        (project / room).mkdir()
        (project / room / "__init__.py").write_text(f"MINE = {room!r}\n")
    (project / "small.yaml").write_text(yaml.safe_dump(SMALL), "utf-8")
    (project / "script.py").write_text(SCRIPT.format(spec=SMALL), "utf-8")
    (project / "tests" / "test_both.py").write_text(TEST.format(spec=SMALL))
    return project


def python(folder: Path, *arguments: str) -> None:
    """Run Python in a folder, with only the installed package on its path."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("list",),
        ("schema",),
        ("check", "small.yaml", "--level", "step"),
        pytest.param(
            ("run", "small.yaml", "--seeds", "1"), marks=pytest.mark.slow
        ),
        pytest.param(
            ("audit", "small.yaml", "--seeds", "2"), marks=pytest.mark.slow
        ),
        pytest.param(("fuzz", "--count", "2"), marks=pytest.mark.slow),
    ],
    ids=lambda command: command[0],
)
def test_commands_work_there(command: tuple[str, ...], folder: Path) -> None:
    python(folder, "-m", "framework_parity", *command)


def test_a_script_imports_its_own_packages_and_ours(folder: Path) -> None:
    python(folder, "script.py")


def test_a_test_suite_imports_its_own_packages_and_ours(
    folder: Path,
) -> None:
    python(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
