"""The finished runs of an experiment, until its report is written.

A full experiment can train for hours. If it is killed, the records of the
arms and seeds that are finished stay in the folder of the report, and the
same command goes on from there.
"""

import hashlib
import json
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from framework_parity.common.training.record import Record

FOLDER = "finished"
PACKAGES = ("framework-parity", "torch", "keras", "tensorflow", "numpy")
ARRAYS = ("steps", "epochs", "weights", "probes")


class FinishedRuns:
    """Records of finished runs, each in a file of its own.

    A file is used only if its arm, its settings and the versions of the
    packages are those of the run that asks for it.

    Args:
        out: the folder of the report; the files are in a folder inside it.
        randomness: where random values come from; see `RunSettings`.
        device: the device of both frameworks.
    """

    def __init__(self, out: Path, randomness: str, device: str) -> None:
        self.folder = out / FOLDER
        versions = [f"{name} {version(name)}" for name in PACKAGES]
        self.setting = (randomness, device, *versions)

    def load(
        self, backend: str, key: str, arguments: dict[str, Any]
    ) -> list[Record] | None:
        """Return the records of a task, or None if it is not finished.

        Args:
            backend: `torch` or `keras`.
            key: the name of the task among those of an arm.
            arguments: the arguments of the task.
        """
        try:
            path = self._path(backend, key, arguments)
            with path.open("rb") as file, np.load(file) as arrays:
                head = json.loads(str(arrays["head"]))
                if head["key"] != self._key(arguments):
                    return None
                return [
                    _record(arrays, n, fields)
                    for n, fields in enumerate(head["records"])
                ]
        except (OSError, ValueError, KeyError, BadZipFile):
            return None  # missing or incomplete

    def save(
        self,
        backend: str,
        key: str,
        arguments: dict[str, Any],
        records: list[Record],
    ) -> None:
        """Store the records of a finished task.

        Args:
            backend: `torch` or `keras`.
            key: the name of the task among those of an arm.
            arguments: the arguments of the task.
            records: its results.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        fields = [
            {
                "final": record.final,
                "parameters": record.parameters,
                "seconds": record.seconds,
            }
            for record in records
        ]
        head = {"key": self._key(arguments), "records": fields}
        arrays: dict[str, Any] = {"head": np.array(json.dumps(head))}
        for n, record in enumerate(records):
            for kind in ARRAYS:
                for name, value in getattr(record, kind).items():
                    arrays[f"{n}/{kind}/{name}"] = value
            if record.grid is not None:
                arrays[f"{n}/grid"] = record.grid
        path = self._path(backend, key, arguments)
        # A file that is being written when the run is killed is not used.
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            np.savez(file, **arrays)
        unfinished.replace(path)

    def clear(self) -> None:
        """Delete the files; the report has the results."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, backend: str, key: str, arguments: dict[str, Any]) -> Path:
        name = f"{arguments['arm'].name}-{backend}-{key}"
        return self.folder / f"{name}.npz"

    def _key(self, arguments: dict[str, Any]) -> str:
        """Return a digest of all that a run depends on."""
        settings = {k: v for k, v in arguments.items() if k != "drawn"}
        text = repr((sorted(settings.items()), self.setting))
        return hashlib.sha256(text.encode()).hexdigest()


def _record(arrays: Any, number: int, fields: dict[str, Any]) -> Record:
    """Return one record of a file of arrays."""
    groups: dict[str, dict[str, Any]] = {kind: {} for kind in ARRAYS}
    grid = None
    for name in arrays.files:
        place, _, rest = name.partition("/")
        if place != str(number):
            continue
        kind, _, tensor = rest.partition("/")
        if kind == "grid":
            grid = arrays[name]
        else:
            groups[kind][tensor] = arrays[name]
    return Record(
        **groups,
        final=fields["final"],
        parameters=tuple(fields["parameters"]),
        grid=grid,
        seconds=fields["seconds"],
    )
