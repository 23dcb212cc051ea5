"""Statistics: what a training run can be asked for, as one number.

Claims are made of them, and bars drawn. A statistic is a function of a run,
under its own name, with arguments where it needs some; what it needs to have
been measured is said beside it, so that a claim about what nobody measures
is refused before training.
"""

import ast
import inspect
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from common.activations import Activation
from common.architecture import Place
from common.arm import Arm
from common.batches import rates, steps_per_epoch
from common.data import Part
from common.errors import closest, names, nearest, shown
from common.layers import Dense, Dropout, SpatialDropout
from common.loop import Reduction
from common.record import Curve, Record


@dataclass(frozen=True)
class Run:
    """One arm, trained once in one framework."""

    arm: Arm
    record: Record


Need: TypeAlias = Callable[[Arm], str | None]
"""From an arm to why it will not be measured, or None."""


@dataclass(frozen=True)
class Statistic:
    """What a run, or two of them, can be asked for.

    Attributes:
        name: as claims say it.
        function: from the runs and the arguments to a number.
        needs: what has to have been measured.
    """

    name: str
    function: Callable[..., float]
    needs: tuple[Need, ...] = ()

    def missing(self, arm: Arm, arguments: tuple[Any, ...]) -> str | None:
        """Return why an arm will not have it, or None."""
        reasons = [need(arm) for need in self.needs] + [
            NAMED[name](arm, value)
            for name, value in zip(self._takes, arguments, strict=False)
            if name in NAMED
        ]
        return next(filter(None, reasons), None)

    def check(self, arguments: tuple[Any, ...]) -> None:
        """Refuse arguments that the statistic does not take.

        Raises:
            ValueError: a sentence that says which it takes.
        """
        takes = self._takes
        least = sum(p.default is p.empty for p in takes.values())
        many = any(p.kind is p.VAR_POSITIONAL for p in takes.values())
        fits = least <= len(arguments) <= (99 if many else len(takes))
        kinds = [str if name in NAMED else (int, float) for name in takes]
        kinds += [(int, float)] * len(arguments)
        if not fits or not all(map(isinstance, arguments, kinds)):
            said = ", ".join(takes)
            raise ValueError(
                f"got arguments {shown(arguments)}, expected "
                f"{self.name}({said})"
            )

    @property
    def _takes(self) -> dict[str, inspect.Parameter]:
        """What the function takes beside the runs."""
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


STATISTICS: dict[str, Statistic] = {}
"""What claims can speak of, by name."""


def _one_of(what: str, got: str, allowed: Iterable[str]) -> str | None:
    allowed = list(allowed)
    if got in allowed:
        return None
    return f"its {what} are: {names(allowed)}{nearest(got, allowed)}"


def _curves(arm: Arm) -> list[str]:
    parts = [p for p in ("train", "validation") if arm.data.part_sizes()[p]]
    metrics = ["loss"] + ["accuracy"] * (classes(arm) is None)
    return [f"{part}_{metric}" for part in parts for metric in metrics]


NAMED: dict[str, Callable[[Arm, str], str | None]] = {
    "curve": lambda arm, got: _one_of("curves", got, _curves(arm)),
    "tensor": lambda arm, got: _one_of("tensors", got, arm.tensors),
    "place": lambda arm, got: _one_of(
        "layers", got, [place.name for place in arm.all_places]
    ),
    "activation": lambda arm, got: _one_of(
        "activations behind a dense unit", got, activations(arm)
    ),
    "view": lambda arm, got: _one_of("views", got, views(arm)),
}
"""Arguments that name something of an arm, each with its check."""


def activations(arm: Arm) -> dict[str, str]:
    """Return the activations right behind a dense unit, each with it."""
    pairs = pairwise(arm.all_places)
    return {
        after.name: before.name
        for before, after in pairs
        if isinstance(after.layer, Activation)
        and isinstance(before.layer, Dense)
        and before.layer.units == 1
        and before.layer.bias
    }


