"""Recurrent layers, and sums that run along an axis."""

from typing import Any

import numpy as np

from tests.external.calculations import Arrays, Forward
from tests.external.onnx_cases.case import (
    COMPOSED,
    DIRECT,
    FOLDED,
    Case,
    Node,
    NotExpressible,
    Way,
)
from tests.external.onnx_cases.layout import one_pass

Values = dict[str, Any]

KINDS = {"RNN": "simple_rnn", "LSTM": "lstm", "GRU": "gru"}

# The places of the language's gates among ONNX's: i, f, z, o among i, o, f, c;
# r, z, n among z, r, h.
ORDER = {"simple_rnn": (0,), "lstm": (0, 2, 3, 1), "gru": (1, 0, 2)}
DIRECTIONS = {
    "forward": "forward",
    "reverse": "backward",
    "bidirectional": "both",
}
STANDARD = {
    "simple_rnn": ["Tanh"],
    "lstm": ["Sigmoid", "Tanh", "Tanh"],
    "gru": ["Sigmoid", "Tanh"],
}
WORDS = {"Tanh": "tanh", "Sigmoid": "sigmoid", "Relu": "relu"}

# The inputs of each operator that the language has no word for.
LACKING = {
    "RNN": ("lengths of the sequences", "a first state"),
    "GRU": ("lengths of the sequences", "a first state"),
    "LSTM": (
        "lengths of the sequences",
        "a first state",
        "a first cell",
        "peepholes",
    ),
}


def recurrent(case: Case, node: Node, values: Values) -> list[Way]:
    """Return the ways to write a recurrent layer.

    Args:
        case: the published case.
        node: the operator.
        values: the arrays.
    """
    kind = KINDS[node.op]
    _refuse(node)
    x, kernel, recurrent_kernel = (values[name] for name in node.inputs[:3])
    bias = values[node.inputs[3]] if any(node.inputs[3:4]) else None
    steps_first = not node.get("layout", 0)
    sequences = x.swapaxes(0, 1) if steps_first else x
    direction = DIRECTIONS[node.get("direction", "forward")]
    fields: dict[str, Any] = {
        "units": recurrent_kernel.shape[-1],
        "direction": direction,
    } | _activations(node, kind, directions=len(kernel))
    if kind == "lstm":
        fields["forget_bias"] = None
    if kind == "gru":
        after = bool(node.get("linear_before_reset", 0))
        fields["reset"] = "after" if after else "before"
    gates = {
        "kernel": _in_order(kernel, kind).swapaxes(1, 2),
        "recurrent_kernel": _in_order(recurrent_kernel, kind).swapaxes(1, 2),
    }
    prefixes = ("forward_", "backward_") if direction == "both" else ("",)

    def way(returns: str, biases: str, tensors: Arrays) -> Way:
        layer = fields | {"biases": biases, "returns": returns}
        weights = {
            f"{kind}_1/{prefix}{name}": tensor[n]
            for n, prefix in enumerate(prefixes)
            for name, tensor in (gates | tensors).items()
        }
        outputs = _outputs(case, node, returns)
        return Way(
            f"{kind}, {returns}, biases {biases}",
            FOLDED if biases == "one" else DIRECT,
            [Forward([{kind: layer}], sequences, weights)],
            _join(outputs, returns, direction, steps_first),
        )

    return [
        way(returns, biases, tensors)
        for biases, tensors in _biases(node, kind, bias).items()
        for returns in ("sequence", "last")
        if _outputs(case, node, returns)
    ]


def _refuse(node: Node) -> None:
    given = [
        lacking
        for name, lacking in zip(
            node.inputs[4:], LACKING[node.op], strict=False
        )
        if name
    ]
    if given:
        raise NotExpressible(f"recurrence: {given[-1]}", node.op)
    for name in ("clip", "input_forget", "activation_alpha"):
        if node.get(name):
            raise NotExpressible(f"recurrence: {name}", node.op)


