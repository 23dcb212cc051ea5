"""Layers, in Keras."""

from typing import Any

import keras
import numpy as np

from common.calls import Call, call, phrase
from common.images import Window
from common.initializers import Initializer, Scaled
from common.layer import LayerElement, Shape
from common.layers import (
    AveragePool,
    BatchNorm,
    Concatenate,
    Conv2d,
    Dense,
    DepthwiseConv2d,
    Dropout,
    Flatten,
    GlobalAveragePool,
    GlobalMaxPool,
    LayerNorm,
    MaxPool,
    Prelu,
    RandomCrop,
    RandomFlip,
    Residual,
    SpatialDropout,
)
from common.padding import Same, Valid
from keras_impl import (
    extensions,
    initializers,
    random_extensions,
    tensors,
)
from keras_impl.initializer_extensions import ToldVarianceScaling


def dense(spec: Dense, shape: Shape) -> Call:
    """Dense, which finds the number of inputs when it is built.

    Translation: the kernel is stored (inputs, units), as `kernel`.
    Initialisers are arguments.
    """
    return call(
        keras.layers.Dense,
        spec.units,
        use_bias=spec.bias,
        kernel_initializer=_drawn(spec.kernel_initializer, spec, shape),
        bias_initializer=_drawn(spec.bias_initializer, spec, shape),
    )


def conv2d(spec: Conv2d, shape: Shape) -> Call:
    """Conv2D, which finds the number of channels when it is built.

    Translation: the kernel is stored (height, width, channels, filters), as
    `kernel`. `padding` is a word, "valid" or "same"; what is said in
    numbers is padded before.
    """
    own = _has_word(spec)
    return call(
        keras.layers.Conv2D if own else extensions.PaddedConv2D,
        spec.filters,
        spec.size,
        strides=spec.stride,
        padding=_padding(spec, shape, own),
        dilation_rate=spec.dilation,
        groups=spec.groups,
        use_bias=spec.bias,
        kernel_initializer=_drawn(spec.kernel_initializer, spec, shape),
        bias_initializer=_drawn(spec.bias_initializer, spec, shape),
    )


def depthwise_conv2d(spec: DepthwiseConv2d, shape: Shape) -> Call:
    """DepthwiseConv2D.

    Translation: the kernel is stored (height, width, channels, multiplier).
    """
    own = _has_word(spec)
    kernel = _drawn(spec.kernel_initializer, spec, shape)
    return call(
        keras.layers.DepthwiseConv2D
        if own
        else extensions.PaddedDepthwiseConv2D,
        spec.size,
        strides=spec.stride,
        padding=_padding(spec, shape, own),
        depth_multiplier=spec.multiplier,
        dilation_rate=spec.dilation,
        use_bias=spec.bias,
        depthwise_initializer=kernel,
        bias_initializer=_drawn(spec.bias_initializer, spec, shape),
    )


def max_pool(spec: MaxPool, shape: Shape) -> Call:
    """MaxPooling2D.

    Translation: `padding` is a word, "valid" or "same"; what is said in
    numbers is padded before, with -∞.
    """
    own = _has_word(spec)
    return call(
        keras.layers.MaxPooling2D if own else extensions.PaddedMaxPooling2D,
        spec.size,
        strides=spec.strides,
        padding=_padding(spec, shape, own),
    )


def average_pool(spec: AveragePool, shape: Shape) -> Call:
    """AveragePooling2D.

    Translation: it never counts the padding; to count it, or to say it in
    numbers, needs a subclass.
    """
    if isinstance(spec.padding, Valid) or (
        isinstance(spec.padding, Same) and not spec.count_padding
    ):
        return call(
            keras.layers.AveragePooling2D,
            spec.size,
            strides=spec.strides,
            padding=_padding(spec, shape, own=True),
        )
    return call(
        extensions.PaddedAveragePooling2D,
        spec.size,
        strides=spec.strides,
        padding=_padding(spec, shape, own=False),
        count_padding=spec.count_padding,
    )


def global_average_pool(spec: GlobalAveragePool, shape: Shape) -> Call:
    """GlobalAveragePooling2D, or 1D where samples have two axes."""
    if len(shape) == 2:
        return call(keras.layers.GlobalAveragePooling1D)
    return call(keras.layers.GlobalAveragePooling2D)


def global_max_pool(spec: GlobalMaxPool, shape: Shape) -> Call:
    """GlobalMaxPooling2D, or 1D where samples have two axes.

    Translation: among equals, each gets a share of the slope.
    """
    if len(shape) == 2:
        return call(keras.layers.GlobalMaxPooling1D)
    return call(keras.layers.GlobalMaxPooling2D)


