"""Differences between models that their losses make up for."""

from framework_parity.comparisons.compare.result import Difference, PairResult


def excuse(
    result: PairResult,
    candidates: list[Difference],
    needed: list[Difference],
) -> None:
    """Excuse a last activation that the losses make up for.

    A model may return logits and the other probabilities, if each has
    the loss for it.

    Args:
        result: of all rungs; its causes are changed.
        candidates: the differences whose removal was tried in training.
        needed: those of them that are causes.
    """
    wanted = {each.key for each in needed}
    excused = [
        each
        for each in result.causes
        if each.key not in wanted and _is_last(each, result)
    ]
    if excused and len(result.rungs) and "loss" in result.rungs:
        result.causes = [e for e in result.causes if e not in excused]
        result.excused = excused
    result.tried = [
        each
        for each in (*result.tried, *candidates)
        if each.key not in wanted | {e.key for e in result.excused}
    ]
    decided = {each.key for each in (*result.tried, *needed, *result.inherent)}
    result.not_decided = [
        each for each in result.not_decided if each.key not in decided
    ]


def _is_last(difference: Difference, result: PairResult) -> bool:
    """Return whether a difference is an activation of the outputs."""
    sides = zip(
        (difference.torch, difference.keras), result.graphs, strict=True
    )
    nodes = [(node, graph) for node, graph in sides if node is not None]
    return len(nodes) == 1 and all(
        node.kind in ("softmax", "log_softmax", "sigmoid")
        and any(index == node.index for index, _ in graph.outputs)
        for node, graph in nodes
    )