def statistic(*needs: Need) -> Callable[[Any], Any]:
    """Enter a function of a run under its own name."""

    def enter(function: Callable[..., float]) -> Callable[..., float]:
        name = function.__name__
        STATISTICS[name] = Statistic(name, function, needs)
        return function

    return enter


def part(name: str) -> Need:
    """Need a part of the data."""

    def missing(arm: Arm) -> str | None:
        empty = arm.data.part_sizes()[name] == 0
        return f"data.{name} is 0" if empty else None

    return missing


def classes(arm: Arm) -> str | None:
    """Need classes to tell apart."""
    number = arm.data.source.class_count is None
    return "the target is a number" if number else None


def watched(arm: Arm) -> str | None:
    """Need somebody who looks for the best epoch."""
    recipe = arm.recipe
    looks = recipe.early_stopping or recipe.checkpoint
    return None if looks else "there is no early stopping and no checkpoint"


def probe(name: str) -> Need:
    """Need one of the probes."""

    def missing(arm: Arm) -> str | None:
        there = getattr(arm.probes, name, None)
        return None if there else f"there is no probe '{name}'"

    return missing


def _final(name: str, *needs: Need) -> None:
    """Enter what every record says of its end."""

    def value(run: Run) -> float:
        return run.record.final[name]

    STATISTICS[name] = Statistic(name, value, needs)


_final("parameters")
_final("epochs")
_final("best_epoch", watched)
for _part in ("train", "validation", "test"):
    _final(f"{_part}_loss", part(_part))
    _final(f"{_part}_accuracy", part(_part), classes)


@statistic()
def live_parameters(run: Run) -> float:
    """How many numbers the live model learnt, counted in it."""
    weights = run.record.weights
    return float(sum(weights[name].size for name in run.record.parameters))


@statistic(part("test"))
def gap(run: Run) -> float:
    """The loss on the test part less that on the training part."""
    final = run.record.final
    return final["test_loss"] - final["train_loss"]


@statistic(part("test"), classes)
def accuracy_gap(run: Run) -> float:
    """The accuracy on the training part less that on the test part."""
    final = run.record.final
    return final["train_accuracy"] - final["test_accuracy"]


@statistic()
def diverged(run: Run) -> float:
    """1 where the loss stops being a finite number, else 0."""
    return float(run.record.diverged_at is not None)


@statistic()
def diverged_at(run: Run) -> float:
    """The first step whose loss is not a finite number; else infinite."""
    step = run.record.diverged_at
    return math.inf if step is None else float(step)


@statistic()
def first_epoch(run: Run, curve: str, bound: float) -> float:
    """The first epoch at which a loss is as low, or an accuracy as high.

    Infinite where none is.
    """
    values = _evaluations(run, curve)
    reached = values >= bound if "accuracy" in curve else values <= bound
    epochs = run.record.epochs["epoch"][reached]
    return float(epochs[0]) if len(epochs) else math.inf


@statistic()
def lowest(run: Run, curve: str) -> float:
    """The least value of an evaluated curve."""
    return float(np.nanmin(_evaluations(run, curve)))


@statistic()
def last(run: Run, curve: str) -> float:
    """The last value of an evaluated curve, before weights are restored."""
    return float(_evaluations(run, curve)[-1])


@statistic()
def variance(run: Run, curve: str, after: float = 0) -> float:
    """The variance of an evaluated curve over the epochs after some."""
    later = run.record.epochs["epoch"] > after
    return float(np.var(_evaluations(run, curve)[later]))


def _evaluations(run: Run, curve: str) -> Curve:
    return run.record.epochs[curve]


@statistic()
def step_loss(run: Run, step: float) -> float:
    """The loss of a step's batch, before its update; steps count from 0."""
    return float(run.record.steps["loss"][int(step)])


