"""Recurrent layers in NumPy: a pass through time, and the way back.

A layer is applied to sequences (n, time, inputs). Its tensors have an axis of
gates: the kernel is (inputs, gates, units), the recurrent kernel (units,
gates, units) and a bias (gates, units); a GRU whose reset gate comes after
the recurrent product has two, (2, gates, units). The gates are input, forget,
cell, output (LSTM) and reset, update, new (GRU).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from framework_parity.common.spec.layer import Array

Tensors: TypeAlias = Mapping[str, Array]

Gradients: TypeAlias = dict[str, Array]

Back: TypeAlias = Callable[[Array], tuple[Array, Gradients]]
"""From the derivative of the loss by the output to that by the input, and to
those by the tensors, by name."""

GATES = {"simple_rnn": 1, "lstm": 4, "gru": 3}
"""Number of gates of each kind."""


class Function(NamedTuple):
    """An activation, and its derivative from its input and its output."""

    value: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]


def _sigmoid(z: Array) -> Array:
    return np.exp(-np.logaddexp(0.0, -z))


FUNCTIONS = {
    "tanh": Function(np.tanh, lambda z, y: 1 - y**2),
    "sigmoid": Function(_sigmoid, lambda z, y: y * (1 - y)),
    "relu": Function(
        lambda z: np.maximum(z, 0.0), lambda z, y: (z > 0).astype(z.dtype)
    ),
    "hard_sigmoid": Function(
        lambda z: np.clip(z + 3, 0.0, 6.0) / 6,
        lambda z, y: ((z > -3) & (z < 3)) / 6,
    ),
    "linear": Function(lambda z: z, lambda z, y: np.ones_like(z)),
}
"""The activations of a recurrent layer, by name."""


@dataclass(frozen=True)
class Options:
    """What defines a recurrent layer beside its tensors.

    Attributes:
        kind: `simple_rnn`, `lstm` or `gru`.
        activation: of the new state.
        recurrent_activation: of the gates.
        reset: of a GRU, whether the reset gate comes `before` or `after` the
            product with the recurrent kernel.
        direction: in time: `forward`, `backward`, whose outputs are in the
            order in which they are computed, or `both`.
        returns: the `sequence` of outputs, the `last` output of each
            direction, or those of one step in time: of the `last_step`, or
            of `step_0`, `step_1`, and so on.
        padded: the outputs at the steps of padding: `zero`, or `repeated`
            from the step before.
    """

    kind: str
    activation: str = "tanh"
    recurrent_activation: str = "sigmoid"
    reset: str = "after"
    direction: str = "forward"
    returns: str = "sequence"
    padded: str = "repeated"


def recurrence(
    options: Options, tensors: Tensors, x: Array, valid: Any = None
) -> tuple[Array, Back]:
    """Apply a recurrent layer whose first states are 0.

    Args:
        options: of the layer.
        tensors: by name; of both directions, they begin with `forward/` and
            `backward/`.
        x: the input, (n, time, inputs).
        valid: which steps are no padding, booleans (n, time); the states
            stay as they are at the others. None if all are.

    Returns:
        The output, (n, time, units) or (n, units), with the units of both
        directions one after the other; and the way back.
    """
    if options.direction == "both":
        return _both_directions(options, tensors, x, valid)
    way = -1 if options.direction == "backward" else 1
    turned = None if valid is None else valid[:, ::way]
    whole, back = _through_time(options, tensors, x[:, ::way], turned)
    place = _places(options.returns, x.shape[1])[0]

    def carry(slope: Array) -> tuple[Array, Gradients]:
        by_whole = np.zeros_like(whole)
        by_whole[:, place] = slope
        by_x, by_tensors = back(by_whole)
        return by_x[:, ::way], by_tensors

    return whole[:, place], carry


def _both_directions(
    options: Options, tensors: Tensors, x: Array, valid: Any
) -> tuple[Array, Back]:
    """Apply a layer forward and another backward in time."""
    ahead, back_ahead = _through_time(
        options, _of(tensors, "forward"), x, valid
    )
    turned = None if valid is None else valid[:, ::-1]
    behind, back_behind = _through_time(
        options, _of(tensors, "backward"), x[:, ::-1], turned
    )
    units = ahead.shape[-1]
    # Of the sequence, outputs of one time are beside each other.
    places = _places(options.returns, x.shape[1])
    output = np.concatenate([ahead[:, places[0]], behind[:, places[1]]], -1)

    def carry(slope: Array) -> tuple[Array, Gradients]:
        by_ahead, by_behind = np.zeros_like(ahead), np.zeros_like(behind)
        by_ahead[:, places[0]] = slope[..., :units]
        by_behind[:, places[1]] = slope[..., units:]
        by_x, first = back_ahead(by_ahead)
        by_turned, second = back_behind(by_behind)
        named = {f"forward/{name}": value for name, value in first.items()}
        named |= {f"backward/{name}": value for name, value in second.items()}
        return by_x + by_turned[:, ::-1], named

    return output, carry


def _places(returns: str, steps: int) -> tuple[Any, Any]:
    """Return which outputs are returned, of a pass ahead and of one back."""
    known = {
        "sequence": (slice(None), slice(None, None, -1)),
        "last": (-1, -1),
        "last_step": (-1, 0),
    }
    if returns in known:
        return known[returns]
    step = int(returns.removeprefix("step_"))
    return step, steps - 1 - step


def _of(tensors: Tensors, direction: str) -> Gradients:
    """Return the tensors of one direction, by their own names."""
    return {
        name.partition("/")[2]: value
        for name, value in tensors.items()
        if name.startswith(f"{direction}/")
    }


Step: TypeAlias = Callable[
    [Array, tuple[Array, ...]],
    tuple[
        tuple[Array, ...],
        Callable[
            [tuple[Array, ...], Gradients], tuple[Array, tuple[Array, ...]]
        ],
    ],
]
"""From the input of a step and the states before to the states after, of
which the first is the output; and to a function from their derivatives to
those by the input and by the states before. It adds to the derivatives by
the tensors."""


def _through_time(
    options: Options, tensors: Tensors, x: Array, valid: Any
) -> tuple[Array, Back]:
    """Apply one direction to a sequence; return all outputs."""
    if valid is None:
        valid = np.ones(x.shape[:2], bool)
    kept = valid[..., np.newaxis]
    shown = kept if options.padded == "zero" else np.ones_like(kept)
    step = _STEPS[options.kind](options, tensors)
    units = tensors["recurrent_kernel"].shape[-1]
    states: tuple[Array, ...] = tuple(
        np.zeros((len(x), units), x.dtype)
        for _ in range(2 if options.kind == "lstm" else 1)
    )
    outputs, backs = [], []
    for time in range(x.shape[1]):
        after, back = step(x[:, time], states)
        states = tuple(
            np.where(kept[:, time], new, old)
            for new, old in zip(after, states, strict=True)
        )
        outputs.append(states[0] * shown[:, time])
        backs.append(back)

    def carry(slope: Array) -> tuple[Array, Gradients]:
        gradients = {name: np.zeros_like(v) for name, v in tensors.items()}
        by_x = np.zeros_like(x)
        by_states = tuple(np.zeros_like(state) for state in states)
        for time in reversed(range(x.shape[1])):
            seen = slope[:, time] * shown[:, time]
            arrived = (by_states[0] + seen, *by_states[1:])
            here = tuple(each * kept[:, time] for each in arrived)
            by_x[:, time], by_before = backs[time](here, gradients)
            by_states = tuple(
                before + each * ~kept[:, time]
                for before, each in zip(by_before, arrived, strict=True)
            )
        return by_x, gradients

    return np.stack(outputs, 1), carry


def _product(x: Array, kernel: Array) -> Array:
    """Return x times a kernel with gates, (n, gates, units)."""
    rows, gates, units = kernel.shape
    product: Array = x @ kernel.reshape(rows, gates * units)
    return product.reshape(len(x), gates, units)


def _turned(slope: Array, kernel: Array) -> Array:
    """Return the derivative by x of `_product`."""
    turned: Array = (
        slope.reshape(len(slope), -1) @ kernel.reshape(len(kernel), -1).T
    )
    return turned


def _outer(x: Array, slope: Array) -> Array:
    """Return the derivative by the kernel of `_product`."""
    outer: Array = x.T @ slope.reshape(len(slope), -1)
    return outer.reshape(x.shape[1], *slope.shape[1:])


def _biases(tensors: Tensors) -> tuple[Array, Array]:
    """Return the biases of the input and of the recurrent product."""
    bias = tensors.get("bias", np.zeros(()))
    other = tensors.get("recurrent_bias", np.zeros(()))
    if bias.ndim == 3:
        return bias[0], bias[1]
    return bias, other


def _add_biases(
    gradients: Gradients, by_input: Array, by_state: Array
) -> None:
    """Add the derivatives by the biases of the two products."""
    bias = gradients.get("bias")
    if bias is None:
        return
    if bias.ndim == 3:
        bias += np.stack([by_input.sum(0), by_state.sum(0)])
        return
    bias += by_input.sum(0)
    if "recurrent_bias" in gradients:
        gradients["recurrent_bias"] += by_state.sum(0)


def _simple_rnn(options: Options, tensors: Tensors) -> Step:
    """H' = f(x K + b + h R)."""
    f = FUNCTIONS[options.activation]
    kernel, recurrent = tensors["kernel"], tensors["recurrent_kernel"]
    bias, other = _biases(tensors)

    def step(x: Array, states: tuple[Array, ...]) -> Any:
        (h,) = states
        z = (_product(x, kernel) + bias + _product(h, recurrent) + other)[:, 0]
        new = f.value(z)

        def back(slopes: tuple[Array, ...], gradients: Gradients) -> Any:
            by_z = (slopes[0] * f.slope(z, new))[:, None]
            gradients["kernel"] += _outer(x, by_z)
            gradients["recurrent_kernel"] += _outer(h, by_z)
            _add_biases(gradients, by_z, by_z)
            return _turned(by_z, kernel), (_turned(by_z, recurrent),)

        return (new,), back

    return step


