"""Recurrent layers, in Keras."""

from typing import Any

import keras
import numpy as np

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.recurrent import (
    Gru,
    Lstm,
    SimpleRnn,
)
from framework_parity.keras_impl import recurrent_extensions as extensions
from framework_parity.keras_impl.layers.initial_weights import initializer_call


def simple_rnn(spec: SimpleRnn, shape: Shape) -> Call:
    """SimpleRNN, or RNN with a cell that has two biases."""
    fields = _fields(spec, shape)
    if spec.biases == "two":
        return _cell(spec, extensions.TwoBiasSimpleRNNCell, fields)
    return _directed(spec, keras.layers.SimpleRNN, spec.units, fields)


def lstm(spec: Lstm, shape: Shape) -> Call:
    """LSTM, or RNN with a cell that has two biases.

    Translation: the columns of a kernel are gate after gate, i, f, z, o. By
    default the bias of f starts at 1; another value needs an initialiser of
    its own.
    """
    fields = _fields(spec, shape)
    fields["recurrent_activation"] = spec.recurrent_activation
    fields["unit_forget_bias"] = spec.forget_bias == 1.0
    if spec.forget_bias is not None and spec.forget_bias != 1.0:
        fields["bias_initializer"] = call(
            extensions.ForgetBias,
            fields["bias_initializer"],
            np.float64(spec.forget_bias),
        )
    if spec.biases == "two":
        return _cell(spec, extensions.TwoBiasLSTMCell, fields)
    return _directed(spec, keras.layers.LSTM, spec.units, fields)


def gru(spec: Gru, shape: Shape) -> Call:
    """GRU, or RNN with a cell whose biases are two tensors.

    Translation: the columns of a kernel are gate after gate, z, r, n; with
    the reset gate after the product the bias is (2, 3 units).
    """
    fields = _fields(spec, shape)
    fields["recurrent_activation"] = spec.recurrent_activation
    fields["reset_after"] = spec.reset == "after"
    if spec.biases == "two":
        return _cell(spec, extensions.TwoBiasGRUCell, fields)
    return _directed(spec, keras.layers.GRU, spec.units, fields)


def _fields(spec: SimpleRnn | Lstm | Gru, shape: Shape) -> dict[str, Any]:
    """Return the arguments of all cells."""
    return {
        "activation": spec.activation,
        "use_bias": spec.biases != "none",
        "kernel_initializer": initializer_call("kernel", spec, shape),
        "recurrent_initializer": initializer_call(
            "recurrent_kernel", spec, shape
        ),
        "bias_initializer": initializer_call("bias", spec, shape),
    }


def _cell(
    spec: SimpleRnn | Lstm | Gru, kind: Any, fields: dict[str, Any]
) -> Call:
    cell = call(kind, spec.units, **fields)
    return _directed(spec, keras.layers.RNN, cell, {})


def _directed(
    spec: SimpleRnn | Lstm | Gru, kind: Any, first: Any, fields: dict[str, Any]
) -> Call:
    """Return a layer of one direction, or of both.

    Translation: by default only the last output is returned. At masked steps
    the outputs of one direction are repeated, and those of both are zero.
    """
    zero = spec.padded_outputs == "zero"
    if spec.direction != "both":
        if zero:
            fields = fields | {"zero_output_for_mask": True}
        return call(
            kind,
            first,
            **fields,
            return_sequences=spec.returns == "sequence",
            go_backwards=spec.direction == "backward",
        )
    one = call(kind, first, **fields, return_sequences=spec.returns != "last")
    plain = spec.returns == "last" or zero
    if spec.returns == "last_step":
        return call(extensions.LastStepBidirectional, one, zero=zero)
    if plain:
        return call(keras.layers.Bidirectional, one)
    return call(extensions.RepeatingBidirectional, one)