def flatten(spec: Flatten, shape: Shape) -> Call:
    """Flatten.

    Translation: channels stand last here, so `channels_first` has to move
    them first before it flattens; Keras's own
    `Flatten(data_format="channels_first")` does the opposite.
    """
    if spec.order == "channels_first" and len(shape) > 1:
        return call(extensions.ChannelsFirstFlatten)
    return call(keras.layers.Flatten)


def batch_norm(spec: BatchNorm, shape: Shape) -> Call:
    """BatchNormalization, for vectors and images alike.

    Translation: `momentum` is the share of the old value; the running
    variance is the biased one, and `unbiased` needs a subclass. The axis is
    the last, which is the channels', unless another is said.
    """
    biased = spec.running_variance == "biased"
    return call(
        keras.layers.BatchNormalization
        if biased
        else extensions.UnbiasedBatchNormalization,
        axis=tensors.stored_axis(spec.along(shape), shape),
        epsilon=spec.epsilon,
        momentum=spec.kept,
        center=spec.affine,
        scale=spec.affine,
    )


def layer_norm(spec: LayerNorm, shape: Shape) -> Call:
    """LayerNormalization.

    Translation: it normalises the axes it is told, unless told otherwise
    the last, where the channels stand.
    """
    axes: Any = [axis + 1 for axis in spec.along(shape)]
    if axes == [len(shape)]:
        axes = -1
    elif axes == [1, 2] == [*range(1, len(shape) + 1)]:
        axes = [-2, -1]
    return call(
        keras.layers.LayerNormalization,
        axis=axes,
        epsilon=spec.epsilon,
        center=spec.affine,
        scale=spec.affine,
    )


def prelu(spec: Prelu, shape: Shape) -> Call:
    """PReLU.

    Translation: it has a slope for each number of a sample, but for the
    axes that are told to share; its derivative at 0 is 0, and `slope`
    there needs a subclass.
    """
    axes = list(range(1, len(shape) + 1))
    shared = {"one": axes, "per_channel": axes[:-1], "per_number": None}
    initial = call(keras.initializers.Constant, np.float64(spec.initial))
    flat = spec.at_zero == "zero"
    return call(
        keras.layers.PReLU if flat else extensions.SteepPReLU,
        alpha_initializer=initial,
        shared_axes=shared[spec.slopes] or None,
    )


def dropout(spec: Dropout, shape: Shape) -> Call:
    """Dropout.

    Translation: training or not is an argument of the call, `training`.
    """
    return call(keras.layers.Dropout, spec.rate)


def spatial_dropout(spec: SpatialDropout, shape: Shape) -> Call:
    """SpatialDropout2D, or 1D where samples have two axes."""
    if len(shape) == 2:
        return call(keras.layers.SpatialDropout1D, spec.rate)
    return call(keras.layers.SpatialDropout2D, spec.rate)


def random_flip(spec: RandomFlip, shape: Shape) -> Call:
    """A class of one's own.

    Translation: Keras's RandomFlip changes images in `model(x)`, too, unless
    it is told that this is no training.
    """
    return call(random_extensions.RandomFlip)


def random_crop(spec: RandomCrop, shape: Shape) -> Call:
    """A class of one's own: Keras's pads nothing, and cuts all alike."""
    return call(
        random_extensions.RandomCrop, spec.padding, np.float64(spec.fill)
    )


def residual(
    spec: Residual, shape: Shape, body: Call, shortcut: Call, after: Call
) -> Call:
    """A layer of one's own: there is no library class."""
    return call(extensions.Residual, body, shortcut, after)


def concatenate(spec: Concatenate, shape: Shape, **branches: Call) -> Call:
    """A layer of one's own.

    Translation: the channels' axis is the last.
    """
    axis = tensors.stored_axis(spec.along(shape), shape)
    return call(extensions.Concatenate, *branches.values(), axis=axis)


def _drawn(initializer: Initializer, spec: LayerElement, shape: Shape) -> Call:
    """Return how to fill a tensor of a layer.

    Translation: fans are counted in a tensor's shape, where a depthwise
    kernel shows those of all channels; others have to be told.
    """
    fans = spec.fans(shape)
    counted = getattr(spec, "fan_in", "all_channels") == "all_channels"
    scaled = isinstance(initializer, Scaled) and not initializer.told
    if scaled and not counted:
        return call(ToldVarianceScaling, *initializer.scaling, fans)
    return phrase(initializers, initializer)(initializer, *fans)


def _has_word(spec: Window) -> bool:
    return isinstance(spec.padding, Valid | Same)


def _padding(spec: Window, shape: Shape, own: bool) -> Any:
    """Return Keras's own word, or what to add on each side."""
    return spec.padding.kind() if own else spec.pads(shape)
