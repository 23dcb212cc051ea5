"""The naive port: the same written words under each framework's defaults.

The words are parsed twice, once in each dialect. Wherever the two complete
specifications differ, a row of `common/spec/conventions.py` says why, or a
value that is written for each framework (`common.spec.two_sided.experiment`).
A *mix* takes some of these differences from Keras's side and the others from
PyTorch's; none of them is PyTorch's naive port, all of them Keras's.
"""

from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, combinations
from typing import Any, TypeAlias

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.conventions import CONVENTIONS, Convention
from framework_parity.common.spec.errors import (
    SpecError,
    names,
    nearest,
    shown,
)
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.load import parse
from framework_parity.common.spec.two_sided.experiment import (
    TwoSidedValue,
    chosen,
    parse_sides,
    two_sided_values,
)
from framework_parity.comparisons.audit.causes import DefaultsMix
from framework_parity.comparisons.workers.pool import LABELS

Difference: TypeAlias = Convention | TwoSidedValue
"""A row of the table, or a value that is written for each framework. Both
have a name, a field, a value for each framework, a sentence and sources."""

# Up to so many values that are written for each framework, every set of them
# is looked at before it is said that each can be switched alone.
MOST_WRITTEN = 8

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
        sides: the complete specification of that arm in each dialect, with
            that framework's own of the values that it writes for each.
        written: the document, where it has such values.
        dialects: whose defaults each framework's port takes; None where
            nothing is filled in.
    """

    name: str
    arm: str
    arms: tuple[str, ...]
    own: str
    sides: dict[str, dict[str, Any]]
    written: dict[str, Any] = field(default_factory=dict)
    dialects: dict[str, str | None] = field(
        default_factory=lambda: {side: side for side in LABELS}
    )
    _complete: dict[Any, dict[str, Any]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @cached_property
    def conventions(self) -> tuple[Difference, ...]:
        """All in which the two sides differ, and which can be switched.

        First the rows of the table, then what is written for each
        framework.
        """
        mixes = {frozenset[str](), frozenset(self._names)}
        for name in self._names:
            mixes |= {mix ^ {name} for mix in list(mixes)[:2]}
        found: set[str] = set()
        for mix in mixes:
            torch, keras = self._under_both(mix)
            if torch is not None and keras is not None:
                found |= set(_differing(torch, keras, ()))
        rows = tuple(row for row in CONVENTIONS if row.name in found)
        return (*rows, *self.two_sided)

    @cached_property
    def two_sided(self) -> tuple[TwoSidedValue, ...]:
        """What is written for each framework and changes this arm.

        Values of which one cannot be switched without another, such as a
        number of classes and the width of the last layer, are one
        difference, whose name has both.
        """
        groups = [[value] for value in self._values]
        while (wrong := self._unfit(groups)) is not None:
            joined = [value for index in wrong for value in groups[index]]
            kept = [g for i, g in enumerate(groups) if i not in wrong]
            groups = [*kept, joined]
        order = {value.name: n for n, value in enumerate(self._values)}
        groups = [sorted(g, key=lambda v: order[v.name]) for g in groups]
        groups.sort(key=lambda group: order[group[0].name])
        return tuple(_as_one(group) for group in groups if self._does(group))

    def _does(self, group: list[TwoSidedValue]) -> bool:
        """Whether values mean different things in any of the corners."""
        some = frozenset(value.name for value in group)
        corners = frozenset[str](), frozenset(self._names)
        return any(
            self._under_both(corner) != self._under_both(corner ^ some)
            for corner in corners
        )

    def _unfit(self, groups: list[list[TwoSidedValue]]) -> list[int] | None:
        """Return which groups cannot be switched apart, or None."""
        count = len(groups)
        sizes = range(count + 1) if count <= MOST_WRITTEN else (1, count - 1)
        sets = chain.from_iterable(
            combinations(range(count), n) for n in sizes
        )
        for some in sets:
            names = {v.name for index in some for v in groups[index]}
            if None in self._under_both(frozenset(names)):
                for other in range(count):
                    more = {v.name for v in groups[other]}
                    if other not in some and None not in self._under_both(
                        frozenset(names | more)
                    ):
                        return [*some, other]
                return list(range(count)) if len(some) < count else None
        return None

    @cached_property
    def _values(self) -> tuple[TwoSidedValue, ...]:
        own = f"arms.{self.arm}"
        return tuple(
            value
            for value in two_sided_values(self.written)
            if not value.name.startswith("arms.")
            or value.name == own
            or value.name.startswith((f"{own}.", f"{own}["))
        )

    @property
    def _names(self) -> list[str]:
        return [value.name for value in self._values]

    @property
    def corners(self) -> dict[str, DefaultsMix]:
        """Each framework's naive port, as a mix."""
        everything = frozenset(row.name for row in self.conventions)
        return {"torch": frozenset(), "keras": everything}

    def mixed(self, mix: DefaultsMix) -> Experiment:
        """Return the experiment with some differences as in Keras."""
        names = {
            name
            for value in self.two_sided
            if value.name in mix
            for name in value.name.split(TOGETHER)
        }
        torch, keras = self._under_both(frozenset(names))
        if torch is None or keras is None:
            raise SpecError(
                TOGETHER.join(sorted(names)),
                "cannot be taken from Keras's side without other values; "
                f"write at most {MOST_WRITTEN} values for each framework",
            )
        return parse(_merged(torch, keras, mix, ()))

    def _under_both(self, from_keras: frozenset[str]) -> list[Any]:
        """Return the arm under both dialects, None where it is not valid.

        Args:
            from_keras: what both take from Keras's side of the values that
                are written for each framework.
        """
        if not self._names:
            return [self.sides["torch"], self.sides["keras"]]
        found: list[Any] = []
        for side in LABELS:
            key = side, from_keras
            if key not in self._complete:
                self._complete[key] = self._only_arm(side, from_keras)
            found.append(self._complete[key])
        return found

    def _only_arm(self, side: str, from_keras: frozenset[str]) -> Any:
        words = chosen(self.written, from_keras)
        # Claims, probes and pictures are of all arms, and train nothing.
        words = {
            part: words[part]
            for part in ("name", "dialect", *MEANING)
            if part in words
        }
        words["arms"] = {self.arm: words["arms"][self.arm]}
        dialect = self.dialects[side]
        try:
            spec = parse(words | {"dialect": dialect} if dialect else words)
        except SpecError:
            return None
        return _only(spec, self.arm)


