"""A module whose layers are not trained."""

from torch import Tensor, nn


class Frozen(nn.Module):
    """Layers whose parameters are not trained.

    Where `batch_norm` is "evaluation", batch norms inside stay in that mode
    when the model is trained.
    """

    def __init__(self, layers: nn.Module, batch_norm: str) -> None:
        super().__init__()
        self.layers, self.batch_norm = layers, batch_norm
        self.layers.requires_grad_(False)

    def train(self, mode: bool = True) -> "Frozen":
        super().train(mode)
        if self.batch_norm == "evaluation":
            for layer in self.layers.modules():
                if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                    layer.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return y
