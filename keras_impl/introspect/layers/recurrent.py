"""Recurrent layers, read from Keras."""

from typing import Any

import keras

from framework_parity.common.spec.layers.recurrent import (
    Gru,
    Lstm,
    SimpleRnn,
)
from framework_parity.keras_impl import introspect as reading
from framework_parity.keras_impl import recurrent_extensions as extensions


def simple_rnn(live: Any) -> SimpleRnn | None:
    """SimpleRNN, or RNN with the extension cell."""
    two = extensions.TwoBiasSimpleRNNCell
    fields = _fields(live, keras.layers.SimpleRNNCell, two)
    return SimpleRnn(**fields) if fields else None


def lstm(live: Any) -> Lstm | None:
    """LSTM, or RNN with the extension cell."""
    two = extensions.TwoBiasLSTMCell
    fields = _fields(live, keras.layers.LSTMCell, two)
    if fields is None:
        return None
    cell = _inside(live).cell
    drawn, value = cell.bias_initializer, None
    if isinstance(drawn, extensions.ForgetBias):
        value = float(drawn.value)
    return Lstm(
        **fields,
        forget_bias=1.0 if cell.unit_forget_bias else value,
        recurrent_activation=_name(cell.recurrent_activation),
    )


def gru(live: Any) -> Gru | None:
    """GRU, or RNN with the extension cell."""
    fields = _fields(live, keras.layers.GRUCell, extensions.TwoBiasGRUCell)
    if fields is None:
        return None
    cell = _inside(live).cell
    if fields["biases"] == "one" and cell.reset_after:
        fields["biases"] = "stacked"
    return Gru(
        **fields,
        reset="after" if cell.reset_after else "before",
        recurrent_activation=_name(cell.recurrent_activation),
    )


def _inside(live: Any) -> Any:
    """Return the layer of one direction."""
    both = isinstance(live, keras.layers.Bidirectional)
    return live.forward_layer if both else live


def _fields(live: Any, plain: type, two: type) -> dict[str, Any] | None:
    """Return the fields that all recurrent layers have.

    Args:
        live: the layer.
        plain: Keras's class of the cell.
        two: the extension with two biases.

    Returns:
        The fields; None for another cell, or one that this language cannot
        say.
    """
    one = _inside(live)
    if not isinstance(one, keras.layers.RNN) or one.stateful:
        return None
    cell = one.cell
    if (
        type(cell) not in (plain, two)
        or cell.dropout
        or cell.recurrent_dropout
    ):
        return None
    both = one is not live
    if both and (live.merge_mode != "concat" or live.return_state):
        return None
    returns = "sequence" if one.return_sequences else "last"
    ends = returns == "last" and not both and one.zero_output_for_mask
    if ends or type(live) is extensions.LastStepBidirectional:
        returns = "last_step"
    padded = "zero" if one.zero_output_for_mask else "repeated"
    biases = "one" if cell.use_bias else "none"
    ways = "backward" if one.go_backwards else "forward"
    drawn = {
        "kernel_initializer": cell.kernel_initializer,
        "recurrent_initializer": cell.recurrent_initializer,
        "bias_initializer": getattr(
            cell.bias_initializer, "others", cell.bias_initializer
        ),
    }
    return {
        "units": cell.units,
        "returns": returns,
        "direction": "both" if both else ways,
        "padded_outputs": None if returns == "last" else padded,
        "activation": _name(cell.activation),
        "biases": "two" if type(cell) is two else biases,
        **{name: reading.read(value) for name, value in drawn.items()},
    }


def _name(function: Any) -> Any:
    return keras.activations.serialize(function)
