"""Differences between the optimisers of a pair, and between clippings."""

import math
from dataclasses import replace

from framework_parity.common.live.elements import Described
from framework_parity.common.live.records import OptimizerRead
from framework_parity.comparisons.compare.fields import (
    RATES,
    Found,
    differing_fields,
    field_difference,
    place_of,
    slug_of,
)
from framework_parity.comparisons.compare.penalties import penalty_is_decay
from framework_parity.comparisons.compare.result import (
    Difference,
    PairResult,
    Place,
)
from framework_parity.comparisons.workers.worker import LABELS

INHERENT = {
    "epsilon_placement",
    "bias_correction",
    "velocity",
}
"""Fields of optimisers that no argument of the frameworks' classes sets."""

ROUNDING = {"decoupled", "factored"}
"""Forms of weight decay that differ only in rounding."""

OBSERVED = 1e-4
"""Relative difference of limits up to which two clippings are the same, where
one was found by the gradients."""


def optimizer_differences(found: Found) -> list[Difference]:
    """Return the differences between the optimisers and their clippings.

    Args:
        found: what both files have for training.
    """
    reads = [each.optimizer for each in found.values()]
    torch, keras = reads
    if torch is None or keras is None:
        return []
    place = place_of("make_optimizer", found)
    differences = _of_clipping(torch, keras, place)
    if torch.accumulation != keras.accumulation:
        differences.append(
            Difference.of_training(
                "gradient_accumulation",
                place,
                f"PyTorch's optimiser updates after {torch.accumulation} "
                f"batches, Keras's after {keras.accumulation}",
                "use the same gradient_accumulation_steps",
                part="accumulation",
            )
        )
    if torch.described is None or keras.described is None:
        unread = [
            LABELS[side]
            for side, each in (("torch", torch), ("keras", keras))
            if each.described is None
        ]
        differences.append(
            Difference.of_training(
                "optimizer_unread",
                place,
                f"the optimiser of {' and '.join(unread)} cannot be read: it "
                "is no class of the library, or has arguments that are not "
                "known here",
                "compare its update with the other's",
                part="unread",
            )
        )
        return differences
    (kind, fields), (other, theirs) = torch.described, keras.described
    if kind != other:
        return [
            *differences,
            Difference.of_training(
                "optimizer_replaced",
                place,
                f"PyTorch's optimiser is {kind}, Keras's {other}",
                f"use {kind} in both, or {other} in both",
                part="optimizer",
            ),
        ]
    differences.append(
        Difference.of_training(
            "float32_constants",
            place,
            f"Keras rounds the constants of {kind} to float32",
            "no argument changes it",
            part="constants",
            inherent=True,
        )
    )
    stands_for_decay = penalty_is_decay(found)
    for name in differing_fields(fields, theirs):
        if stands_for_decay and name in ("weight_decay", "decay"):
            continue  # Keras's penalties are the decay
        values = fields.get(name), theirs.get(name)
        differences.append(
            field_difference(
                slug_of(kind, name),
                place,
                f"{name} of {kind}",
                values,
                name,
                "optimizer",
                inherent=name in INHERENT
                or (name == "decay" and set(values) == ROUNDING),
            )
        )
    return differences


def _of_clipping(
    torch: OptimizerRead, keras: OptimizerRead, place: Place
) -> list[Difference]:
    one = torch.clipping or torch.step_clipping
    other = keras.clipping or keras.step_clipping
    if one == other or (one and other and _alike(one, other)):
        return []
    if one and other and one[0] == other[0]:
        return [
            field_difference(
                f"clipping_{name}",
                place,
                f"{name} of the clipping {one[0]}",
                (one[1].get(name), other[1].get(name)),
                name,
                "clipping",
                inherent=name == "epsilon",
            )
            for name in differing_fields(one[1], other[1])
        ]
    words = [
        f"clips gradients {each[0].replace('_', ' ')} to {each[1]['limit']:g}"
        if each
        else "does not clip gradients"
        for each in (one, other)
    ]
    return [
        Difference.of_training(
            "gradient_clipping",
            place,
            f"PyTorch {words[0]}, Keras {words[1]}",
            "clip in the same way in both",
            part="clipping",
        )
    ]


