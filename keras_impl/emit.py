"""Keras source code from the calls of the builders."""

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
    attention_extensions,
    extensions,
    freezing_extensions,
    initializer_extensions,
    loss_extensions,
    optimizer_extensions,
    padding_extensions,
    random_extensions,
    recurrent_extensions,
    reshaping_extensions,
    schedule_extensions,
    window_extensions,
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
        attention_extensions,
        extensions,
        freezing_extensions,
        initializer_extensions,
        loss_extensions,
        optimizer_extensions,
        padding_extensions,
        random_extensions,
        recurrent_extensions,
        reshaping_extensions,
        schedule_extensions,
        window_extensions,
    ),
)


def emit(call: Call, name: str, *first: str) -> str:
    """Return a script that performs a call and assigns the result.

    Args:
        call: the call, from a builder.
        name: the variable in the code.
        *first: expressions that precede the arguments.
    """
    complete = call.with_args(*map(Expression, first))
    lines = assembled(complete, VOCABULARY)
    lines.append(statement(complete, VOCABULARY, name))
    return script(lines, VOCABULARY)


def emit_model(arm: Arm) -> str:
    """Return a script that creates a network in the variable `model`.

    Translation: the layers draw their weights when they are constructed.
    """
    network = block_call(arm.nodes)
    return script([statement(network, VOCABULARY, "model")], VOCABULARY)
