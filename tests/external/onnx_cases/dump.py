"""Write all published test cases of ONNX as plain arrays.

    python -m tests.external.onnx_cases.dump build/onnx_cases.pkl

It runs in a separate environment with only `onnx` and NumPy. It writes one
pickle; `choose` selects from it the cases that this project can express. The
arrays are ONNX's: the inputs and outputs of its test data, mostly float32,
and the outputs of its own ReferenceEvaluator for the same inputs in double
precision.

The weights of ONNX's recurrent cases, but two, are all the same number, from
which a wrong order of the gates or a transposed kernel cannot be seen. So the
evaluator also computes recurrent layers of random weights, which are not
published: the suite `evaluator`.
"""

import pickle
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

EVALUATOR = "evaluator"
SUITES = ("node", "pytorch-converted", "pytorch-operator", "simple")


def plain(value: Any) -> np.ndarray | str:
    """Return an array if NumPy has its type, or else the type's name."""
    if isinstance(value, int | float | bool | np.generic):
        value = np.asarray(value)
    if not isinstance(value, np.ndarray):
        return type(value).__name__
    if value.dtype.kind not in "biuf" or value.dtype.name not in _NAMES:
        return value.dtype.name
    return value


_NAMES = {np.dtype(kind).name for kind in "?bhilqBHILQefd"}


def attributes(node: Any) -> dict[str, Any]:
    """Return a node's attributes as numbers, text, lists and arrays."""
    from onnx import TensorProto, helper, numpy_helper

    result: dict[str, Any] = {}
    for each in node.attribute:
        value = helper.get_attribute_value(each)
        if isinstance(value, bytes):
            value = value.decode(errors="replace")
        elif isinstance(value, TensorProto):
            value = plain(numpy_helper.to_array(value))
        elif isinstance(value, int | float):
            pass
        elif hasattr(value, "__len__"):
            value = [
                item.decode(errors="replace")
                if isinstance(item, bytes)
                else item
                for item in value
            ]
        else:
            value = type(value).__name__
        result[each.name] = value
    return result


def data_of(test: Any, model: Any) -> tuple[list[Any], list[Any]]:
    """Return a test's inputs and outputs."""
    from onnx import TensorProto, numpy_helper

    if test.data_sets:
        inputs, outputs = test.data_sets[0]
        return [_tensor(v) for v in inputs], [_tensor(v) for v in outputs]
    folder = Path(test.model_dir) / "test_data_set_0"

    def loaded(side: str, values: Any) -> list[Any]:
        arrays: list[Any] = []
        for number, value in enumerate(values):
            file = folder / f"{side}_{number}.pb"
            if not file.exists():
                continue
            kind = value.type.WhichOneof("value")
            if kind != "tensor_type":
                arrays.append(kind)
                continue
            tensor = TensorProto()
            tensor.ParseFromString(file.read_bytes())
            arrays.append(plain(numpy_helper.to_array(tensor)))
        return arrays

    return (
        loaded("input", model.graph.input),
        loaded("output", model.graph.output),
    )


def _tensor(value: Any) -> Any:
    from onnx import TensorProto, numpy_helper

    if isinstance(value, TensorProto):
        value = numpy_helper.to_array(value)
    return plain(value)


def in_double(model: Any, feeds: dict[str, Any]) -> list[Any] | str:
    """Return the evaluator's outputs in double precision.

    Returns:
        The outputs, or the message of the error that the evaluator raises.
    """
    import onnx
    from onnx import TensorProto, numpy_helper
    from onnx.reference import ReferenceEvaluator

    if [node.op_type for node in model.graph.node] == ["Adam"]:
        return adam_in_double(model, feeds)
    model = onnx.ModelProto.FromString(model.SerializeToString())
    tensors = list(model.graph.initializer)
    for node in model.graph.node:
        if node.op_type == "Constant":
            tensors += [a.t for a in node.attribute if a.HasField("t")]
    for tensor in tensors:
        if tensor.data_type == TensorProto.FLOAT:
            array = numpy_helper.to_array(tensor).astype(np.float64)
            tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    for value in [*model.graph.input, *model.graph.output]:
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = TensorProto.DOUBLE
    feeds = {
        name: value.astype(np.float64) if value.dtype == "float32" else value
        for name, value in feeds.items()
    }
    try:
        return [plain(v) for v in ReferenceEvaluator(model).run(None, feeds)]
    except Exception as error:  # noqa: BLE001 - the evaluator raises many kinds
        return f"{type(error).__name__}: {error}"


