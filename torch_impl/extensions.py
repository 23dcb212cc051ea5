"""Minimal subclasses for elements that PyTorch has no class for."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn


class JointSoftmax(nn.Module):
    """Softmax along all axes from `start_dim` on, jointly."""

    def __init__(self, start_dim: int) -> None:
        super().__init__()
        self.start_dim = start_dim

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(self.start_dim)
        return flat.softmax(self.start_dim).view(x.shape)


class JointLogSoftmax(JointSoftmax):
    """The logarithm of `JointSoftmax`."""

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(self.start_dim)
        return flat.log_softmax(self.start_dim).view(x.shape)


class ExactHardsigmoid(nn.Hardsigmoid):
    """relu6(x + 3) / 6.

    PyTorch's own operation stores its slope, 1/6, in float32.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - PyTorch's
        return nn.functional.relu6(input + 3) / 6


class Swish(nn.Module):
    """x sigmoid(β x)."""

    def __init__(self, beta: float) -> None:
        super().__init__()
        self.beta = beta

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.beta * x)


class Custom(nn.Module):
    """function(x), for a function that is not a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class GlobalAvgPool1d(nn.Module):
    """The mean over the time of a sequence (n, t, c)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(1)


class GlobalAvgPool2d(nn.AdaptiveAvgPool2d):
    """AdaptiveAvgPool2d to one pixel, (n, c, 1, 1), as (n, c)."""

    def __init__(self) -> None:
        super().__init__(1)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).flatten(1)


class GlobalMaxPool1d(nn.Module):
    """The maximum over the time; equal values share the slope."""

    def forward(self, x: Tensor) -> Tensor:
        return x.amax(1)


class GlobalMaxPool2d(nn.Module):
    """The maximum of each channel; equal values share the slope."""

    def forward(self, x: Tensor) -> Tensor:
        return x.amax((2, 3))


class _AnyAxes(nn.Module):
    """A base class of normalisations of any axes, `dims`.

    They are moved to the end first: (1,) normalises the channels of each
    position of (n, c, h, w), (2, 3) the positions of each channel.
    """

    def __init__(
        self,
        normalized_shape: tuple[int, ...],
        dims: tuple[int, ...],
        **fields: Any,
    ) -> None:
        super().__init__(normalized_shape, **fields)
        self.dims = dims

    def forward(self, x: Tensor) -> Tensor:
        last = tuple(range(-len(self.dims), 0))
        normal: Tensor = super().forward(x.movedim(self.dims, last))
        return normal.movedim(last, self.dims)


class AxesLayerNorm(_AnyAxes, nn.LayerNorm):
    """LayerNorm of any axes."""


class AxesRMSNorm(_AnyAxes, nn.RMSNorm):
    """RMSNorm of any axes."""


class SequenceGroupNorm(nn.GroupNorm):
    """GroupNorm of a sequence (n, t, c)."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - PyTorch's
        return super().forward(input.mT).mT


class ShapedPReLU(nn.PReLU):
    """PReLU with slopes a of any shape that broadcasts to a sample's.

    relu(x) - a relu(-x), whose derivative at 0 is 0; or, if it is not flat
    there, x where x > 0 and a x elsewhere.
    """

    def __init__(
        self, shape: tuple[int, ...], init: float, flat_at_zero: bool
    ) -> None:
        super().__init__(math.prod(shape), init)
        self.weight = nn.Parameter(self.weight.detach().reshape(shape))
        self.flat_at_zero = flat_at_zero

    def forward(self, x: Tensor) -> Tensor:
        slope = self.weight.to(x.dtype)
        if self.flat_at_zero:
            return torch.relu(x) - slope * torch.relu(-x)
        return torch.where(x > 0, x, slope * x)


class BiasedBatchNorm1d(nn.BatchNorm1d):
    """BatchNorm1d that averages the biased variance.

    The step adds the unbiased variance; times (n - 1)/n it is biased.
    """

    def forward(self, x: Tensor) -> Tensor:
        return _biased(self, super().forward, x)


class BiasedBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm2d that averages the biased variance."""

    def forward(self, x: Tensor) -> Tensor:
        return _biased(self, super().forward, x)


class AxisBatchNorm(nn.BatchNorm1d):
    """BatchNorm1d of an axis other than the channels, `dim`.

    The axis is moved to that of the channels; all others are flattened.
    """

    def __init__(
        self, num_features: int, dim: int, biased: bool, **fields: Any
    ) -> None:
        super().__init__(num_features, **fields)
        self.dim, self.biased = dim, biased

    def forward(self, x: Tensor) -> Tensor:
        moved = x.movedim(self.dim, 1)
        flat, forward = moved.flatten(2), super().forward
        normal = _biased(self, forward, flat) if self.biased else forward(flat)
        return normal.view(moved.shape).movedim(1, self.dim)


def _biased(
    layer: Any, forward: Callable[[Tensor], Tensor], x: Tensor
) -> Tensor:
    if not layer.training:
        return forward(x)
    kept = layer.running_var * (1.0 - layer.momentum)
    y = forward(x)
    count = x.numel() // x.shape[1]
    added = layer.running_var - kept
    # In a tensor of its own: the way back still holds the one that was.
    layer.running_var = kept + added * ((count - 1) / count)
    return y


class Residual(nn.Module):
    """after(body(x) + shortcut(x))."""

    def __init__(
        self, body: nn.Module, shortcut: nn.Module, after: nn.Module
    ) -> None:
        super().__init__()
        self.body, self.shortcut, self.after = body, shortcut, after

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.after(self.body(x) + self.shortcut(x))
        return y


class Concatenate(nn.Module):
    """The outputs of several branches, concatenated along `dim`."""

    def __init__(self, *branches: nn.Module, dim: int) -> None:
        super().__init__()
        self.dim = dim
        for number, branch in enumerate(branches, 1):
            self.add_module(f"branch{number}", branch)

    def forward(self, x: Tensor) -> Tensor:
        outputs = [branch(x) for branch in self.children()]
        return torch.cat(outputs, dim=self.dim)


class L1L2(nn.Module):
    """l1 Σ |w| + l2 Σ w²."""

    def __init__(self, l1: float, l2: float) -> None:
        super().__init__()
        self.l1, self.l2 = l1, l2

    def forward(self, w: Tensor) -> Tensor:
        return self.l1 * w.abs().sum() + self.l2 * w.square().sum()


@torch.no_grad()
def clip_grad_norm_to_(
    parameters: Sequence[Tensor], max_norm: float, epsilon: float
) -> None:
    """clip_grad_norm_ with ε as an argument: g ← min(1, c/(|g| + ε)) g."""
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = nn.utils.get_total_norm(grads)
    factor = (max_norm / (norm + epsilon)).clamp(max=1.0)
    for grad in grads:
        grad.mul_(factor)


def clip_each_grad_norm_(
    parameters: Sequence[Tensor], max_norm: float, epsilon: float
) -> None:
    """clip_grad_norm_ for each parameter separately."""
    for p in parameters:
        clip_grad_norm_to_([p], max_norm, epsilon)
