"""Run the scripts of `faults`, and write docs/framework_faults.md.

`python -m tests.framework_faults --out docs/framework_faults.md`
"""

import argparse
import json
import math
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.framework_faults.faults import FAULTS, Fault

KERAS = "import keras\nimport tensorflow as tf\n"
END = """
import json
print(json.dumps([expected, measured]))
"""
QUIET = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}

INTRODUCTION = """# Faults of the frameworks

What PyTorch, Keras and TensorFlow get wrong, as far as this project has met
it. `make framework-faults` runs each script on the installed versions and
writes this page, so that a fixed release is noticed. A script needs the
framework alone; those of Keras begin with `import keras` and
`import tensorflow as tf`.
"""


def whole(fault: Fault) -> str:
    """Return the script of a fault as it runs."""
    torch = fault.framework.startswith("PyTorch")
    return ("" if torch else KERAS) + fault.script.lstrip()


def shown(fault: Fault) -> tuple[Any, Any]:
    """Run the script of a fault in a process of its own.

    Args:
        fault: the fault.

    Returns:
        What is expected, and what is measured.

    Raises:
        RuntimeError: if the script fails.
    """
    done = subprocess.run(
        [sys.executable, "-c", whole(fault) + END],
        env=os.environ | QUIET,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{fault.name}:\n{done.stderr[-2000:]}")
    expected, measured = json.loads(done.stdout.splitlines()[-1])
    return expected, measured


def stands(fault: Fault, expected: Any, measured: Any) -> bool:
    """Return whether what is measured is wrong."""
    if isinstance(expected, str) or isinstance(measured, str):
        return bool(expected != measured)
    return not math.isclose(expected, measured, rel_tol=fault.tolerance)


def main() -> int:
    """Run all scripts; the status is 1 if a fault no longer stands."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    out = parser.parse_args().out
    packages = ("torch", "keras", "tensorflow")
    named = ", ".join(f"{name} {version(name)}" for name in packages)
    lines = [INTRODUCTION, f"Versions: {named}.\n"]
    lines += [
        "| fault | framework | expected | measured | |",
        "|" + "---|" * 5,
    ]
    parts, mended = [], []
    for fault in FAULTS:
        expected, measured = shown(fault)
        still = stands(fault, expected, measured)
        mended += [] if still else [fault.name]
        state = "stands" if still else "fixed"
        print(
            f"{fault.name}: expected {expected}, measured {measured}: {state}"
        )
        lines.append(
            f"| [{fault.name}](#{fault.name}) | {fault.framework} | "
            f"{expected} | {measured} | {state} |"
        )
        parts += [
            f"\n## {fault.name}\n",
            f"{fault.sentence} {fault.remedy}\n",
            f"```python\n{fault.script.strip()}\n```",
        ]
    if out is not None:
        out.write_text("\n".join([*lines, *parts]) + "\n", "utf-8")
    if mended:
        print(f"no longer wrong: {', '.join(mended)}")
    return int(bool(mended))


if __name__ == "__main__":
    sys.exit(main())
