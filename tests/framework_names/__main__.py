"""`python -m tests.framework_names`: make the table of names and write it."""

import json
import os
import subprocess
import sys
from typing import Any

from framework_parity.common.spec.names.framework_names import TABLE
from tests.framework_names.making import UnexplainedError, made, text


def ask_frameworks() -> dict[str, dict[str, Any]]:
    """Return the answers of both frameworks, each from its own process."""
    result = {}
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
        result[framework] = json.loads(done.stdout)
    return result


def main() -> int:
    """Write the table, or print the faults; return the status."""
    try:
        TABLE.write_text(text(made(ask_frameworks())), "utf-8")
    except UnexplainedError as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