def _activations(node: Node, kind: str, directions: int) -> dict[str, str]:
    """Return the fields of the activations."""
    names = node.get("activations", STANDARD[kind] * directions)
    count = len(STANDARD[kind])
    first = list(names[:count])
    if list(names) != first * directions or not set(first) <= set(WORDS):
        raise NotExpressible("recurrence: other activations", node.op)
    *gate, state = (WORDS[name] for name in first)
    if kind == "lstm" and gate.pop() != state:
        raise NotExpressible("recurrence: two activations of a cell", node.op)
    recurrent_field = {"recurrent_activation": gate[0]} if gate else {}
    return {"activation": state} | recurrent_field


def _in_order(tensor: np.ndarray, kind: str) -> np.ndarray:
    """Return a tensor (directions, gates · units, ...) in our gates' order."""
    order = ORDER[kind]
    units = tensor.shape[1] // len(order)
    rows = [np.arange(n * units, (n + 1) * units) for n in order]
    return tensor[:, np.concatenate(rows)]


def _biases(
    node: Node, kind: str, bias: np.ndarray | None
) -> dict[str, Arrays]:
    """Return the ways to write the two biases, and the tensors of each."""
    if bias is None:
        return {"none": {}}
    first, second = (_in_order(b, kind) for b in np.split(bias, 2, 1))
    one = {"one": {"bias": first + second}}
    two = {"two": {"bias": first, "recurrent_bias": second}}
    if kind != "gru":
        return two | one
    if not node.get("linear_before_reset", 0):
        return one
    return two | {"stacked": {"bias": np.stack([first, second], 1)}}


def _outputs(case: Case, node: Node, returns: str) -> dict[str, int]:
    """Return the case's outputs that a way gives, with their numbers."""
    known = dict(zip(("sequence", "last"), node.outputs, strict=False))
    if returns == "last":
        known.pop("sequence")
    return {
        what: case.outputs.index(name) for what, name in known.items() if name
    }


def _join(
    outputs: dict[str, int], returns: str, direction: str, steps_first: bool
) -> Any:
    """Return the function from the result to the outputs Y and Y_h.

    Y is (steps, directions, samples, units), and Y_h (directions, samples,
    units); where the batch is first, it is so in both.
    """
    directions = 2 if direction == "both" else 1

    def join(results: list[Arrays]) -> dict[int, np.ndarray]:
        result = results[0]["outputs"]
        parts = np.stack(np.split(result, directions, -1), -2)
        joined = {}
        if returns == "last":
            last = parts
        else:
            # The outputs of `backward` are in the order of calculation.
            last = parts[:, -1].copy()
            if direction == "both":
                last[:, 1] = parts[:, 0, 1]
            whole = parts[:, ::-1] if direction == "backward" else parts
            order = (1, 2, 0, 3) if steps_first else (0, 1, 2, 3)
            if "sequence" in outputs:
                joined[outputs["sequence"]] = whole.transpose(order)
        if "last" in outputs:
            last = last.swapaxes(0, 1) if steps_first else last
            joined[outputs["last"]] = last
        return joined

    return join


def running_sum(node: Node, values: Values) -> list[Way]:
    """Return the way to write a running sum, as a recurrence h ← x + h."""
    x = values[node.inputs[0]]
    axis = int(values[node.inputs[1]]) % x.ndim
    moved = np.moveaxis(x, axis, 0)
    back = bool(node.get("reverse", 0))
    rows = moved.reshape(len(moved), -1)
    width = rows.shape[1]
    layer = {
        "simple_rnn": {
            "units": width,
            "returns": "sequence",
            "direction": "backward" if back else "forward",
            "activation": "linear",
            "biases": "none",
        }
    }
    before: list[Any] = []
    if node.get("exclusive", 0):
        # One step of zero comes first, and the last step is not summed.
        one, zero = {"start": 1, "end": 0}, {"start": 0, "end": 1}
        moves = (zero, one) if back else (one, zero)
        before = [{"zero_padding": moves[0]}, {"cropping": moves[1]}]
    weights = {
        "simple_rnn_1/kernel": np.eye(width),
        "simple_rnn_1/recurrent_kernel": np.eye(width),
    }

    def undo(y: np.ndarray) -> np.ndarray:
        steps = y[0, ::-1] if back else y[0]
        return np.moveaxis(steps.reshape(moved.shape), 0, axis)

    return [
        one_pass(
            "simple_rnn",
            COMPOSED,
            [*before, layer],
            rows[None],
            undo,
            weights,
        )
    ]
