"""The network of a PyTorch script, and its initial weights."""

from collections.abc import Iterator, Sequence
from typing import Any

from torch import nn

from framework_parity.common.codegen.calls import (
    builder_for,
    functions_in,
)
from framework_parity.common.codegen.concise import Style, concise
from framework_parity.common.codegen.printing import (
    assembled,
    statement,
)
from framework_parity.common.codegen.scripts import parts
from framework_parity.common.codegen.scripts.script import (
    ScriptOptions,
    Section,
    annotated,
    section,
)
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.node import defaults_from
from framework_parity.torch_impl.model import (
    block_call,
    weight_fills,
)
from framework_parity.torch_impl.random_extensions import MASKED_CLASS
from framework_parity.torch_impl.scripts.names import VOCABULARY, style

# Where an image has several channels.
FLATTEN_NOTE = (r"nn\.Flatten\(", "channel by channel; Keras: pixel by pixel")


MODEL_NOTES = (
    (r"Batch[Nn]orm.*momentum|^\s+momentum=", "Keras's is 1 minus this"),
    (r"ChannelsLastFlatten\(\)", "the order of Keras's Flatten"),
    (r"nn\.Conv2d\(", "the kernel is (out, in, height, width)"),
    (r"nn\.Linear\(", "the kernel is (outputs, inputs)"),
)


def model_section(arm: Arm, options: ScriptOptions) -> Section:
    """Return the code that makes the network and its initial weights.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: the layers draw their weights in PyTorch's default way, and
    other weights are drawn afterwards.
    """
    network = concise(
        block_call(arm.nodes, masked=options.exact), style(options)
    )
    lines = assembled(network, VOCABULARY)
    lines.append(statement(network, VOCABULARY, "model"))
    notes = [FLATTEN_NOTE] if parts.flattens_channels(arm) else []
    lines = annotated(lines, [*notes, *MODEL_NOTES])
    if options.exact:
        lines += [
            "model.load_state_dict(",
            "    {",
            "        name: torch.tensor(saved[name])",
            "        for name in model.state_dict()",
            "    }",
            ")",
        ]
    else:
        lines += weight_code(arm, options)
    return section("Model", lines)


def weight_code(arm: Arm, options: ScriptOptions) -> list[str]:
    """Return the code that draws weights which are not PyTorch's default.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.
    """
    fills = list(_fills(arm.nodes, "model", style(options)))
    by_class: dict[Any, set[tuple[str, ...]]] = {}
    for _, kind, lines in fills:
        by_class.setdefault(kind, set()).add(tuple(lines))
    written, code = set(), []
    for path, kind, lines in fills:
        if len(by_class[kind]) > 1 or kind is None:
            code += [line.format(layer=path) for line in lines]
        elif kind not in written and lines:
            written.add(kind)
            code += [
                "for layer in model.modules():",
                f"    if isinstance(layer, {VOCABULARY.name(kind)}):",
                *(f"        {line.format(layer='layer')}" for line in lines),
            ]
    notes = [(r"^(for layer|init)", "Not PyTorch's default initialisation.")]
    return annotated(code, notes) if code else []


def _fills(
    nodes: Sequence[LayerNode], start: str, short: Style
) -> Iterator[tuple[str, Any, list[str]]]:
    """Yield the path, the class and the drawing code of each layer."""
    for index, node in enumerate(nodes):
        path = f"{start}[{index}]"
        lines, filled = [], set()
        for fill in weight_fills(node):
            # A row is filled again after the tensor that holds it.
            again = fill.attribute in filled
            if _is_default(node, fill.field) and not again:
                continue
            filled.add(fill.attribute)
            call = concise(fill.call, short).with_args(fill.written("{layer}"))
            lines.append(statement(call, VOCABULARY))
        if node.tensors and not node.blocks:
            made = builder_for("torch_impl", node.layer)(
                node.layer, node.input_shape
            )
            yield path, made.function, lines
        for role, block in node.blocks.items():
            yield from _fills(block, f"{path}.{role}", short)
        yield from _fills(node.after or (), f"{path}.after", short)


def _is_default(node: LayerNode, field: str) -> bool:
    """Return whether a tensor has PyTorch's default initial values."""
    written = node.layer.model_dump(mode="json")
    fields = written if isinstance(written, dict) else {}
    inner = next(iter(fields.values())) if len(fields) == 1 else fields
    rest = {
        name: value
        for name, value in (inner if isinstance(inner, dict) else {}).items()
        if not name.endswith("_initializer") and name != "forget_bias"
    }
    with defaults_from("torch"):
        default = type(node.layer).model_validate(rest)
    return bool(getattr(default, field) == getattr(node.layer, field))


def masked_classes(arm: Arm) -> list[type[nn.Module]]:
    """Return the class of each layer that draws masks, in order."""
    kinds = set(MASKED_CLASS.values())
    return list(functions_in(block_call(arm.nodes, masked=True), kinds))
