"""Statistics of what the probes saw."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from framework_parity.common.data.spec import Part
from framework_parity.common.metrics.registry import (
    Run,
    activations,
    classes,
    probe,
    statistic,
    views,
    within,
)
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.errors import names
from framework_parity.common.spec.layers.regularization import (
    Dropout,
    SpatialDropout,
)
from framework_parity.common.spec.losses import class_labels
from framework_parity.common.training.record import Curve

_BOTH = probe("representations"), probe("per_sample_gradients")


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
    found = any(place.mask_shape is not None for place in arm.all_nodes)
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


def _dropped(run: Run) -> Iterator[tuple[LayerNode, Curve, Curve]]:
    """Yield each dropout with what entered and what left it."""
    for place in run.arm.all_nodes:
        looks = run.record.probes.get(f"dropped/{place.name}")
        if looks is not None:
            yield place, *looks[-1]


def _has_sample_gradient(
    arm: Arm, tensor: str, sample: float = 0
) -> str | None:
    """Return why no such number was looked at, or None."""
    look: Any = getattr(arm.probes, "per_sample_gradients", None)
    if tensor.rpartition("/")[0] not in look.places:
        return f"the probe does not look at {tensor}"
    if math.prod(arm.tensors[tensor]) != 1:
        return f"{tensor} has more numbers than one"
    there = arm.data.part_sizes()["train"]
    return within("samples", sample, 0, min(look.samples, there))


def _has_output(
    arm: Arm, place: str, sample: float = 0, unit: float = 0
) -> str | None:
    """Return why no such number was looked at, or None."""
    look: Any = getattr(arm.probes, "representations", None)
    there = min(look.samples, arm.data.part_sizes()[look.part])
    shape = next(p.output_shape for p in arm.all_nodes if p.name == place)
    return within("samples", sample, 0, there) or within(
        f"units behind {place}", unit, 0, math.prod(shape)
    )


@statistic(probe("per_sample_gradients"), fits=_has_sample_gradient)
def sample_gradient(run: Run, tensor: str, sample: float = 0) -> float:
    """The only number of one sample's gradient by a tensor, first look."""
    looks = run.record.probes[f"per_sample_gradients/{tensor}"]
    return float(looks[0][int(sample)].item())


@statistic(probe("representations"), fits=_has_output)
def output(run: Run, place: str, sample: float = 0, unit: float = 0) -> float:
    """One number of what left a layer for one sample, first look."""
    looks = run.record.probes[f"representations/{place}"]
    return float(looks[0][int(sample)].ravel()[int(unit)])


def _is_seen(arm: Arm, activation: str) -> str | None:
    """Return why an activation or what meets it was not seen, or None."""
    needed = (activations(arm)[activation], activation)
    unseen = [name for name in needed if name not in views(arm)]
    return f"the probe does not look at {names(unseen)}" if unseen else None


def _has_slope(arm: Arm, activation: str) -> str | None:
    """As `_is_seen`, and the gradient by the unit before it."""
    look: Any = getattr(arm.probes, "per_sample_gradients", None)
    unit = activations(arm)[activation]
    if unit not in look.places:
        return f"no gradients are looked at in {unit}"
    return _is_seen(arm, activation)


@statistic(probe("representations"), fits=_is_seen)
def value_error(run: Run, activation: str) -> float:
    """How far an activation is from its formula, relative to its largest."""
    x, value, _ = activated(run, activation)
    return _apart(value, _layer(run, activation).value(x))


@statistic(*_BOTH, fits=_has_slope)
def slope_error(run: Run, activation: str) -> float:
    """As `value_error`, of the slope; see `activated`."""
    x, _, slope = activated(run, activation)
    return _apart(slope, _layer(run, activation).derivative(x))


@statistic(*_BOTH, fits=_has_slope)
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
    places = run.arm.all_nodes
    return next(p.layer for p in places if p.name == activation)


def _apart(found: Curve, said: Curve) -> float:
    """Return the largest difference, relative to the largest value."""
    return float(np.abs(found - said).max() / np.abs(said).max())


def viewed(run: Run, view: str) -> Curve:
    """Return the samples of a view, each in one row, at the last look."""
    if view == "input":
        values = _looked_at(run.arm).x
    else:
        values = run.record.probes[f"representations/{view}"][-1]
    return values.reshape(len(values), -1).astype(float)


def labels_of(arm: Arm) -> Curve:
    """Return the classes of the samples that the probe looks at."""
    return class_labels(_looked_at(arm).y)


def _looked_at(arm: Arm) -> Part:
    probe = getattr(arm.probes, "representations", None)
    assert probe is not None
    return arm.data.parts(arm.recipe.loss)[probe.part].some(probe.samples)


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
