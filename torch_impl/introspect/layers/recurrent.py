"""Recurrent layers, read from PyTorch."""

from functools import partial
from typing import Any

from framework_parity.common.spec.layers.recurrent import (
    Gru,
    Lstm,
    SimpleRnn,
)
from framework_parity.torch_impl import initializer_extensions as drawing
from framework_parity.torch_impl import introspect as reading
from framework_parity.torch_impl import recurrent_extensions as extensions
from framework_parity.torch_impl.introspect.layers.initial_weights import (
    initializer_fields,
)


def simple_rnn(live: Any) -> SimpleRnn | None:
    """The extensions of RNN."""
    if type(live) not in (extensions.SequenceRNN, extensions.StepwiseRNN):
        return None
    activation = getattr(live, "activation", live.nonlinearity)
    return SimpleRnn(activation=activation, **_fields(live))


def lstm(live: Any) -> Lstm | None:
    """The extensions of LSTM.

    Translation: the value of the forget gate's bias is noted by `build`.
    """
    if type(live) not in (extensions.SequenceLSTM, extensions.StepwiseLSTM):
        return None
    note = getattr(live, "initializers", {}).get("forget_bias")
    return Lstm(
        forget_bias=reading.read(note).value if note else None,
        **_activations(live),
        **_fields(live),
    )


def gru(live: Any) -> Gru | None:
    """The extensions of GRU."""
    if type(live) not in (extensions.SequenceGRU, extensions.StepwiseGRU):
        return None
    reset: Any = getattr(live, "reset", "after")
    return Gru(reset=reset, **_activations(live), **_fields(live))


def _activations(live: Any) -> dict[str, Any]:
    known = {"activation": "tanh", "recurrent_activation": "sigmoid"}
    return {name: getattr(live, name, own) for name, own in known.items()}


def _fields(live: Any) -> dict[str, Any]:
    """Return the fields that all recurrent layers have."""
    default = partial(drawing.units_uniform_)
    names = [f"{name}_initializer" for name in ("kernel", "recurrent", "bias")]
    return {
        "units": live.hidden_size,
        "returns": live.returns,
        "direction": live.direction,
        "biases": live.biases,
        "padded_outputs": live.padded,
        **initializer_fields(live, dict.fromkeys(names, default)),
    }
