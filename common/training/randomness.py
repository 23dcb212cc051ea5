"""Random streams that both frameworks share.

Every draw has a purpose, and every purpose its own stream: what one purpose
draws never moves another's numbers. The streams are counter-based (Philox,
Salmon et al. 2011), so any of them starts at once, wherever it stands.
"""

import hashlib

import numpy as np


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return the generator for one purpose under one seed.

    >>> a = stream(0, "order", 3).integers(100, size=3)
    >>> b = stream(0, "order", 3).integers(100, size=3)
    >>> (a == b).all()
    np.True_
    """
    name = "/".join(str(part) for part in (seed, *purpose))
    key = hashlib.sha256(name.encode()).digest()[:16]
    return np.random.Generator(
        np.random.Philox(key=np.frombuffer(key, dtype=np.uint64))
    )


# A float32 has so many bits behind those that bfloat16 keeps of it.
BITS_BEYOND = 16


def nudged(
    weights: dict[str, np.ndarray], seed: int, dtype: str = ""
) -> dict[str, np.ndarray]:
    """Move every weight by one unit in the last place, up or down.

    The drift this causes over a training run is the noise floor: how far a
    framework parts from *itself* for no reason but rounding. A weight of
    exactly zero stays, as its neighbour is no rounding error away.

    Args:
        weights: tensors in the precision that is to be trained in.
        seed: which random signs.
        dtype: the precision that is computed in, where that is not the
            weights' own. A weight's last place is then that of bfloat16:
            what is below it is rounded off before it is used.
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