def _lstm(options: Options, tensors: Tensors) -> Step:
    """C' = σ(f) c + σ(i) g(z), h' = σ(o) g(c')."""
    gate, g = (
        FUNCTIONS[options.recurrent_activation],
        FUNCTIONS[options.activation],
    )
    kernel, recurrent = tensors["kernel"], tensors["recurrent_kernel"]
    bias, other = _biases(tensors)

    def step(x: Array, states: tuple[Array, ...]) -> Any:
        h, c = states
        z = _product(x, kernel) + bias + _product(h, recurrent) + other
        i, f, o = (gate.value(z[:, n]) for n in (0, 1, 3))
        cell = g.value(z[:, 2])
        new = f * c + i * cell
        bent = g.value(new)

        def back(slopes: tuple[Array, ...], gradients: Gradients) -> Any:
            by_h, by_c = slopes
            by_c = by_c + by_h * o * g.slope(new, bent)
            by_gates = (by_c * cell, by_c * c, by_c * i, by_h * bent)
            by_z = np.stack(
                [
                    by_gates[0] * gate.slope(z[:, 0], i),
                    by_gates[1] * gate.slope(z[:, 1], f),
                    by_gates[2] * g.slope(z[:, 2], cell),
                    by_gates[3] * gate.slope(z[:, 3], o),
                ],
                1,
            )
            gradients["kernel"] += _outer(x, by_z)
            gradients["recurrent_kernel"] += _outer(h, by_z)
            _add_biases(gradients, by_z, by_z)
            before = _turned(by_z, recurrent), by_c * f
            return _turned(by_z, kernel), before

        return (o * bent, new), back

    return step


