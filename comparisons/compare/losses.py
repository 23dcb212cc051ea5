"""Differences between the losses of a pair."""

from typing import Any

import numpy as np

from framework_parity.common.live.losses import LossCall
from framework_parity.comparisons.compare.fields import (
    RATES,
    Found,
    differing_fields,
    field_difference,
)
from framework_parity.comparisons.compare.result import Difference, Place


def loss_differences(found: Found) -> list[Difference]:
    """Return the differences between the first losses of both files.

    Args:
        found: what both files have for training.
    """
    torch, keras = found["torch"], found["keras"]
    if not (torch.losses and keras.losses):
        return []
    one, other = torch.losses[0], keras.losses[0]
    place = Place(
        f"loss ({one.site or torch.defined.get('loss')})",
        f"loss ({other.site or keras.defined.get('loss')})",
    )
    if one.kind != other.kind:
        return [
            Difference.of_training(
                "loss_replaced",
                place,
                f"PyTorch's loss is {one.kind}, Keras's {other.kind}",
                f"use {one.kind} in both, or {other.kind} in both",
                part="loss" if torch.loss_read else "unread",
            )
        ]
    readable = torch.loss_read and keras.loss_read
    ignored = {"clip", "clipped_first"}
    if proportional(one.fields, other.fields):
        ignored.add("class_weights")
    if not (one.fields.get("mean_of") and other.fields.get("mean_of")):
        ignored.add("mean_of")  # one side has no weights
    names = differing_fields(one.fields, other.fields)
    found_fields = [
        field_difference(
            f"{one.kind}_{name}",
            place,
            f"{name} of {one.kind}",
            (one.fields.get(name), other.fields.get(name)),
            name,
            "loss" if readable else "unread",
        )
        for name in names
        if name not in ignored | {"mean_of"}
    ]
    if "mean_of" in names and "mean_of" not in ignored:
        found_fields.append(_of_mean(one, other, place, readable=readable))
    return found_fields


def _of_mean(
    one: LossCall, other: LossCall, place: Place, *, readable: bool
) -> Difference:
    """Return the difference of what a weighted mean is divided by."""
    words = {
        "weights": "the sum of the samples' weights",
        "samples": "the number of samples",
    }
    by = [words[each.fields["mean_of"]] for each in (one, other)]
    return Difference.of_training(
        f"{one.kind}_mean_of",
        place,
        f"the weighted sum of {one.kind} is divided by {by[0]} in PyTorch "
        f"and by {by[1]} in Keras; samples that are ignored have weight 0",
        f"divide by {by[0]} in both, or by {by[1]}",
        field="mean_of",
        part="loss" if readable else "unread",
    )


def proportional(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether class weights have the same proportions.

    Their size has no effect in a mean that is divided by their sum.

    Args:
        one: fields of a loss.
        other: fields of another one.
    """
    relative = "weights" in (one.get("mean_of"), other.get("mean_of"))
    mine, theirs = one.get("class_weights"), other.get("class_weights")
    if not (mine and theirs and relative) or len(mine) != len(theirs):
        return False
    first, second = (np.array(each) / max(each) for each in (mine, theirs))
    return bool(np.allclose(first, second, rtol=RATES))
