"""The names and the style of Keras scripts."""

from dataclasses import replace
from typing import Any

import keras

from framework_parity.common.codegen.calls import Call
from framework_parity.common.codegen.concise import Style
from framework_parity.common.codegen.printing import (
    Vocabulary,
)
from framework_parity.common.codegen.scripts import parts
from framework_parity.common.codegen.scripts.script import (
    ScriptOptions,
)
from framework_parity.common.spec.arm import Arm
from framework_parity.keras_impl import (
    emit,
)

_MODULES = emit.VOCABULARY.modules


VOCABULARY = Vocabulary(
    {
        "keras": _MODULES["keras"],
        **_MODULES,
        "regularizers": (
            keras.regularizers,
            "from keras import regularizers",
        ),
    },
    emit.VOCABULARY.own,
    parts.IMPORTS
    | {
        "tf": "import tensorflow as tf",
        "callbacks": "from keras import callbacks",
        "metrics": "from keras import metrics",
    },
    frozenset({"registered", "get_config", "from_config"}),
)


def vocabulary_of(arm: Arm) -> Vocabulary:
    """Return the names of a script.

    Args:
        arm: the network, its data and its recipe.

    Translation: Bidirectional makes copies of its layer by the name of its
    class, so that own cells are registered.
    """
    directions = {getattr(n.layer, "direction", "") for n in arm.all_nodes}
    both = "both" in directions
    left_out = VOCABULARY.without - ({"registered"} if both else set())
    return replace(VOCABULARY, without=left_out)


def style(options: ScriptOptions) -> Style:
    """Return how calls are shortened.

    Args:
        options: what the script is for.

    Translation: Keras rounds Python numbers to float32, so in float64 they
    are NumPy's.
    """
    return Style(
        equal=_equal,
        dropped=frozenset({"name"}),
        double=options.dtype == "float64",
    )


def _equal(default: Any, value: Call) -> bool:
    """Return whether an initialiser is the default of its argument."""
    made = value.construct()
    if not isinstance(made, keras.initializers.Initializer):
        return False
    wanted = keras.initializers.get(default)
    return type(wanted) is type(made) and _config(wanted) == _config(made)


def _config(initializer: Any) -> dict[str, Any]:
    config = initializer.get_config()
    return {name: v for name, v in config.items() if name != "seed"}
