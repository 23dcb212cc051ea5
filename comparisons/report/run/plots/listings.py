"""Tables of a lesson: gradients, predictions, and curves at some epochs."""

from typing import Any

import numpy as np

from framework_parity.common.metrics.probes import looked_at, viewed
from framework_parity.common.metrics.registry import Run
from framework_parity.common.metrics.words import curve_words
from framework_parity.common.spec.lesson_plots import (
    EpochTable,
    GradientTable,
    Predictions,
)
from framework_parity.common.training.record import Curve, Record
from framework_parity.comparisons.report.run.plots.planes import class_names
from framework_parity.comparisons.report.style import TextTable, shown
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.workers.worker import LABELS


def gradient_table(result: Result, spec: GradientTable) -> TextTable:
    """Return a row for each layer, from the last to the first.

    Args:
        result: of the experiment.
        spec: names the arms and the tensor.

    Returns:
        A table with a column for each arm and framework.
    """
    columns = [
        (arm, backend, _norms(spec, arm, backend))
        for arm in result.arms
        if arm.arm.name in (spec.of or [arm.arm.name])
        for backend in result.backends
    ]
    depth = max(len(norms) for *_, norms in columns)
    rows = []
    for back in range(min(depth, spec.layers or depth)):
        # Layers are numbered from the input if all arms have as many.
        equal = all(len(norms) == depth for *_, norms in columns)
        number = str(depth - back) if equal else f"last - {back}"
        cells = (
            f"{norms[-1 - back]:.4g}" if back < len(norms) else "—"
            for *_, norms in columns
        )
        rows.append((number if equal or back else "last", *cells))
    heads = (f"{shown(a.arm.name)}, {LABELS[b]}" for a, b, _ in columns)
    return TextTable(("layer", *heads), rows)


def _norms(spec: GradientTable, arm: ArmResult, backend: str) -> list[float]:
    """Return the norm of each layer that has been measured, input first."""
    record = arm.records[backend][0]
    norms = []
    for name in spec.tensors(arm.trained(backend)):
        seen = record.probes.get(f"per_sample_gradients/{name}")
        if seen is not None and spec.step is None:
            mean = seen[0].astype(float).mean(0)
            norms.append(float(np.linalg.norm(mean)))
        elif "gradient_norm" in record.steps:
            column = record.parameters.index(name)
            step = -1 if spec.step == "last" else spec.step or 0
            norms.append(float(record.steps["gradient_norm"][step, column]))
    return norms


def predictions(result: Result, spec: Predictions) -> TextTable:
    """Return a row for each sample: input, target and predictions.

    Args:
        result: of the experiment.
        spec: names the arms.

    Returns:
        A table with a column for each arm and framework.
    """
    arms = [a for a in result.arms if a.arm.name in (spec.of or [a.arm.name])]
    part = looked_at(arms[0].arm)
    columns = [
        (arm, backend, _predicted(arm, backend))
        for arm in arms
        for backend in result.backends
    ]
    targets = part.y.reshape(len(part), -1)
    rows = [
        (
            _vector(part.x[index].ravel()),
            _vector(targets[index]),
            *(values[index] for *_, values in columns),
        )
        for index in range(len(part))
    ]
    heads = (f"{shown(a.arm.name)}, {LABELS[b]}" for a, b, _ in columns)
    return TextTable(("input", "target", *heads), rows)


def _predicted(arm: ArmResult, backend: str) -> list[str]:
    """Return the prediction for each sample, as text.

    It is a number, or the most probable of several classes with its
    probability.
    """
    trained = arm.trained(backend)
    run = Run(trained, arm.records[backend][0])
    logits = viewed(run, trained.nodes[-1].name)
    values = trained.recipe.loss.prediction().value(logits)
    if trained.data.class_count is None or values.shape[1] == 1:
        return [_vector(row) for row in values]
    names = class_names(trained)
    return [f"{names[row.argmax()]} ({row.max():.3f})" for row in values]


def _vector(values: Curve) -> str:
    texts = [
        f"{value:g}" if float(value).is_integer() else f"{value:.3f}"
        for value in values.tolist()
    ]
    # -0.000 is 0.000, and a rounded 1.000 stays apart from an exact 1.
    return ", ".join("0.000" if text == "-0.000" else text for text in texts)


def epoch_table(result: Result, spec: EpochTable) -> TextTable:
    """Return a row for each of the epochs, with a column for each curve.

    Args:
        result: of the experiment.
        spec: names the arm, the curves and the epochs.

    Returns:
        A table; an epoch at which the curves were not evaluated, or that
        training did not reach, has dashes.
    """
    arm = next(a for a in result.arms if a.arm.name == spec.arm)
    records = {b: arm.records[b][0] for b in result.backends}
    rows: list[tuple[str, ...]] = []
    for wanted in spec.epochs:
        places = {b: _place(r, spec, wanted) for b, r in records.items()}
        cells = [
            _cell(records[backend], curve, places[backend])
            for curve in spec.curves
            for backend in records
        ]
        rows.append((_epoch(spec, wanted, records, places), *cells))
    heads = [
        f"{curve_words(curve)}, {LABELS[backend]}"
        for curve in spec.curves
        for backend in records
    ]
    return TextTable(("epoch", *heads), rows)


def _place(record: Record, spec: EpochTable, wanted: Any) -> int | None:
    """Return the index of an epoch among the evaluations, or None."""
    if wanted == "last":
        return len(record.epochs["epoch"]) - 1
    if wanted == "best":
        values = record.epochs[spec.curves[-1]].astype(float)
        sign = -1 if "accuracy" in spec.curves[-1] else 1
        finite = np.where(np.isfinite(values), sign * values, np.inf)
        return int(finite.argmin())
    at = np.flatnonzero(record.epochs["epoch"] == wanted + spec.from_zero)
    return int(at[0]) if len(at) else None


def _epoch(
    spec: EpochTable,
    wanted: Any,
    records: dict[str, Record],
    places: dict[str, int | None],
) -> str:
    """Return the label of a row: the epoch, and both where they differ."""
    if isinstance(wanted, int):
        return str(wanted)
    numbers = {
        str(int(records[b].epochs["epoch"][place]) - spec.from_zero)
        for b, place in places.items()
        if place is not None
    }
    return f"{' / '.join(sorted(numbers, key=int))} ({wanted})"


def _cell(record: Record, curve: str, place: int | None) -> str:
    return "—" if place is None else f"{record.epochs[curve][place]:.4f}"
