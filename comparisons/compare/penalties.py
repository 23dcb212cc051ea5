"""Keras's penalties of the weights, and the weight decay that they may be."""

import math

from framework_parity.comparisons.compare.fields import Found
from framework_parity.comparisons.compare.result import (
    Difference,
    PairResult,
    Place,
)


def penalty_differences(found: Found, result: PairResult) -> list[Difference]:
    """Return the differences between Keras's penalties and a weight decay.

    Args:
        found: what both files have for training.
        result: with the pairing.
    """
    if not found["keras"].penalties:
        return []
    place = Place(
        f"make_optimizer ({found['torch'].defined.get('make_optimizer')})",
        "regularizers of the layers",
    )
    inherent = Difference.of_training(
        "float32_penalty",
        place,
        "Keras rounds the factors of regularizers to float32",
        "no argument changes it",
        part="exact",
        inherent=True,
    )
    if not penalty_is_decay(found):
        return [
            inherent,
            Difference.of_training(
                "weight_penalty",
                place,
                "Keras's layers have regularizers, which are added to the "
                "loss; PyTorch's layers have none",
                "remove them, or use weight_decay in PyTorch: it is twice "
                "the factor of L2",
                part="penalties",
            ),
        ]
    wanted = decay_penalties(found, result)
    penalized = found["keras"].penalized
    others = sorted(
        (factor, penalized[index].get(name, 0.0))
        for index, factors in wanted.items()
        for name, factor in factors.items()
        if not math.isclose(factor, penalized[index].get(name, 0.0))
    )
    if not others:
        return [inherent]
    return [
        inherent,
        Difference.of_training(
            "weight_penalty_factor",
            place,
            f"PyTorch's weight_decay is an L2 penalty with the factor "
            f"{others[-1][0]:.6g} (half of it), Keras's regularizer has "
            f"{others[-1][1]:.6g}",
            "weight_decay is twice the factor of L2; decay the same tensors",
            part="penalized",
        ),
    ]


def penalty_is_decay(found: Found) -> bool:
    """Return whether Keras's penalties are what PyTorch's optimiser decays.

    Args:
        found: what both files have for training.
    """
    torch, keras = (found[side].optimizer for side in ("torch", "keras"))
    read = found["keras"].penalties and found["keras"].penalized
    if not read or torch is None or keras is None:
        return False
    if torch.described is None or keras.described is None:
        return False
    kind, fields = torch.described
    plain = kind == "sgd" and not fields.get("momentum")
    coupled = fields.get("decay") == "coupled" or plain
    other = keras.described[1].get("weight_decay")
    return bool(fields.get("weight_decay") and coupled and not other)


def decay_penalties(
    found: Found, result: PairResult
) -> dict[int, dict[str, float]]:
    """Return the L2 penalties that PyTorch's weight decay is.

    Args:
        found: what both files have for training.
        result: with the pairing.

    Returns:
        The factor of each tensor, by Keras's node and name.
    """
    torch = found["torch"].optimizer
    assert torch is not None
    assert torch.described is not None
    half = torch.described[1]["weight_decay"] / 2
    partners = result.pairing.keras_of
    keras = found["keras"].penalized
    return {
        partners[index]: {
            name: half if decayed else 0.0
            for name, decayed in flags.items()
            if name in keras[partners[index]]
        }
        for index, flags in torch.decayed.items()
        if partners.get(index) in keras
    }
