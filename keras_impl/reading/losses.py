"""Losses, read from Keras: those that are averaged over the batch."""

from typing import Any

import keras

from common.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError

_MEAN = "sum_over_batch_size"


def cross_entropy(live: Any) -> CrossEntropy | None:
    """SparseCategoricalCrossentropy, from logits."""
    if type(live) is not keras.losses.SparseCategoricalCrossentropy:
        return None
    plain = _plain(live, from_logits=True, ignore_class=None)
    return CrossEntropy() if plain else None


def binary_cross_entropy(live: Any) -> BinaryCrossEntropy | None:
    """BinaryCrossentropy, from logits."""
    if type(live) is not keras.losses.BinaryCrossentropy:
        return None
    plain = _plain(live, from_logits=True, label_smoothing=0)
    return BinaryCrossEntropy() if plain else None


def mean_squared_error(live: Any) -> MeanSquaredError | None:
    """MeanSquaredError."""
    if type(live) is not keras.losses.MeanSquaredError:
        return None
    return MeanSquaredError() if _plain(live) else None


def _plain(live: Any, **fields: Any) -> bool:
    config = live.get_config()
    wanted = {"reduction": _MEAN, **fields}
    return all(config.get(name, rest) == rest for name, rest in wanted.items())
