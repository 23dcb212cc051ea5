"""Statistics of the probes' measurements."""

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


def two_classes(arm: Arm) -> str | None:
    """Require a classification task with two classes."""
    count = arm.data.class_count
    return None if count == 2 else f"the data have {count or 'no'} classes"


_BOTH = probe("representations"), probe("per_sample_gradients")


@statistic(probe("dead_relu"))
def dead_share(run: Run) -> float:
    """The last share of dead units, averaged over the `relu` layers."""
    return _dead(run, by_weights=False)


@statistic(probe("dead_relu"))
def dead_by_weights(run: Run) -> float:
    """The share of dead units that follows from the weights alone.

    The last measurement, averaged over the `relu` layers.
    """
    return _dead(run, by_weights=True)


def _dead(run: Run, *, by_weights: bool) -> float:
    measurements = [
        values[-1]
        for name, values in run.record.probes.items()
        if name.startswith("dead_relu/")
        and name != "dead_relu/epoch"
        and name.endswith("/by_weights") == by_weights
    ]
    return float(np.mean(measurements)) if measurements else math.nan


def dropouts(arm: Arm) -> str | None:
    """Require a dropout."""
    present = any(node.mask_shape is not None for node in arm.all_nodes)
    return None if present else "it has no dropout"


@statistic(probe("dropped"), dropouts)
def dropout_error(run: Run) -> float:
    """The largest error of dropouts against their formula x m / (1 - rate).

    The mask m is 0 where the output is 0, and 1 elsewhere. The formula is
    computed here in NumPy, in the precision of the run.
    """
    errors = []
    for node, entered, left in _dropped(run):
        assert isinstance(node.layer, Dropout | SpatialDropout)
        kept = (left != 0) / (1.0 - node.layer.rate)
        factors = kept.astype(entered.dtype)
        errors.append(np.abs(left - entered * factors).max())
    return float(max(errors))


@statistic(probe("dropped"), dropouts)
def dropout_kept(run: Run) -> float:
    """The share of elements that dropouts keep, averaged over the dropouts."""
    return float(np.mean([(left != 0).mean() for _, _, left in _dropped(run)]))


def _dropped(run: Run) -> Iterator[tuple[LayerNode, Curve, Curve]]:
    """Yield each dropout with its input and output."""
    for node in run.arm.all_nodes:
        measurements = run.record.probes.get(f"dropped/{node.name}")
        if measurements is not None:
            yield node, *measurements[-1]


def _has_sample_gradient(
    arm: Arm, tensor: str, sample: float = 0
) -> str | None:
    """Return why no such gradient is measured, or None."""
    look: Any = getattr(arm.probes, "per_sample_gradients", None)
    if tensor.rpartition("/")[0] not in look.places:
        return f"the probe does not look at {tensor}"
    if math.prod(arm.tensors[tensor]) != 1:
        return f"{tensor} has more numbers than one"
    available = arm.data.part_sizes()["train"]
    return within("samples", sample, 0, min(look.samples, available))


def _has_output(
    arm: Arm, place: str, sample: float = 0, unit: float = 0
) -> str | None:
    """Return why no such output is measured, or None."""
    look: Any = getattr(arm.probes, "representations", None)
    available = min(look.samples, arm.data.part_sizes()[look.part])
    shape = next(n.output_shape for n in arm.all_nodes if n.name == place)
    return within("samples", sample, 0, available) or within(
        f"units behind {place}", unit, 0, math.prod(shape)
    )


@statistic(probe("per_sample_gradients"), fits=_has_sample_gradient)
def sample_gradient(run: Run, tensor: str, sample: float = 0) -> float:
    """The first gradient of one sample by a tensor of one element."""
    measurements = run.record.probes[f"per_sample_gradients/{tensor}"]
    return float(measurements[0][int(sample)].item())


def _has_record(arm: Arm, tensor: str, record: float = -1) -> str | None:
    """Return why there is no such record of a tensor's gradients, or None."""
    look: Any = getattr(arm.probes, "per_sample_gradients", None)
    if tensor.rpartition("/")[0] not in look.places:
        return f"the probe does not look at {tensor}"
    records = len(look.epochs)
    return within("records", record, -records, records)


@statistic(probe("per_sample_gradients"), fits=_has_record)
def gradient_deviation(run: Run, tensor: str, record: float = -1) -> float:
    """The standard deviation of the per-sample gradients by a tensor.

    That of all elements and samples together, in one of the records in the
    order of their epochs; -1 is the last.
    """
    return float(_sample_gradients(run, tensor, record).std())


