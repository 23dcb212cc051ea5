"""Keras source code from what the phrase book says."""

import keras
import numpy as np
from keras import initializers, layers, losses, ops, optimizers
from keras.optimizers import schedules

from framework_parity.common.codegen.calls import Call
from framework_parity.common.codegen.printing import (
    Expression,
    Vocabulary,
    assembled,
    script,
    statement,
)
from framework_parity.common.spec.arm import Arm
from framework_parity.keras_impl import (
    extensions,
    initializer_extensions,
    optimizer_extensions,
    random_extensions,
)
from framework_parity.keras_impl.model import block_call

VOCABULARY = Vocabulary(
    {
        "layers": (layers, "from keras import layers"),
        "initializers": (initializers, "from keras import initializers"),
        "losses": (losses, "from keras import losses"),
        "schedules": (schedules, "from keras.optimizers import schedules"),
        "optimizers": (optimizers, "from keras import optimizers"),
        "ops": (ops, "from keras import ops"),
        "keras": (keras, "import keras"),
        "np": (np, "import numpy as np"),
    },
    (
        extensions,
        initializer_extensions,
        optimizer_extensions,
        random_extensions,
    ),
)


def emit(said: Call, name: str, *first: str) -> str:
    """Return runnable code that makes something and gives it a name.

    Args:
        said: what the phrase book says.
        name: what the thing is called in the code.
        first: expressions for what stands before the arguments.
    """
    said = said.with_args(*map(Expression, first))
    lines = assembled(said, VOCABULARY)
    lines.append(statement(said, VOCABULARY, name))
    return script(lines, VOCABULARY)


def emit_model(arm: Arm) -> str:
    """Return runnable code that makes a network called `model`.

    Translation: the layers draw their weights as they are made.
    """
    said = block_call(arm.places)
    return script([statement(said, VOCABULARY, "model")], VOCABULARY)
