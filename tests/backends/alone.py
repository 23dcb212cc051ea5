"""Run emitted code alone: a script that uses nothing of this project.

`python -I alone.py torch FOLDER` runs every `*.py` there, seeded, without
access to this project, and saves the outputs of each `model` for `x.npy`.
"""

import importlib.abc
import sys
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

OURS = ("framework_parity", "tests")


class Blocker(importlib.abc.MetaPathFinder):
    """Refuses to import this project."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        if name.split(".")[0] in OURS:
            raise ImportError(f"emitted code must not need {name}")


def main(framework: str, folder: Path) -> None:
    sys.meta_path.insert(0, Blocker())
    run = {"torch": run_torch, "keras": run_keras}[framework]
    x = np.load(folder / "x.npy")
    for file in sorted(folder.glob("*.py")):
        outputs = run(compile(file.read_text(), str(file), "exec"), x)
        np.save(file.with_suffix(".npy"), outputs)


def run_torch(code: CodeType, x: np.ndarray) -> np.ndarray:
    import torch

    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    names: dict[str, Any] = {"__name__": "emitted"}
    exec(code, names)  # noqa: S102 - this is what it is for
    images = torch.from_numpy(x.transpose(0, 3, 1, 2).copy())
    outputs: np.ndarray = names["model"].eval()(images).detach().numpy()
    return outputs


def run_keras(code: CodeType, x: np.ndarray) -> np.ndarray:
    import keras

    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    keras.utils.set_random_seed(0)
    names: dict[str, Any] = {"__name__": "emitted"}
    exec(code, names)  # noqa: S102 - this is what it is for
    return np.array(names["model"](x, training=False))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
