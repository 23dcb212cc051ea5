"""Random streams that both frameworks share.

Each purpose has a stream of its own, so the draws of one purpose never change
those of another. The streams are counter-based (Philox, Salmon et al. 2011),
so each of them starts without drawing the numbers before it.
"""

import hashlib

import numpy as np


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return the random generator of one purpose under one seed.

    Args:
        seed: the seed of the run.
        *purpose: the parts of the name of the stream.

    >>> a = stream(0, "order", 3).integers(100, size=3)
    >>> b = stream(0, "order", 3).integers(100, size=3)
    >>> (a == b).all()
    np.True_
    """
    key = stream_key(seed, *purpose)
    return np.random.Generator(np.random.Philox(key=key))


def stream_key(seed: int, *purpose: str | int) -> np.ndarray:
    """Return the key of the generator that `stream` returns.

    Args:
        seed: the seed of the run.
        *purpose: the parts of the name of the stream.

    Returns:
        Two uint64 numbers, the lower one first.
    """
    name = "/".join(str(part) for part in (seed, *purpose))
    digest = hashlib.sha256(name.encode()).digest()[:16]
    return np.frombuffer(digest, dtype=np.uint64)


# The number of mantissa bits that float32 has beyond bfloat16.
BITS_BEYOND = 16


def nudged(
    weights: dict[str, np.ndarray], seed: int, dtype: str = ""
) -> dict[str, np.ndarray]:
    """Move every weight by one unit in the last place, up or down.

    The drift that this causes over a training run is the noise floor: how
    far a framework deviates from *itself* because of rounding alone. A
    weight of exactly zero is unchanged, as the distance to its neighbour is
    not the size of a rounding error.

    Args:
        weights: tensors in the precision of training.
        seed: the seed of the random signs.
        dtype: the precision of computation, where it differs from that of
            the weights. With `bfloat16` the unit is that of bfloat16, as
            lower bits are rounded off before a weight is used.

    Returns:
        The moved tensors, in the precision of `weights`.
    """
    coarse = 2.0**BITS_BEYOND if dtype == "bfloat16" else 1.0
    moved = {}
    for name, value in weights.items():
        up = stream(seed, "nudge", name).random(value.shape) < 0.5
        toward = np.where(up, np.inf, -np.inf).astype(value.dtype)
        neighbour = np.nextafter(value, toward)
        if coarse > 1:
            neighbour = value + (neighbour - value) * value.dtype.type(coarse)
        moved[name] = np.where(value == 0, value, neighbour)
    return moved
