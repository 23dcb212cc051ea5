"""Layers that draw, or do something else in training, in a PyTorch model."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn
from torch.nn import functional

from framework_parity.common.live.training import BaseLiveTraining
from framework_parity.torch_impl.live.stacked import (
    is_stacked,
    joined,
    layers_of,
    stacked,
)
from framework_parity.torch_impl.live.tensors import from_array

MODED = (nn.modules.dropout._DropoutNd, nn.modules.batchnorm._BatchNorm)
"""Layers that do something else in training."""


class Drawing(BaseLiveTraining):
    """A live PyTorch model whose dropouts draw from given numbers."""

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Let dropouts draw from `self.masks`."""
        names = ("dropout", "dropout1d", "dropout2d", "dropout3d")
        plain = {name: getattr(functional, name) for name in names}

        def drawn(channels: bool) -> Any:
            def dropout(
                x: Any,
                p: float = 0.5,
                training: bool = True,
                *_: Any,
                **__: Any,
            ) -> Any:
                if not training or p == 0:
                    return x
                shape = tuple(x.shape)
                if channels:
                    shape = (*shape[:2], *(1 for _ in shape[2:]))
                kept = self.masks.drawn_next(shape) >= p
                return x * from_array(kept / (1 - p)).to(x.dtype)

            return dropout

        for name in names:
            setattr(functional, name, drawn(name != "dropout"))
        inside = [
            (module, module.dropout)
            for module in self.live.model.modules()
            if isinstance(module, nn.MultiheadAttention)
        ]
        for module, _ in inside:
            module.dropout = 0.0
        forwards = {kind: kind.forward for kind in (nn.RNN, nn.LSTM, nn.GRU)}
        for kind, forward in forwards.items():
            kind.forward = _layer_by_layer(forward)  # type: ignore
        hooks = [
            module.register_forward_pre_hook(self._in_mode)
            for module in self.live.model.modules()
            if isinstance(module, MODED)
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
            for module, rate in inside:
                module.dropout = rate
            for kind, forward in forwards.items():
                kind.forward = forward  # type: ignore[method-assign]
            for name, function in plain.items():
                setattr(functional, name, function)

    def _in_mode(self, module: nn.Module, _: Any) -> None:
        """Note the mode of a layer, or set the one that replaces it."""
        module.training = self.in_training(module)
        self.seen[id(module)] = module.training

    def in_training(self, layer: Any) -> bool:
        """Return whether a layer that is replayed runs in training mode."""
        wanted = self.mode_of(layer)
        return bool(layer.training) if wanted is None else wanted


def _layer_by_layer(plain: Any) -> Any:
    """Return the pass of a recurrent layer, with the dropouts of a stack."""

    def forward(module: Any, *args: Any, **keywords: Any) -> Any:
        if not (module.dropout and is_stacked(module, args, keywords)):
            return plain(module, *args, **keywords)
        output, states = stacked(
            module,
            layers_of(module),
            args[0],
            lambda part, x: plain(part, x),
        )
        return output, joined(states)

    return forward
