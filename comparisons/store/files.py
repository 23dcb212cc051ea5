"""The files of a stored result: JSON, arrays, and weights as safetensors.

Nothing in them is a pickle, so that a store can be shared.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save

from framework_parity.common.codegen.scripts.script import (
    Script,
    Section,
)
from framework_parity.common.training.inspection import (
    Snapshot,
    StepInspection,
)
from framework_parity.common.training.record import Record

HEAD, ARRAYS, WEIGHTS = "run.json", "arrays.npz", "weights.safetensors"

Stored = Record | StepInspection | Script

CURVES = ("steps", "epochs", "probes")
TAKEN_APART = ("outputs", "gradients", "stepped")


def contents(result: Stored) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """Return what the files of a result hold.

    Args:
        result: a record, an inspected step, or a script.

    Returns:
        The fields of the head, the arrays by name, and the weights by name;
        None for a result without weights.
    """
    if isinstance(result, Script):
        sections = [(each.title, each.code) for each in result.sections]
        head: dict[str, Any] = {
            "title": result.title,
            "summary": result.summary,
            "head": result.head,
            "sections": sections,
        }
        return head, dict(result.arrays), None
    if isinstance(result, Record):
        arrays = {
            f"{kind}/{name}": value
            for kind in CURVES
            for name, value in getattr(result, kind).items()
        }
        if result.grid is not None:
            arrays["grid"] = result.grid
        head = {
            "final": result.final,
            "parameters": result.parameters,
            "seconds": result.seconds,
        }
        return head, arrays, result.weights
    arrays = {
        f"{number}/{kind}/{name}": value
        for number, snapshot in enumerate(result.snapshots)
        for kind in TAKEN_APART
        for name, value in getattr(snapshot, kind).items()
    }
    head = {
        "data": result.data,
        "shapes": result.shapes,
        "counts": result.counts,
        "snapshots": len(result.snapshots),
    }
    return head, arrays, None


def write(folder: Path, result: Stored) -> dict[str, Any]:
    """Write the arrays and the weights of a result.

    Args:
        folder: an existing folder.
        result: a record, or an inspected step.

    Returns:
        The fields of the head, which is written last, with the digests of
        these files.
    """
    head, arrays, weights = contents(result)
    with (folder / ARRAYS).open("wb") as file:
        np.savez(file, **arrays)
    if weights is not None:
        whole = {k: np.ascontiguousarray(v) for k, v in weights.items()}
        (folder / WEIGHTS).write_bytes(save(whole))
    return head


def read(folder: Path, head: dict[str, Any]) -> Stored:
    """Return the result whose files are in a folder.

    Args:
        folder: the folder.
        head: the fields that `write` returned.

    Returns:
        The record or the inspected step, equal to the bit.
    """
    with np.load(folder / ARRAYS, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}

    def part(prefix: str) -> dict[str, Any]:
        return {
            name.removeprefix(prefix): value
            for name, value in arrays.items()
            if name.startswith(prefix)
        }

    if "sections" in head:
        return Script(
            title=head["title"],
            summary=tuple(head["summary"]),
            head=tuple(head["head"]),
            sections=tuple(Section(*each) for each in head["sections"]),
            arrays=arrays,
        )
    if "snapshots" not in head:
        return Record(
            **{kind: part(f"{kind}/") for kind in CURVES},
            final=head["final"],
            weights=load_file(folder / WEIGHTS),
            parameters=tuple(head["parameters"]),
            grid=arrays.get("grid"),
            seconds=head["seconds"],
        )
    return StepInspection(
        data=head["data"],
        shapes={name: tuple(s) for name, s in head["shapes"].items()},
        counts=head["counts"],
        snapshots=[
            Snapshot(
                **{kind: part(f"{number}/{kind}/") for kind in TAKEN_APART}
            )
            for number in range(head["snapshots"])
        ],
    )


def to_json(value: Any) -> str:
    """Return JSON; a number of NumPy is written as one of Python."""
    return json.dumps(value, indent=1, default=lambda number: number.item())
