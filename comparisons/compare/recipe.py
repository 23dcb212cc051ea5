"""Differences between the losses, optimisers and frozen tensors of a pair."""

import math
from typing import Any

import numpy as np

from framework_parity.common.live.elements import Described
from framework_parity.common.live.losses import LossCall
from framework_parity.common.live.records import (
    OptimizerRead,
    TrainingFound,
)
from framework_parity.common.spec.conventions import CONVENTIONS
from framework_parity.comparisons.compare.result import (
    Difference,
    PairResult,
    Place,
)
from framework_parity.comparisons.workers.worker import LABELS

SLUGS = {row.field: row.name for row in CONVENTIONS}

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

RATES = 1e-6
"""Relative difference of learning rates that float32 explains."""

Found = dict[str, TrainingFound]


def recipe_differences(found: Found, result: PairResult) -> list[Difference]:
    """Return the differences outside the models.

    Args:
        found: what both files have for training.
        result: of the rungs so far, with the pairing.
    """
    return [
        *_of_losses(found),
        *_of_optimizers(found),
        *_of_groups(found, result),
        *_of_cleared(found),
        *_of_trained(found, result),
        *_of_modes(found, result),
        *_of_penalties(found, result),
        *_of_shared(found, result),
        *_of_biases(result),
        *_of_embeddings(found, result),
    ]


def _of_losses(found: Found) -> list[Difference]:
    torch, keras = found["torch"], found["keras"]
    if not (torch.losses and keras.losses):
        return []
    one, other = torch.losses[0], keras.losses[0]
    place = Place(
        f"loss ({one.site or torch.defined.get('loss')})",
        f"loss ({other.site or keras.defined.get('loss')})",
    )
    if one.kind != other.kind:
        return [
            Difference.of_training(
                "loss_replaced",
                place,
                f"PyTorch's loss is {one.kind}, Keras's {other.kind}",
                f"use {one.kind} in both, or {other.kind} in both",
                part="loss" if torch.loss_read else "unread",
            )
        ]
    readable = torch.loss_read and keras.loss_read
    ignored = {"clip", "clipped_first"}
    if proportional(one.fields, other.fields):
        ignored.add("class_weights")
    if not (one.fields.get("mean_of") and other.fields.get("mean_of")):
        ignored.add("mean_of")  # one side has no weights
    names = _differing(one.fields, other.fields)
    found_fields = [
        _field(
            f"{one.kind}_{name}",
            place,
            f"{name} of {one.kind}",
            (one.fields.get(name), other.fields.get(name)),
            name,
            "loss" if readable else "unread",
        )
        for name in names
        if name not in ignored | {"mean_of"}
    ]
    if "mean_of" in names and "mean_of" not in ignored:
        found_fields.append(_of_mean(one, other, place, readable=readable))
    return found_fields


def _of_mean(
    one: LossCall, other: LossCall, place: Place, *, readable: bool
) -> Difference:
    """Return the difference of what a weighted mean is divided by."""
    words = {
        "weights": "the sum of the samples' weights",
        "samples": "the number of samples",
    }
    by = [words[each.fields["mean_of"]] for each in (one, other)]
    return Difference.of_training(
        f"{one.kind}_mean_of",
        place,
        f"the weighted sum of {one.kind} is divided by {by[0]} in PyTorch "
        f"and by {by[1]} in Keras; samples that are ignored have weight 0",
        f"divide by {by[0]} in both, or by {by[1]}",
        field="mean_of",
        part="loss" if readable else "unread",
    )


