"""Ordinary PyTorch training loops."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision import transforms

from benchmarks.cases import Case


def loops(case: Case) -> dict[str, Callable[[], Any]]:
    """Return the loops to compare with, by name, ready to run."""
    part = case.part()
    x = torch.tensor(part.x, dtype=torch.float32)
    y = torch.tensor(part.y)
    y = y if case.classes else y.float()
    tensors = loader(case, TensorDataset(x, y))
    images = loader(case, Images(case, y))
    return {
        "bare": trained(case, lambda: sliced(case, x, y)),
        "tensor_loader": trained(case, lambda: tensors),
        "image_loader": trained(case, lambda: images),
    }


def network(case: Case) -> nn.Sequential:
    """Return the network of a case."""
    activation = {"tanh": nn.Tanh, "relu": nn.ReLU}[case.activation]
    layers: list[nn.Module] = []
    inputs = case.inputs
    for units in case.hidden:
        layers += [nn.Linear(inputs, units), activation()]
        inputs = units
    return nn.Sequential(*layers, nn.Linear(inputs, case.classes or 1))


def trained(
    case: Case, batches: Callable[[], Iterable[tuple[Tensor, Tensor]]]
) -> Callable[[], Tensor]:
    """Return the usual loop over the batches of an epoch."""
    model = network(case)
    loss = nn.CrossEntropyLoss() if case.classes else nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)

    def run() -> Tensor:
        model.train()
        losses = []
        for _ in range(case.epochs):
            for x, y in batches():
                optimizer.zero_grad()
                value = loss(model(x), y)
                value.backward()
                optimizer.step()
                losses.append(value.detach())
        return torch.stack(losses)

    return run


def sliced(
    case: Case, x: Tensor, y: Tensor
) -> Iterable[tuple[Tensor, Tensor]]:
    """Return an epoch's batches: shuffle once, then slice."""
    if case.full:
        return [(x, y)]
    order = torch.randperm(case.samples)
    batches = x[order].split(case.batch), y[order].split(case.batch)
    return zip(*batches, strict=True)


class Images(Dataset[tuple[Tensor, Tensor]]):
    """Square grey images, transformed one at a time by torchvision."""

    def __init__(self, case: Case, y: Tensor) -> None:
        side = math.isqrt(case.inputs)
        self.y = y
        self.images = np.random.default_rng(0).integers(
            256, size=(case.samples, side, side), dtype=np.uint8
        )
        self.transform = transforms.Compose(
            [
                transforms.ToTensor(),
                transforms.Normalize((0.5,), (0.5,)),
                torch.flatten,
            ]
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.transform(self.images[index]), self.y[index]


def loader(case: Case, data: Dataset[Any]) -> DataLoader[Any]:
    """Return the usual loader."""
    return DataLoader(data, batch_size=case.batch, shuffle=True)
