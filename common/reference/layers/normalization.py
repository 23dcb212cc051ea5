"""Normalisation layers, in NumPy."""

from typing import cast

import numpy as np

from framework_parity.common.reference.passes import Back, Pass
from framework_parity.common.reference.rounding import roughly, summed
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.layers.normalization import (
    BatchNorm,
    GroupNorm,
    LayerNorm,
    RmsNorm,
)


def batch_norm(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """γ (x - mean) / √(variance + ε) + β, channel by channel."""
    layer, name = cast("BatchNorm", node.layer), node.name
    along = layer.along(x.shape[1:]) + 1
    x = np.moveaxis(x, along, -1)
    axes = tuple(range(x.ndim - 1))
    count = x.size // x.shape[-1]
    mean = run.weights[f"{name}/running_mean"]
    variance = run.weights[f"{name}/running_variance"]
    training = run.training and node.frozen != "evaluation"
    if training:
        averages = {"running_mean": mean, "running_variance": variance}
        mean, variance = _moments(x, axes)
        mean, variance = mean.reshape(-1), variance.reshape(-1)
        unbiased = layer.running_variance == "unbiased"
        factor = count / (count - 1) if unbiased else 1.0
        new = {"running_mean": mean, "running_variance": factor * variance}
        for tensor, old in averages.items():
            run.kept[f"{name}/{tensor}"] = (
                layer.running_decay * old
                + (1 - layer.running_decay) * new[tensor]
            )
    width = np.sqrt(variance + layer.epsilon)
    normal = _normal(x, mean, width, run)
    gamma = run.weights[f"{name}/gamma"] if layer.affine else np.ones(1)
    beta = run.weights[f"{name}/beta"] if layer.affine else np.zeros(1)

    def back(slope: Array) -> Array:
        slope = np.moveaxis(slope, along, -1)
        if layer.affine:
            run.gradients[f"{name}/gamma"] = (slope * normal).sum(axes)
            run.gradients[f"{name}/beta"] = summed(slope, axes, run.rounding)
        slope = slope * gamma
        if training:
            share = (slope * normal).mean(axes)
            slope = slope - slope.mean(axes) - normal * share
        return np.moveaxis(slope / width, -1, along)

    return np.moveaxis(gamma * normal + beta, -1, along), back


def layer_norm(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """γ (x - mean) / √(variance + ε) + β, sample by sample."""
    layer, name = cast("LayerNorm", node.layer), node.name
    axes = tuple(axis + 1 for axis in layer.along(node.input_shape))
    others = tuple(set(range(x.ndim)) - set(axes))
    sizes = tuple(n if axis in axes else 1 for axis, n in enumerate(x.shape))
    mean, variance = _moments(x, axes)
    width = np.sqrt(variance + layer.epsilon)
    normal = _normal(x, mean, width, run)
    gamma, beta = np.ones(1), np.zeros(1)
    if layer.affine:
        gamma = run.weights[f"{name}/gamma"].reshape(sizes)
        beta = run.weights[f"{name}/beta"].reshape(sizes)

    def back(slope: Array) -> Array:
        if layer.affine:
            run.gradients[f"{name}/gamma"] = (slope * normal).sum(others)
            run.gradients[f"{name}/beta"] = summed(slope, others, run.rounding)
        slope = slope * gamma
        along = (slope * normal).mean(axes, keepdims=True)
        slope = slope - slope.mean(axes, keepdims=True) - normal * along
        return np.asarray(slope / width)

    return gamma * normal + beta, back


def rms_norm(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """γ x / √(mean(x²) + ε), sample by sample."""
    layer, name = cast("RmsNorm", node.layer), node.name
    axes = tuple(axis + 1 for axis in layer.along(node.input_shape))
    others = tuple(set(range(x.ndim)) - set(axes))
    sizes = tuple(n if axis in axes else 1 for axis, n in enumerate(x.shape))
    epsilon = layer.epsilon
    if epsilon == "machine":
        epsilon = float(np.finfo(np.float64).eps)
    width = np.sqrt((x**2).mean(axes, keepdims=True) + epsilon)
    normal = x / width
    gamma = np.ones(1)
    if layer.affine:
        gamma = run.weights[f"{name}/gamma"].reshape(sizes)

    def back(slope: Array) -> Array:
        if layer.affine:
            run.gradients[f"{name}/gamma"] = (slope * normal).sum(others)
        slope = slope * gamma
        along = (slope * normal).mean(axes, keepdims=True)
        return np.asarray((slope - normal * along) / width)

    return gamma * normal, back


def group_norm(node: LayerNode, x: Array, run: Pass) -> tuple[Array, Back]:
    """γ (x - mean) / √(variance + ε) + β, group by group."""
    layer, name = cast("GroupNorm", node.layer), node.name
    channels = x.shape[-1]
    parts = x.reshape(len(x), -1, layer.groups, channels // layer.groups)
    axes, others = (1, 3), tuple(range(x.ndim - 1))
    mean, variance = _moments(parts, axes)
    width = np.sqrt(variance + layer.epsilon)
    normal = _normal(parts, mean, width, run)
    gamma, beta = np.ones(1), np.zeros(1)
    if layer.affine:
        gamma = run.weights[f"{name}/gamma"]
        beta = run.weights[f"{name}/beta"]

    def back(slope: Array) -> Array:
        if layer.affine:
            scaled = slope * normal.reshape(x.shape)
            run.gradients[f"{name}/gamma"] = scaled.sum(others)
            run.gradients[f"{name}/beta"] = summed(slope, others, run.rounding)
        slope = (slope * gamma).reshape(parts.shape)
        along = (slope * normal).mean(axes, keepdims=True)
        slope = slope - slope.mean(axes, keepdims=True) - normal * along
        return np.asarray(slope / width).reshape(x.shape)

    return gamma * normal.reshape(x.shape) + beta, back


def _moments(x: Array, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """Return the mean and the biased variance, with the axes kept.

    The rounding error of the mean is subtracted, so that the mean of equal
    values is that value. Otherwise it would decide whether a constant
    channel is slightly above or below 0, a difference that a ReLU amplifies
    and that depends on each framework's order of summation.
    """
    mean = x.mean(axes, keepdims=True)
    mean = mean + (x - mean).mean(axes, keepdims=True)
    return mean, ((x - mean) ** 2).mean(axes, keepdims=True)


def _normal(x: Array, mean: Array, width: Array, run: Pass) -> Array:
    """Return (x - mean) / width.

    Keras computes x / width - mean / width, both of which may be large.
    """
    size = np.abs(mean / width)
    return roughly((x - mean) / width, size, run.rounding)