def _alike(one: Described, other: Described) -> bool:
    """Return whether two clippings, one of them observed, are the same."""
    limits = one[1]["limit"], other[1]["limit"]
    observed = not {"epsilon"} <= one[1].keys() & other[1].keys()
    close = math.isclose(*limits, rel_tol=OBSERVED)
    return one[0] == other[0] and observed and close


def of_one_base(
    found: Found, partners: dict[int, int]
) -> OptimizerRead | None:
    """Return Keras's optimiser with rates relative to PyTorch's base.

    The base is a tensor with the rate of the optimiser. Each framework has
    its own, and where the same groups are written in another order, both
    differ.

    Args:
        found: what both files have for training.
        partners: from PyTorch's nodes to Keras's.
    """
    torch, keras = found["torch"].optimizer, found["keras"].optimizer
    if torch is None or keras is None:
        return keras
    for index, names in torch.factors.items():
        node = partners.get(index, -1)
        for name, own in names.items():
            factor = keras.factors.get(node, {}).get(name)
            if own != 1 or factor is None or not torch.stepped[index][name]:
                continue
            if factor in (0, 1, math.inf):
                return keras
            factors = {
                each: {own: value / factor for own, value in of.items()}
                for each, of in keras.factors.items()
            }
            return replace(
                keras,
                rate=keras.rate * factor,
                factors=factors,
                base=(node, name),
            )
    return keras


def group_differences(found: Found, result: PairResult) -> list[Difference]:
    """Return how the optimisers treat single tensors differently.

    Args:
        found: what both files have for training.
        result: with the pairing.
    """
    torch, keras = found["torch"].optimizer, found["keras"].optimizer
    if torch is None or keras is None:
        return []
    described = [each.described for each in (torch, keras)]
    decays = all(each and each[1].get("weight_decay") for each in described)
    differences = []
    for one, other in result.pairing.pairs:
        nodes = result.graphs[0].nodes[one], result.graphs[1].nodes[other]
        names = torch.stepped.get(one, {}).keys()
        for name in sorted(names & keras.stepped.get(other, {}).keys()):
            if not torch.stepped[one][name]:
                differences.append(
                    Difference(
                        "optimizer_parameters",
                        *nodes,
                        f"{name} is not among the parameters of PyTorch's "
                        "optimiser",
                        "give it to the optimiser in PyTorch, or freeze it "
                        "in Keras",
                        name,
                        part="stepped",
                    )
                )
            elif not math.isclose(
                torch.factors[one][name],
                keras.factors[other][name],
                rel_tol=RATES,
            ):
                differences.append(
                    Difference(
                        "parameter_group_rate",
                        *nodes,
                        f"the rate of {name} is "
                        f"{torch.rate * torch.factors[one][name]:g} in "
                        "PyTorch and "
                        f"{keras.rate * keras.factors[other][name]:g} in "
                        "Keras, relative to that of the optimiser "
                        f"{torch.factors[one][name]:g} and "
                        f"{keras.factors[other][name]:g}",
                        "use the same rates in the parameter groups of "
                        "PyTorch and in Keras's MultiOptimizer, whose "
                        "patterns match whole paths of variables",
                        name,
                        part="group_rates",
                    )
                )
            if (
                decays
                and torch.decayed[one][name] != keras.decayed[other][name]
            ):
                sides = ("PyTorch", "Keras")
                has, lacks = sides if torch.decayed[one][name] else sides[::-1]
                differences.append(
                    Difference(
                        "weight_decay_exclusion",
                        *nodes,
                        f"{name} is decayed in {has} and not in {lacks}",
                        "use groups of parameters in PyTorch, or "
                        "exclude_from_weight_decay in Keras",
                        name,
                        part="decays",
                    )
                )
    return differences
