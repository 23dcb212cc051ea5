"""Sound pairs, PyTorch's side: models in the varied style people write."""

# ruff: noqa: E731, RUF059 - code as people write it

import math

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - as in PyTorch's docs


class OwnLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(16, 12) * 0.3)
        self.b = nn.Parameter(torch.zeros(16))
        self.v = nn.Parameter(torch.randn(16, 3) * 0.3)

    def forward(self, x):
        h = F.elu(F.linear(x, self.w, self.b))
        return h @ self.v


class OwnConv(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = nn.Parameter(torch.randn(5, 3, 3, 3) * 0.2)
        self.bn = nn.BatchNorm2d(5, eps=1e-3)
        self.head = nn.Linear(5, 4)

    def forward(self, x):
        x = F.conv2d(x, self.k, padding=1, stride=1)
        x = F.leaky_relu(self.bn(x), 0.2)
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.head(x)


class Mlp2(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(12, 8)
        self.b = nn.Linear(4, 8)
        self.c = nn.Linear(16, 1)

    def forward(self, x, y):
        return self.c(
            torch.cat([torch.relu(self.a(x)), torch.relu(self.b(y))], -1)
        ).squeeze(-1)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.d1 = nn.Conv2d(3, 4, 3, padding=1)
        self.d2 = nn.Conv2d(4, 8, 3, padding=1)
        self.up = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.out = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        a = F.relu(self.d1(x))
        b = F.relu(self.d2(F.max_pool2d(a, 2)))
        u = self.up(b)
        return self.out(torch.cat([u, a], dim=1))


class UpNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        return torch.sigmoid(self.c(x))


class Lstm2(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(30, 6)
        self.r = nn.LSTM(6, 5, batch_first=True)
        self.r2 = nn.LSTM(5, 4, batch_first=True)
        self.h = nn.Linear(4, 2)

    def forward(self, ids):
        x, _ = self.r(self.e(ids))
        _, (h, c) = self.r2(x)
        return self.h(h[-1])


class BiGru(nn.Module):
    def __init__(self):
        super().__init__()
        self.r = nn.GRU(8, 5, batch_first=True, bidirectional=True)
        self.h = nn.Linear(10, 2)

    def forward(self, x):
        out, h = self.r(x)
        return self.h(torch.cat([h[0], h[1]], dim=1))


class Conv1(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(8, 6, 3, padding=1)
        self.c2 = nn.Conv1d(6, 4, 3, padding=1, stride=2)
        self.h = nn.Linear(4, 2)

    def forward(self, x):
        x = x.transpose(1, 2)
        x = F.gelu(self.c1(x))
        x = F.relu(self.c2(x))
        return self.h(x.amax(dim=2))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = nn.MultiheadAttention(8, 2, batch_first=True)
        self.n1 = nn.LayerNorm(8, eps=1e-6)
        self.n2 = nn.LayerNorm(8, eps=1e-6)
        self.ff = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))

    def forward(self, x):
        a, _ = self.attn(x, x, x, need_weights=False)
        x = self.n1(x + a)
        return self.n2(x + self.ff(x))


class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(8, 24)
        self.o = nn.Linear(8, 8)

    def forward(self, x):
        b, s, d = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        split = lambda t: t.view(b, s, 2, 4).transpose(1, 2)
        q, k, v = split(q), split(k), split(v)
        a = torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(4), dim=-1)
        y = (a @ v).transpose(1, 2).reshape(b, s, d)
        return self.o(y)


class Sdpa(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = (
            nn.Linear(8, 8),
            nn.Linear(8, 8),
            nn.Linear(8, 8),
        )

    def forward(self, x):
        return F.scaled_dot_product_attention(self.q(x), self.k(x), self.v(x))


class HandNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.Linear(12, 12)
        self.g = nn.Parameter(torch.ones(12))
        self.b = nn.Parameter(torch.zeros(12))
        self.o = nn.Linear(12, 3)

    def forward(self, x):
        x = self.l(x)
        m = x.mean(-1, keepdim=True)
        v = x.var(-1, keepdim=True, unbiased=False)
        x = (x - m) / torch.sqrt(v + 1e-5) * self.g + self.b
        return self.o(x * torch.sigmoid(x))


class DictOut(nn.Module):
    def __init__(self):
        super().__init__()
        self.t = nn.Linear(12, 6)
        self.a = nn.Linear(6, 2)
        self.b = nn.Linear(6, 3)

    def forward(self, x):
        h = torch.tanh(self.t(x))
        return {"a": self.a(h), "b": self.b(h)}


class SE(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.f1 = nn.Linear(8, 2)
        self.f2 = nn.Linear(2, 8)
        self.h = nn.Linear(8, 2)

    def forward(self, x):
        x = F.silu(self.c(x))
        s = x.mean(dim=(2, 3))
        s = torch.sigmoid(self.f2(F.relu(self.f1(s))))
        x = x * s[:, :, None, None]
        return self.h(x.mean((2, 3)))


class Sep(nn.Module):
    def __init__(self):
        super().__init__()
        self.dw = nn.Conv2d(3, 3, 3, padding=1, groups=3, bias=False)
        self.pw = nn.Conv2d(3, 6, 1)
        self.h = nn.Linear(6 * 16, 2)

    def forward(self, x):
        x = F.relu(self.pw(self.dw(x)))
        x = F.avg_pool2d(x, 2)
        return self.h(x.permute(0, 2, 3, 1).flatten(1))


class Dense2(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(3, 4, 3, padding="same")
        self.c2 = nn.Conv2d(7, 4, 3, padding="same")
        self.h = nn.Linear(11, 2)

    def forward(self, x):
        for c in (self.c1, self.c2):
            x = torch.cat([x, torch.relu(c(x))], 1)
        return self.h(x.mean([2, 3]))


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.t = nn.Linear(12, 6)
        self.o = nn.Linear(6, 1)

    def forward(self, a, b):
        return self.o(torch.abs(torch.tanh(self.t(a)) - torch.tanh(self.t(b))))


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Linear(12, 8)
        self.m = nn.Linear(8, 3)
        self.s = nn.Linear(8, 3)
        self.d = nn.Linear(3, 12)

    def forward(self, x):
        h = F.softplus(self.e(x))
        m, s = self.m(h), self.s(h)
        return self.d(m), m, s


class TextCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(30, 6)
        self.cs = nn.ModuleList([nn.Conv1d(6, 4, k) for k in (2, 3)])
        self.h = nn.Linear(8, 2)

    def forward(self, ids):
        x = self.e(ids).permute(0, 2, 1)
        return self.h(
            torch.cat([F.relu(c(x)).max(dim=2).values for c in self.cs], 1)
        )


class BagMean(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(30, 6)
        self.h = nn.Linear(6, 2)

    def forward(self, ids):
        return torch.log_softmax(self.h(self.e(ids).mean(1)), dim=-1)


class TEL(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.TransformerEncoderLayer(
            8, 2, 16, dropout=0.0, batch_first=True
        )

    def forward(self, x):
        return self.l(x)


class Pos(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(30, 8)
        self.p = nn.Parameter(torch.randn(1, 6, 8) * 0.02)
        self.n = nn.LayerNorm(8, eps=1e-3)
        self.h = nn.Linear(8, 3)

    def forward(self, ids):
        x = self.e(ids) * math.sqrt(8) + self.p
        return self.h(self.n(x)[:, 0])


class Residual3(nn.Module):
    def __init__(self):
        super().__init__()
        self.b = nn.ModuleList(
            nn.Sequential(
                nn.Linear(12, 12),
                nn.BatchNorm1d(12, eps=1e-3),
                nn.ReLU(),
                nn.Linear(12, 12),
            )
            for _ in range(3)
        )
        self.h = nn.Linear(12, 2)

    def forward(self, x):
        for b in self.b:
            x = F.relu(x + b(x))
        return self.h(x)
