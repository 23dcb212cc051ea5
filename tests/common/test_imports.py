"""The language needs no framework, not even to be imported."""

import subprocess
import sys
from pathlib import Path

import pytest

import framework_parity

FRAMEWORKS = ("torch", "torchvision", "tensorflow", "keras")
BACKENDS = ("framework_parity.torch_impl", "framework_parity.keras_impl")
OTHER_PACKAGES = (*BACKENDS, "framework_parity.comparisons")

COMMON = Path(framework_parity.__file__).parent / "common"
MODULES = sorted(
    ".".join(file.relative_to(COMMON.parents[1]).with_suffix("").parts)
    for file in COMMON.rglob("*.py")
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
    return set(done.stdout.split())


def test_common_imports_no_framework_and_no_other_package() -> None:
    assert "framework_parity.common.reference.trainer" in MODULES
    loaded = loaded_by(f"import {', '.join(MODULES)}")
    assert not loaded & {*FRAMEWORKS, *OTHER_PACKAGES}


def test_common_imports_scikit_learn_only_where_it_is_used() -> None:
    assert "sklearn" not in loaded_by(f"import {', '.join(MODULES)}")


@pytest.mark.parametrize(
    "module",
    [
        "workers.tasks",
        "workers.worker",
        "ladder.trajectory",
        "ladder.ladder",
    ],
)
def test_comparisons_imports_no_framework(module: str) -> None:
    loaded = loaded_by(f"import framework_parity.comparisons.{module}")
    assert not loaded & {*FRAMEWORKS, *BACKENDS}
