"""The network of a Keras script."""

import math
from dataclasses import replace
from typing import Any

import keras

from framework_parity.common.codegen.calls import Call, call, functions_in
from framework_parity.common.codegen.concise import concise, mapped
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
from framework_parity.common.spec.architecture import LayerNode, walk
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layers.activations import Sigmoid, Softmax
from framework_parity.common.spec.layers.convolution import DepthwiseConv2d
from framework_parity.common.spec.layers.recurrent import split_direction
from framework_parity.common.spec.losses import (
    BinaryLoss,
    CrossEntropy,
)
from framework_parity.common.spec.selection import is_chosen
from framework_parity.keras_impl import (
    extensions,
    initializer_extensions,
)
from framework_parity.keras_impl.model import block_call
from framework_parity.keras_impl.penalties import penalty
from framework_parity.keras_impl.random_extensions import MASKED_CLASS
from framework_parity.keras_impl.scripts.names import VOCABULARY, style

# Where an image has several channels.
FLATTEN_NOTE = (
    r"layers\.Flatten\(",
    "pixel by pixel; PyTorch: channel by channel",
)


MODEL_NOTES = (
    (r"BatchNorm.*momentum|^\s+momentum=", "PyTorch's is 1 minus this"),
    (r"ChannelsFirstFlatten\(\)", "the order of PyTorch's Flatten"),
    (r"layers\.Conv2D\(", "the kernel is (height, width, in, out)"),
    (r"layers\.Dense\(", "the kernel is (inputs, outputs)"),
    (r"kernel_initializer=", "not Keras's default, Glorot's uniform"),
)


def model_section(arm: Arm, options: ScriptOptions) -> Section:
    """Return the code that makes the network and its initial weights.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: initialisers are arguments of the layers.
    """
    network = model_call(arm, options)
    lines = assembled(network, VOCABULARY)
    if options.exact:
        # The weights are found by the names of the layers, which count on.
        lines.append("keras.utils.clear_session()")
    lines.append(statement(network, VOCABULARY, "model"))
    notes = [FLATTEN_NOTE] if parts.flattens_channels(arm) else []
    lines = annotated(lines, [*notes, *MODEL_NOTES])
    if options.exact:
        lines += [
            "for variable in model.weights:",
            "    variable.assign(saved[variable.path])",
        ]
    return section("Model", lines)


def model_call(arm: Arm, options: ScriptOptions) -> Call:
    """Return the call of the network, with the penalty on its weights.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: regularizers are arguments of the layers. Keras's
    cross-entropies compute with the inputs of a final softmax or sigmoid; a
    layer that changes nothing keeps them from finding those.
    """
    network = block_call(arm.nodes, masked=options.exact)
    network = mapped(network, _loaded if options.exact else _usual_initializer)
    if arm.recipe.penalty:
        exact = options.dtype == "float64"
        network = _penalised(network, arm, exact)
    if hides_logits(arm):
        start, *layers = network.args[0]
        layers.append(call(keras.layers.Rescaling, 1.0))
        network = replace(network, args=([start, *layers],))
    short: Call = concise(network, style(options))
    return short


def _loaded(value: Call) -> Call:
    """Return a layer without initialisers, as its weights are loaded."""
    kwargs = {
        name: given
        for name, given in value.kwargs.items()
        if not name.endswith("_initializer")
    }
    return replace(value, kwargs=kwargs)


def _usual_initializer(value: Call) -> Call:
    """Return Keras's own initialiser for PyTorch's default one."""
    drawn = initializer_extensions.FanInUniform
    if value.function not in (drawn, initializer_extensions.UnitsUniform):
        return value
    limit = round(1 / math.sqrt(value.args[0]), 6)
    return call(keras.initializers.RandomUniform, -limit, limit)


def hides_logits(arm: Arm) -> bool:
    """Return whether the loss is taken of the outputs of a probability."""
    entropies = isinstance(arm.recipe.loss, CrossEntropy | BinaryLoss)
    return entropies and isinstance(arm.layers[-1], Softmax | Sigmoid)


def _penalised(network: Call, arm: Arm, exact: bool) -> Call:
    """Return a network whose layers have the regularizers of a penalty.

    Args:
        network: the call of the network.
        arm: the network, its data and its recipe.
        exact: whether the factors must not be rounded to float32.
    """
    rule = arm.recipe.penalty
    assert rule is not None
    terms = {"l1": rule.l1, "l2": rule.square_factor}
    given = {name: value for name, value in terms.items() if value}
    kinds = {1: given and next(iter(given)).upper(), 2: "L1L2"}
    regularizer = Call(
        getattr(keras.regularizers, kinds[len(given)] or "L2"),
        tuple(given.values()) if len(given) == 1 else (),
        given if len(given) == 2 else {},
    )
    if exact:
        regularizer = penalty(rule)
    nodes = {node.name: node for node in walk(arm.nodes)}

    def with_rule(value: Any) -> Any:
        if isinstance(value, list):
            return [with_rule(inner) for inner in value]
        if not isinstance(value, Call):
            return value
        more: dict[str, Any] = {}
        node = nodes.get(value.kwargs.get("name", ""))
        for name in node.parameters if node else ():
            assert node is not None
            if is_chosen(name, rule.weights):
                own = _regularized(node, name.rpartition("/")[2])
                more[f"{own}_regularizer"] = regularizer
        made = Call(
            value.function,
            tuple(with_rule(inner) for inner in value.args),
            {k: with_rule(v) for k, v in value.kwargs.items()},
        )
        return _with_fields(made, more)

    result: Call = with_rule(network)
    return result


def _regularized(node: LayerNode, tensor: str) -> str:
    """Return the tensor, in the name of Keras's argument for a regularizer.

    Args:
        node: the layer.
        tensor: the tensor's own neutral name.

    Translation: both directions of a recurrent layer, and all projections of
    an attention, have one argument.
    """
    own = split_direction(tensor)[1]
    if own == "recurrent_kernel":
        return "recurrent"
    if isinstance(node.layer, DepthwiseConv2d) and own == "kernel":
        return "depthwise"
    for end in ("kernel", "bias"):
        if own.endswith(f"_{end}"):
            return end
    return {"slope": "alpha"}.get(own, own)


def _with_fields(value: Call, fields: dict[str, Any]) -> Call:
    """Return a call with more arguments, of the layer or cell inside.

    Args:
        value: the call of a layer.
        fields: the arguments.
    """
    outer = value.function is keras.layers.RNN or (
        isinstance(value.function, type)
        and issubclass(value.function, keras.layers.Bidirectional)
    )
    if outer and fields:
        inner, *rest = value.args
        return replace(value, args=(_with_fields(inner, fields), *rest))
    if fields and value.function is keras.layers.RMSNormalization:
        kind = extensions.RegularizedRMSNormalization
        value = replace(value, function=kind)
    return replace(value, kwargs=value.kwargs | fields)


def masked_classes(arm: Arm) -> list[type[keras.layers.Layer]]:
    """Return the class of each layer that draws masks, in order."""
    kinds = set(MASKED_CLASS.values())
    return list(functions_in(block_call(arm.nodes, masked=True), kinds))
