"""A PyTorch model with the functions that train it; for `recipes_keras.py`."""

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - as in PyTorch's docs


class Net(nn.Module):
    """Convolution, batch normalisation, dropout."""

    def __init__(self, momentum=0.1, rate=0.3):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4, eps=1e-3, momentum=momentum)
        self.drop = nn.Dropout(rate)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        y = F.relu(self.norm(self.conv(x)))
        return self.head(self.drop(y.mean((2, 3))))


def frozen():
    net = Net()
    net.conv.weight.requires_grad_(False)
    return net


def rate_4():
    return Net(rate=0.4)


def momentum_01():
    return Net(momentum=0.01)


def loss(pred, target):
    return F.cross_entropy(pred, target)


def make_optimizer(params):
    return torch.optim.Adam(params, lr=1e-3, eps=1e-7)
