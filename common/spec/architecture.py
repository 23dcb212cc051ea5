"""Architectures: the layers of a network, with their shapes and counts.

A `LayerNode` is one layer at its position in the network. Its name, such as
`dense_2`, is its kind and its number among the layers of that kind, counted
through the whole network, blocks included. A tensor is named by its layer and
its own name, `dense_2/kernel`. Both frameworks use these names.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pydantic_core import PydanticCustomError

from framework_parity.common.spec.layer import (
    LayerSpec,
    Mode,
    Shape,
    TokenShape,
)

# Layers inside of layers: Keras fails somewhere beyond 50.
DEEPEST = 20


@dataclass(frozen=True)
class LayerNode:
    """One layer at its position; shapes are those of one sample.

    Attributes:
        name: kind and number, for example `dense_2`.
        layer: the layer in the specification.
        input_shape: shape of the layer's input.
        output_shape: shape of the layer's output.
        parameters: shape of each trainable tensor, by full name.
        state: shape of each non-trainable tensor, by full name.
        blocks: the layers of the parallel blocks inside, by role.
        after: the inner layers that are applied to the merged output of
            the blocks; None where the layer cannot have any.
        padded: whether steps of the input can be padding, as an embedding
            with a `masked_id` before it says.
        frozen: the mode of a batch norm in training, if the layer is inside
            of one that freezes it; else None.
    """

    name: str
    layer: LayerSpec
    input_shape: Shape
    output_shape: Shape
    parameters: dict[str, Shape]
    state: dict[str, Shape] = field(default_factory=dict)
    blocks: "dict[str, tuple[LayerNode, ...]]" = field(default_factory=dict)
    after: "tuple[LayerNode, ...] | None" = None
    padded: bool = False
    frozen: Mode | None = None

    @property
    def tensors(self) -> dict[str, Shape]:
        """The shape of each tensor, trainable or not, by full name."""
        return self.parameters | self.state

    @property
    def parameter_count(self) -> int:
        """The number of parameters, without those of inner layers."""
        return sum(math.prod(shape) for shape in self.parameters.values())

    @property
    def mask_shape(self) -> Shape | None:
        """The shape of a step's random mask for one sample, or None."""
        return self.layer.mask_shape(self.input_shape)


class ShapeError(ValueError):
    """A layer that cannot take its input; `path` is the layer's path."""

    def __init__(self, path: tuple[str | int, ...], message: str) -> None:
        self.path = path
        super().__init__(message)


def layer_nodes(
    layers: Sequence[LayerSpec], shape: Shape, *, padded: bool = False
) -> tuple[LayerNode, ...]:
    """Return each layer of a network with its name and shapes.

    Args:
        layers: the network, input first.
        shape: shape of one input sample, without the batch.
        padded: whether steps of the input can be padding; for a part of a
            network.

    Returns:
        The nodes of the top level, in the order of `layers`.

    Raises:
        ShapeError: if a layer cannot take its input.

    >>> from framework_parity.common.spec.node import defaults_from
    >>> from framework_parity.common.spec.layers import Dense
    >>> with defaults_from("keras"):
    ...     network = [Dense(units=3), Dense(units=2)]
    >>> [(n.name, n.parameter_count) for n in layer_nodes(network, (4,))]
    [('dense_1', 15), ('dense_2', 8)]
    """
    return _layer_nodes(layers, shape, Counter(), (), padded, None)


def _layer_nodes(
    layers: Sequence[LayerSpec],
    shape: Shape,
    numbers: Counter[str],
    path: tuple[str | int, ...],
    padded: bool,
    frozen: Mode | None,
) -> tuple[LayerNode, ...]:
    nodes = []
    for index, layer in enumerate(layers):
        here = (*path, index)
        node = _layer_node(layer, shape, numbers, here, padded, frozen)
        nodes.append(node)
        shape = node.output_shape
        padded = is_padded_after(node)
    return tuple(nodes)


def _mixes_padding(layer: LayerSpec) -> str:
    """Return the message for a layer that cannot follow padding."""
    remedy = ""
    for name in ("axes", "axis"):
        axes = getattr(layer, name, "channels")
        if isinstance(axes, str) and axes != "channels":
            remedy = f"give it '{name}: channels', "
    return (
        f"{layer.kind()} would treat the steps that are padding, as the "
        f"embedding's 'masked_id' says, like all others; {remedy}leave out "
        "'masked_id', or put a layer before it that makes one vector of the "
        "sequence, such as a recurrent one or 'global_average_pool'"
    )


