"""Run emitted code in the process of a worker."""

import sys
from typing import Any


def execute(text: str, names: dict[str, Any]) -> None:
    """Run emitted code.

    Keras's registry is left as it was: emitted code registers classes under
    the names of this project's own, and `Bidirectional` makes its copies by
    these names.

    Args:
        text: the code.
        names: the names that it finds; it adds its own.
    """
    keras = sys.modules.get("keras")
    registry = keras.saving.get_custom_objects() if keras else {}
    before = dict(registry)
    try:
        exec(compile(text, "emitted", "exec"), names)  # noqa: S102 - our own
    finally:
        registry.clear()
        registry.update(before)
