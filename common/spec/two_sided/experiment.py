"""Two-sided experiments: values with deliberate framework differences.

Any field, element or part of the data, the recipe or an arm may be written
as a mapping of exactly the keys `torch` and `keras`::

    recipe:
      optimizer: {adam: {lr: 0.001, epsilon: {torch: 1.0e-8, keras: 1.0e-3}}}
    arms:
      net: [{dense: 32}, {torch: relu, keras: gelu}, {dense: 10}]

The written document is split into two, one for each framework, and each of
them is parsed as an ordinary experiment. The rules of the split:

- A side is the value that would be written without sides, `null` included.
- In a list, a side of `null` means no entry, and in a list of layers a side
  that is a list is replaced by its entries.
- A side contains no two-sided values.
- Under `arms` itself, `torch` and `keras` are names of arms.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, TypeAlias

from framework_parity.common.data.spec import Data
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.errors import SpecError, names, shown
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.parsing import TOO_DEEP, parse_one
from framework_parity.common.spec.plot import StatisticPlot
from framework_parity.common.spec.plots import Rates, Table
from framework_parity.common.spec.remarks import Remark
from framework_parity.common.spec.two_sided.arms import (
    LABELS,
    SIDES,
    TwoArms,
    two_arms,
)

# The parts of a document that may have two sides, wholly or inside.
PARTS = ("data", "recipe", "arms")

_Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class TwoSidedValue:
    """A value that the specification gives for each framework.

    It has the attributes of `common.spec.conventions.Convention`, so that an
    audit treats both alike.

    Attributes:
        name: the path to it, such as `recipe.optimizer.adam.epsilon`.
        torch: the value for PyTorch.
        keras: the value for Keras.
    """

    name: str
    torch: Any
    keras: Any

    @property
    def field(self) -> str:
        """The path to the value, which is its name."""
        return self.name

    @property
    def sentence(self) -> str:
        """Both values, in one sentence."""
        return (
            f"The specification says {brief(self.torch)} for PyTorch and "
            f"{brief(self.keras)} for Keras."
        )

    @property
    def sources(self) -> tuple[str, str]:
        """The sources of both values."""
        return ("written in the specification",) * 2


@dataclass(frozen=True)
class TwoSided:
    """An experiment whose arms differ between the frameworks.

    Attributes:
        written: the document as read from the file.
        values: its two-sided values, in the order of the document.
        sides: the complete experiment of each framework.
    """

    written: dict[str, Any]
    values: tuple[TwoSidedValue, ...]
    sides: dict[str, Experiment]

    @property
    def common(self) -> Experiment:
        """PyTorch's side, for the fields that are equal on both sides."""
        return self.sides["torch"]

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self.common.name

    @property
    def teaches(self) -> str:
        """What the experiment teaches."""
        return self.common.teaches

    @property
    def lesson(self) -> int | None:
        """The lesson of the catalogue; see `Experiment`."""
        return self.common.lesson

    @property
    def notebook(self) -> tuple[Remark, ...]:
        """The remarks on the lesson's notebook."""
        return self.common.notebook

    @property
    def data(self) -> Data:
        """PyTorch's data."""
        return self.common.data

    @property
    def dialect(self) -> Any:
        """The framework whose defaults fill missing fields, on both sides."""
        return self.common.dialect

    @property
    def arms(self) -> tuple[str, ...]:
        """The names of the arms."""
        return tuple(self.common.arms)

    @property
    def claims(self) -> Any:
        """The claims, which are checked against the results."""
        return self.common.claims

    @property
    def plots(self) -> Any:
        """The optional pictures."""
        return self.common.plots

    def arm(self, name: str) -> Arm | TwoArms:
        """Return one arm, with two sides if they differ."""
        torch, keras = (spec.arm(name) for spec in self.sides.values())
        return torch if torch == keras else two_arms(torch, keras)

    @property
    def content_hash(self) -> str:
        """The first 16 hex digits of the hash of the experiment.

        If both sides have the same hash, it is that hash.
        """
        hashes = [spec.content_hash for spec in self.sides.values()]
        if hashes[0] == hashes[1]:
            return hashes[0]
        text = json.dumps(dict(zip(SIDES, hashes, strict=True)))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def model_dump(self, mode: str = "json") -> dict[str, Any]:
        """Return the complete specification, two-sided where sides differ.

        Args:
            mode: ignored; the values are always those of JSON.

        Returns:
            A dictionary of JSON values.
        """
        torch, keras = (
            spec.model_dump(mode="json") for spec in self.sides.values()
        )
        return {
            part: _joined(value, keras[part], (part,))
            if part in PARTS
            else value
            for part, value in torch.items()
        }

    def mixed(self, from_keras: frozenset[str]) -> Experiment | None:
        """Return the experiment with some values from Keras's side.

        Args:
            from_keras: the names of the values that are taken from Keras's
                side for both frameworks; the others are PyTorch's.

        Returns:
            An experiment without sides; None where it is invalid.
        """
        try:
            return parse_one(chosen(self.written, from_keras))
        except SpecError:
            return None


