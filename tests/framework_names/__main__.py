"""`python -m tests.framework_names`: make the table of names and write it."""

import json
import os
import subprocess
import sys
from typing import Any

from framework_parity.common.spec.names.framework_names import TABLE
from tests.framework_names.making import UnexplainedError, made, text


def asked() -> dict[str, dict[str, Any]]:
    """Return what each framework says, asked in a process of its own."""
    found = {}
    for framework in ("torch", "keras"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.framework_names.ask", framework],
            capture_output=True,
            check=False,
            text=True,
            env=os.environ | {"KERAS_BACKEND": "tensorflow"},
        )
        if done.returncode:
            raise UnexplainedError(f"{framework}: {done.stderr[-2000:]}")
        found[framework] = json.loads(done.stdout)
    return found


def main() -> int:
    """Write the table, or say what is in the way; return the status."""
    try:
        TABLE.write_text(text(made(asked())), "utf-8")
    except UnexplainedError as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
