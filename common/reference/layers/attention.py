"""Attention and positions, in NumPy."""

from typing import cast

import numpy as np

from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.attention import (
    MultiHeadAttention,
    SinusoidalPositions,
)


def multi_head_attention(
    node: LayerNode, x: Array, run: Pass
) -> tuple[Array, Back]:
    """Y = softmax(q kᵀ / √size) v, head by head, projected once more."""
    layer = cast("MultiHeadAttention", node.layer)
    own = {name.partition("/")[2]: run.weights[name] for name in node.tensors}
    kernels, biases = _projections(layer, own)
    channels = x.shape[-1]
    sides = (layer.heads, layer.size_for(channels))
    parts = np.einsum("ntc,pcw->pntw", x, kernels) + biases[:, None, None]
    parts = parts.reshape(*parts.shape[:-1], *sides).swapaxes(2, 3)
    query, key, value = parts
    scale = sides[1] ** -0.5
    scores = scale * (query @ key.swapaxes(-1, -2))
    if layer.causal:
        later = np.triu(np.ones(scores.shape[-2:], bool), 1)
        scores = np.where(later, -np.inf, scores)
    if node.padded and run.valid is not None:
        scores = np.where(run.valid[:, None, None], scores, -np.inf)
    # A step that sees nothing attends to all alike.
    seen = scores.max(-1, keepdims=True) > -np.inf
    scores = np.where(seen, scores, 0.0)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    heads = _joined(weights @ value)
    y = heads @ own["output_kernel"] + own.get("output_bias", 0.0)

    def back(slope: Array) -> Array:
        rows = slope.reshape(-1, channels)
        gradients = {
            "output_kernel": heads.reshape(len(rows), -1).T @ rows,
            "output_bias": rows.sum(0),
        }
        by_heads = slope @ own["output_kernel"].T
        by_heads = by_heads.reshape(*x.shape[:2], *sides).swapaxes(1, 2)
        by_weights = by_heads @ value.swapaxes(-1, -2)
        mean = (by_weights * weights).sum(-1, keepdims=True)
        by_scores = scale * weights * (by_weights - mean)
        by_parts = np.stack(
            [
                _joined(by_scores @ key),
                _joined(by_scores.swapaxes(-1, -2) @ query),
                _joined(weights.swapaxes(-1, -2) @ by_heads),
            ]
        )
        by_kernels = np.einsum("ntc,pntw->pcw", x, by_parts)
        by_biases = by_parts.sum((1, 2))
        if layer.projections == "packed":
            gradients["projection_kernel"] = _side_by_side(by_kernels)
            gradients["projection_bias"] = by_biases.ravel()
        else:
            for part, name in enumerate(("query", "key", "value")):
                gradients[f"{name}_kernel"] = by_kernels[part]
                gradients[f"{name}_bias"] = by_biases[part]
        for name in own:
            run.gradients[f"{node.name}/{name}"] = gradients[name]
        by_x: Array = np.einsum("pntw,pcw->ntc", by_parts, kernels)
        return by_x

    return y, back


def _projections(
    layer: MultiHeadAttention, own: dict[str, Array]
) -> tuple[Array, Array]:
    """Return the kernels (3, channels, wide) and the biases (3, wide)."""
    if layer.projections == "packed":
        packed = own["projection_kernel"]
        kernels = packed.reshape(len(packed), 3, -1).swapaxes(0, 1)
        biases = own.get("projection_bias", np.zeros(packed.shape[1]))
        return kernels, biases.reshape(3, -1)
    names = ("query", "key", "value")
    kernels = np.stack([own[f"{name}_kernel"] for name in names])
    none = np.zeros(kernels.shape[-1])
    return kernels, np.stack([own.get(f"{name}_bias", none) for name in names])


def _joined(parts: Array) -> Array:
    """Return heads (n, heads, time, size) side by side, (n, time, wide)."""
    n, _, time, _ = parts.shape
    return parts.swapaxes(1, 2).reshape(n, time, -1)


def _side_by_side(kernels: Array) -> Array:
    """Return kernels (3, channels, wide) as one, (channels, 3 wide)."""
    return kernels.swapaxes(0, 1).reshape(kernels.shape[1], -1)


def position_embedding(
    node: LayerNode, x: Array, run: Pass
) -> tuple[Array, Back]:
    """Y = x + P, with a learnt P."""
    name = f"{node.name}/embeddings"

    def back(slope: Array) -> Array:
        run.gradients[name] = slope.sum(0)
        return slope

    return x + run.weights[name], back


def sinusoidal_positions(
    node: LayerNode, x: Array, run: Pass
) -> tuple[Array, Back]:
    """Y = x + P, with P of sines and cosines."""
    layer = cast("SinusoidalPositions", node.layer)
    return x + layer.table(node.input_shape), lambda slope: slope
