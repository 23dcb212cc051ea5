"""Differences between trainings that the runs of both show."""

import numpy as np

from framework_parity.common.live.elements import Described
from framework_parity.comparisons.compare.fields import RATES, Found, place_of
from framework_parity.comparisons.compare.result import Difference, PairResult
from framework_parity.comparisons.compare.rungs import Runs, loss_factor
from framework_parity.comparisons.compare.steps import CLOSE, PLAIN
from framework_parity.comparisons.workers.worker import LABELS


def broadcasting(
    found: Found, result: PairResult, shape: tuple[int, ...]
) -> list[Difference]:
    """Return the difference that targets of another shape make.

    Args:
        found: what both files have for training.
        result: with the shape of the outputs.
        shape: of PyTorch's targets.
    """
    outputs = result.output_shape
    forms = {each.form for each in found.values()}
    if forms != {"values"}:
        return []
    if shape == outputs:
        return _squeezed(found, outputs)
    if np.prod(shape) != np.prod(outputs):
        return []
    return [
        Difference.of_training(
            "loss_broadcasting",
            place_of("loss", found),
            f"the outputs have the shape {outputs} and the targets "
            f"{shape}, which one loss broadcasts against each other",
            "give both the same shape",
            part="fitted",
        )
    ]


def _squeezed(found: Found, outputs: tuple[int, ...]) -> list[Difference]:
    """Return that a loss may drop the last axis of the outputs alone."""
    if outputs[-1] != 1 or all(f.loss_read for f in found.values()):
        return []
    return [
        Difference.of_training(
            "loss_broadcasting",
            place_of("loss", found),
            f"{LABELS[side]}'s loss broadcasts outputs of shape "
            f"{outputs[:-1]} against targets of shape {outputs}",
            "drop the last axis of both, or of neither",
            field=side,
            part="flat",
        )
        for side, each in found.items()
        if not each.loss_read
    ]


def gradient_scale(
    found: Found, forms: dict[str, Described | None]
) -> list[Difference]:
    """Return the difference that a step scales the gradients.

    Args:
        found: what both files have for training.
        forms: what each side's step does to the gradients.
    """
    factors = {
        side: form[1].get("factor", 1.0)
        for side, form in forms.items()
        if form and form[0] in ("plain", "scaled")
    }
    if len(factors) < len(forms):
        return []
    torch, keras = factors["torch"], factors["keras"]
    if np.isclose(torch, keras, rtol=CLOSE, atol=0):
        return []
    side = "keras" if forms["torch"] == PLAIN else "torch"
    return [
        Difference.of_training(
            "gradient_scale",
            place_of("train_step", found),
            "the gradients that the optimiser gets are those of the loss "
            f"times {torch:.6g} in PyTorch and times {keras:.6g} in Keras",
            "divide sums of gradients by the number of their terms in "
            "both, or in neither",
            field=side,
            part="plain_step",
        )
    ]


def loss_scale(
    found: Found, runs: Runs, result: PairResult
) -> list[Difference]:
    """Return the difference if one loss is a multiple of the other.

    Args:
        found: what both files have for training.
        runs: of both.
        result: with the pairing.
    """
    if all(each.loss_read for each in found.values()):
        return []  # its fields are known
    factor = loss_factor(runs, result)
    if factor is None:
        return []
    return [
        Difference.of_training(
            "loss_scale",
            place_of("loss", found),
            f"PyTorch's loss is {factor:.6g} times Keras's",
            "take the mean or the sum over the same axes in both",
            part="loss_scale",
            factor=factor,
        )
    ]


def rate_differences(found: Found, result: PairResult) -> list[Difference]:
    """Return the difference in the learning rates, if there is one.

    Args:
        found: what both files have for training.
        result: with the rates of both.
    """
    torch, keras = result.rates, result.keras_rates
    if not torch or torch == keras:
        return []
    close = np.isclose(torch, keras, rtol=RATES, atol=0)
    place = place_of("make_optimizer", found)
    differences = []
    if any(close & (np.asarray(torch) != keras)):
        differences.append(
            Difference.of_training(
                "float32_rates",
                place,
                "Keras computes the schedule in float32",
                "no argument changes it",
                part="rounded_rates",
                inherent=True,
            )
        )
    if not all(close):
        step = int(np.argmin(close))
        constant = len(set(torch)) == len(set(keras)) == 1
        differences.append(
            Difference.of_training(
                "learning_rate" if constant else "learning_rate_schedule",
                place,
                f"the learning rate of step {step + 1} is "
                f"{torch[step]:.8g} in PyTorch and {keras[step]:.8g} in "
                "Keras",
                "use the same rate in every step",
                part="rates",
            )
        )
    return differences
