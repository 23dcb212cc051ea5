"""Statistics: named functions of a run.

Claims and bar charts use them. Each statistic declares the measurements that
it needs, so that a claim about something not measured is rejected before
training.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.errors import names, nearest, shown
from framework_parity.common.spec.layers.activations import Activation
from framework_parity.common.spec.layers.core import Dense
from framework_parity.common.training.batches import steps_per_epoch
from framework_parity.common.training.record import Record


@dataclass(frozen=True)
class Run:
    """One arm, trained once in one framework."""

    arm: Arm
    record: Record


Need: TypeAlias = Callable[[Arm], str | None]
"""From an arm to the reason why its runs lack a measurement, or None."""

Fits: TypeAlias = Callable[..., str | None]
"""From an arm and arguments to the reason why they are invalid, or None."""


@dataclass(frozen=True)
class Statistic:
    """A number computed from a run, or from two of them.

    Attributes:
        name: the name in claims.
        function: from the runs and the arguments to a number.
        needs: the measurements that it requires.
        fits: a check of the arguments together, after each has been checked
            alone.
    """

    name: str
    function: Callable[..., float]
    needs: tuple[Need, ...] = ()
    fits: Fits | None = None

    def missing_reason(
        self, arm: Arm, arguments: tuple[Any, ...]
    ) -> str | None:
        """Return why the statistic is undefined for an arm, or None.

        Args:
            arm: the network, its data and its training recipe.
            arguments: those of the statistic, such as the name of a tensor.

        Returns:
            A sentence, or None if runs of the arm have the statistic.
        """
        reasons = [need(arm) for need in self.needs] + [
            ARGUMENTS[name](arm, value)
            for name, value in zip(self._takes, arguments, strict=False)
            if name in ARGUMENTS
        ]
        if self.fits and not any(reasons):
            reasons.append(self.fits(arm, *arguments))
        return next(filter(None, reasons), None)

    def check(self, arguments: tuple[Any, ...]) -> None:
        """Check the number and the types of the arguments.

        Raises:
            ValueError: if they are wrong; the message gives the expected
                form.
        """
        takes = self._takes
        least = sum(p.default is p.empty for p in takes.values())
        many = any(p.kind is p.VAR_POSITIONAL for p in takes.values())
        fits = least <= len(arguments) <= (99 if many else len(takes))
        kinds: list[Any] = [
            str if p.annotation is str else (int, float)
            for p in takes.values()
        ]
        kinds += [(int, float)] * len(arguments)
        if not fits or not all(map(isinstance, arguments, kinds)):
            raise ValueError(
                f"got arguments {shown(arguments)}, expected {self.form}"
            )

    @property
    def form(self) -> str:
        """The written form, as it follows an arm and a point.

        >>> import framework_parity.common.metrics.run
        >>> STATISTICS["first_epoch"].form
        'first_epoch(curve, bound)'
        """
        takes = ", ".join(self._takes)
        return f"{self.name}({takes})" if takes else self.name

    @property
    def summary(self) -> str:
        """A description in one line: the first of the docstring."""
        return str(inspect.getdoc(self.function)).partition("\n")[0]

    @property
    def _takes(self) -> dict[str, inspect.Parameter]:
        """The parameters of the function other than the runs."""
        return {
            name: parameter
            for name, parameter in inspect.signature(
                self.function
            ).parameters.items()
            if parameter.annotation is not Run
        }

    def __call__(
        self, runs: tuple[Run, ...], arguments: tuple[Any, ...]
    ) -> float:
        return self.function(*runs, *arguments)

    def of_each(
        self, arm: Arm, records: Iterable[Record], arguments: tuple[Any, ...]
    ) -> list[float]:
        """Return the statistic of each run of one arm.

        Args:
            arm: the network, its data and its training recipe.
            records: the results of its runs.
            arguments: those of the statistic.
        """
        return [self((Run(arm, record),), arguments) for record in records]


STATISTICS: dict[str, Statistic] = {}
"""All statistics, by name."""


def _one_of(what: str, got: str, allowed: Iterable[str]) -> str | None:
    allowed = list(allowed)
    if got in allowed:
        return None
    return f"its {what} are: {names(allowed)}{nearest(got, allowed)}"


def _curves(arm: Arm) -> list[str]:
    parts = [p for p in ("train", "validation") if arm.data.part_sizes()[p]]
    metrics = ["loss"] + ["accuracy"] * (classes(arm) is None)
    return [f"{part}_{metric}" for part in parts for metric in metrics]


def within(what: str, got: float, low: int, high: int) -> str | None:
    """Return why a number is not an integer of a range, or None.

    Args:
        what: the plural noun of the message, such as `steps`.
        got: the number.
        low: the least allowed value.
        high: the least value above the allowed ones.
    """
    if got == int(got) and low <= got < high:
        return None
    return f"its {what} are {low} to {high - 1}, got {got}"


def _steps(arm: Arm) -> int:
    samples = arm.data.part_sizes()["train"]
    return arm.recipe.epochs * steps_per_epoch(arm.recipe, samples)


ARGUMENTS: dict[str, Callable[[Arm, Any], str | None]] = {
    "curve": lambda arm, got: _one_of("curves", got, _curves(arm)),
    "tensor": lambda arm, got: _one_of("tensors", got, arm.tensors),
    "place": lambda arm, got: _one_of(
        "layers that are looked at", got, views(arm)[1:]
    ),
    "activation": lambda arm, got: _one_of(
        "activations behind a dense unit", got, activations(arm)
    ),
    "view": lambda arm, got: _one_of("views", got, views(arm)),
    "step": lambda arm, got: within("steps", got, -_steps(arm), _steps(arm)),
    "after": lambda arm, got: within("epochs", got, 0, arm.recipe.epochs),
}
"""The check of each argument that names or counts something of an arm."""


def activations(arm: Arm) -> dict[str, str]:
    """Return the activations directly after a dense layer of one unit.

    Returns:
        From the name of each activation to that of its dense layer.
    """
    pairs = pairwise(arm.all_nodes)
    return {
        after.name: before.name
        for before, after in pairs
        if isinstance(after.layer, Activation)
        and isinstance(before.layer, Dense)
        and before.layer.units == 1
        and before.layer.bias
    }


def statistic(*needs: Need, fits: Fits | None = None) -> Callable[[Any], Any]:
    """Register a function of a run as a statistic under its own name.

    Args:
        *needs: the measurements that it requires.
        fits: a check of its arguments together, or None.
    """

    def enter(function: Callable[..., float]) -> Callable[..., float]:
        name = function.__name__
        STATISTICS[name] = Statistic(name, function, needs, fits)
        return function

    return enter


def part(name: str) -> Need:
    """Return the requirement of a part of the data."""

    def missing(arm: Arm) -> str | None:
        empty = arm.data.part_sizes()[name] == 0
        return f"data.{name} is 0" if empty else None

    return missing


def classes(arm: Arm) -> str | None:
    """Require a classification task."""
    if arm.data.class_count is None:
        return f"the target is {arm.data.target_word}"
    return None


def watched(arm: Arm) -> str | None:
    """Require early stopping or a checkpoint, which find the best epoch."""
    recipe = arm.recipe
    looks = recipe.early_stopping or recipe.checkpoint
    return None if looks else "there is no early stopping and no checkpoint"


def probe(name: str) -> Need:
    """Return the requirement of one of the probes."""

    def missing(arm: Arm) -> str | None:
        configured = getattr(arm.probes, name, None)
        return None if configured else f"there is no probe '{name}'"

    return missing


def views(arm: Arm) -> list[str]:
    """Return what the representations probe measures, the input first."""
    probe = getattr(arm.probes, "representations", None)
    if probe is None:
        return []
    seen = [node.name for node in arm.all_nodes]
    if probe.places != "all":
        seen = [name for name in seen if name in probe.places]
    return ["input", *seen]