def adam_in_double(model: Any, feeds: dict[str, Any]) -> list[Any]:
    """Return the outputs of ONNX's own Adam with attributes in double.

    The evaluator passes them as float32, which rounds 1 - beta.
    """
    from onnx.reference.ops.aionnx_preview_training import op_adam

    [node] = model.graph.node
    given = attributes(node)
    rate, count, *arrays = (feeds[name].astype(float) for name in node.input)
    tensors = len(arrays) // 4
    named = {
        "norm_coefficient": 0.0,
        "norm_coefficient_post": 0.0,
        "alpha": 0.9,
        "beta": 0.999,
        "epsilon": 0.0,
    }
    numbers = [
        float(given.get(name, unsaid)) for name, unsaid in named.items()
    ]
    each = [
        op_adam._apply_adam(rate, count, *arrays[n::tensors], *numbers)
        for n in range(tensors)
    ]
    return [np.asarray(values[k]) for k in range(3) for values in each]


def case(suite: str, test: Any) -> dict[str, Any]:
    """Return one test as plain data."""
    import onnx
    from onnx import numpy_helper

    model = test.model
    if model is None:
        model = onnx.load(Path(test.model_dir) / "model.onnx")
    graph = model.graph
    inputs, outputs = data_of(test, model)
    weights = {
        tensor.name: plain(numpy_helper.to_array(tensor))
        for tensor in graph.initializer
    }
    named = [value.name for value in graph.input]
    fed = [name for name in named if name not in weights]
    fed = named if len(inputs) == len(named) else fed
    values = dict(zip(fed, inputs, strict=False))
    feeds = {n: v for n, v in values.items() if isinstance(v, np.ndarray)}
    expanded = "expanded" in test.name
    return {
        "suite": suite,
        "name": test.name,
        "opset": {each.domain: each.version for each in model.opset_import},
        "nodes": [
            {
                "op": node.op_type,
                "inputs": list(node.input),
                "outputs": list(node.output),
                "attributes": attributes(node),
            }
            for node in graph.node
        ],
        "inputs": named,
        "values": weights | values,
        "outputs": [value.name for value in graph.output],
        "shipped": outputs,
        "double": "expanded" if expanded else in_double(model, feeds),
    }


# The recurrent layers of random weights: the number of gates, and attributes.
RECURRENT: tuple[tuple[str, int, dict[str, int]], ...] = (
    ("RNN", 1, {}),
    ("LSTM", 4, {}),
    ("GRU", 3, {"linear_before_reset": 0}),
    ("GRU", 3, {"linear_before_reset": 1}),
)


def recurrent() -> list[dict[str, Any]]:
    """Return recurrent layers of random weights, computed by the evaluator."""
    rng = np.random.default_rng(0)
    return [
        case(EVALUATOR, _recurrent(rng, op, gates, direction, more))
        for op, gates, more in RECURRENT
        for direction in ("forward", "reverse", "bidirectional")
    ]


def _recurrent(
    rng: np.random.Generator,
    op: str,
    gates: int,
    direction: str,
    more: dict[str, int],
) -> SimpleNamespace:
    """Return one, as `load_model_tests` returns tests."""
    from onnx import TensorProto, helper
    from onnx.reference import ReferenceEvaluator

    steps, samples, width, units = 3, 3, 2, 4
    count = 2 if direction == "bidirectional" else 1
    shapes = {
        "X": (steps, samples, width),
        "W": (count, gates * units, width),
        "R": (count, gates * units, units),
        "B": (count, 2 * gates * units),
    }
    # Small, so that a rounding does not grow from step to step.
    feeds = {
        name: (0.3 * rng.normal(size=shape)).astype("float32")
        for name, shape in shapes.items()
    }
    node = helper.make_node(
        op,
        [*shapes],
        ["Y", "Y_h"],
        hidden_size=units,
        direction=direction,
        **more,
    )
    graph = helper.make_graph(
        [node],
        op,
        [
            helper.make_tensor_value_info(n, TensorProto.FLOAT, s)
            for n, s in shapes.items()
        ],
        [
            helper.make_tensor_value_info(n, TensorProto.FLOAT, None)
            for n in node.output
        ],
    )
    opset = helper.make_opsetid("", 22)
    model = helper.make_model(graph, opset_imports=[opset])
    outputs = ReferenceEvaluator(model).run(None, feeds)
    words = [op.lower(), direction, *(f"{n}_{v}" for n, v in more.items())]
    return SimpleNamespace(
        name="_".join(["test", *words]),
        model=model,
        data_sets=[([*feeds.values()], outputs)],
    )


def main(path: Path) -> None:
    """Write every test of the four suites, and the recurrent layers."""
    import onnx
    from onnx.backend.test.loader import load_model_tests

    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    cases = [
        case(suite, test)
        for suite in SUITES
        for test in load_model_tests(kind=suite)
    ]
    cases += recurrent()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        pickle.dump({"onnx": onnx.__version__, "cases": cases}, file)
    print(f"onnx {onnx.__version__}: {len(cases)} cases in {path}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
