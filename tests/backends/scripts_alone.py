"""Run complete scripts alone: they use nothing of this project.

`python -I scripts_alone.py torch FOLDER ...` runs `script.py` in each folder
and stores its curves and final metrics in `results.pickle`.
"""

import importlib.abc
import os
import pickle
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np

OURS = ("framework_parity", "tests")
METRICS = ("test_loss", "test_accuracy", "train_loss", "train_accuracy")


class Blocker(importlib.abc.MetaPathFinder):
    """Refuses to import this project."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        if name.split(".")[0] in OURS:
            raise ImportError(f"a script must not need {name}")


def main(framework: str, folders: list[str]) -> None:
    sys.meta_path.insert(0, Blocker())
    reset = {"torch": reset_torch, "keras": reset_keras}[framework]
    for folder in folders:
        os.chdir(folder)
        reset()
        try:
            results = seen(runpy.run_path("script.py"))
        except Exception:  # noqa: BLE001 - the test shows it
            results = traceback.format_exc()
        Path("results.pickle").write_bytes(pickle.dumps(results))


def seen(names: dict[str, Any]) -> Any:
    """Return the curves and the final metrics of a script."""
    curves = {k: np.array(v, float) for k, v in names["history"].items()}
    final = {k: float(names[k]) for k in METRICS if k in names}
    return curves, final


def reset_torch() -> None:
    import torch

    torch.set_default_dtype(torch.float32)


def reset_keras() -> None:
    import keras

    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
