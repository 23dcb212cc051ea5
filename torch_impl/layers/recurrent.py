"""Recurrent layers, in PyTorch."""

from typing import Any

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.recurrent import (
    Gru,
    Lstm,
    SimpleRnn,
)
from framework_parity.torch_impl import recurrent_extensions as extensions


def simple_rnn(spec: SimpleRnn, shape: Shape) -> Call:
    """RNN, in a class that returns one tensor.

    Translation: PyTorch returns the whole sequence and the last state, and
    `batch_first` is false by default. It has no activation but tanh and
    ReLU.
    """
    fields = _fields(spec)
    if spec.activation in ("tanh", "relu"):
        return call(
            extensions.SequenceRNN,
            *(shape[-1], spec.units),
            nonlinearity=spec.activation,
            **fields,
        )
    return call(
        extensions.StepwiseRNN,
        *(shape[-1], spec.units),
        activation=spec.activation,
        **fields,
    )


def lstm(spec: Lstm, shape: Shape) -> Call:
    """LSTM, in a class that returns one tensor.

    Translation: the kernel is stored (4 units, inputs) as `weight_ih_l0`,
    the recurrent one as `weight_hh_l0`. Other activations are computed step
    by step.
    """
    fields, other = _fields(spec), _activations(spec)
    kind = extensions.StepwiseLSTM if other else extensions.SequenceLSTM
    return call(kind, shape[-1], spec.units, **fields, **other)


def gru(spec: Gru, shape: Shape) -> Call:
    """GRU, in a class that returns one tensor.

    Translation: PyTorch's reset gate comes after the recurrent product, and
    its two biases are two tensors.
    """
    fields, other = _fields(spec), _activations(spec)
    if spec.reset == "before":
        other = {
            "activation": spec.activation,
            "recurrent_activation": spec.recurrent_activation,
        }
    kind = extensions.StepwiseGRU if other else extensions.SequenceGRU
    other |= {"reset": spec.reset} if other else {}
    return call(kind, shape[-1], spec.units, **fields, **other)


def _fields(spec: SimpleRnn | Lstm | Gru) -> dict[str, Any]:
    return {
        "returns": spec.returns,
        "direction": spec.direction,
        "biases": spec.biases,
        "padded": spec.padded_outputs,
    }


def _activations(spec: Lstm | Gru) -> dict[str, Any]:
    """Return the activations as arguments, unless they are PyTorch's."""
    if (spec.activation, spec.recurrent_activation) == ("tanh", "sigmoid"):
        return {}
    return {
        "activation": spec.activation,
        "recurrent_activation": spec.recurrent_activation,
    }
