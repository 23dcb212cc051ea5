"""The naive port: the same written words under each framework's defaults.

The words are parsed twice, once in each dialect. Wherever the two complete
specifications differ, a row of `common/conventions.py` says why. A *mix*
takes some conventions from Keras's defaults and the others from PyTorch's;
none of them is PyTorch's naive port, all of them Keras's.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from common.arm import Arm
from common.conventions import CONVENTIONS, Convention
from common.errors import SpecError, names, nearest, shown
from common.experiment import Experiment
from common.load import parse
from comparisons.causes import Mix
from comparisons.workers import LABELS

# What an experiment means; the rest is names and claims.
MEANING = ("data", "recipe", "arms")

_BY_FIELD = {convention.field: convention for convention in CONVENTIONS}
_Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class NaivePort:
    """One arm of an experiment, complete in both dialects.

    Attributes:
        name: the experiment's.
        arm: which network.
        arms: all that the experiment has.
        own: the dialect that the experiment is written in, or PyTorch's if
            it names none.
        sides: the complete specification of that arm in each dialect.
    """

    name: str
    arm: str
    arms: tuple[str, ...]
    own: str
    sides: dict[str, dict[str, Any]]

    @cached_property
    def conventions(self) -> tuple[Convention, ...]:
        """The rows of the table in which the two sides differ."""
        found = set(_differing(self.sides["torch"], self.sides["keras"], ()))
        return tuple(row for row in CONVENTIONS if row.name in found)

    @property
    def corners(self) -> dict[str, Mix]:
        """Each framework's naive port, as a mix."""
        everything = frozenset(row.name for row in self.conventions)
        return {"torch": frozenset(), "keras": everything}

    def mixed(self, mix: Mix) -> Experiment:
        """Return the experiment with some conventions as in Keras."""
        torch, keras = self.sides["torch"], self.sides["keras"]
        return parse(_merged(torch, keras, mix, ()))


def naive_port(written: Any, arm: str | None = None) -> NaivePort:
    """Read an experiment in both dialects.

    Args:
        written: as somebody wrote it.
        arm: which network; by default the one in which the two dialects
            differ in the most conventions, the first of several.

    Raises:
        SpecError: if it cannot be meant, in one of the dialects at least.
    """
    complete = {dialect: _under(written, dialect) for dialect in LABELS}
    arms = tuple(complete["torch"].arms)
    if arm is not None and arm not in arms:
        raise SpecError(
            "--arm",
            f"got {shown(arm)}, expected one of: {names(arms)}"
            + nearest(arm, arms),
        )
    own = written.get("dialect", "torch")
    ports = [
        NaivePort(
            complete["torch"].name,
            name,
            arms,
            own,
            {side: _only(spec, name) for side, spec in complete.items()},
        )
        for name in ([arm] if arm else arms)
    ]
    return max(ports, key=lambda port: len(port.conventions))


def arm_of(experiment: Experiment) -> Arm:
    """Return the only arm of an experiment that has but one."""
    (name,) = experiment.arms
    return experiment.arm(name)


def _under(written: Any, dialect: str) -> Experiment:
    """Parse under a dialect, after it parses as it is."""
    parse(written)
    try:
        return parse(written | {"dialect": dialect})
    except SpecError as error:
        message = f"under {LABELS[dialect]}'s defaults: {error.message}"
        raise SpecError(error.field, message) from error


def _only(spec: Experiment, arm: str) -> dict[str, Any]:
    """Return the complete specification of one arm, without claims."""
    own = spec.arm(arm)
    alone = Experiment(
        name=spec.name,
        data=own.data,
        recipe=own.recipe,
        arms={arm: own.layers},
    )
    dump = alone.model_dump(mode="json")
    return {key: dump[key] for key in ("name", *MEANING)}


def _differing(torch: Any, keras: Any, path: _Path) -> list[str]:
    """Return the name of a convention for every difference."""
    if torch == keras:
        return []
    if _alike(torch, keras):
        return [
            name
            for key, value in _items(torch)
            for name in _differing(value, keras[key], (*path, key))
        ]
    return [_convention(path).name]


def _merged(torch: Any, keras: Any, mix: Mix, path: _Path) -> Any:
    """Return the one side with what the mix names from the other."""
    if torch == keras:
        return torch
    if not _alike(torch, keras):
        return keras if _convention(path).name in mix else torch
    found = {
        key: _merged(value, keras[key], mix, (*path, key))
        for key, value in _items(torch)
    }
    return found if isinstance(torch, dict) else list(found.values())


def _alike(torch: Any, keras: Any) -> bool:
    """Whether two values have the same keys, or the same length."""
    if isinstance(torch, dict) and isinstance(keras, dict):
        return torch.keys() == keras.keys()
    both_lists = isinstance(torch, list) and isinstance(keras, list)
    return both_lists and len(torch) == len(keras)


def _items(values: Any) -> list[tuple[Any, Any]]:
    pairs = values.items() if isinstance(values, dict) else enumerate(values)
    return list(pairs)


def _convention(path: _Path) -> Convention:
    """Return the row that explains a difference: the innermost on its way."""
    for end in range(len(path), 1, -1):
        field = f"{path[end - 2]}.{path[end - 1]}"
        if field in _BY_FIELD:
            return _BY_FIELD[field]
    raise LookupError(
        f"the dialects differ in {'.'.join(map(str, path))}, and no row of "
        "common/conventions.py says so"
    )
