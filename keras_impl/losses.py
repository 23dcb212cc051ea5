"""Losses, in Keras."""

import keras

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.losses import (
    BinaryCrossEntropy,
    BinaryFocal,
    CrossEntropy,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanSquaredError,
    SmoothL1,
    WeightedCrossEntropy,
)
from framework_parity.keras_impl import loss_extensions as extensions


def cross_entropy(spec: CrossEntropy) -> Call:
    """SparseCategoricalCrossentropy.

    Translation: "sparse" stands for integer labels; `from_logits` has to be
    set; called as loss(labels, outputs), in the opposite order. It has no
    label smoothing; the class for one-hot rows has. It traces the outputs of
    a softmax or sigmoid back to its inputs and uses those as the logits,
    whatever `from_logits` is; `engine` passes outputs that cannot be traced.
    """
    if spec.label_smoothing:
        return call(
            extensions.SmoothedCrossentropy,
            from_logits=True,
            label_smoothing=spec.label_smoothing,
        )
    return call(keras.losses.SparseCategoricalCrossentropy, from_logits=True)


def weighted_cross_entropy(spec: WeightedCrossEntropy) -> Call:
    """A custom class.

    Translation: weights of classes are the argument `class_weight` of `fit`,
    which weighs samples.
    """
    return call(
        extensions.WeightedCrossentropy,
        *(list(spec.class_weights), spec.apply_to),
        from_logits=True,
        label_smoothing=spec.label_smoothing,
    )


def binary_cross_entropy(spec: BinaryCrossEntropy) -> Call:
    """BinaryCrossentropy.

    Translation: `from_logits` has to be set. A weight of the class 1 needs a
    custom class.
    """
    if spec.positive_weight != 1:
        return call(
            extensions.PositiveWeightCrossentropy,
            spec.positive_weight,
            spec.label_smoothing,
        )
    return call(
        keras.losses.BinaryCrossentropy,
        from_logits=True,
        label_smoothing=spec.label_smoothing,
    )


def binary_focal(spec: BinaryFocal) -> Call:
    """A custom class.

    Translation: `BinaryFocalCrossentropy` computes from probabilities, which
    it cuts off at 1e-7. `apply_class_balancing`, with `alpha` for the label
    1, is off by default.
    """
    return call(extensions.BinaryFocalLoss, spec.gamma, spec.balance)


def mean_squared_error(spec: MeanSquaredError) -> Call:
    """MeanSquaredError.

    Translation: (n,) against (n, 1) is squeezed to fit, without a warning.
    """
    return call(keras.losses.MeanSquaredError)


def mean_absolute_error(spec: MeanAbsoluteError) -> Call:
    """MeanAbsoluteError."""
    return call(keras.losses.MeanAbsoluteError)


def huber(spec: Huber) -> Call:
    """Huber."""
    return call(keras.losses.Huber, delta=spec.delta)


def smooth_l1(spec: SmoothL1) -> Call:
    """A custom class: Huber, divided by delta."""
    return call(extensions.SmoothL1, delta=spec.beta)


def log_cosh(spec: LogCosh) -> Call:
    """A custom class; `LogCosh` computes log 2 in float32."""
    return call(extensions.ExactLogCosh)
