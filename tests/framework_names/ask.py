"""`python -m tests.framework_names.ask torch`: the names of one framework.

It runs in a separate process, since a process holds one framework, and prints
a JSON document.
"""

import json
import sys
from typing import Any

from framework_parity.comparisons.workers import tasks
from tests.framework_names.public import activations, public
from tests.framework_names.spoken import spoken


def document(framework: str) -> dict[str, Any]:
    """Return the public names of a framework and its backend's calls."""
    return {
        "public": public(framework),
        "activations": activations(framework),
        **spoken(framework),
    }


def asked(trainer_class: Any, progress: Any = None) -> dict[str, Any]:
    """Return the document of a worker's framework, as it is printed."""
    framework = trainer_class.__module__.split(".")[1].partition("_")[0]
    printed = json.dumps(document(framework), sort_keys=True)
    answer: dict[str, Any] = json.loads(printed)
    return answer


def add_tasks(backend: str) -> None:
    """Add the task of this module to a worker."""
    setattr(tasks, asked.__name__, asked)


def main(framework: str) -> None:
    """Print the public names of a framework and its backend's calls."""
    if framework == "keras":
        import framework_parity.keras_impl.engine  # noqa: F401 - it sets the process up
    print(json.dumps(document(framework), sort_keys=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
