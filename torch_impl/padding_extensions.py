"""Modules that pass on which steps of a sequence are no padding.

They and the modules that leave padding out take `valid`, booleans (n, t)
that are false at the steps of padding.
"""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from framework_parity.torch_impl.extensions import (
    Concatenate,
    GlobalAvgPool1d,
    Residual,
)
from framework_parity.torch_impl.freezing_extensions import Frozen


class MaskingEmbedding(nn.Embedding):
    """Embedding with an id, `masked_id`, whose steps are padding."""

    def __init__(self, *args: Any, masked_id: int, **fields: Any) -> None:
        super().__init__(*args, **fields)
        self.masked_id = masked_id


class PaddedSequential(nn.Sequential):
    """Sequential that tells its modules which steps are no padding."""

    takes_valid: ClassVar[bool] = True

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        for layer in self:
            if isinstance(inner := first(layer), MaskingEmbedding):
                valid = x != inner.masked_id
            x = applied(layer, x, valid)
        return x


def first(layer: nn.Module) -> nn.Module:
    """Return the first layer of a frozen block, or the layer."""
    if isinstance(layer, Frozen):
        return first(next(layer.layers.children()))
    return layer


def applied(layer: nn.Module, x: Tensor, valid: Tensor | None) -> Tensor:
    """Return the output of a module, with or without `valid`."""
    takes = getattr(layer, "takes_valid", False)
    y: Tensor = layer(x, valid=valid) if takes else layer(x)
    return y


class PaddedResidual(Residual):
    """Residual that passes on which steps are no padding."""

    takes_valid: ClassVar[bool] = True

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        body, shortcut = (
            applied(block, x, valid) for block in (self.body, self.shortcut)
        )
        return applied(self.after, body + shortcut, valid)


class PaddedFrozen(Frozen):
    """Frozen that passes on which steps are no padding."""

    takes_valid: ClassVar[bool] = True

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        return applied(self.layers, x, valid)


class PaddedConcatenate(Concatenate):
    """Concatenate that passes on which steps are no padding."""

    takes_valid: ClassVar[bool] = True

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        branches = [applied(branch, x, valid) for branch in self.children()]
        return torch.cat(branches, dim=self.dim)


class PaddedGlobalAvgPool1d(GlobalAvgPool1d):
    """The mean over the steps of (n, t, c) that are no padding."""

    takes_valid: ClassVar[bool] = True

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        if valid is None:
            return super().forward(x)
        kept = valid.to(x.dtype)[..., None]
        return (x * kept).sum(1) / kept.sum(1)


PADDED_CLASS: dict[Any, Any] = {
    Concatenate: PaddedConcatenate,
    Frozen: PaddedFrozen,
    GlobalAvgPool1d: PaddedGlobalAvgPool1d,
    Residual: PaddedResidual,
    nn.Sequential: PaddedSequential,
}
"""The class of a module behind an embedding with a `masked_id`."""
