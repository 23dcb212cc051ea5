"""Weight decay, read from Keras."""

from typing import Any

import keras
import numpy as np

from framework_parity.common.codegen.introspection import shortest


def decay_fields(live: Any) -> dict[str, Any]:
    """Return the fields of weight decay.

    Raises:
        LookupError: if the optimiser averages weights, which no spec can
            express.
    """
    if live.use_ema:
        raise LookupError(f"{live!r} averages weights; no spec can say that")
    coupled = getattr(live, "coupled_decay", None)
    factored = getattr(live, "factored_decay", None)
    form = "coupled" if coupled is not None else "decoupled"
    excluded = getattr(live, "_exclude_from_weight_decay", ())
    decay = coupled or factored or live.weight_decay or 0.0
    return {
        "weight_decay": float(decay),
        "decay": form if factored is None else "factored",
        "decay_applies_to": "kernels" if excluded else "all",
    }


def learning_rate_of(live: Any) -> float:
    """Return an optimiser's rate, the shortest decimal that rounds to it."""
    rate = keras.ops.convert_to_numpy(live.learning_rate)
    kind = np.dtype(rate.dtype).type
    return shortest(lambda lr: float(kind(lr)), float(rate), float(rate))