def parse_sides(written: Any) -> Experiment | TwoSided:
    """Parse a document that may have two-sided values.

    Args:
        written: a dictionary, as read from a file.

    Returns:
        An experiment, with two sides if the document has two-sided values.

    Raises:
        SpecError: if it is invalid; names the field, and the side where
            only one of them is invalid.
    """
    values = two_sided_values(written)
    if not values:
        return parse_one(written)
    everything = frozenset(value.name for value in values)
    documents = {
        "torch": chosen(written, frozenset()),
        "keras": chosen(written, everything),
    }
    sides: dict[str, Experiment] = {}
    errors: dict[str, SpecError] = {}
    for side, document in documents.items():
        try:
            sides[side] = parse_one(document)
        except SpecError as error:
            errors[side] = error
    if errors:
        raise _of_side(errors)
    experiment = TwoSided(written, values, sides)
    _refuse_plots(experiment)
    return experiment


def _refuse_plots(experiment: TwoSided) -> None:
    """Raise an error for pictures of arms whose two sides are not alike."""
    for index, picture in enumerate(experiment.plots):
        if isinstance(picture, StatisticPlot | Rates | Table):
            continue  # their numbers exist for any network
        for name in picture.arms or experiment.arms:
            torch, keras = (
                spec.arm(name) for spec in experiment.sides.values()
            )
            if _drawn(torch) != _drawn(keras):
                raise SpecError(
                    f"plots[{index}]",
                    f"got {picture.kind()!r}, but the two sides of {name!r} "
                    "have other layers, shapes or epochs; leave it out, or "
                    "name arms that have not",
                )


def _drawn(arm: Arm) -> Any:
    """Return what has to be equal on both sides of a picture."""
    nodes = [(node.name, node.output_shape) for node in arm.all_nodes]
    return nodes, arm.recipe.epochs, arm.data.part_sizes()


def _of_side(errors: dict[str, SpecError]) -> SpecError:
    """Return the first error, with its side unless both sides have it."""
    messages = {(error.field, error.message) for error in errors.values()}
    side, error = next(iter(errors.items()))
    if len(messages) == 1 and len(errors) == len(SIDES):
        return error
    field = f"{error.field or 'the whole document'} ({LABELS[side]} side)"
    return SpecError(field, error.message)


def two_sided_values(written: Any) -> tuple[TwoSidedValue, ...]:
    """Return the two-sided values of a written document.

    Args:
        written: a dictionary, as read from a file; any other value has
            none.

    Returns:
        The values, in the order of the document.

    Raises:
        SpecError: if a value has only one side, a further key, or another
            two-sided value inside; or if it is outside of `PARTS`.
    """
    if not isinstance(written, dict):
        return ()
    _refuse_outside(written)
    values: list[TwoSidedValue] = []
    try:
        for part in PARTS:
            _collect(written.get(part), (part,), values)
    except RecursionError as error:
        raise SpecError("", TOO_DEEP) from error
    return tuple(values)


def _refuse_outside(written: dict[Any, Any]) -> None:
    if written and set(written) <= set(SIDES):
        raise SpecError(
            "",
            "got the sides torch and keras of a whole document; write one "
            f"document, with two-sided values inside {names(PARTS)}",
        )
    for part, value in written.items():
        if part in PARTS or not isinstance(value, dict):
            continue
        if set(value) == set(SIDES):
            instead = (
                "; 'parity audit' gives each framework its own defaults"
                if part == "dialect"
                else ""
            )
            raise SpecError(
                str(part),
                f"got two sides, but only values inside {names(PARTS)} may "
                f"have two sides{instead}",
            )


