"""`python -m tests.framework_names.ask torch`: what one framework says.

It runs in a process of its own, since a process holds one framework, and
prints a JSON document.
"""

import json
import sys

from tests.framework_names.public import activations, public
from tests.framework_names.spoken import spoken


def main(framework: str) -> None:
    """Print the public names of a framework and what its backend says."""
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
