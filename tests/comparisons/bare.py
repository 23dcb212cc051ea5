"""Scripts in bare PyTorch, as people publish them; each prints its losses.

`python -I bare.py table` imports nothing of this project. `PLAYED` holds the
same trainings as specifications; the test compares the losses bit for bit.
Both optimisers are `fused`, as ours are: the other loop rounds differently.
"""

import json
import os
import sys
from typing import Any

SEED = 7

PLAYED: dict[str, dict[str, Any]] = {
    "table": {
        "name": "table",
        "dialect": "torch",
        "replay": {"seed": SEED, "reseed": False},
        "data": {
            "linear": {"features": 5, "samples": 50, "noise": 0.3},
            "test": 0,
            "validation": 0,
            "scaling": "none",
        },
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": {"adam": 0.01},
            "batch_size": 16,
            "epochs": 3,
            "shuffle": "each_epoch",
        },
        "arms": {
            "only": [
                *({"dense": 12}, "relu", {"dropout": 0.3}),
                *({"dense": 8}, "tanh", {"dropout": 0.5}, {"dense": 1}),
            ]
        },
    },
    "images": {
        "name": "images",
        "dialect": "torch",
        "replay": {"seed": SEED},
        "data": {
            "digits": {"samples": 30},
            "test": 0,
            "validation": 0,
            "scaling": "none",
        },
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"sgd": 0.01},
            "batch_size": 12,
            "epochs": 2,
            "shuffle": "never",
            "last_batch": "drop",
        },
        "arms": {
            "only": [
                *({"conv2d": {"filters": 4, "size": 3}}, {"dropout": 0.2}),
                *({"spatial_dropout": 0.4}, "flatten"),
                {
                    "dense": {
                        "units": 10,
                        "kernel_initializer": "glorot_uniform",
                    }
                },
            ]
        },
    },
}


def table() -> list[float]:
    """Train in shuffled batches of a DataLoader, the last of them small."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(SEED)
    x = torch.randn(50, 5)
    w = torch.randn(5)
    y = (x @ w + 0.3 * torch.randn(50))[:, None]
    model = nn.Sequential(
        nn.Linear(5, 12),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(12, 8),
        nn.Tanh(),
        nn.Dropout(0.5),
        nn.Linear(8, 1),
    )
    loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), 0.01, fused=True)
    losses = []
    for _ in range(3):
        for batch, target in loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(batch), target)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def images() -> list[float]:
    """Train on slices of images, the last layer drawn by Glorot's rule."""
    import torch
    from sklearn.datasets import load_digits
    from torch import nn

    digits = load_digits()
    x = torch.tensor(digits.images[:30, None], dtype=torch.float32)
    y = torch.tensor(digits.target[:30])
    torch.manual_seed(SEED)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.Dropout(0.2),
        nn.Dropout2d(0.4),
        nn.Flatten(),
        nn.Linear(144, 10),
    )
    kernel = model[4].weight
    assert isinstance(kernel, torch.Tensor)
    nn.init.xavier_uniform_(kernel)
    optimizer = torch.optim.SGD(model.parameters(), 0.01, fused=True)
    losses = []
    for _ in range(2):
        for first in (0, 12):
            rows = slice(first, first + 12)
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def main(name: str) -> None:
    import torch

    # As many threads as a worker has: more would sum in another order.
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))
    print(json.dumps({"table": table, "images": images}[name]()))


if __name__ == "__main__":
    main(sys.argv[1])