@statistic(probe("per_sample_gradients"), fits=_has_record)
def zero_gradients(run: Run, tensor: str, record: float = -1) -> float:
    """The share of per-sample gradients by a tensor that are exactly 0.

    See `gradient_deviation` for the arguments.
    """
    return float((_sample_gradients(run, tensor, record) == 0).mean())


def _sample_gradients(run: Run, tensor: str, record: float) -> Curve:
    """Return one record, of shape (samples, *shape), in float64."""
    measurements = run.record.probes[f"per_sample_gradients/{tensor}"]
    gradients: Curve = measurements[int(record)].astype(float)
    return gradients


@statistic(probe("representations"), fits=_has_output)
def output(run: Run, place: str, sample: float = 0, unit: float = 0) -> float:
    """The first output of one unit of a layer for one sample."""
    measurements = run.record.probes[f"representations/{place}"]
    return float(measurements[0][int(sample)].ravel()[int(unit)])


def _has_prediction(
    arm: Arm, sample: float = 0, unit: float = 0
) -> str | None:
    """Return why no such prediction is measured, or None."""
    end = arm.nodes[-1].name
    if end not in views(arm):
        return f"the probe does not look at {end}, the output"
    return _has_output(arm, end, sample, unit)


@statistic(probe("representations"), fits=_has_prediction)
def prediction(run: Run, sample: float = 0, unit: float = 0) -> float:
    """The last prediction for one sample: a probability, or a number.

    Samples count from 0, in the order of the data.
    """
    outputs = run.record.probes[f"representations/{run.arm.nodes[-1].name}"]
    link = run.arm.recipe.loss.prediction()
    values = link.value(outputs[-1].astype(float))
    return float(values[int(sample)].ravel()[int(unit)])


@statistic(probe("representations"))
def inactive(run: Run, place: str) -> float:
    """The share of a layer's last outputs that are exactly 0."""
    return float(
        (run.record.probes[f"representations/{place}"][-1] == 0).mean()
    )


def _is_seen(arm: Arm, activation: str) -> str | None:
    """Return why an activation or its input is not measured, or None."""
    needed = (activations(arm)[activation], activation)
    unseen = [name for name in needed if name not in views(arm)]
    return f"the probe does not look at {names(unseen)}" if unseen else None


def _has_slope(arm: Arm, activation: str) -> str | None:
    """Return why an activation's slope is not measured, or None.

    It takes the measurements of `_is_seen` and the gradient by the dense
    layer before the activation.
    """
    look: Any = getattr(arm.probes, "per_sample_gradients", None)
    unit = activations(arm)[activation]
    if unit not in look.places:
        return f"no gradients are looked at in {unit}"
    return _is_seen(arm, activation)


@statistic(probe("representations"), fits=_is_seen)
def value_error(run: Run, activation: str) -> float:
    """The largest error of an activation, relative to its largest value."""
    x, value, _ = activated(run, activation)
    return _relative_error(value, _layer(run, activation).value(x))


@statistic(*_BOTH, fits=_has_slope)
def slope_error(run: Run, activation: str) -> float:
    """The largest error of an activation's slope, relative to the largest.

    See `activated`.
    """
    x, _, slope = activated(run, activation)
    return _relative_error(slope, _layer(run, activation).derivative(x))


@statistic(*_BOTH, fits=_has_slope)
def steepest(run: Run, activation: str) -> float:
    """The largest slope of an activation; see `activated`."""
    return float(activated(run, activation)[2].max())


def _has_slopes(arm: Arm, activation: str, layers: float) -> str | None:
    """Return why no product of so many slopes is measured, or None."""
    look: Any = getattr(arm.probes, "per_sample_gradients", None)
    available = min(look.samples, arm.data.part_sizes()["train"])
    return _has_slope(arm, activation) or within(
        "layers", layers, 1, available + 1
    )


