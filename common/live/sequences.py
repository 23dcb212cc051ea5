"""Recognise attention and the last outputs of recurrent layers."""

from dataclasses import replace
from typing import Any

from framework_parity.common.live.attention import mask_fields
from framework_parity.common.live.graph import Node
from framework_parity.common.live.views import View
from framework_parity.common.reference.recurrence import GATES


def attention(view: View, node: Node) -> Node | None:
    """softmax(scale q k^T) v, with the same mask for all samples."""
    if node.kind != "matmul" or len(node.inputs) != 2:
        return None
    weights = view.input(node, 0, "softmax")
    if weights is None or node.fields.get("transposed"):
        return None
    number = len(weights.shapes[0])
    if weights.fields.get("axis") != number - 1:
        return None
    scores, fields = _bare(view, view.graph.nodes[weights.inputs[0][0]])
    if scores.kind != "matmul" or len(scores.inputs) != 2:
        return None
    key = scores.inputs[1]
    if not scores.fields.get("transposed"):
        turned = view.graph.nodes[key[0]]
        last = (*range(number - 2), number - 1, number - 2)
        if turned.kind != "permute" or turned.fields["order"] != last:
            return None
        key = turned.inputs[0]
    return replace(
        node,
        kind="attention",
        fields=fields,
        inputs=(scores.inputs[0], key, node.inputs[1]),
    )


def scaled_query(view: View, node: Node) -> Node | None:
    """Attention whose query is multiplied by a number before."""
    query = view.input(node, 0)
    if node.kind != "attention" or query is None:
        return None
    by = query.fields.get("by")
    kinds = ("multiply", "divide")
    if by is None or query.kind not in kinds or view.users[query.index] != 1:
        return None
    factor = by if query.kind == "multiply" else 1 / by
    scale = float(f"{node.fields['scale'] * factor:.15g}")
    inputs = (*query.inputs, *node.inputs[1:])
    return replace(node, fields=node.fields | {"scale": scale}, inputs=inputs)


def _bare(view: View, scores: Node) -> tuple[Node, dict[str, Any]]:
    """Return scores before they are scaled and masked, and both."""
    scale, fields = 1.0, {"causal": False}
    while True:
        before = view.input(scores, 0)
        by = scores.fields.get("by")
        mask = _mask(view, scores)
        if scores.kind in ("multiply", "divide") and by is not None:
            scale *= by if scores.kind == "multiply" else 1 / by
        elif mask is not None and not fields["causal"]:
            place, fields = mask
            before = view.input(scores, place)
        else:
            return scores, {"scale": float(f"{scale:.15g}")} | fields
        assert before is not None
        scores = before


def _mask(view: View, node: Node) -> tuple[int, dict[str, Any]] | None:
    """Return which input a node masks, and the mask; None for no mask."""
    if node.kind not in ("add", "masked") or len(node.inputs) != 2:
        return None
    for place in (0, 1):
        source = view.graph.nodes[node.inputs[1 - place][0]]
        if source.kind != "constant" or source.value is None:
            continue
        if source.value.ndim < 2 or source.tensors:
            continue
        masks = node.fields.get("masks", False)
        fields = mask_fields(source.value, masks=masks)
        if "masked" not in fields:
            return place, fields
    return None


def last_states(view: View, node: Node) -> Node | None:
    """The last states of both directions, one after the other."""
    if node.kind != "concatenate" or len(node.inputs) != 2:
        return None
    ends = [view.input(node, place, "slice") for place in (0, 1)]
    if any(end is None or end.inputs[0][1] != 1 for end in ends):
        return None
    places = [(e.fields.get("axis"), e.fields.get("index")) for e in ends if e]
    sources = {end.inputs[0][0] for end in ends if end}
    layer = view.graph.nodes[sources.pop()]
    fits = (
        not sources
        and places == [(0, 0), (0, 1)]
        and node.fields["axis"] == len(node.shapes[0]) - 1
        and _returns_all(layer)
        and layer.fields["direction"] == "both"
        and view.users[layer.index] == 2
    )
    return _returning(layer, node, "last") if fits else None


def last_output(view: View, node: Node) -> Node | None:
    """One output of a recurrent layer, or its last state."""
    if node.kind != "slice" or "index" not in node.fields:
        return None
    source, port = node.inputs[0]
    layer = view.graph.nodes[source]
    if not _returns_all(layer) or view.users[layer.index] != 1:
        return None
    place = node.fields["axis"], node.fields["index"]
    both = layer.fields["direction"] == "both"
    if port == 1 and place == (0, 0) and not both:
        return _returning(layer, node, "last")
    time = layer.fields["time_axis"]
    if port != 0 or place[0] != time:
        return None
    if place[1] == layer.shapes[0][time] - 1:
        return _returning(layer, node, "last_step" if both else "last")
    return _returning(layer, node, f"step_{place[1]}")


def _returns_all(node: Node) -> bool:
    """Return whether a node is one recurrent layer that returns all steps."""
    whole = node.fields.get("returns") == "sequence"
    return node.kind in GATES and whole and "layers" not in node.fields


def _returning(layer: Node, node: Node, returns: str) -> Node:
    """Return a recurrent layer that returns a part of its outputs."""
    return replace(
        layer,
        index=node.index,
        event=node.event,
        layer_event=layer.called,
        fields=layer.fields | {"returns": returns},
        shapes=node.shapes,
        channels_first=node.channels_first,
    )
