"""Convolutions and pools against SciPy."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import ndimage, signal

from tests.external.calculations import Arrays, Forward
from tests.external.conftest import Desk
from tests.external.units import units

# Sums of at most 60 products, in another order; the largest difference that
# was measured is 6.6 units in the last place.
LIMIT = 16.0

IMAGES, HEIGHT, WIDTH, CHANNELS, FILTERS = 3, 9, 8, 4, 5


class Truth(NamedTuple):
    """A layer, its weights, and its outputs by SciPy."""

    layer: Any
    weights: Arrays
    outputs: np.ndarray


def correlated(
    x: np.ndarray, kernel: np.ndarray, mode: str = "valid"
) -> np.ndarray:
    """Return a convolution by `scipy.signal.correlate2d`.

    Args:
        x: images (samples, height, width, channels).
        kernel: (height, width, channels, filters).
        mode: SciPy's.
    """

    def one(image: np.ndarray, filter_: np.ndarray) -> np.ndarray:
        pairs = zip(
            np.moveaxis(image, -1, 0), np.moveaxis(filter_, -1, 0), strict=True
        )
        each = [signal.correlate2d(a, b, mode) for a, b in pairs]
        total: np.ndarray = np.sum(each, axis=0)
        return total

    return np.stack(
        [
            np.stack([one(image, f) for f in np.moveaxis(kernel, -1, 0)], -1)
            for image in x
        ]
    )


def _inputs() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    x = rng.normal(size=(IMAGES, HEIGHT, WIDTH, CHANNELS))
    return x, rng.normal(size=(5, 5, CHANNELS, FILTERS))


def _convolutions() -> dict[str, Truth]:
    x, wide = _inputs()
    kernel, odd = wide[:3, :2], wide[:3]
    fields = {"filters": FILTERS, "size": [3, 2], "bias": False}
    valid = correlated(x, kernel)
    padded = np.pad(x, ((0, 0), (2, 2), (1, 1), (0, 0)))
    spread = np.zeros((5, 4, CHANNELS, FILTERS))
    spread[::2, ::3] = kernel

    def truth(outputs: np.ndarray, weights: np.ndarray, **more: Any) -> Truth:
        layer = {"conv2d": fields | more}
        return Truth(layer, {"conv2d_1/kernel": weights}, outputs)

    deep = wide[:3, :3, :, :2]
    each = [
        correlated(x[..., c : c + 1], deep[:, :, c : c + 1])
        for c in range(CHANNELS)
    ]
    return {
        "conv2d": truth(valid, kernel),
        "conv2d-stride": truth(valid[:, ::2, ::3], kernel, stride=[2, 3]),
        "conv2d-symmetric": truth(
            correlated(padded, kernel), kernel, padding={"symmetric": [2, 1]}
        ),
        "conv2d-dilation": truth(
            correlated(x, spread), kernel, dilation=[2, 3]
        ),
        "conv2d-same": truth(
            correlated(x, odd, "same"), odd, size=[3, 5], padding="same"
        ),
        "depthwise_conv2d": Truth(
            {"depthwise_conv2d": {"size": 3, "multiplier": 2, "bias": False}},
            {"depthwise_conv2d_1/kernel": deep},
            np.concatenate(each, -1),
        ),
    }


def _pools() -> dict[str, Truth]:
    x, _ = _inputs()
    truths = {}
    for size in (3, 5):
        window = {"size": (1, size, size, 1), "mode": "constant"}
        mean = ndimage.uniform_filter(x, cval=0.0, **window)
        share = ndimage.uniform_filter(np.ones_like(x), cval=0.0, **window)
        most = ndimage.maximum_filter(x, cval=-np.inf, **window)
        fields = {"size": size, "stride": 1, "padding": "same"}

        def pool(
            kind: str, outputs: np.ndarray, fields: Any = fields, **more: Any
        ) -> Truth:
            return Truth({kind: fields | more}, {}, outputs)

        kind, edge = "average_pool", size // 2
        truths[f"max_pool-{size}"] = pool("max_pool", most)
        truths[f"{kind}-{size}-counted"] = pool(kind, mean, count_padding=True)
        truths[f"{kind}-{size}"] = pool(
            kind, mean / share, count_padding=False
        )
        inside = mean[:, edge : HEIGHT - edge, edge : WIDTH - edge]
        truths[f"{kind}-{size}-stride"] = pool(
            kind,
            inside[:, ::2, ::2],
            stride=2,
            padding="valid",
            count_padding=False,
        )
    return truths


TRUTHS = _convolutions() | _pools()


@pytest.mark.parametrize("backend", ["torch", "keras", "reference"])
@pytest.mark.parametrize("name", TRUTHS)
def test_windows_equal_scipy(name: str, backend: str, desk: Desk) -> None:
    layer, weights, outputs = TRUTHS[name]
    item = Forward([layer], _inputs()[0], weights)
    [result] = desk.ask(("window", name), lambda: [item], backend)
    off = units(result["outputs"], outputs)
    assert off <= (0.0 if "max_pool" in name else LIMIT)
