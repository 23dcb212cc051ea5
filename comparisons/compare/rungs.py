"""The ratio of each rung of training to the noise floor."""

from collections.abc import Sequence

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.records import Tensors, TrainingRun
from framework_parity.comparisons.compare.ratios import compared
from framework_parity.comparisons.compare.result import PairResult, Place
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR

Runs = dict[str, list[TrainingRun]]
"""The runs of each framework, unmodified, then perturbed."""

SCALES = 1e-6
"""Relative difference up to which two factors are the same."""


def training_ratios(
    runs: Runs,
    result: PairResult,
    loss: Place,
    shared: Sequence[tuple[int, ...]] = (),
) -> dict[str, tuple[float, Place]]:
    """Return the ratio of each rung to the floor, and where it is largest.

    Args:
        runs: of both.
        result: with the pairing.
        loss: where both define their loss.
        shared: groups of Keras's nodes whose gradients are added.
    """
    torch, keras = runs["torch"], runs["keras"]
    ratios: dict[str, tuple[float, Place]] = {}
    if torch[0].loss is not None and keras[0].loss is not None:
        ratio, _ = compared(
            [np.array([run.loss]) for run in torch],
            [np.array([run.loss]) for run in keras],
        )
        ratios["loss"] = ratio, loss
        ratios["gradient"] = _of_tensors(
            [run.gradients for run in torch],
            [_added(run.gradients, shared) for run in keras],
            result,
            backward=True,
        )
    steps = len(torch[0].losses)
    if steps:
        ratios["step"] = _of_tensors(
            [run.first for run in torch],
            [run.first for run in keras],
            result,
        )
    if steps > 1:
        ratio, place = _of_tensors(
            [run.last for run in torch], [run.last for run in keras], result
        )
        ratios["trajectory"] = max(ratio, _of_losses(torch, keras)), place
    return ratios


def loss_factor(runs: Runs, result: PairResult) -> float | None:
    """Return how much larger PyTorch's loss and gradients are than Keras's.

    Args:
        runs: of both; the first of each is used.
        result: with the pairing.

    Returns:
        The factor; None where losses and gradients have not the same.
    """
    torch, keras = runs["torch"][0], runs["keras"][0]
    if not torch.loss or not keras.loss:
        return None
    factor = torch.loss / keras.loss
    sizes = [0.0, 0.0]
    for one, other in result.pairing.pairs:
        mine = torch.gradients.get(one, {})
        theirs = keras.gradients.get(other, {})
        for name in mine.keys() & theirs.keys():
            sizes[0] += float(np.sum(np.abs(mine[name])))
            sizes[1] += float(np.sum(np.abs(theirs[name])))
    same = np.isclose(sizes[0], factor * sizes[1], rtol=SCALES, atol=0)
    if not same or np.isclose(factor, 1, rtol=SCALES, atol=0):
        return None
    # It may be a number of classes, or of elements.
    for exact in (float(round(factor)), 1 / max(round(1 / factor), 1)):
        if np.isclose(factor, exact, rtol=SCALES, atol=0):
            return exact
    return factor


def _of_losses(torch: list[TrainingRun], keras: list[TrainingRun]) -> float:
    """Return the largest ratio of the losses of all steps."""
    one, other = (
        [np.array(run.losses) for run in side] for side in (torch, keras)
    )
    if not (np.isfinite(one[0]).all() and np.isfinite(other[0]).all()):
        return 0.0
    return max(
        compared(
            [run[step : step + 1] for run in one],
            [run[step : step + 1] for run in other],
        )[0]
        for step in range(len(one[0]))
    )


def _of_tensors(
    torch: list[Tensors],
    keras: list[Tensors],
    result: PairResult,
    *,
    backward: bool = False,
) -> tuple[float, Place]:
    """Return the largest ratio of all paired tensors.

    The place is the first operation, or the last for gradients, whose
    tensors differ by more than the floor allows.
    """
    largest, places = 0.0, []
    graphs = result.graphs
    for one, other in result.pairing.pairs:
        names = torch[0].get(one, {}).keys() & keras[0].get(other, {}).keys()
        for name in sorted(names):
            ratio, _ = compared(
                [run[one][name] for run in torch],
                [run[other][name] for run in keras],
            )
            largest = max(largest, ratio)
            if ratio > TIMES_FLOOR:
                places.append(
                    Place(
                        f"{name} of {graphs[0].nodes[one].label}",
                        f"{name} of {graphs[1].nodes[other].label}",
                    )
                )
    place = Place("", "")
    if places:
        place = places[-1] if backward else places[0]
    return largest, place


def _added(gradients: Tensors, shared: Sequence[tuple[int, ...]]) -> Tensors:
    """Return gradients, those of each group added."""
    added = dict(gradients)
    for group in shared:
        first, *others = group
        for name, value in gradients[first].items():
            parts = [(first, name, value)]
            for index in others:
                partner = _partner(name, value, gradients[index])
                if partner is not None:
                    parts.append((index, partner, gradients[index][partner]))
            if len(parts) < len(group):
                continue
            total = np.sum([_like(value, part) for *_, part in parts], 0)
            for index, own, part in parts:
                turned = np.asarray(_like(part, total))
                added[index] = added[index] | {own: turned}
    return added


def _partner(name: str, value: Array, others: dict[str, Array]) -> str | None:
    """Return the tensor that shares the values of one of another operation.

    An embedding and a dense layer may share a matrix, which one of them has
    transposed.
    """
    if name in others and others[name].shape == value.shape:
        return name
    turned = [
        other
        for other, array in others.items()
        if value.ndim == 2 and array.shape == value.shape[::-1]
    ]
    return turned[0] if len(turned) == 1 else None


def _like(value: Array, other: Array) -> Array:
    """Return an array in the order of the axes of another one."""
    return other if other.shape == value.shape else other.T


def spread_of(runs: list[TrainingRun]) -> float:
    """Return how far the losses of perturbed runs are apart, relatively."""
    losses = np.array(
        [
            [np.nan if run.loss is None else run.loss, *run.losses]
            for run in runs
        ]
    )
    # A loss that diverges says nothing.
    known = losses[:, np.isfinite(losses).all(axis=0)]
    # A loss that vanishes is all rounding.
    largest = np.abs(known[0]).max(initial=0.0)
    moved = np.abs(known - known[0]).max(initial=0.0)
    return float(moved / largest) if largest else 0.0


def cost_of(runs: Runs) -> float | None:
    """Return how far the last losses are apart, relative to their size."""
    torch, keras = (run[0].losses for run in runs.values())
    if not torch or not np.isfinite([torch[-1], keras[-1]]).all():
        return None
    size = max(abs(torch[-1]), abs(keras[-1])) or 1.0
    return abs(torch[-1] - keras[-1]) / size
