"""Attention of a sequence to itself, and positions."""

import math
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional


class SelfAttention(nn.MultiheadAttention):
    """MultiheadAttention of a sequence (n, t, c) to itself.

    Args:
        channels: the number of channels.
        heads: the number of heads, of channels / heads numbers each.
        causal: whether a step sees only itself and those before it.
        bias: whether the projections have biases.
    """

    takes_valid: ClassVar[bool] = True

    def __init__(
        self, channels: int, heads: int, *, causal: bool, bias: bool
    ) -> None:
        super().__init__(channels, heads, bias=bias, batch_first=True)
        self.causal = causal

    def forward(
        self, query: Any, *_: Any, valid: Any = None, **__: Any
    ) -> Any:
        mask = None
        if valid is not None:
            mask = _hidden(query, valid, self.causal)
            mask = mask.repeat_interleave(self.num_heads, 0)
        elif self.causal:
            steps = query.shape[1]
            whole = torch.ones(steps, steps, dtype=torch.bool)
            mask = whole.triu(1).to(query.device)
        return super().forward(
            *(query, query, query), need_weights=False, attn_mask=mask
        )[0]


def _hidden(x: Tensor, valid: Tensor, causal: bool) -> Tensor:
    """Return what is added to the scores, (n, t, t).

    It is a large negative number where a step does not see another, and not
    -∞, so that a step that sees none attends to all alike.

    Args:
        x: a tensor of the type of the scores.
        valid: which steps are no padding, (n, t).
        causal: whether a step sees only itself and those before it.
    """
    steps = valid.shape[1]
    seen = valid[:, None].expand(-1, steps, -1)
    if causal:
        seen = seen.tril()
    large = -0.7 * torch.finfo(x.dtype).max
    return torch.zeros_like(seen, dtype=x.dtype).masked_fill(~seen, large)


class SizedSelfAttention(nn.Module):
    """`SelfAttention` with heads of any size, or with separate kernels.

    Args:
        channels: the number of channels.
        heads: the number of heads.
        size: the size of a head.
        causal: whether a step sees only itself and those before it.
        bias: whether the projections have biases.
        packed: whether the kernels of query, key and value are one tensor.
    """

    takes_valid: ClassVar[bool] = True
    in_proj_weight: Tensor
    in_proj_bias: Tensor
    query_weight: Tensor
    query_bias: Tensor
    key_weight: Tensor
    key_bias: Tensor
    value_weight: Tensor
    value_bias: Tensor
    out_weight: Tensor
    out_bias: Tensor

    def __init__(
        self,
        channels: int,
        heads: int,
        size: int,
        *,
        causal: bool,
        bias: bool,
        packed: bool,
    ) -> None:
        super().__init__()
        self.heads, self.size, self.causal = heads, size, causal
        self.packed = packed
        wide, names = heads * size, ("query", "key", "value")
        shapes = {f"{name}_weight": (wide, channels) for name in names}
        biases = {f"{name}_bias": wide for name in names}
        if packed:
            shapes = {"in_proj_weight": (3 * wide, channels)}
            biases = {"in_proj_bias": 3 * wide}
        shapes["out_weight"] = (channels, wide)
        biases["out_bias"] = channels
        for name, shape in shapes.items():
            weight = torch.empty(shape)
            bound = math.sqrt(6 / sum(shape))
            self.register_parameter(
                name, nn.Parameter(weight.uniform_(-bound, bound))
            )
        for name, count in biases.items():
            self.register_parameter(
                name, nn.Parameter(torch.zeros(count)) if bias else None
            )

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        if self.packed:
            parts = functional.linear(
                x, self.in_proj_weight, self.in_proj_bias
            )
            query, key, value = map(self.in_heads, parts.chunk(3, -1))
        else:
            query = self.in_heads(
                functional.linear(x, self.query_weight, self.query_bias)
            )
            key = self.in_heads(
                functional.linear(x, self.key_weight, self.key_bias)
            )
            value = self.in_heads(
                functional.linear(x, self.value_weight, self.value_bias)
            )
        mask = None
        if valid is not None:
            mask = _hidden(query, valid, self.causal)[:, None]
        heads = functional.scaled_dot_product_attention(
            *(query, key, value, mask),
            is_causal=self.causal and valid is None,
        )
        joined = heads.transpose(1, 2).flatten(2)
        y: Tensor = functional.linear(joined, self.out_weight, self.out_bias)
        return y

    def in_heads(self, x: Tensor) -> Tensor:
        """Return (n, t, heads · size) as (n, heads, t, size)."""
        parts: Tensor = x.unflatten(-1, (self.heads, self.size))
        return parts.transpose(1, 2)


class PositionEmbedding(nn.Module):
    """x + P, with a learnt P (t, c)."""

    def __init__(self, steps: int, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(steps, channels) * 0.02)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight


class SinusoidalPositions(nn.Module):
    """x + P, with sines and cosines of the time; see the formula below.

    sin(t / base^(2i / channels)) and cos(t / base^(2i / channels)), for each
    i one after the other, or first all sines.
    """

    def __init__(self, base: float, interleaved: bool) -> None:
        super().__init__()
        self.base, self.interleaved = base, interleaved

    def forward(self, x: Tensor) -> Tensor:
        _, steps, channels = x.shape
        kind: Any = {"dtype": torch.float64, "device": x.device}
        powers = torch.arange(0, channels, 2, **kind) / channels
        time = torch.arange(steps, **kind)[:, None]
        angles = time * self.base**-powers
        pair = [angles.sin(), angles.cos()]
        whole = torch.stack(pair, -1).flatten(1)
        table = whole if self.interleaved else torch.cat(pair, -1)
        return x + table.to(x.dtype)
