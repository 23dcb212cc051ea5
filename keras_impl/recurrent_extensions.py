"""Cells and initialisers of recurrent layers that Keras does not have."""

from typing import Any

import keras
import numpy as np
from keras import ops

from framework_parity.keras_impl.extensions import registered


@registered
class TwoBiasSimpleRNNCell(keras.layers.SimpleRNNCell):
    """SimpleRNNCell with a bias for each product: f(x K + b + h R + d)."""

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        _add_recurrent_bias(self, self.units)

    def call(self, sequence: Any, states: Any, training: bool = False) -> Any:
        h = states[0]
        given = ops.matmul(sequence, self.kernel) + self.bias
        own = ops.matmul(h, self.recurrent_kernel) + self.recurrent_bias
        h = self.activation(given + own)
        return h, [h]


@registered
class TwoBiasLSTMCell(keras.layers.LSTMCell):
    """LSTMCell with a bias for each product."""

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        _add_recurrent_bias(self, 4 * self.units)

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        h, c = states
        given = ops.matmul(inputs, self.kernel) + self.bias
        own = ops.matmul(h, self.recurrent_kernel) + self.recurrent_bias
        i, f, z, o = ops.split(given + own, 4, axis=1)
        gate = self.recurrent_activation
        c = gate(f) * c + gate(i) * self.activation(z)
        h = gate(o) * self.activation(c)
        return h, [h, c]


@registered
class TwoBiasGRUCell(keras.layers.GRUCell):
    """GRUCell whose two biases are two tensors; the reset comes after."""

    def build(self, input_shape: Any) -> None:
        self.use_bias = False
        super().build(input_shape)
        self.use_bias = True
        self.bias = self.add_weight(
            shape=(3 * self.units,),
            name="bias",
            initializer=self.bias_initializer,
            regularizer=self.bias_regularizer,
        )
        _add_recurrent_bias(self, 3 * self.units)

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        h = states[0]
        given = ops.matmul(inputs, self.kernel) + self.bias
        own = ops.matmul(h, self.recurrent_kernel) + self.recurrent_bias
        z_x, r_x, n_x = ops.split(given, 3, axis=1)
        z_h, r_h, n_h = ops.split(own, 3, axis=1)
        gate = self.recurrent_activation
        z, r = gate(z_x + z_h), gate(r_x + r_h)
        h = z * h + (1 - z) * self.activation(n_x + r * n_h)
        return h, [h]


def _add_recurrent_bias(cell: Any, size: int) -> None:
    drawn = cell.bias_initializer
    cell.recurrent_bias = cell.add_weight(
        shape=(size,),
        name="recurrent_bias",
        initializer=getattr(drawn, "others", drawn),
        regularizer=cell.bias_regularizer,
    )


@registered
class RepeatingBidirectional(keras.layers.Bidirectional):
    """Bidirectional whose outputs are repeated at masked steps."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for layer in (self.forward_layer, self.backward_layer):
            layer.zero_output_for_mask = False


@registered
class LastStepBidirectional(keras.layers.Bidirectional):
    """Bidirectional whose output is that of the last step in time.

    There the second direction has made one step. The layer inside returns
    sequences.

    Args:
        zero: whether the outputs at masked steps are zero, or repeated.
    """

    def __init__(self, *args: Any, zero: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zero = zero
        for layer in (self.forward_layer, self.backward_layer):
            layer.zero_output_for_mask = zero

    def compute_mask(self, _: Any, mask: Any) -> Any:
        return None

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"zero": self.zero}

    def call(
        self,
        sequences: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool | None = None,
    ) -> Any:
        whole = super().call(sequences, initial_state, mask, training)
        return whole[:, -1]

    def compute_output_shape(
        self, sequences_shape: Any, initial_state_shape: Any = None
    ) -> Any:
        whole = super().compute_output_shape(
            sequences_shape, initial_state_shape
        )
        return whole[0], whole[2]


@registered
class ForgetBias(keras.initializers.Initializer):
    """The bias of an LSTM whose forget gate starts at a value.

    Args:
        others: the initialiser of the other gates.
        value: that of the forget gate.
    """

    def __init__(self, others: Any, value: float) -> None:
        self.others, self.value = keras.initializers.get(others), value

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        units = shape[0] // 4
        forget = np.arange(shape[0]) // units == 1
        drawn = self.others(shape, dtype=dtype)
        return ops.where(forget, ops.cast(self.value, drawn.dtype), drawn)

    def get_config(self) -> dict[str, Any]:
        others = keras.saving.serialize_keras_object(self.others)
        return {"others": others, "value": self.value}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        others = keras.saving.deserialize_keras_object(config["others"])
        return cls(others, config["value"])
