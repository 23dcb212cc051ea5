"""The language needs no framework, not even to be imported."""

import subprocess
import sys
from pathlib import Path

import pytest

import common

FRAMEWORKS = ("torch", "torchvision", "tensorflow", "keras")

MODULES = sorted(
    f"common.{file.stem}"
    for file in Path(common.__file__).parent.glob("*.py")
    if file.stem != "__init__"
)


def loaded_by(statement: str) -> set[str]:
    """Return the packages that a fresh interpreter has after a statement."""
    code = f"{statement}; import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_common_imports_no_framework_and_no_other_room() -> None:
    assert "common.reference" in MODULES
    found = loaded_by(f"import {', '.join(MODULES)}")
    rooms = {"torch_impl", "keras_impl", "comparisons"}
    assert not found & {*FRAMEWORKS, *rooms}


def test_common_imports_scikit_learn_only_where_it_is_used() -> None:
    assert "sklearn" not in loaded_by(f"import {', '.join(MODULES)}")


@pytest.mark.parametrize("module", ["tasks", "workers", "judge", "ladder"])
def test_comparisons_imports_no_framework(module: str) -> None:
    found = loaded_by(f"import comparisons.{module}")
    assert not found & {*FRAMEWORKS, "torch_impl", "keras_impl"}
