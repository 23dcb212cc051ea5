"""Recurrent layers that return one tensor, and variants of their cells."""

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn


class ReturnsOne(nn.RNNBase):
    """A recurrent layer whose output is one tensor.

    Args:
        inputs: the number of input channels.
        units: the number of units.
        returns: `sequence`, `last` or `last_step`; see `_returned`.
        direction: `forward`, `backward` or `both`.
        biases: `two`, `one` or `none`; of a GRU also `stacked`, one tensor
            (2, 3 · units).
        padded: the outputs at steps of padding: `zero`, or `repeated` from
            the step computed before; None where the `last` are returned.

    With `valid`, booleans (n, t), the state stays as it is at the steps of
    padding, where `valid` is false.
    """

    takes_valid: ClassVar[bool] = True

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        returns: str,
        direction: str,
        biases: str,
        padded: str | None = None,
        **fields: Any,
    ) -> None:
        layer: Any = super()
        layer.__init__(
            inputs,
            units,
            bias=biases not in ("none", "stacked"),
            batch_first=True,
            bidirectional=direction == "both",
            **fields,
        )
        self.returns, self.direction, self.biases = returns, direction, biases
        self.padded = padded
        _with_biases(self)

    def forward(self, x: Any, hx: Any = None, valid: Any = None) -> Any:
        return _returned(self, self.whole, x, valid)

    def whole(self, x: Tensor) -> Tensor:
        """Return all outputs, of both directions side by side."""
        layer: Any = super()
        outputs: Tensor = layer.forward(x)[0]
        return outputs


class SequenceRNN(ReturnsOne, nn.RNN):
    """RNN, whose output is the whole sequence, or a part of it."""


class SequenceLSTM(ReturnsOne, nn.LSTM):
    """LSTM, whose output is the whole sequence, or a part of it."""


class SequenceGRU(ReturnsOne, nn.GRU):
    """GRU, whose output is the whole sequence, or a part of it."""

    def whole(self, x: Tensor) -> Tensor:
        """Return all outputs, of both directions side by side."""
        if self.biases != "stacked":
            return super().whole(x)
        ends = ("_l0", "_l0_reverse")[: 1 + self.bidirectional]
        tensors = [
            tensor
            for end in ends
            for tensor in (
                getattr(self, f"weight_ih{end}"),
                getattr(self, f"weight_hh{end}"),
                *getattr(self, f"bias{end}").unbind(),
            )
        ]
        start = x.new_zeros(len(ends), len(x), self.hidden_size)
        outputs: Tensor = torch.gru(
            x,
            start,
            tensors,
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=self.training,
            bidirectional=self.bidirectional,
            batch_first=True,
        )[0]
        return outputs


FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "hard_sigmoid": lambda z: nn.functional.relu6(z + 3) / 6,
    "linear": lambda z: z,
}
"""Activations, of states and gates."""


class StepwiseRNN(SequenceRNN):
    """`SequenceRNN` with another activation, computed step by step."""

    def __init__(self, *args: Any, activation: str, **fields: Any) -> None:
        super().__init__(*args, **fields)
        self.activation = activation

    def whole(self, x: Tensor) -> Tensor:
        return _through_time(self, x)

    def step(self, given: Tensor, states: Any, products: Any) -> Any:
        """Return the new state, h = f(x K + b + h R)."""
        (h,) = states
        return (FUNCTIONS[self.activation](given + products(h)),)


class StepwiseLSTM(SequenceLSTM):
    """`SequenceLSTM` with other activations, computed step by step."""

    def __init__(
        self,
        *args: Any,
        activation: str,
        recurrent_activation: str,
        **fields: Any,
    ) -> None:
        super().__init__(*args, **fields)
        self.activation = activation
        self.recurrent_activation = recurrent_activation

    def whole(self, x: Tensor) -> Tensor:
        return _through_time(self, x)

    def step(self, given: Tensor, states: Any, products: Any) -> Any:
        """Return the new states, c = σ(f) c + σ(i) g(z) and σ(o) g(c)."""
        h, c = states
        gate = FUNCTIONS[self.recurrent_activation]
        bend = FUNCTIONS[self.activation]
        i, f, z, o = (given + products(h)).chunk(4, -1)
        c = gate(f) * c + gate(i) * bend(z)
        return gate(o) * bend(c), c


class StepwiseGRU(SequenceGRU):
    """`SequenceGRU` with other activations or an earlier reset gate.

    Args:
        reset: `after` the recurrent product, or `before` it.
    """

    def __init__(
        self,
        *args: Any,
        activation: str,
        recurrent_activation: str,
        reset: str,
        **fields: Any,
    ) -> None:
        super().__init__(*args, **fields)
        self.activation, self.reset = activation, reset
        self.recurrent_activation = recurrent_activation

    def whole(self, x: Tensor) -> Tensor:
        return _through_time(self, x)

    def step(self, given: Tensor, states: Any, products: Any) -> Any:
        """Return the new state, h = σ(z) h + (1 - σ(z)) g(n)."""
        (h,) = states
        gate = FUNCTIONS[self.recurrent_activation]
        bend = FUNCTIONS[self.activation]
        r_x, z_x, n_x = given.chunk(3, -1)
        r_h, z_h, n_h = products(h).chunk(3, -1)
        r, z = gate(r_x + r_h), gate(z_x + z_h)
        if self.reset == "before":
            n_h = products(r * h).chunk(3, -1)[2]
        else:
            n_h = r * n_h
        return (z * h + (1 - z) * bend(n_x + n_h),)