TOGETHER = " + "


def _as_one(group: list[TwoSidedValue]) -> TwoSidedValue:
    """Return values that are switched together as one difference."""
    if len(group) == 1:
        return group[0]
    return TwoSidedValue(
        TOGETHER.join(value.name for value in group),
        {value.name: value.torch for value in group},
        {value.name: value.keras for value in group},
    )


def naive_port(
    written: Any, arm: str | None = None, defaults: bool = True
) -> NaivePort:
    """Read an experiment in both dialects.

    Args:
        written: as somebody wrote it; of a value that is written for each
            framework, PyTorch's port takes PyTorch's and Keras's Keras's.
        arm: which network; by default the one in which the two ports
            differ in most, the first of several.
        defaults: whether each port takes its own framework's defaults;
            otherwise both are filled in from the document's own dialect,
            and only what is written for each framework differs.

    Raises:
        SpecError: if it cannot be meant, in one of the dialects at least,
            or if there is nothing else than defaults to differ.
    """
    read = parse_sides(written)
    own = read.dialect
    dialects: dict[str, str | None] = dict.fromkeys(LABELS, own)
    if defaults:
        dialects = {side: side for side in LABELS}
    values = two_sided_values(written)
    if not defaults and not values:
        raise SpecError(
            "--no-defaults",
            "leaves nothing to audit: no value is written as "
            "{torch: ..., keras: ...}",
        )
    everything = frozenset(value.name for value in values)
    words = {
        "torch": chosen(written, frozenset()),
        "keras": chosen(written, everything),
    }
    complete = {
        side: _under(words[side], dialect)
        for side, dialect in dialects.items()
    }
    arms = tuple(complete["torch"].arms)
    if arm is not None and arm not in arms:
        raise SpecError(
            "--arm",
            f"got {shown(arm)}, expected one of: {names(arms)}"
            + nearest(arm, arms),
        )
    ports = [
        NaivePort(
            complete["torch"].name,
            name,
            arms,
            own or "torch",
            {side: _only(spec, name) for side, spec in complete.items()},
            written if values else {},
            dialects,
        )
        for name in ([arm] if arm else arms)
    ]
    return max(ports, key=lambda port: len(port.conventions))


def arm_of(experiment: Experiment) -> Arm:
    """Return the only arm of an experiment that has but one."""
    (name,) = experiment.arms
    return experiment.arm(name)


def _under(written: Any, dialect: str | None) -> Experiment:
    """Parse under a dialect, which may be none."""
    if dialect is None:
        return parse(written)
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


def _merged(torch: Any, keras: Any, mix: DefaultsMix, path: _Path) -> Any:
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
        "common/spec/conventions.py says so"
    )
