"""Warnings about a specification: allowed, but probably a mistake.

A warning is one sentence that names the place, the effect and the remedy.
It changes no verdict and no exit status. `spec_warnings` calls every function
in `CHECKS` for every arm; to add a warning, add a function there.
"""

import math
from collections.abc import Callable, Iterator, Sequence

from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.axes import axes_of
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.layers.activations import (
    AlongAxis,
    Linear,
    LogSoftmax,
    Relu,
    Relu6,
    Sigmoid,
    Softmax,
)
from framework_parity.common.spec.layers.augmentation import Augmentation
from framework_parity.common.spec.layers.core import Flatten
from framework_parity.common.spec.layers.freezing import Frozen
from framework_parity.common.spec.layers.merging import Concatenate
from framework_parity.common.spec.layers.pooling import GlobalAveragePool
from framework_parity.common.spec.layers.regularization import (
    Dropout,
    SpatialDropout,
)
from framework_parity.common.spec.losses import (
    BinaryLoss,
    CrossEntropy,
    Distance,
)
from framework_parity.common.spec.two_sided.arms import sides_of
from framework_parity.common.spec.two_sided.experiment import TwoSided

Check = Callable[[Arm], Iterator[str]]
"""A function that yields warnings; each begins with a layer or field."""

# Layers that do not change the range of the outputs.
_PASS_ON = (Linear, Flatten, Dropout, SpatialDropout)


def spec_warnings(experiment: Experiment | TwoSided) -> list[str]:
    """Return warnings about an experiment.

    Args:
        experiment: the complete specification.

    Returns:
        One sentence for each warning, beginning with the place, such as
        `arms.deep: softmax_1 ...`.
    """
    warnings: list[str] = []
    for name in experiment.arms:
        sides = sides_of(experiment.arm(name))
        sentences_of = {
            side: _sentences(name, arm) for side, arm in sides.items()
        }
        for side, sentences in sentences_of.items():
            for sentence in sentences:
                both = all(
                    sentence in others for others in sentences_of.values()
                )
                side_note = "" if both else f" ({side} side)"
                warnings.append(f"{sentence}{side_note}")
    return list(dict.fromkeys(warnings))


def _sentences(name: str, arm: Arm) -> list[str]:
    sentences = (sentence for check in CHECKS for sentence in check(arm))
    return [
        f"arms.{name}: {sentence}" for sentence in sentences
    ] + arm.data.notices()


def output_nodes(nodes: Sequence[LayerNode]) -> list[LayerNode]:
    """Return the layers whose values are the outputs of the network.

    Layers that keep the values, or set some of them to zero, are skipped. The
    output of a residual is that of its activation, the output of a
    concatenation that of each of its branches, and that of frozen layers that
    of the last.
    """
    for node in reversed(nodes):
        if node.after:
            return output_nodes(node.after)
        if isinstance(node.layer, Concatenate | Frozen):
            return [
                end
                for block in node.blocks.values()
                for end in output_nodes(block)
            ]
        if not isinstance(node.layer, _PASS_ON):
            return [node]
    return []


def probabilities_into_cross_entropy(arm: Arm) -> Iterator[str]:
    """Warn about outputs in (0, 1) that are used as logits."""
    loss = arm.recipe.loss
    if not isinstance(loss, CrossEntropy):
        return
    classes = arm.nodes[-1].output_shape[-1]
    for node in output_nodes(arm.nodes):
        if isinstance(node.layer, Softmax | Sigmoid):
            floor = math.log1p((classes - 1) / math.e)
            yield (
                f"{node.name} is applied before 'cross_entropy', which "
                "applies a softmax itself; with outputs between 0 and 1 its "
                f"loss of {classes} classes cannot fall below {floor:.2f} "
                f"and its gradients are small; remove {node.name}"
            )