def _with_biases(layer: Any) -> None:
    """Leave one bias to learn, or replace the two by one tensor."""
    ends = ("_l0", "_l0_reverse")[: 1 + layer.bidirectional]
    for end in ends:
        if layer.biases == "one":
            # Zero for good: the layer always adds it.
            bias = getattr(layer, f"bias_hh{end}")
            nn.init.zeros_(bias).requires_grad_(False)
        if layer.biases == "stacked":
            both = torch.empty(2, 3 * layer.hidden_size)
            layer.register_parameter(f"bias{end}", nn.Parameter(both))


def _returned(
    layer: Any,
    whole: Callable[[Tensor], Tensor],
    x: Tensor,
    valid: Tensor | None,
) -> Tensor:
    """Return the part of a layer's outputs that it returns.

    Args:
        layer: the layer, with `returns` and `direction`: the `sequence`, the
            output of the `last_step` in time, or the `last` output of each
            direction.
        whole: from the input to all outputs.
        x: the input, (n, time, inputs).
        valid: which steps are no padding, (n, time); None if all are.
    """
    if layer.direction == "backward":
        x = x.flip(1)
        valid = None if valid is None else valid.flip(1)
    if valid is None:
        outputs = whole(x)
    else:
        outputs = _without_padding(layer, whole, x, valid)
    if layer.returns == "sequence":
        return outputs
    if layer.returns == "last_step" or layer.direction != "both":
        return outputs[:, -1]
    units = layer.hidden_size
    return torch.cat([outputs[:, -1, :units], outputs[:, 0, units:]], -1)


def _without_padding(
    layer: Any, whole: Callable[[Tensor], Tensor], x: Tensor, valid: Tensor
) -> Tensor:
    """Return all outputs, with the padding left out.

    The steps that are no padding are moved together, to the beginning for
    the forward direction and to the end for the backward one, so that each
    direction comes to the padding last.
    """
    counts = valid.cumsum(1)
    ahead = _rearranged(layer, whole, x, valid, counts - 1)
    if layer.bidirectional:
        units, steps = layer.hidden_size, x.shape[1]
        left = counts[:, -1:] - counts + valid.long()
        behind = _rearranged(layer, whole, x, ~valid, steps - left)
        started = left > 0
        behind = behind[..., units:] * started[..., None]
        ahead = torch.cat([ahead[..., :units], behind], -1)
    return ahead * valid[..., None] if layer.padded == "zero" else ahead


def _rearranged(
    layer: Any,
    whole: Callable[[Tensor], Tensor],
    x: Tensor,
    first: Tensor,
    places: Tensor,
) -> Tensor:
    """Return the outputs for steps in another order, in the order of x.

    Args:
        layer: the layer.
        whole: from the input to all outputs.
        x: the input, (n, time, inputs).
        first: the steps that are moved to the beginning, (n, time).
        places: where the output of each step is then found, (n, time); -1
            where there is none, which is zero.
    """
    order = (~first).sort(dim=1, stable=True).indices
    outputs = whole(x.gather(1, order[..., None].expand_as(x)))
    steps = places.clamp(0, x.shape[1] - 1)[..., None]
    found = outputs.gather(1, steps.expand(-1, -1, outputs.shape[-1]))
    return found * (places >= 0)[..., None]


def _through_time(layer: Any, x: Tensor) -> Tensor:
    """Return all outputs, step by step, of both directions side by side."""
    ahead = _one_direction(layer, x, "_l0")
    if not layer.bidirectional:
        return ahead
    behind = _one_direction(layer, x.flip(1), "_l0_reverse")
    return torch.cat([ahead, behind.flip(1)], -1)


def _one_direction(layer: Any, x: Tensor, end: str) -> Tensor:
    kernel = getattr(layer, f"weight_ih{end}")
    recurrent = getattr(layer, f"weight_hh{end}")
    biases: list[Tensor | None] = [None, None]
    if layer.biases == "stacked":
        biases = list(getattr(layer, f"bias{end}").unbind())
    elif layer.biases != "none":
        names = (f"bias_ih{end}", f"bias_hh{end}")
        biases = [getattr(layer, name) for name in names]
    given = nn.functional.linear(x, kernel, biases[0])

    def products(h: Tensor) -> Tensor:
        return nn.functional.linear(h, recurrent, biases[1])

    start = x.new_zeros(len(x), layer.hidden_size)
    states: Any = (start, start) if isinstance(layer, nn.LSTM) else (start,)
    outputs = []
    for step in given.unbind(1):
        states = layer.step(step, states, products)
        outputs.append(states[0])
    return torch.stack(outputs, 1)
