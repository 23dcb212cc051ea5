"""Convolution layers, in Keras."""

import keras

from framework_parity.common.codegen.calls import Call, call
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers.convolution import (
    Conv1d,
    Conv2d,
    Conv2dTranspose,
    DepthwiseConv2d,
)
from framework_parity.common.spec.padding import Same, Symmetric
from framework_parity.keras_impl import window_extensions
from framework_parity.keras_impl.layers.initial_weights import initializer_call
from framework_parity.keras_impl.layers.windows import has_word, padding_of


def conv1d(spec: Conv1d, shape: Shape) -> Call:
    """Conv1D, which infers the number of channels when it is built.

    Translation: the kernel is stored (steps, channels, filters), as `kernel`.
    `padding` is a string, "valid", "same" or "causal"; padding given in
    numbers is applied before.
    """
    built_in = has_word(spec)
    return call(
        keras.layers.Conv1D if built_in else window_extensions.PaddedConv1D,
        spec.filters,
        *spec.size,
        strides=spec.stride[0],
        padding=padding_of(spec, shape),
        dilation_rate=spec.dilation[0],
        groups=spec.groups,
        use_bias=spec.bias,
        kernel_initializer=initializer_call("kernel", spec, shape),
        bias_initializer=initializer_call("bias", spec, shape),
    )


def conv2d(spec: Conv2d, shape: Shape) -> Call:
    """Conv2D, which infers the number of channels when it is built.

    Translation: the kernel is stored (height, width, channels, filters), as
    `kernel`. `padding` is a string, "valid" or "same"; padding given in
    numbers is applied before.
    """
    built_in = has_word(spec)
    return call(
        keras.layers.Conv2D if built_in else window_extensions.PaddedConv2D,
        spec.filters,
        spec.size,
        strides=spec.stride,
        padding=padding_of(spec, shape),
        dilation_rate=spec.dilation,
        groups=spec.groups,
        use_bias=spec.bias,
        kernel_initializer=initializer_call("kernel", spec, shape),
        bias_initializer=initializer_call("bias", spec, shape),
    )


def depthwise_conv2d(spec: DepthwiseConv2d, shape: Shape) -> Call:
    """DepthwiseConv2D.

    Translation: the kernel is stored (height, width, channels, multiplier).
    """
    built_in = has_word(spec)
    kernel = initializer_call("kernel", spec, shape)
    return call(
        keras.layers.DepthwiseConv2D
        if built_in
        else window_extensions.PaddedDepthwiseConv2D,
        spec.size,
        strides=spec.stride,
        padding=padding_of(spec, shape),
        depth_multiplier=spec.multiplier,
        dilation_rate=spec.dilation,
        use_bias=spec.bias,
        depthwise_initializer=kernel,
        bias_initializer=initializer_call("bias", spec, shape),
    )


def conv2d_transpose(spec: Conv2dTranspose, shape: Shape) -> Call:
    """Conv2DTranspose.

    Translation: the kernel is stored (height, width, filters, channels).
    `padding` is a string; a number that is cut off both sides needs a
    subclass. Without `output_padding` a stride is the least that a pixel adds.
    """
    fields = {
        "strides": spec.stride,
        "use_bias": spec.bias,
        "kernel_initializer": initializer_call("kernel", spec, shape),
        "bias_initializer": initializer_call("bias", spec, shape),
    }
    layer = keras.layers.Conv2DTranspose
    if isinstance(spec.padding, Same):
        return call(layer, spec.filters, spec.size, padding="same", **fields)
    fields["output_padding"] = spec.output_padding
    if isinstance(spec.padding, Symmetric) and any(spec.padding.by):
        return call(
            window_extensions.CroppedConv2DTranspose,
            spec.filters,
            spec.size,
            cropping=spec.padding.by,
            **fields,
        )
    return call(layer, spec.filters, spec.size, **fields)