def _gru(options: Options, tensors: Tensors) -> Step:
    """H' = σ(z) h + (1 - σ(z)) g(n), where n has the reset state.

    The reset gate multiplies the recurrent product, with its bias, or the
    state before it.
    """
    gate, g = (
        FUNCTIONS[options.recurrent_activation],
        FUNCTIONS[options.activation],
    )
    kernel, recurrent = tensors["kernel"], tensors["recurrent_kernel"]
    bias, other = _biases(tensors)
    after = options.reset == "after"

    def step(x: Array, states: tuple[Array, ...]) -> Any:
        (h,) = states
        given = _product(x, kernel) + bias
        own = _product(h, recurrent) + other
        z = given[:, :2] + own[:, :2]
        r, u = gate.value(z[:, 0]), gate.value(z[:, 1])
        reset = r * h
        if after:
            inner = given[:, 2] + r * own[:, 2]
        else:
            # Biases of the recurrent product are not multiplied.
            inner = given[:, 2] + _product(reset, recurrent[:, 2:])[:, 0]
            inner = inner + (other[2] if other.ndim else 0.0)
        new = g.value(inner)

        def back(slopes: tuple[Array, ...], gradients: Gradients) -> Any:
            (slope,) = slopes
            by_inner = slope * (1 - u) * g.slope(inner, new)
            by_u = slope * (h - new) * gate.slope(z[:, 1], u)
            by_h = slope * u
            if after:
                by_r, by_own = by_inner * own[:, 2], by_inner * r
            else:
                by_own = by_inner
                by_reset = _turned(by_inner[:, None], recurrent[:, 2:])
                by_r, by_h = by_reset * h, by_h + by_reset * r
            by_r = by_r * gate.slope(z[:, 0], r)
            by_given = np.stack([by_r, by_u, by_inner], 1)
            by_product = np.stack([by_r, by_u, by_own], 1)
            gradients["kernel"] += _outer(x, by_given)
            if after:
                gradients["recurrent_kernel"] += _outer(h, by_product)
                by_h = by_h + _turned(by_product, recurrent)
            else:
                gates = by_product[:, :2]
                gradients["recurrent_kernel"][:, :2] += _outer(h, gates)
                gradients["recurrent_kernel"][:, 2:] += _outer(
                    reset, by_product[:, 2:]
                )
                by_h = by_h + _turned(gates, recurrent[:, :2])
            _add_biases(gradients, by_given, by_product)
            return _turned(by_given, kernel), (by_h,)

        return (u * h + (1 - u) * new,), back

    return step


_STEPS: dict[str, Callable[[Options, Tensors], Step]] = {
    "simple_rnn": _simple_rnn,
    "lstm": _lstm,
    "gru": _gru,
}