def is_padded_after(node: LayerNode) -> bool:
    """Return whether steps of a layer's output can be padding.

    Args:
        node: the layer.
    """
    begins = getattr(node.layer, "masked_id", None) is not None or any(
        block and is_padded_after(block[-1]) for block in node.blocks.values()
    )
    return (node.padded or begins) and len(node.output_shape) == 2


def _layer_node(
    layer: LayerSpec,
    shape: Shape,
    numbers: Counter[str],
    path: tuple[str | int, ...],
    padded: bool,
    frozen: Mode | None,
) -> LayerNode:
    kind = layer.kind()
    # The path has the kind and the role of each enclosing layer.
    if sum(isinstance(part, str) for part in path) > 2 * DEEPEST:
        raise ShapeError(path, f"is nested more than {DEEPEST} layers deep")
    if isinstance(shape, TokenShape) and not layer.takes_tokens:
        raise ShapeError(
            path,
            f"{kind} got token ids, which are names and no quantities; put "
            "an 'embedding' before it",
        )
    numbers[kind] += 1
    name = f"{kind}_{numbers[kind]}"
    # Inside of two frozen blocks, either can say `evaluation`.
    modes = frozen, layer.freezes()
    inner = "evaluation" if "evaluation" in modes else modes[1] or frozen
    blocks = {
        role: _layer_nodes(
            block, shape, numbers, (*path, kind, role), padded, inner
        )
        for role, block in layer.blocks().items()
    }
    try:
        if blocks:
            output = layer.merged(
                {role: _end(block, shape) for role, block in blocks.items()}
            )
        else:
            output = layer.output_shape(shape)
    except PydanticCustomError as error:
        raise ShapeError(path, error.message()) from error
    if padded and not layer.takes_padding():
        raise ShapeError(path, _mixes_padding(layer))
    after = layer.after()
    if after is not None:
        inside = (*path, kind, "after")
        still = padded and len(output) == 2
        after = _layer_nodes(after, output, numbers, inside, still, inner)

    def full(tensors: dict[str, Shape]) -> dict[str, Shape]:
        return {f"{name}/{key}": value for key, value in tensors.items()}

    learnt, kept = layer.parameters(shape), layer.state(shape)
    if frozen is not None:
        learnt, kept = {}, learnt | kept
    end = _end(after or (), output)
    return LayerNode(
        *(name, layer, shape, end, full(learnt), full(kept), blocks, after),
        padded=padded,
        frozen=frozen,
    )


def output_shape(layers: Sequence[LayerSpec], shape: Shape) -> Shape:
    """Return the shape of a network's output for one sample.

    Args:
        layers: the network, input first.
        shape: shape of one input sample, without the batch.

    Raises:
        ShapeError: if a layer cannot take its input.
    """
    return _end(layer_nodes(layers, shape), shape)


def _end(block: Sequence[LayerNode], shape: Shape) -> Shape:
    """Return the output shape of a block, which may be empty."""
    return block[-1].output_shape if block else shape


def is_layer_name(name: str) -> bool:
    """Return whether a live layer's name is that of a `LayerNode`.

    Other live layers are containers that implement a block.

    >>> is_layer_name("dense_2"), is_layer_name("shortcut"), is_layer_name("0")
    (True, False, False)
    """
    return re.fullmatch(r"[a-z]\w*_\d+", name) is not None


def walk(nodes: Sequence[LayerNode]) -> Iterator[LayerNode]:
    """Yield every node; inner nodes come before the enclosing one."""
    for node in nodes:
        for block in node.blocks.values():
            yield from walk(block)
        yield from walk(node.after or ())
        yield node


def parameter_count(layers: Sequence[LayerSpec], shape: Shape) -> int:
    """Return the number of trainable parameters of a network.

    Args:
        layers: the network, input first.
        shape: shape of one input sample, without the batch.

    Returns:
        The count, computed from the specification alone.

    Raises:
        ShapeError: if a layer cannot take its input.
    """
    nodes = walk(layer_nodes(layers, shape))
    return sum(node.parameter_count for node in nodes)


def masked(layers: Sequence[LayerSpec], shape: Shape) -> tuple[LayerNode, ...]:
    """Return the nodes that draw a random mask at each step, like dropout.

    Args:
        layers: the network, input first.
        shape: shape of one input sample, without the batch.

    Returns:
        The nodes, inner ones first.

    Raises:
        ShapeError: if a layer cannot take its input.
    """
    nodes = walk(layer_nodes(layers, shape))
    return tuple(node for node in nodes if node.mask_shape is not None)
