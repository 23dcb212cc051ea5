"""Differences between the training of two files, beside their models."""

from framework_parity.comparisons.compare.fields import Found, place_of
from framework_parity.comparisons.compare.losses import loss_differences
from framework_parity.comparisons.compare.optimizers import (
    group_differences,
    optimizer_differences,
)
from framework_parity.comparisons.compare.penalties import penalty_differences
from framework_parity.comparisons.compare.result import (
    Difference,
    PairResult,
    Place,
)


def recipe_differences(found: Found, result: PairResult) -> list[Difference]:
    """Return the differences outside the models.

    Args:
        found: what both files have for training.
        result: of the rungs so far, with the pairing.
    """
    return [
        *loss_differences(found),
        *optimizer_differences(found),
        *group_differences(found, result),
        *_of_cleared(found),
        *_of_trained(found, result),
        *_of_modes(found, result),
        *penalty_differences(found, result),
        *_of_shared(found, result),
        *_of_biases(result),
        *_of_embeddings(found, result),
    ]


def _of_cleared(found: Found) -> list[Difference]:
    if found["torch"].cleared:
        return []
    return [
        Difference.of_training(
            "gradients_not_cleared",
            place_of("train_step", found),
            "PyTorch's training step adds to the gradients of the steps "
            "before",
            "call optimizer.zero_grad() in each step",
            part="cleared",
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
