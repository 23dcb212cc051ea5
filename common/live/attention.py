"""Attention with several heads, in NumPy, with its derivatives."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from framework_parity.common.layouts import Array
from framework_parity.common.live.joins import JOINS
from framework_parity.common.live.trace import Call, Trace

Tensors = dict[str, Array]


class Mask:
    """Which keys each query of each sample is compared with.

    Args:
        allowed: booleans of shape (n, queries, keys), or with sizes of 1.
    """

    def __init__(self, allowed: Array) -> None:
        self.allowed = np.asarray(allowed, bool)

    @classmethod
    def of_all(cls, parts: Sequence[Array]) -> "Mask":
        """Return the pairs that each of several masks lets through.

        Args:
            parts: one or more of them, whose shapes can be broadcast.
        """
        return cls(np.logical_and.reduce(np.broadcast_arrays(*parts)))

    def __eq__(self, other: object) -> bool:
        """Return whether the same pairs are compared."""
        if not isinstance(other, Mask):
            return False
        mine, theirs = np.broadcast_arrays(self.allowed, other.allowed)
        return np.array_equal(mine, theirs)

    def __hash__(self) -> int:
        return hash(Mask)

    def __repr__(self) -> str:
        share = self.allowed.mean()
        return f"a mask that lets {100 * share:.0f} % of the pairs through"


LOWEST = -1e4
"""Numbers that are added to scores mask them if they are smaller."""


def mask_fields(mask: Array, *, masks: bool = False) -> dict[str, Any]:
    """Return which keys each query is compared with, as fields of a node.

    Args:
        mask: (..., queries, keys), the same for all samples and heads:
            booleans, or numbers that are added to the scores.
        masks: of booleans, whether True keeps a key out.

    Returns:
        `causal`, and `allowed` if the mask is no causal one; `masked` if it
        differs between samples or heads.
    """
    whole = mask.reshape(-1, *mask.shape[-2:])
    if mask.dtype.kind == "f":
        known = (whole == 0) | (whole <= LOWEST)
        kept = whole == 0
    else:
        known = np.ones(whole.shape, bool)
        kept = whole == 0 if masks else whole != 0
    if not known.all() or (kept != kept[0]).any():
        return {"causal": False, "masked": True}
    allowed = kept[0]
    if np.array_equal(allowed, np.tril(np.ones_like(allowed))):
        return {"causal": True}
    if allowed.all():
        return {"causal": False}
    return {"causal": False, "allowed": tuple(map(tuple, allowed.tolist()))}


def masked_fields(
    trace: Trace,
    event: Call,
    mask: Any,
    to_array: Callable[[Any], Array],
    *,
    masks: bool = False,
) -> dict[str, Any]:
    """Return which keys an attention may see, as fields of a node.

    Args:
        trace: the recording with the call.
        event: the call.
        mask: an argument of the call, of the framework, or None.
        to_array: from the mask to booleans, or to numbers that are added to
            the scores.
        masks: of booleans, whether True keeps a key out.

    Returns:
        The fields of `mask_fields`; `masked` where the mask depends on the
        inputs of the model.
    """
    if mask is None:
        return {"causal": False}
    edges = event.edges(mask)
    if not all(trace.is_fixed(source) for source, _ in edges):
        return {"causal": False, "masked": True}
    return mask_fields(to_array(mask), masks=masks)


def multi_head_attention(
    fields: dict[str, Any], tensors: Tensors, inputs: list[Array]
) -> tuple[Array, Callable[[Array], tuple[list[Array], Tensors]]]:
    """Apply attention to queries, keys and values.

    Args:
        fields: `causal`; `allowed` for another mask, or `mask` where it
            differs between samples; `time_axis`.
        tensors: the projections of query, key and value, (3, inputs, heads,
            size) and (3, heads, size), and that of the output, (heads, size,
            outputs) and (outputs,); without biases they are missing.
        inputs: queries (n, steps, inputs), keys and values.

    Returns:
        The output, (n, steps, outputs), and the way back to the inputs and
        to the tensors.
    """
    first = fields.get("time_axis", 1) == 0
    if first:
        inputs = [np.swapaxes(x, 0, 1) for x in inputs]
    kernels, kernel = tensors["projection_kernel"], tensors["output_kernel"]
    biases = tensors.get("projection_bias", np.zeros((3, 1, 1)))
    size = kernels.shape[-1]
    parts = [
        np.einsum("nti,ihs->nhts", x, own) + bias[:, None]
        for x, own, bias in zip(inputs, kernels, biases, strict=True)
    ]
    inner = {"scale": size**-0.5} | {
        name: fields[name]
        for name in ("causal", "allowed", "mask")
        if fields.get(name) is not None
    }
    heads, back_heads = JOINS["attention"](inner, *parts)
    output = np.einsum("nhts,hso->nto", heads, kernel)

    def back(slope: Array) -> tuple[list[Array], Tensors]:
        slope = np.swapaxes(slope, 0, 1) if first else slope
        by_heads = np.einsum("nto,hso->nhts", slope, kernel)
        by_parts = back_heads(by_heads)
        by_tensors = {
            "projection_kernel": np.stack(
                [
                    np.einsum("nti,nhts->ihs", x, each)
                    for x, each in zip(inputs, by_parts, strict=True)
                ]
            ),
            "projection_bias": np.stack([e.sum((0, 2)) for e in by_parts]),
            "output_kernel": np.einsum("nhts,nto->hso", heads, slope),
            "output_bias": slope.sum((0, 1)),
        }
        by_inputs = [
            np.einsum("nhts,ihs->nti", each, own)
            for each, own in zip(by_parts, kernels, strict=True)
        ]
        if first:
            by_inputs = [np.swapaxes(each, 0, 1) for each in by_inputs]
        return by_inputs, {name: by_tensors[name] for name in tensors}

    output = output + tensors.get("output_bias", 0.0)
    return np.swapaxes(output, 0, 1) if first else output, back