def proportional(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether class weights have the same proportions.

    Their size has no effect in a mean that is divided by their sum.

    Args:
        one: fields of a loss.
        other: fields of another one.
    """
    relative = "weights" in (one.get("mean_of"), other.get("mean_of"))
    mine, theirs = one.get("class_weights"), other.get("class_weights")
    if not (mine and theirs and relative) or len(mine) != len(theirs):
        return False
    first, second = (np.array(each) / max(each) for each in (mine, theirs))
    return bool(np.allclose(first, second, rtol=RATES))


def _of_optimizers(found: Found) -> list[Difference]:
    reads = [each.optimizer for each in found.values()]
    torch, keras = reads
    if torch is None or keras is None:
        return []
    place = Place(
        *(
            f"make_optimizer ({each.defined.get('make_optimizer')})"
            for each in found.values()
        )
    )
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
    stands_for_decay = _penalty_is_decay(found)
    for name in _differing(fields, theirs):
        if stands_for_decay and name in ("weight_decay", "decay"):
            continue  # Keras's penalties are the decay
        values = fields.get(name), theirs.get(name)
        differences.append(
            _field(
                SLUGS.get(f"{kind}.{name}", f"{kind}_{name}"),
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


def _of_cleared(found: Found) -> list[Difference]:
    if found["torch"].cleared:
        return []
    place = Place(
        *(
            f"train_step ({each.defined.get('train_step')})"
            for each in found.values()
        )
    )
    return [
        Difference.of_training(
            "gradients_not_cleared",
            place,
            "PyTorch's training step adds to the gradients of the steps "
            "before",
            "call optimizer.zero_grad() in each step",
            part="cleared",
        )
    ]


def _of_groups(found: Found, result: PairResult) -> list[Difference]:
    """Return how the optimisers treat single tensors differently."""
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
            elif torch.factors[one][name] != keras.factors[other][name]:
                differences.append(
                    Difference(
                        "parameter_group_rate",
                        *nodes,
                        f"the rate of {name} is {torch.factors[one][name]:g} "
                        "times that of the first group in PyTorch",
                        "Keras's optimisers have one rate; scale the gradient",
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


def _of_clipping(
    torch: OptimizerRead, keras: OptimizerRead, place: Place
) -> list[Difference]:
    one = torch.clipping or torch.step_clipping
    other = keras.clipping or keras.step_clipping
    if one == other or (one and other and _alike(one, other)):
        return []
    if one and other and one[0] == other[0]:
        return [
            _field(
                f"clipping_{name}",
                place,
                f"{name} of the clipping {one[0]}",
                (one[1].get(name), other[1].get(name)),
                name,
                "clipping",
                inherent=name == "epsilon",
            )
            for name in _differing(one[1], other[1])
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


def _of_trained(found: Found, result: PairResult) -> list[Difference]:
    differences = []
    for one, other in result.pairing.pairs:
        torch = found["torch"].trained.get(one, {})
        keras = found["keras"].trained.get(other, {})
        for name in torch.keys() & keras.keys():
            if torch[name] == keras[name]:
                continue
            nodes = [
                graph.nodes[index]
                for graph, index in zip(
                    result.graphs, (one, other), strict=True
                )
            ]
            frozen, moving = ("PyTorch", "Keras")
            if torch[name]:
                frozen, moving = moving, frozen
            differences.append(
                Difference(
                    "frozen_weights",
                    nodes[0],
                    nodes[1],
                    f"{name} is frozen in {frozen} and trained in {moving}",
                    f"train it in {frozen}, or freeze it in {moving}",
                    field=name,
                    part="trained",
                )
            )
    return differences


def _of_modes(found: Found, result: PairResult) -> list[Difference]:
    """Return the layers that run in training mode on one side only."""
    differences = []
    for one, other in result.pairing.pairs:
        for part in ("modes", "pass_modes"):
            torch = getattr(found["torch"], part).get(one)
            keras = getattr(found["keras"], part).get(other)
            if torch != keras:
                break
        if torch is None or keras is None or torch == keras:
            continue
        nodes = [
            graph.nodes[index]
            for graph, index in zip(result.graphs, (one, other), strict=True)
        ]
        words = {True: "training", False: "evaluation"}
        differences.append(
            Difference(
                "training_mode",
                nodes[0],
                nodes[1],
                f"{nodes[0].kind} runs in {words[torch]} mode in PyTorch's "
                f"training steps and in {words[keras]} mode in Keras's",
                "call train() and eval() in PyTorch, or pass training= in "
                "Keras, so that both run in the same mode",
                part="modes",
            )
        )
    return differences


def _of_penalties(found: Found, result: PairResult) -> list[Difference]:
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
    if not _penalty_is_decay(found):
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


def _penalty_is_decay(found: Found) -> bool:
    """Return whether Keras's penalties are what PyTorch's optimiser decays."""
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


def _of_biases(result: PairResult) -> list[Difference]:
    """Return the recurrent layers of PyTorch that have two biases."""
    torch, keras = result.graphs
    return [
        Difference(
            "recurrent_biases",
            torch.nodes[one],
            keras.nodes[other],
            "PyTorch's recurrent layer adds two biases, which are trained "
            "both, and Keras's has one",
            "no argument changes it",
            part="biases",
            inherent=True,
        )
        for one, other in result.pairing.pairs
        if torch.nodes[one].kind in ("lstm", "simple_rnn")
        and torch.nodes[one].fields.get("bias")
    ]


def _of_embeddings(found: Found, result: PairResult) -> list[Difference]:
    """Return Keras's embeddings, whose gradients are sparse."""
    optimizer = found["keras"].optimizer
    linear = (
        optimizer
        and optimizer.described
        and (optimizer.described[0] == "sgd" and optimizer.clipping is None)
    )
    torch, keras = result.graphs
    if optimizer is None or linear:
        return []
    return [
        Difference(
            "sparse_gradients",
            torch.nodes[one],
            keras.nodes[other],
            "Keras's optimisers compute with the gradients of each "
            "occurrence of an id, and not with their sum",
            "no argument changes it",
            part="dense",
            inherent=True,
        )
        for one, other in result.pairing.pairs
        if keras.nodes[other].kind == "embedding"
    ]


def _of_shared(found: Found, result: PairResult) -> list[Difference]:
    """Return the tensors that several operations use on one side only."""
    partners = result.pairing.keras_of
    torch = {
        tuple(sorted(partners[index] for index in group)): group
        for group in found["torch"].shared
        if all(index in partners for index in group)
    }
    keras = {tuple(sorted(group)) for group in found["keras"].shared}
    differences = []
    for group in torch.keys() ^ keras:
        mine = torch.get(group)
        back = result.pairing.torch_of
        if any(index not in back for index in group):
            continue
        places = [
            ", ".join(graph.nodes[index].label for index in indices)
            for graph, indices in zip(
                result.graphs,
                (mine or [back[index] for index in group], group),
                strict=True,
            )
        ]
        sides = ("PyTorch", "Keras") if mine else ("Keras", "PyTorch")
        differences.append(
            Difference.of_training(
                "shared_weights",
                Place(*places),
                f"these operations share their tensors in {sides[0]}, and "
                f"each has its own in {sides[1]}",
                "share them in both, or in neither",
                part="shared",
                group=group,
            )
        )
    return differences


def _field(
    slug: str,
    place: Place,
    what: str,
    values: tuple[Any, Any],
    name: str,
    part: str,
    *,
    inherent: bool = False,
) -> Difference:
    return Difference.of_training(
        slug,
        place,
        f"{what} is {values[0]!r} in PyTorch and {values[1]!r} in Keras",
        f"set Keras's to {values[0]!r}, or PyTorch's to {values[1]!r}",
        part=part,
        field=name,
        inherent=inherent,
    )


def _differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return sorted(
        name
        for name in one.keys() | other.keys()
        if one.get(name) != other.get(name)
    )
