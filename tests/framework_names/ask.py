"""`python -m tests.framework_names.ask torch`: the names of one framework.

It runs in a separate process, since a process holds one framework, and prints
a JSON document.
"""

import json
import sys

from tests.framework_names.public import activations, public
from tests.framework_names.spoken import spoken


def main(framework: str) -> None:
    """Print the public names of a framework and its backend's calls."""
    if framework == "keras":
        import framework_parity.keras_impl.engine  # noqa: F401 - it sets the process up
    document = {
        "public": public(framework),
        "activations": activations(framework),
        **spoken(framework),
    }
    print(json.dumps(document, sort_keys=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