def _collect(value: Any, path: _Path, values: list[TwoSidedValue]) -> None:
    if _is_two_sided(value, path):
        for side in SIDES:
            _refuse_inside(value[side], path, side)
        values.append(
            TwoSidedValue(path_name(path), value["torch"], value["keras"])
        )
        return
    for key, inner in _items(value):
        _collect(inner, (*path, key), values)


def _refuse_inside(value: Any, path: _Path, side: str) -> None:
    """Raise an error for a two-sided value inside one side of another."""
    if isinstance(value, dict) and set(value) & set(SIDES):
        raise SpecError(
            f"{path_name(path)} ({LABELS[side]} side)",
            f"got {shown(value)}, but one side of a two-sided value cannot "
            "have two sides itself; write its value",
        )
    for _, inner in _items(value):
        _refuse_inside(inner, path, side)


def _is_two_sided(value: Any, path: _Path) -> bool:
    """Return whether a value has two sides; raise if it is malformed."""
    if not isinstance(value, dict) or path == ("arms",):
        return False
    if not set(value) & set(SIDES):
        return False
    if set(value) == set(SIDES):
        return True
    keys = ", ".join(map(str, value))
    missing = [side for side in SIDES if side not in value]
    instead = f"expected no key beside them, got {keys}"
    if missing:
        instead = (
            f"'{missing[0]}' is missing; for an entry of a list that only one "
            f"framework has, write '{missing[0]}: null'"
        )
    raise SpecError(
        path_name(path),
        f"a two-sided value has exactly the keys torch and keras; {instead}",
    )


def _items(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list | tuple):
        return list(enumerate(value))
    return []


def path_name(path: _Path) -> str:
    """Return a path in the notation of the error messages.

    >>> path_name(("arms", "net", 2, "dropout"))
    'arms.net[2].dropout'
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else str(part)
    return text


def chosen(written: dict[str, Any], from_keras: frozenset[str]) -> Any:
    """Return the document with one side of every two-sided value.

    Args:
        written: the document.
        from_keras: the names of the values to take from Keras's side; the
            others are PyTorch's.

    Returns:
        A document without two-sided values.
    """
    return {
        part: _chosen(value, (part,), from_keras) if part in PARTS else value
        for part, value in written.items()
    }


def _chosen(value: Any, path: _Path, from_keras: frozenset[str]) -> Any:
    if _is_two_sided(value, path):
        side = "keras" if path_name(path) in from_keras else "torch"
        return value[side]
    if isinstance(value, dict):
        return {
            key: _chosen(inner, (*path, key), from_keras)
            for key, inner in value.items()
        }
    if not isinstance(value, list | tuple):
        return value
    entries: list[Any] = []
    for index, inner in enumerate(value):
        here = (*path, index)
        entry = _chosen(inner, here, from_keras)
        if not _is_two_sided(inner, here):
            entries.append(entry)
        elif isinstance(entry, list | tuple) and _has_layers(path):
            entries += entry
        elif entry is not None:
            entries.append(entry)
    return entries


def _has_layers(path: _Path) -> bool:
    """Return whether the entries of the list at a path are layers."""
    if path[0] != "arms" or path[-1] in ("concatenate", "branches"):
        return False
    return (
        len(path) == 2
        or path[-1] in (*("layers", "residual", "body", "shortcut", "frozen"),)
        or (
            isinstance(path[-1], int)
            and path[-2] in ("concatenate", "branches")
        )
    )


def _joined(torch: Any, keras: Any, path: _Path) -> Any:
    """Merge two complete documents, two-sided where they differ."""
    if torch == keras and _same_types(torch, keras):
        return torch
    mappings = isinstance(torch, dict) and isinstance(keras, dict)
    if mappings and torch.keys() == keras.keys():
        return {
            key: _joined(value, keras[key], (*path, key))
            for key, value in torch.items()
        }
    lists = isinstance(torch, list) and isinstance(keras, list)
    if lists and len(torch) == len(keras) and _has_layers(path):
        return [
            _joined(*pair, (*path, index))
            for index, pair in enumerate(zip(torch, keras, strict=True))
        ]
    return {"torch": torch, "keras": keras}


def _same_types(torch: Any, keras: Any) -> bool:
    return json.dumps(torch) == json.dumps(keras)


def brief(value: Any) -> str:
    """Return a value as it is written, at most 60 characters."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."
