"""The naive ports: one document completed with each framework's defaults.

The document is parsed twice, once in each dialect. Each difference between
the two complete specifications belongs to a row of
`common/spec/conventions.py`, or to a value that is written for each framework
(`common.spec.two_sided.experiment`). A *mix* takes some of these differences
from Keras's side and the others from PyTorch's: the empty mix is PyTorch's
naive port, and the full mix is Keras's.
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
from framework_parity.comparisons.workers.worker import LABELS

Difference: TypeAlias = Convention | TwoSidedValue
"""A row of the table, or a value that is written for each framework. Both
have a name, a field, a value for each framework, a sentence and sources."""

# Up to this number of two-sided values, every set of them is checked to find
# whether each can be switched alone.
MOST_WRITTEN = 8

# The parts that determine training; the others are names and claims.
MEANING = ("data", "recipe", "arms")

_BY_FIELD = {convention.field: convention for convention in CONVENTIONS}
_Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class NaivePort:
    """One arm of an experiment, complete in both dialects.

    Attributes:
        name: name of the experiment.
        arm: name of the network.
        arms: names of all arms of the experiment.
        own: the dialect of the document, or `torch` if it names none.
        sides: the complete specification of the arm in each dialect, with
            that framework's side of the two-sided values.
        written: the document if it has two-sided values, else empty.
        dialects: the dialect whose defaults each framework's port takes;
            None where no defaults are filled in.
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
        """All differences of the two sides that can be switched.

        First the rows of the table, then the two-sided values.
        """
        mixes = {frozenset[str](), frozenset(self._names)}
        for name in self._names:
            mixes |= {mix ^ {name} for mix in list(mixes)[:2]}
        differing: set[str] = set()
        for mix in mixes:
            torch, keras = self._under_both(mix)
            if torch is not None and keras is not None:
                differing |= set(_differing(torch, keras, ()))
        rows = tuple(row for row in CONVENTIONS if row.name in differing)
        return (*rows, *self.two_sided)

    @cached_property
    def two_sided(self) -> tuple[TwoSidedValue, ...]:
        """The two-sided values that change this arm.

        Values that are valid only together, such as a number of classes and
        the width of the last layer, are one difference, whose name contains
        both.
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
        """Whether switching values changes the arm in one of the corners."""
        some = frozenset(value.name for value in group)
        corners = frozenset[str](), frozenset(self._names)
        return any(
            self._under_both(corner) != self._under_both(corner ^ some)
            for corner in corners
        )

    def _unfit(self, groups: list[list[TwoSidedValue]]) -> list[int] | None:
        """Return the groups that cannot be switched separately, or None."""
        count = len(groups)
        sizes = range(count + 1) if count <= MOST_WRITTEN else (1, count - 1)
        sets = chain.from_iterable(
            combinations(range(count), n) for n in sizes
        )
        for some in sets:
            names = {v.name for index in some for v in groups[index]}
            if None in self._under_both(frozenset(names)):
                for candidate in range(count):
                    more = {v.name for v in groups[candidate]}
                    if candidate not in some and None not in self._under_both(
                        frozenset(names | more)
                    ):
                        return [*some, candidate]
                return list(range(count)) if len(some) < count else None
        return None

    @cached_property
    def _values(self) -> tuple[TwoSidedValue, ...]:
        prefix = f"arms.{self.arm}"
        return tuple(
            value
            for value in two_sided_values(self.written)
            if not value.name.startswith("arms.")
            or value.name == prefix
            or value.name.startswith((f"{prefix}.", f"{prefix}["))
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
        """Return the experiment with some differences from Keras's side.

        Args:
            mix: names of the differences to take from Keras.

        Returns:
            The complete specification, with a single arm.

        Raises:
            SpecError: if it is invalid.
        """
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
        """Return the arm in both dialects, None where it is not valid.

        Args:
            from_keras: names of the two-sided values that both take from
                Keras's side.
        """
        if not self._names:
            return [self.sides["torch"], self.sides["keras"]]
        specs: list[Any] = []
        for side in LABELS:
            key = side, from_keras
            if key not in self._complete:
                self._complete[key] = self._only_arm(side, from_keras)
            specs.append(self._complete[key])
        return specs

    def _only_arm(self, side: str, from_keras: frozenset[str]) -> Any:
        document = chosen(self.written, from_keras)
        # Claims, probes and pictures do not affect training.
        document = {
            part: document[part]
            for part in ("name", "dialect", *MEANING)
            if part in document
        }
        document["arms"] = {self.arm: document["arms"][self.arm]}
        dialect = self.dialects[side]
        try:
            spec = parse(
                document | {"dialect": dialect} if dialect else document
            )
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
    """Parse an experiment in both dialects.

    Args:
        written: the document; of a two-sided value, each port takes the
            value of its framework.
        arm: name of the network; by default the first of those in which the
            two ports have the most differences.
        defaults: whether each port takes its own framework's defaults;
            otherwise both take those of the document's dialect, and differ
            only in the two-sided values.

    Returns:
        The two ports of one arm.

    Raises:
        SpecError: if the specification is invalid in one of the dialects, or
            if `defaults` is false and there are no two-sided values.
    """
    dialect = parse_sides(written).dialect
    dialects: dict[str, str | None] = dict.fromkeys(LABELS, dialect)
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
    documents = {
        "torch": chosen(written, frozenset()),
        "keras": chosen(written, everything),
    }
    complete = {
        side: _under(documents[side], filled_from)
        for side, filled_from in dialects.items()
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
            dialect or "torch",
            {side: _only(spec, name) for side, spec in complete.items()},
            written if values else {},
            dialects,
        )
        for name in ([arm] if arm else arms)
    ]
    return max(ports, key=lambda port: len(port.conventions))


def arm_of(experiment: Experiment) -> Arm:
    """Return the arm of an experiment with a single arm."""
    (name,) = experiment.arms
    return experiment.arm(name)


def _under(written: Any, dialect: str | None) -> Experiment:
    """Parse in a dialect; None takes that of the document."""
    if dialect is None:
        return parse(written)
    try:
        return parse(written | {"dialect": dialect})
    except SpecError as error:
        message = f"under {LABELS[dialect]}'s defaults: {error.message}"
        raise SpecError(error.field, message) from error


def _only(spec: Experiment, arm: str) -> dict[str, Any]:
    """Return the complete specification of one arm, without claims."""
    single = spec.arm(arm)
    alone = Experiment(
        name=spec.name,
        data=single.data,
        recipe=single.recipe,
        arms={arm: single.layers},
    )
    dump = alone.model_dump(mode="json")
    return {key: dump[key] for key in ("name", *MEANING)}


def _differing(torch: Any, keras: Any, path: _Path) -> list[str]:
    """Return the name of the convention of every difference."""
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
    """Return PyTorch's side with the differences of a mix from Keras's."""
    if torch == keras:
        return torch
    if not _alike(torch, keras):
        return keras if _convention(path).name in mix else torch
    merged = {
        key: _merged(value, keras[key], mix, (*path, key))
        for key, value in _items(torch)
    }
    return merged if isinstance(torch, dict) else list(merged.values())


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
    """Return the row of a difference: that of the innermost field."""
    for end in range(len(path), 1, -1):
        field = f"{path[end - 2]}.{path[end - 1]}"
        if field in _BY_FIELD:
            return _BY_FIELD[field]
    raise LookupError(
        f"the dialects differ in {'.'.join(map(str, path))}, and no row of "
        "common/spec/conventions.py says so"
    )
