"""Run scripts in a process of their own, and know their curves."""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from framework_parity.common.codegen.scripts.script import Script
from framework_parity.comparisons.workers.worker import ENVIRONMENT
from tests.backends import scripts_alone

# The relative error of a run whose rates Keras computes in float32.
COARSE = 1e-4

CURVES = {
    "val_loss": "validation_loss",
    "val_data_loss": "validation_loss",
    "val_accuracy": "validation_accuracy",
}
"""The curve of a run's record for each curve of a script."""


def run_alone(backend: str, scripts: dict[Path, Script]) -> dict[Path, Any]:
    """Run scripts, each in a folder of its own, in one process.

    Args:
        backend: `torch` or `keras`.
        scripts: by the folder, which is made.

    Returns:
        The curves and the final metrics of each script, or the error.
    """
    for folder, script in scripts.items():
        folder.mkdir()
        (folder / "script.py").write_text(script.python, "utf-8")
        if script.arrays:
            arrays: dict[str, Any] = script.arrays
            np.savez(folder / "draws.npz", **arrays)
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONWARNINGS"}
    subprocess.run(
        [
            *(sys.executable, "-I", scripts_alone.__file__, backend),
            *map(str, scripts),
        ],
        env=kept | ENVIRONMENT | {"MPLBACKEND": "agg"},
        check=True,
        capture_output=True,
    )
    return {
        folder: pickle.loads((folder / "results.pickle").read_bytes())
        for folder in scripts
    }