@statistic(*_BOTH, fits=_has_slopes)
def slope_product(run: Run, activation: str, layers: float) -> float:
    """The mean product of an activation's slopes at several inputs.

    It simulates backpropagation through layers with independent inputs: the
    first `layers` samples are those of one simulation, the next ones those
    of another, and so on; samples that are left over are not used. See
    `activated`.
    """
    slopes = activated(run, activation)[2]
    count = int(layers)
    groups = slopes[: len(slopes) // count * count].reshape(-1, count)
    return float(groups.prod(axis=1).mean())


def activated(run: Run, activation: str) -> tuple[Curve, Curve, Curve]:
    """Return the input, the output and the slope of an activation.

    The slope is the gradient of the loss by the bias of the dense unit
    before it, in the first measurement. It is that of the activation itself
    if the derivative of the loss by the activation's output is 1.

    Args:
        run: the run.
        activation: the name of the activation; see
            `common.metrics.registry.activations`.

    Returns:
        Three vectors, of shape (samples,).
    """
    unit, seen = activations(run.arm)[activation], run.record.probes
    samples = len(seen[f"per_sample_gradients/{unit}/bias"][0])
    x, value = (
        seen[f"representations/{name}"][0].ravel()[:samples]
        for name in (unit, activation)
    )
    return x, value, seen[f"per_sample_gradients/{unit}/bias"][0].ravel()


def _layer(run: Run, activation: str) -> Any:
    nodes = run.arm.all_nodes
    return next(node.layer for node in nodes if node.name == activation)


def _relative_error(values: Curve, expected: Curve) -> float:
    """Return the largest difference, relative to the largest value."""
    return float(np.abs(values - expected).max() / np.abs(expected).max())


def viewed(run: Run, view: str) -> Curve:
    """Return the last measured activations of a view, one row per sample.

    Args:
        run: the run.
        view: the name of a layer, or `input` for the samples themselves.

    Returns:
        Float64, of shape (samples, units).
    """
    if view == "input":
        values = looked_at(run.arm).x
    else:
        values = run.record.probes[f"representations/{view}"][-1]
    return values.reshape(len(values), -1).astype(float)


def labels_of(arm: Arm) -> Curve:
    """Return the classes of the samples of the representations probe."""
    return class_labels(looked_at(arm).y)


def looked_at(arm: Arm) -> Part:
    """Return the samples of the representations probe."""
    probe = getattr(arm.probes, "representations", None)
    assert probe is not None
    return arm.data.parts(arm.recipe.loss)[probe.part].some(probe.samples)


@statistic(probe("representations"), classes)
def separability(run: Run, view: str) -> float:
    """The share of a layer's variance that lies between the classes.

    0 if all classes have the same mean, 1 if each class is a single point
    (Fisher 1936). `input` is the samples themselves.
    """
    values, labels = viewed(run, view), labels_of(run.arm)
    total = ((values - values.mean(0)) ** 2).sum()
    inside = sum(
        ((members - members.mean(0)) ** 2).sum()
        for label in np.unique(labels)
        for members in [values[labels == label]]
    )
    return float(1 - inside / total)


@statistic(probe("representations"))
def nonlinearity(run: Run, view: str) -> float:
    """The share of a layer's variance that no affine function explains.

    The affine function of the input is fitted by least squares on the
    samples of the probe; with fewer samples than features it can explain any
    output. 0 for any number of dense layers without an activation. `input`
    is the samples themselves.
    """
    x, values = viewed(run, "input"), viewed(run, view)
    x = np.hstack([x, np.ones((len(x), 1))])
    left = values - x @ np.linalg.lstsq(x, values, rcond=None)[0]
    total = ((values - values.mean(0)) ** 2).sum()
    return float((left**2).sum() / total) if total else math.nan


@statistic(probe("representations"), two_classes)
def linearly_separable(run: Run, view: str) -> float:
    """1 if a plane has each class on one side of it in a layer, else 0.

    The last measurement; `input` is the samples themselves. A plane exists
    if and only if a linear program has a solution: w and b for which
    s (w x + b) is at least 1 for every sample x, where s is 1 for one class
    and -1 for the other.
    """
    from scipy.optimize import linprog

    values, labels = viewed(run, view), labels_of(run.arm)
    values = values - values.mean(0)
    scale = np.abs(values).max()
    rows = np.hstack([values / (scale or 1.0), np.ones((len(values), 1))])
    signs = np.where(labels == labels[0], 1.0, -1.0)
    found = linprog(
        np.zeros(rows.shape[1]),
        A_ub=-signs[:, np.newaxis] * rows,
        b_ub=-np.ones(len(rows)),
        bounds=(None, None),
    )
    return float(found.status == 0)


@statistic(probe("representations"))
def second_moment(run: Run, place: str) -> float:
    """The mean square of a layer's outputs, in the first measurement."""
    measurements = run.record.probes[f"representations/{place}"]
    return float((measurements[0].astype(float) ** 2).mean())


@statistic(probe("representations"), classes)
def nearest_mean(run: Run, view: str) -> float:
    """The share of samples that lie nearest to the mean of their own class.

    This is the accuracy of a nearest-centroid classifier on the samples that
    it is fitted on; see `separability` for the view.
    """
    values, labels = viewed(run, view), labels_of(run.arm)
    known = np.unique(labels)
    means = np.stack([values[labels == label].mean(0) for label in known])
    apart = np.linalg.norm(values[:, np.newaxis] - means, axis=2)
    return float((known[apart.argmin(1)] == labels).mean())