@statistic(probe("gradient_norm"))
def gradient_norm(run: Run, tensor: str, step: float) -> float:
    """The norm of the loss's gradient by a tensor, at a step from 0 on."""
    column = run.record.parameters.index(tensor)
    return float(run.record.steps["gradient_norm"][int(step), column])


@statistic(probe("gradient_norm"))
def gradient_ratio(run: Run) -> float:
    """The first kernel's gradient norm over the last's: median of the steps.

    A step at which the last has no gradient is left out.
    """
    kernels = [
        column
        for column, name in enumerate(run.record.parameters)
        if name.endswith("/kernel")
    ]
    norms = run.record.steps["gradient_norm"].astype(float)
    first, final = norms[:, kernels[0]], norms[:, kernels[-1]]
    counts = final > 0
    return float(np.median(first[counts] / final[counts]))


@statistic()
def steps(run: Run) -> float:
    """How many steps were trained, each of one batch."""
    return float(len(run.record.steps["loss"]))


@statistic(probe("gradient_norm"))
def gradient_noise(run: Run) -> float:
    """By how much the gradient's norm changes from one step to the next.

    The root mean square over the second half of the steps. The gradient is
    that of all parameters together. Between two steps the network hardly
    moves; what changes is which samples the batch holds.
    """
    norms = run.record.steps["gradient_norm"].astype(float)
    whole = np.sqrt((norms**2).sum(axis=1))
    changes = np.diff(whole[len(whole) // 2 :])
    return float(np.sqrt((changes**2).mean()))


@statistic()
def near_zero(run: Run, bound: float) -> float:
    """The share of the kernels' weights that are no larger than a bound."""
    return float((np.abs(_kernels(run)) <= bound).mean())


@statistic()
def weight_norm(run: Run) -> float:
    """The Euclidean norm of all kernels together."""
    return float(np.linalg.norm(_kernels(run)))


def _kernels(run: Run) -> Curve:
    """Return the weights of all kernels, in one row."""
    weights = run.record.weights
    names = [n for n in run.record.parameters if n.endswith("/kernel")]
    return np.concatenate([weights[name].ravel() for name in names])


@statistic()
def weight(run: Run, tensor: str, *index: float) -> float:
    """One number of a tensor at the end."""
    return float(run.record.weights[tensor][tuple(map(int, index))])


@statistic()
def unit_spread(run: Run, tensor: str) -> float:
    """How far the units of a kernel differ: largest deviation over units."""
    kernel = run.record.weights[tensor]
    return float(kernel.reshape(-1, kernel.shape[-1]).std(1).max())


@statistic(probe("dead_relu"))
def dead_share(run: Run) -> float:
    """The share of dead units at the last look, mean of the `relu`s."""
    return _dead(run, by_weights=False)


@statistic(probe("dead_relu"))
def dead_by_weights(run: Run) -> float:
    """As `dead_share`, by what the weights alone say."""
    return _dead(run, by_weights=True)


def _dead(run: Run, *, by_weights: bool) -> float:
    looks = [
        values[-1]
        for name, values in run.record.probes.items()
        if name.startswith("dead_relu/")
        and name != "dead_relu/epoch"
        and name.endswith("/by_weights") == by_weights
    ]
    return float(np.mean(looks)) if looks else math.nan


def dropouts(arm: Arm) -> str | None:
    """Need a dropout."""
    found = any(place.mask_shape is not None for place in arm.all_places)
    return None if found else "it has no dropout"


@statistic(probe("dropped"), dropouts)
def dropout_error(run: Run) -> float:
    """How far dropouts are from their formula, at most: x m / (1 - rate).

    The mask m is 0 where 0 has left the layer, and 1 elsewhere. The formula
    is written by hand, in the precision of the run.
    """
    errors = []
    for place, entered, left in _dropped(run):
        assert isinstance(place.layer, Dropout | SpatialDropout)
        kept = (left != 0) / (1.0 - place.layer.rate)
        factors = kept.astype(entered.dtype)
        errors.append(np.abs(left - entered * factors).max())
    return float(max(errors))


@statistic(probe("dropped"), dropouts)
def dropout_kept(run: Run) -> float:
    """The share of numbers that dropouts keep, on average over them."""
    return float(np.mean([(left != 0).mean() for _, _, left in _dropped(run)]))


def _dropped(run: Run) -> Iterator[tuple[Place, Curve, Curve]]:
    """Yield each dropout with what entered and what left it."""
    for place in run.arm.all_places:
        looks = run.record.probes.get(f"dropped/{place.name}")
        if looks is not None:
            yield place, *looks[-1]


@statistic(probe("per_sample_gradients"))
def sample_gradient(run: Run, tensor: str, sample: float = 0) -> float:
    """The only number of one sample's gradient by a tensor, first look."""
    looks = run.record.probes[f"per_sample_gradients/{tensor}"]
    return float(looks[0][int(sample)].item())


@statistic(probe("representations"))
def output(run: Run, place: str, sample: float = 0, unit: float = 0) -> float:
    """One number of what left a layer for one sample, first look."""
    looks = run.record.probes[f"representations/{place}"]
    return float(looks[0][int(sample)].ravel()[int(unit)])


@statistic(probe("representations"))
def value_error(run: Run, activation: str) -> float:
    """How far an activation is from its formula, relative to its largest."""
    x, value, _ = activated(run, activation)
    return _apart(value, _layer(run, activation).value(x))


@statistic(probe("representations"), probe("per_sample_gradients"))
def slope_error(run: Run, activation: str) -> float:
    """As `value_error`, of the slope; see `activated`."""
    x, _, slope = activated(run, activation)
    return _apart(slope, _layer(run, activation).derivative(x))


@statistic(probe("representations"), probe("per_sample_gradients"))
def steepest(run: Run, activation: str) -> float:
    """The largest slope of an activation; see `activated`."""
    return float(activated(run, activation)[2].max())


def activated(run: Run, activation: str) -> tuple[Curve, Curve, Curve]:
    """Return what met an activation, what left it, and its slope there.

    The slope is the loss's gradient by the bias of the unit before it, at
    the first look. It is the activation's own where the loss's slope by
    what leaves the activation is 1.
    """
    unit, seen = activations(run.arm)[activation], run.record.probes
    samples = len(seen[f"per_sample_gradients/{unit}/bias"][0])
    x, value = (
        seen[f"representations/{name}"][0].ravel()[:samples]
        for name in (unit, activation)
    )
    return x, value, seen[f"per_sample_gradients/{unit}/bias"][0].ravel()


def _layer(run: Run, activation: str) -> Any:
    places = run.arm.all_places
    return next(p.layer for p in places if p.name == activation)


def _apart(found: Curve, said: Curve) -> float:
    """Return the largest difference, relative to the largest value."""
    return float(np.abs(found - said).max() / np.abs(said).max())


def views(arm: Arm) -> list[str]:
    """Return what the probe of representations sees, the input first."""
    probe = getattr(arm.probes, "representations", None)
    if probe is None:
        return []
    seen = [place.name for place in arm.all_places]
    if probe.places != "all":
        seen = [name for name in seen if name in probe.places]
    return ["input", *seen]


def viewed(run: Run, view: str) -> Curve:
    """Return the samples of a view, each in one row, at the last look."""
    if view == "input":
        values = _looked_at(run.arm).x
    else:
        values = run.record.probes[f"representations/{view}"][-1]
    return values.reshape(len(values), -1).astype(float)


def labels_of(arm: Arm) -> Curve:
    """Return the classes of the samples that the probe looks at."""
    return _looked_at(arm).y.reshape(-1).astype(int)


def _looked_at(arm: Arm) -> Part:
    probe = getattr(arm.probes, "representations", None)
    assert probe is not None
    found = arm.data.parts(arm.recipe.loss)[probe.part]
    return Part(found.x[: probe.samples], found.y[: probe.samples])


@statistic(probe("representations"), classes)
def separability(run: Run, view: str) -> float:
    """The share of a layer's variance that lies between the classes.

    0 where all classes have one mean, 1 where each class is a point (Fisher
    1936). `input` is the samples themselves.
    """
    values, labels = viewed(run, view), labels_of(run.arm)
    total = ((values - values.mean(0)) ** 2).sum()
    inside = sum(
        ((own - own.mean(0)) ** 2).sum()
        for label in np.unique(labels)
        for own in [values[labels == label]]
    )
    return float(1 - inside / total)


@statistic(probe("representations"))
def second_moment(run: Run, place: str) -> float:
    """The mean square of what left a layer, first look."""
    looks = run.record.probes[f"representations/{place}"]
    return float((looks[0].astype(float) ** 2).mean())


@statistic(probe("representations"), classes)
def nearest_mean(run: Run, view: str) -> float:
    """The share of samples that lie nearest to the mean of their own class.

    The simplest of linear rules, fitted on the very samples it is asked
    about; see `separability` for the view.
    """
    values, labels = viewed(run, view), labels_of(run.arm)
    known = np.unique(labels)
    means = np.stack([values[labels == label].mean(0) for label in known])
    apart = np.linalg.norm(values[:, np.newaxis] - means, axis=2)
    return float((known[apart.argmin(1)] == labels).mean())


@statistic()
def rate_error(run: Run) -> float:
    """How far the rates used are from what was said, relative, at most.

    Said is the schedule, times what a plateau leaves of the rate by its rule,
    given the run's own evaluations.
    """
    used = run.record.steps["rate"].astype(float)
    samples = run.arm.data.part_sizes()["train"]
    said = rates(run.arm.recipe, 0, len(used), samples)
    if run.arm.recipe.plateau:
        said = said * _left_by_plateau(
            run, steps_per_epoch(run.arm.recipe, samples)
        )
    return float(np.max(np.abs(used - said) / np.maximum(said, 1e-300)))


def _left_by_plateau(run: Run, steps: int) -> Curve:
    """Return what share of the rate each step is left with."""
    rule, lr = run.arm.recipe.plateau, run.arm.recipe.optimizer.lr
    assert rule is not None
    reduction = Reduction(rule, lr)
    left = []
    for value in _evaluations(run, rule.monitor):
        left.append(reduction.rate / lr)
        reduction.take(float(value))
    return np.repeat(left, steps)


@statistic()
def rate(run: Run, step: float) -> float:
    """The rate that a step used; -1 is the last."""
    return float(run.record.steps["rate"][int(step)])


@statistic()
def distance(one: Run, other: Run) -> float:
    """How far two arms' weights lie apart, relative to their size."""
    pairs = [
        (one.record.weights[name], other.record.weights[name])
        for name in one.record.parameters
    ]
    apart = math.sqrt(sum(float(((a - b) ** 2).sum()) for a, b in pairs))
    size = math.sqrt(sum(float((a**2).sum()) for a, _ in pairs))
    return apart / size


DISTANCE = "distance"


def falls(text: str) -> bool:
    """Whether less of a statistic is better, as of every loss."""
    return "loss" in text


def read_statistic(text: str) -> tuple[Statistic, tuple[Any, ...]]:
    """Return a statistic of one arm, and its arguments.

    Raises:
        ValueError: if it is none; a sentence.

    >>> read_statistic('near_zero(0.01)')[1]
    (0.01,)
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
        called = node.func if isinstance(node, ast.Call) else node
        given = node.args if isinstance(node, ast.Call) else []
        arguments = tuple(ast.literal_eval(each) for each in given)
        name = ast.unparse(called)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        name, arguments = text, ()
    known = [each for each in STATISTICS if each != DISTANCE]
    if name not in known:
        raise ValueError(
            f"got {shown(text)}, expected one of: "
            f"{closest(name, sorted(known))}{nearest(name, known)}"
        )
    return STATISTICS[name], arguments