def probabilities_into_binary_cross_entropy(arm: Arm) -> Iterator[str]:
    """Warn about a sigmoid before a binary cross-entropy."""
    loss = arm.recipe.loss
    if not isinstance(loss, BinaryLoss):
        return
    for node in output_nodes(arm.nodes):
        if isinstance(node.layer, Sigmoid):
            yield (
                f"{node.name} is applied before '{loss.kind()}', "
                "which applies a sigmoid itself; with outputs between 0 and "
                "1 every predicted probability is between 0.5 and 0.73, so "
                f"class 1 is predicted always; remove {node.name}"
            )


def negative_logits_cut_off(arm: Arm) -> Iterator[str]:
    """Warn about non-negative outputs that are used as logits."""
    loss = arm.recipe.loss
    if not isinstance(loss, CrossEntropy | BinaryLoss):
        return
    for node in output_nodes(arm.nodes):
        if isinstance(node.layer, Relu | Relu6):
            yield (
                f"{node.name} is applied before '{loss.kind()}', which "
                "expects logits of either sign; negative ones become 0 and "
                f"have no gradient; remove {node.name}"
            )


def log_softmax_into_cross_entropy(arm: Arm) -> Iterator[str]:
    """Warn about log-probabilities that are used as logits."""
    if not isinstance(arm.recipe.loss, CrossEntropy):
        return
    for node in output_nodes(arm.nodes):
        if isinstance(node.layer, LogSoftmax):
            yield (
                f"{node.name} is applied before 'cross_entropy', which "
                "applies a log_softmax itself; the second changes neither "
                f"the loss nor its gradients; remove {node.name}"
            )


def softmax_of_one_number(arm: Arm) -> Iterator[str]:
    """Warn about a softmax along an axis of length 1, which is constant."""
    for node in arm.all_nodes:
        layer, shape = node.layer, node.input_shape
        if not isinstance(layer, AlongAxis):
            continue
        axes = axes_of(layer.kind(), layer.axis, shape)
        if math.prod(shape[axis] for axis in axes) == 1:
            value = 1 if isinstance(layer, Softmax) else 0
            yield (
                f"{node.name} is taken of a single number, which is always "
                f"{value}, so nothing before it learns; give it more than "
                "one number, or use 'sigmoid'"
            )


def squared_error_on_classes(arm: Arm) -> Iterator[str]:
    """Warn about a regression loss on one-hot classes."""
    loss, classes = arm.recipe.loss, arm.data.class_count
    if isinstance(loss, Distance) and classes is not None:
        yield (
            f"'{loss.kind()}' is taken on {classes} one-hot classes, as if "
            "they were numbers to predict; it usually learns more slowly "
            "than 'cross_entropy', which is meant for classes; use that"
        )


def means_of_padding_alone(arm: Arm) -> Iterator[str]:
    """Warn about samples without any step but padding, if a mean is taken."""
    ids = (getattr(n.layer, "masked_id", None) for n in arm.all_nodes)
    padding = next((masked for masked in ids if masked is not None), None)
    taken = (
        node.padded and isinstance(node.layer, GlobalAveragePool)
        for node in arm.all_nodes
    )
    if padding is None or not any(taken):
        return
    parts = arm.data.parts(arm.recipe.loss).values()
    alone = sum(int((part.x == padding).all(1).sum()) for part in parts)
    if alone:
        yield (
            f"{alone} samples consist of padding, the id {padding}, alone; "
            "'global_average_pool' divides by zero there, and the loss "
            "becomes NaN in both frameworks; leave these samples out, or use "
            "a recurrent layer, whose state stays zero"
        )


def augmented_inputs(arm: Arm) -> Iterator[str]:
    """Warn about images that are moved while the target, the image, is not."""
    if arm.data.target != "inputs":
        return
    for node in arm.all_nodes:
        if isinstance(node.layer, Augmentation):
            yield (
                f"{node.name} moves the images at random, but the target is "
                "the image as it was, so that the network cannot know what "
                f"to produce; remove {node.name}"
            )


CHECKS: tuple[Check, ...] = (
    probabilities_into_cross_entropy,
    probabilities_into_binary_cross_entropy,
    log_softmax_into_cross_entropy,
    negative_logits_cut_off,
    softmax_of_one_number,
    squared_error_on_classes,
    means_of_padding_alone,
    augmented_inputs,
)
