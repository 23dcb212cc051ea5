"""Differences between the losses, optimisers and frozen tensors of a pair."""

import math
from typing import Any

from framework_parity.common.live.elements import Described
from framework_parity.common.live.records import (
    Changes,
    OptimizerRead,
    TrainingFound,
)
from framework_parity.common.spec.conventions import CONVENTIONS
from framework_parity.comparisons.compare.differences import stand_ins
from framework_parity.comparisons.compare.result import (
    Difference,
    PairResult,
    Place,
)

SLUGS = {row.field: row.name for row in CONVENTIONS}

INHERENT = {
    "epsilon_placement",
    "bias_correction",
    "velocity",
    "momentum_decay",
}
"""Fields of optimisers that no argument of the frameworks' classes sets."""

ROUNDING = {"decoupled", "factored"}
"""Forms of weight decay that differ only in rounding."""

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
        *_of_trained(found, result),
        *_of_modes(found, result),
        *_of_penalties(found),
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
    if not (one.fields.get("mean_of") and other.fields.get("mean_of")):
        ignored.add("mean_of")  # one side has no weights
    return [
        _field(
            f"{one.kind}_{name}",
            place,
            f"{name} of {one.kind}",
            (one.fields.get(name), other.fields.get(name)),
            name,
            "loss" if readable else "unread",
        )
        for name in _differing(one.fields, other.fields)
        if name not in ignored
    ]


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
    if torch.described is None or keras.described is None:
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
    for name in _differing(fields, theirs):
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


def _of_clipping(
    torch: OptimizerRead, keras: OptimizerRead, place: Place
) -> list[Difference]:
    one, other = torch.clipping, keras.clipping
    if one == other:
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
        torch = found["torch"].modes.get(one)
        keras = found["keras"].modes.get(other)
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


def _of_penalties(found: Found) -> list[Difference]:
    if not found["keras"].penalties:
        return []
    place = Place(
        f"make_optimizer ({found['torch'].defined.get('make_optimizer')})",
        "regularizers of the layers",
    )
    return [
        Difference.of_training(
            "float32_penalty",
            place,
            "Keras rounds the factors of regularizers to float32",
            "no argument changes it",
            part="exact",
            inherent=True,
        ),
        Difference.of_training(
            "weight_penalty",
            place,
            "Keras's layers have regularizers, which are added to the loss; "
            "PyTorch's layers have none",
            "remove them, or use weight_decay in PyTorch: it is twice the "
            "factor of L2",
            part="penalties",
        ),
    ]


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
        if torch.nodes[one].kind in ("lstm", "rnn")
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
    partners = dict(result.pairing.pairs)
    torch = {
        tuple(sorted(partners[index] for index in group)): group
        for group in found["torch"].shared
        if all(index in partners for index in group)
    }
    keras = {tuple(sorted(group)) for group in found["keras"].shared}
    differences = []
    for group in torch.keys() ^ keras:
        mine = torch.get(group)
        back = {other: one for one, other in result.pairing.pairs}
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


def changed(
    removed: list[Difference], found: Found, result: PairResult
) -> dict[str, Changes]:
    """Return what removes differences, for each framework.

    Args:
        removed: the differences.
        found: what both files have for training.
        result: of the rungs so far, with the pairing.
    """
    parts: dict[str, list[Difference]] = {}
    for each in removed:
        parts.setdefault(each.part, []).append(each)
    standins = stand_ins(parts.get("model", []))
    torch, keras = found["torch"], found["keras"]
    for node in keras.graph:
        if (node.kind, node.label) in result.replaced:
            own = node.kind, node.fields
            standins["keras"].setdefault(node.index, own)
    optimizer, clipping = _optimizer(parts, torch.optimizer, keras.optimizer)
    trained: dict[int, dict[str, bool]] = {}
    partners = dict(result.pairing.pairs)
    for each in parts.get("trained", []):
        assert each.torch is not None
        assert each.field is not None
        index = each.torch.index
        mine = torch.trained[index][each.field]
        trained.setdefault(partners[index], {})[each.field] = mine
    modes: dict[int, bool] = {}
    for each in parts.get("modes", []):
        assert each.torch is not None
        index = each.torch.index
        modes[partners[index]] = torch.modes[index]
    rates: tuple[float, ...] = ()
    if "rates" in parts:
        rates = result.rates
    elif "rounded_rates" in parts:
        pairs = zip(result.rates, result.keras_rates, strict=True)
        rates = tuple(
            mine if math.isclose(mine, theirs, rel_tol=RATES) else theirs
            for mine, theirs in pairs
        )
    if optimizer is not None and not rates:
        rates = result.keras_rates
    return {
        "torch": Changes(
            standins=standins["torch"],
            single_biases="biases" in parts,
            fitted="fitted" in parts,
        ),
        "keras": Changes(
            standins=standins["keras"],
            loss=_loss(parts.get("loss", []), torch, keras),
            optimizer=optimizer,
            clipping=clipping,
            rates=rates,
            trained=trained,
            penalties="penalties" not in parts,
            exact="exact" in parts,
            fitted="fitted" in parts,
            dense="dense" in parts,
            modes=modes,
        ),
    }


def _loss(
    removed: list[Difference], torch: TrainingFound, keras: TrainingFound
) -> Described | None:
    if not removed:
        return None
    kind, fields = keras.losses[0].described
    for each in removed:
        if each.field is None:
            return torch.losses[0].described
        theirs = torch.losses[0].fields
        fields = fields | {each.field: theirs.get(each.field)}
        if each.field == "class_weights" and "mean_of" not in fields:
            fields["mean_of"] = theirs["mean_of"]
    return kind, fields


def _optimizer(
    parts: dict[str, list[Difference]],
    torch: OptimizerRead | None,
    keras: OptimizerRead | None,
) -> tuple[Described | None, Described | None]:
    """Return Keras's optimiser and clipping with differences removed."""
    removed = parts.get("optimizer", [])
    clips = parts.get("clipping", [])
    rebuilt = removed or clips or "constants" in parts
    if torch is None or keras is None or not rebuilt:
        return None, None
    described, clipping = keras.described, keras.clipping
    for each in removed:
        assert torch.described is not None
        assert described is not None
        if each.field is None:
            described = torch.described
        else:
            fields = described[1] | {
                each.field: torch.described[1][each.field]
            }
            described = described[0], fields
    for each in clips:
        if each.field is None or clipping is None:
            clipping = torch.clipping
        else:
            assert torch.clipping is not None
            value = torch.clipping[1][each.field]
            clipping = clipping[0], clipping[1] | {each.field: value}
    return described, clipping
