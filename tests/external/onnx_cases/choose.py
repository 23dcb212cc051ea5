"""Choose the cases of ONNX that this project can express.

    python -m tests.external.onnx_cases.choose build/onnx_cases.pkl

It reads the file of `dump`, and writes `cases.json` and `cases.npz` in this
folder: the graphs, the arrays, their provenance, and how many cases cannot be
expressed, by reason. A case is kept if the language accepts at least one of
the ways to write it; whether the numbers agree is not checked.
"""

import json
import pickle
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from framework_parity.common.reference.trainer import Trainer
from framework_parity.common.spec.errors import SpecError
from tests.external.calculations import calculate
from tests.external.onnx_cases.case import (
    ARRAYS,
    FILE,
    Case,
    Node,
    NotExpressible,
)
from tests.external.onnx_cases.translation import translate

# The suite of what ONNX's evaluator computes and ONNX does not publish.
EVALUATOR = "evaluator"

# ONNX has some operators a second time, expanded into others.
EXPANDED = "expanded"

# Three cases have more bytes, and smaller ones of their kind remain: a
# convolution, and two cross-entropies with one loss for each sample.
LARGEST = 200_000


def read(raw: dict[str, Any]) -> Case:
    """Return a case from the data of `dump`."""
    return Case(
        suite=raw["suite"],
        name=raw["name"],
        opset=raw["opset"].get("", 99),
        nodes=tuple(
            Node(
                node["op"],
                tuple(node["inputs"]),
                tuple(node["outputs"]),
                node["attributes"],
            )
            for node in raw["nodes"]
        ),
        inputs=tuple(raw["inputs"]),
        outputs=tuple(raw["outputs"]),
        values=raw["values"],
        shipped=raw["shipped"],
        double=raw["double"],
    )


def check_expressible(case: Case) -> None:
    """Raise `NotExpressible` unless the language accepts one way."""
    refused = []
    for way in translate(case, case.precisions[0]):
        try:
            calculate(Trainer, way.items, "float64")
        except (SpecError, ValidationError) as error:
            refused.append(" ".join(str(error).split()))
        else:
            return
    reason = "the language refuses the arguments"
    if all("finite" in each for each in refused):
        reason = "a formula that is not finite from -5 to 5"
    raise NotExpressible(reason, f"{case.ops}: {refused[0]}")


def size(case: Case) -> int:
    """Return the number of bytes of a case's inputs and outputs."""
    arrays = [*case.values.values(), *case.shipped]
    return sum(x.nbytes for x in arrays if isinstance(x, np.ndarray))


def write(cases: list[Case], beside: dict[str, Any]) -> None:
    """Write the cases, with all numbers of one type in one array.

    Doubles that a float32 represents exactly are stored as float32.

    Args:
        cases: those that are kept.
        beside: the provenance and the counts.
    """
    flat: dict[str, list[np.ndarray]] = defaultdict(list)
    begins: Counter[str] = Counter()
    places: dict[Any, int] = {}

    def stored(value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return value
        with np.errstate(over="ignore"):
            single = value.astype(np.float32)
        if value.dtype == np.float64 and np.array_equal(
            single, value, equal_nan=True
        ):
            return stored(single) | {"as": "float64"}
        kind = value.dtype.name
        key = (kind, value.tobytes())
        if key not in places:
            places[key] = begins[kind]
            flat[kind].append(value.reshape(-1))
            begins[kind] += value.size
        return {"from": kind, "at": places[key], "shape": value.shape}

    records = [
        {
            "suite": case.suite,
            "name": case.name,
            "opset": case.opset,
            "nodes": [
                {
                    "op": node.op,
                    "inputs": node.inputs,
                    "outputs": node.outputs,
                    "attributes": {
                        name: stored(value)
                        for name, value in node.attributes.items()
                    },
                }
                for node in case.nodes
            ],
            "inputs": case.inputs,
            "outputs": case.outputs,
            "values": {n: stored(v) for n, v in case.values.items()},
            "shipped": [stored(value) for value in case.shipped],
            "double": case.double
            if isinstance(case.double, str)
            else [stored(value) for value in case.double],
        }
        for case in cases
    ]
    lines = ",\n".join(json.dumps(record) for record in records)
    head = json.dumps(beside, indent=1)
    FILE.write_text(f'{head[:-2]},\n "cases": [\n{lines}\n]}}\n')
    whole: dict[str, Any] = {
        kind: np.concatenate(parts) for kind, parts in flat.items()
    }
    np.savez_compressed(ARRAYS, **whole)


def main(path: Path) -> None:
    """Choose, write, and print the counts."""
    with path.open("rb") as file:
        dumped = pickle.load(file)
    kept, reasons = [], Counter[str]()
    details: dict[str, Counter[str]] = defaultdict(Counter)
    for raw in dumped["cases"]:
        case = read(raw)
        if EXPANDED in case.name:
            reasons["an operator written out in others"] += 1
            continue
        try:
            check_expressible(case)
            if size(case) > LARGEST:
                raise NotExpressible("arrays too large to keep", case.ops)
        except NotExpressible as error:
            reasons[error.reason] += 1
            details[error.reason][error.detail] += 1
        else:
            kept.append(case)
    beside = {
        "source": "the test cases that the `onnx` package ships",
        "licence": "Apache-2.0",
        "onnx": dumped["onnx"],
        "published": sum(raw["suite"] != EVALUATOR for raw in dumped["cases"]),
        "not_expressible": dict(reasons.most_common()),
    }
    write(kept, beside)
    print(f"{len(kept)} of {len(dumped['cases'])} cases")
    for reason, count in reasons.most_common():
        examples = ", ".join(
            f"{text[:90]} {n}" for text, n in details[reason].most_common(6)
        )
        print(f"{count:5} {reason}: {examples}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
