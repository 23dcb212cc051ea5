"""Models as people write them in PyTorch; `keras_models.py` has the same."""

from functools import partial
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - as in PyTorch's docs


class Dense(nn.Module):
    """A loop over layers."""

    def __init__(self, activation=torch.tanh, extra=False, head=True):
        super().__init__()
        widths = [12, 16, 16, 8]
        self.hidden = nn.ModuleList(
            nn.Linear(a, b) for a, b in pairwise(widths)
        )
        self.head = nn.Linear(8, 3)
        self.activation, self.extra = activation, extra

    def forward(self, x):
        for layer in self.hidden:
            x = self.activation(layer(x))
        if self.extra:
            x = torch.relu(x)
        return self.head(x)


class Residual(nn.Module):
    """Convolutions, batch normalisation, a shortcut, flatten."""

    def __init__(self, eps=1e-3, kind="relu", order="last", pool="max"):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8, eps=eps)
        self.second = nn.Conv2d(8, 8, 3, padding=1)
        self.head = nn.Linear(8 * 16, 10)
        self.kind, self.order, self.pool = kind, order, pool

    def forward(self, x):
        act = getattr(F, self.kind)
        y = act(self.norm(self.first(x)))
        y = y + self.second(y)
        y = F.max_pool2d(y, 2) if self.pool == "max" else F.avg_pool2d(y, 2)
        if self.order == "last":
            y = y.permute(0, 2, 3, 1)
        return torch.softmax(self.head(y.reshape(len(y), -1)), dim=-1)


def strided(padding="same"):
    """Keras's uneven padding, written with a padding layer."""
    pad = nn.ZeroPad2d((0, 1, 0, 1)) if padding == "same" else nn.Identity()
    conv = nn.Conv2d(3, 6, 3, stride=2, padding=0 if padding == "same" else 1)
    return nn.Sequential(
        *(pad, conv, nn.ReLU6()),
        nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4)),
    )


class Branches(nn.Module):
    """Two branches of equal shape, joined."""

    def __init__(self, swapped=False):
        super().__init__()
        self.one = nn.Sequential(nn.Linear(12, 6), nn.Tanh())
        self.two = nn.Sequential(nn.Linear(12, 6), nn.Sigmoid())
        self.head = nn.Linear(12, 2)
        self.swapped = swapped

    def forward(self, x):
        one, two = self.one(x), self.two(x)
        parts = [two, one] if self.swapped else [one, two]
        return self.head(torch.cat(parts, dim=1))


class Text(nn.Module):
    """Embedding, a recurrent layer, the last step."""

    def __init__(self, cell=nn.LSTM, both=False, last=-1):
        super().__init__()
        self.embedding = nn.Embedding(20, 5)
        self.rnn = cell(5, 7, batch_first=True, bidirectional=both)
        self.head = nn.Linear(14 if both else 7, 2)
        self.both, self.last = both, last

    def forward(self, ids):
        out, _ = self.rnn(self.embedding(ids))
        if self.both:
            out = torch.cat([out[:, -1, :7], out[:, 0, 7:]], dim=1)
        else:
            out = out[:, self.last]
        return self.head(out)


class Block(nn.Module):
    """A hand-written transformer block, norm first, one head."""

    def __init__(self, scaled=True, eps=1e-3, act=F.gelu):
        super().__init__()
        self.norm_1 = nn.LayerNorm(8, eps=eps)
        self.norm_2 = nn.LayerNorm(8, eps=eps)
        self.query, self.key, self.value = (
            nn.Linear(8, 8, bias=False) for _ in range(3)
        )
        self.out = nn.Linear(8, 8)
        self.up, self.down = nn.Linear(8, 16), nn.Linear(16, 8)
        self.scaled, self.act = scaled, act

    def forward(self, x):
        n = self.norm_1(x)
        q, k, v = self.query(n), self.key(n), self.value(n)
        scores = q @ k.transpose(1, 2)
        if self.scaled:
            scores = scores / 8**0.5
        x = x + self.out(torch.softmax(scores, dim=-1) @ v)
        return x + self.down(self.act(self.up(self.norm_2(x))))


class Decoder(nn.Module):
    """A convolution, its transpose and group normalisation."""

    def __init__(self, groups=2):
        super().__init__()
        self.down = nn.Conv2d(3, 6, 2, stride=2)
        self.norm = nn.GroupNorm(groups, 6, eps=1e-3)
        self.up = nn.ConvTranspose2d(6, 3, 2, stride=2)

    def forward(self, x):
        return torch.sigmoid(self.up(F.silu(self.norm(self.down(x)))))


class Clamped(nn.Module):
    """A branch on a value, which the outputs do not depend on."""

    def __init__(self, several=False):
        super().__init__()
        self.layer = nn.Linear(12, 3)
        self.several = several

    def forward(self, x):
        y = self.layer(x)
        if float(y.abs().max()) > 1e9:
            y = -y
        y = y.clamp(min=0)
        return (y, y + 1) if self.several else y


class Raises(nn.Module):
    def forward(self, x):
        return x.no_such_method()


def ends():
    raise SystemExit(7)


clamped_several = partial(Clamped, several=True)
dense_relu = partial(Dense, torch.relu)
dense_extra = partial(Dense, extra=True)
residual_eps = partial(Residual, eps=1e-5)
residual_gelu = partial(Residual, kind="gelu")
residual_first = partial(Residual, order="first")
residual_average = partial(Residual, pool="average")
residual_two = partial(Residual, eps=1e-5, order="first")
residual_three = partial(Residual, eps=1e-5, order="first", kind="elu")
strided_symmetric = partial(strided, "symmetric")
branches_swapped = partial(Branches, swapped=True)
text_gru = partial(Text, nn.GRU)
text_both = partial(Text, nn.LSTM, both=True)
text_first = partial(Text, last=0)
block_unscaled = partial(Block, scaled=False)
block_eps = partial(Block, eps=1e-5)
block_tanh_gelu = partial(Block, act=partial(F.gelu, approximate="tanh"))
