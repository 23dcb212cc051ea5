"""The table of conventions in which the two frameworks differ.

Each row has the field of the specification that expresses a convention, the
default of each framework, and the place in its source code. The defaults of
each dialect are derived from this table. Both backends implement *every*
value of every convention, whatever their own default is.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from framework_parity.common.spec.errors import names, nearest


@dataclass(frozen=True)
class Convention:
    """One convention: what a field means, and its default in each framework.

    In two rows both defaults are equal: the learning rates of Adam and AdamW,
    which are fields with a default in both frameworks.

    Attributes:
        name: the slug that verdicts and reports use.
        field: the field of the specification, as `kind.field`.
        torch: PyTorch's default, as a value of that field.
        keras: Keras's default, as a value of that field.
        sentence: the difference, in one sentence.
        sources: the places in PyTorch's and in Keras's source code: the
            file, with a piece of the code in brackets.
    """

    name: str
    field: str
    torch: Any
    keras: Any
    sentence: str
    sources: tuple[str, str]


CONVENTIONS = (
    Convention(
        "dense_kernel_initializer",
        "dense.kernel_initializer",
        "fan_in_uniform",
        "glorot_uniform",
        "PyTorch draws a dense kernel from U(±1/√fan_in), Keras from "
        "U(±√(6/(fan_in + fan_out))).",
        (
            "nn/modules/linear.py (kaiming_uniform_)",
            "layers/core/dense.py (glorot_uniform)",
        ),
    ),
    Convention(
        "dense_bias_initializer",
        "dense.bias_initializer",
        "fan_in_uniform",
        "zeros",
        "PyTorch draws a dense bias from U(±1/√fan_in), Keras starts it "
        "at zero.",
        (
            "nn/modules/linear.py (bound = 1 / math.sqrt(fan_in))",
            "layers/core/dense.py (bias_initializer)",
        ),
    ),
    Convention(
        "conv2d_kernel_initializer",
        "conv2d.kernel_initializer",
        "fan_in_uniform",
        "glorot_uniform",
        "PyTorch draws a convolution's kernel from U(±1/√fan_in), Keras "
        "from U(±√(6/(fan_in + fan_out))).",
        (
            "nn/modules/conv.py (kaiming_uniform_)",
            "layers/convolutional/base_conv.py (glorot_uniform)",
        ),
    ),
    Convention(
        "conv2d_bias_initializer",
        "conv2d.bias_initializer",
        "fan_in_uniform",
        "zeros",
        "PyTorch draws a convolution's bias from U(±1/√fan_in), Keras "
        "starts it at zero.",
        (
            "nn/modules/conv.py (bound = 1 / math.sqrt(fan_in))",
            "layers/convolutional/base_conv.py (bias_initializer)",
        ),
    ),
    Convention(
        "conv1d_kernel_initializer",
        "conv1d.kernel_initializer",
        "fan_in_uniform",
        "glorot_uniform",
        "PyTorch draws the kernel of a convolution over sequences from "
        "U(±1/√fan_in), Keras from U(±√(6/(fan_in + fan_out))).",
        (
            "nn/modules/conv.py (kaiming_uniform_)",
            "layers/convolutional/base_conv.py (glorot_uniform)",
        ),
    ),
    Convention(
        "conv1d_bias_initializer",
        "conv1d.bias_initializer",
        "fan_in_uniform",
        "zeros",
        "PyTorch draws the bias of a convolution over sequences from "
        "U(±1/√fan_in), Keras starts it at zero.",
        (
            "nn/modules/conv.py (bound = 1 / math.sqrt(fan_in))",
            "layers/convolutional/base_conv.py (bias_initializer)",
        ),
    ),
    Convention(
        "depthwise_conv2d_kernel_initializer",
        "depthwise_conv2d.kernel_initializer",
        "fan_in_uniform",
        "glorot_uniform",
        "PyTorch draws a depthwise kernel from U(±1/√fan_in), Keras from "
        "U(±√(6/(fan_in + fan_out))).",
        (
            "nn/modules/conv.py (kaiming_uniform_)",
            "layers/convolutional/base_depthwise_conv.py (glorot_uniform)",
        ),
    ),
    Convention(
        "depthwise_conv2d_bias_initializer",
        "depthwise_conv2d.bias_initializer",
        "fan_in_uniform",
        "zeros",
        "PyTorch draws a depthwise bias from U(±1/√fan_in), Keras starts "
        "it at zero.",
        (
            "nn/modules/conv.py (bound = 1 / math.sqrt(fan_in))",
            "layers/convolutional/base_depthwise_conv.py (bias_initializer)",
        ),
    ),
    Convention(
        "depthwise_conv2d_fan_in",
        "depthwise_conv2d.fan_in",
        "per_channel",
        "all_channels",
        "To PyTorch's initialisers a depthwise output sees the pixels of "
        "one channel, to Keras's those of all channels.",
        (
            "nn/init.py (_calculate_fan_in_and_fan_out)",
            "initializers/random_initializers.py (compute_fans)",
        ),
    ),
    Convention(
        "conv2d_transpose_kernel_initializer",
        "conv2d_transpose.kernel_initializer",
        "fan_in_uniform",
        "glorot_uniform",
        "PyTorch draws a transposed kernel from U(±1/√fan_in), Keras from "
        "U(±√(6/(fan_in + fan_out))).",
        (
            "nn/modules/conv.py (kaiming_uniform_)",
            "layers/convolutional/base_conv_transpose.py (glorot_uniform)",
        ),
    ),
    Convention(
        "conv2d_transpose_bias_initializer",
        "conv2d_transpose.bias_initializer",
        "fan_in_uniform",
        "zeros",
        "PyTorch draws the bias of a transposed convolution from "
        "U(±1/√fan_in), Keras starts it at zero.",
        (
            "nn/modules/conv.py (bound = 1 / math.sqrt(fan_in))",
            "layers/convolutional/base_conv_transpose.py (bias_initializer)",
        ),
    ),
    Convention(
        "average_pool_padding",
        "average_pool.count_padding",
        True,
        False,
        "At the rim, PyTorch's average pooling divides by the whole "
        "window, padding included, Keras's by the pixels there are.",
        (
            "nn/modules/pooling.py (count_include_pad: bool = True)",
            "backend/tensorflow/nn.py (tf.nn.avg_pool)",
        ),
    ),
    Convention(
        "average_pool1d_padding",
        "average_pool1d.count_padding",
        True,
        False,
        "At the ends of a sequence, PyTorch's average pooling divides by the "
        "whole window, padding included, Keras's by the steps there are.",
        (
            "nn/modules/pooling.py (count_include_pad: bool = True)",
            "backend/tensorflow/nn.py (tf.nn.avg_pool)",
        ),
    ),
    Convention(
        "embedding_initializer",
        "embedding.embeddings_initializer",
        {"normal": {"mean": 0.0, "stddev": 1.0}},
        {"uniform": {"low": -0.05, "high": 0.05}},
        "PyTorch draws the rows of an embedding from N(0, 1), Keras from "
        "U(±0.05).",
        (
            "nn/modules/sparse.py (init.normal_(self.weight))",
            'layers/core/embedding.py (embeddings_initializer="uniform")',
        ),
    ),
    Convention(
        "simple_rnn_kernel_initializer",
        "simple_rnn.kernel_initializer",
        "units_uniform",
        "glorot_uniform",
        "PyTorch draws the kernel of a simple recurrent layer from "
        "U(±1/√units), Keras from U(±√(6/(fan_in + fan_out))).",
        (
            "nn/modules/rnn.py (init.uniform_(weight, -stdv, stdv))",
            'layers/rnn/simple_rnn.py (kernel_initializer="glorot_uniform")',
        ),
    ),
    Convention(
        "simple_rnn_recurrent_initializer",
        "simple_rnn.recurrent_initializer",
        "units_uniform",
        "orthogonal",
        "PyTorch draws the recurrent kernel of a simple recurrent layer from "
        "U(±1/√units), and Keras an orthogonal one.",
        (
            "nn/modules/rnn.py (init.uniform_(weight, -stdv, stdv))",
            'layers/rnn/simple_rnn.py (recurrent_initializer="orthogonal")',
        ),
    ),
    Convention(
        "simple_rnn_bias_initializer",
        "simple_rnn.bias_initializer",
        "units_uniform",
        "zeros",
        "PyTorch draws the biases of a simple recurrent layer from "
        "U(±1/√units), Keras starts them at zero.",
        (
            "nn/modules/rnn.py (init.uniform_(weight, -stdv, stdv))",
            'layers/rnn/simple_rnn.py (bias_initializer="zeros")',
        ),
    ),
    Convention(
        "simple_rnn_biases",
        "simple_rnn.biases",
        "two",
        "one",
        "PyTorch adds a bias to each of the two products of a simple "
        "recurrent layer, Keras one to their sum, which moves half as fast.",
        (
            "nn/modules/rnn.py (bias_hh)",
            "layers/rnn/simple_rnn.py (shape=(self.units,))",
        ),
    ),
    Convention(
        "simple_rnn_padded_outputs",
        "simple_rnn.padded_outputs",
        "zero",
        "repeated",
        "At steps of padding, the outputs of a simple recurrent layer are "
        "zero in PyTorch's packed sequences; Keras repeats those of the step "
        "before.",
        (
            "nn/utils/rnn.py (padding_value: float = 0.0)",
            "layers/rnn/rnn.py (zero_output_for_mask=False)",
        ),
    ),
    Convention(
        "lstm_kernel_initializer",
        "lstm.kernel_initializer",
        "units_uniform",
        "glorot_uniform",
        "PyTorch draws the kernel of an LSTM from U(±1/√units), "
        "Keras from U(±√(6/(fan_in + fan_out))).",
        (
            "nn/modules/rnn.py (init.uniform_(weight, -stdv, stdv))",
            'layers/rnn/lstm.py (kernel_initializer="glorot_uniform")',
        ),
    ),
    Convention(
        "lstm_recurrent_initializer",
        "lstm.recurrent_initializer",
        "units_uniform",
        "orthogonal",
        "PyTorch draws the recurrent kernel of an LSTM from U(±1/√units), "
        "and Keras an orthogonal one.",
        (
            "nn/modules/rnn.py (init.uniform_(weight, -stdv, stdv))",
            'layers/rnn/lstm.py (recurrent_initializer="orthogonal")',
        ),
    ),
    Convention(
        "lstm_bias_initializer",
        "lstm.bias_initializer",
        "units_uniform",
        "zeros",
        "PyTorch draws the biases of an LSTM from U(±1/√units), "
        "Keras starts them at zero.",
        (
            "nn/modules/rnn.py (init.uniform_(weight, -stdv, stdv))",
            'layers/rnn/lstm.py (bias_initializer="zeros")',
        ),
    ),
    Convention(
        "lstm_biases",
        "lstm.biases",
        "two",
        "one",
        "PyTorch adds a bias to each of the two products of an LSTM, "
        "Keras one to their sum, which moves half as fast.",
        (
            "nn/modules/rnn.py (bias_hh)",
            "layers/rnn/lstm.py (shape=(self.units * 4,))",
        ),
    ),
    Convention(
        "lstm_padded_outputs",
        "lstm.padded_outputs",
        "zero",
        "repeated",
        "At steps of padding, the outputs of an LSTM are zero in "
        "PyTorch's packed sequences; Keras repeats those of the step before.",
        (
            "nn/utils/rnn.py (padding_value: float = 0.0)",
            "layers/rnn/rnn.py (zero_output_for_mask=False)",
        ),
    ),
    Convention(
        "gru_kernel_initializer",
        "gru.kernel_initializer",
        "units_uniform",
        "glorot_uniform",
        "PyTorch draws the kernel of a GRU from U(±1/√units), "
        "Keras from U(±√(6/(fan_in + fan_out))).",
        (
            "nn/modules/rnn.py (init.uniform_(weight, -stdv, stdv))",
            'layers/rnn/gru.py (kernel_initializer="glorot_uniform")',
        ),
    ),
    Convention(
        "gru_recurrent_initializer",
        "gru.recurrent_initializer",
        "units_uniform",
        "orthogonal",
        "PyTorch draws the recurrent kernel of a GRU from U(±1/√units), "
        "and Keras an orthogonal one.",
        (
            "nn/modules/rnn.py (init.uniform_(weight, -stdv, stdv))",
            'layers/rnn/gru.py (recurrent_initializer="orthogonal")',
        ),
    ),
    Convention(
        "gru_bias_initializer",
        "gru.bias_initializer",
        "units_uniform",
        "zeros",
        "PyTorch draws the biases of a GRU from U(±1/√units), "
        "Keras starts them at zero.",
        (
            "nn/modules/rnn.py (init.uniform_(weight, -stdv, stdv))",
            'layers/rnn/gru.py (bias_initializer="zeros")',
        ),
    ),
    Convention(
        "gru_biases",
        "gru.biases",
        "two",
        "stacked",
        "PyTorch's GRU has two biases, Keras's has both in one tensor, which "
        "a norm treats as a whole.",
        (
            "nn/modules/rnn.py (bias_hh)",
            "layers/rnn/gru.py (bias_shape = (2, 3 * self.units))",
        ),
    ),
    Convention(
        "gru_padded_outputs",
        "gru.padded_outputs",
        "zero",
        "repeated",
        "At steps of padding, the outputs of a GRU are zero in "
        "PyTorch's packed sequences; Keras repeats those of the step before.",
        (
            "nn/utils/rnn.py (padding_value: float = 0.0)",
            "layers/rnn/rnn.py (zero_output_for_mask=False)",
        ),
    ),
    Convention(
        "lstm_forget_bias",
        "lstm.forget_bias",
        None,
        1.0,
        "Keras starts the bias of an LSTM's forget gate at 1, PyTorch draws "
        "it like the others.",
        (
            "nn/modules/rnn.py (init.uniform_(weight, -stdv, stdv))",
            "layers/rnn/lstm.py (unit_forget_bias=True)",
        ),
    ),
    Convention(
        "multi_head_attention_projections",
        "multi_head_attention.projections",
        "packed",
        "separate",
        "The kernels of query, key and value are one tensor in PyTorch, "
        "which is drawn as such, and three in Keras.",
        (
            "nn/modules/activation.py (in_proj_weight)",
            "layers/attention/multi_head_attention.py (_query_dense)",
        ),
    ),
    Convention(
        "multi_head_attention_kernel_initializer",
        "multi_head_attention.kernel_initializer",
        "glorot_uniform",
        "glorot_uniform",
        "The kernels of query, key and value are drawn from "
        "U(±√(6/(fan_in + fan_out))) in both frameworks.",
        (
            "nn/modules/activation.py (xavier_uniform_(self.in_proj_weight))",
            "layers/attention/multi_head_attention.py (glorot_uniform)",
        ),
    ),
    Convention(
        "multi_head_attention_output_initializer",
        "multi_head_attention.output_initializer",
        "fan_in_uniform",
        "glorot_uniform",
        "PyTorch draws the output kernel of attention from U(±1/√fan_in), "
        "Keras from U(±√(6/(fan_in + fan_out))).",
        (
            "nn/modules/activation.py (NonDynamicallyQuantizableLinear)",
            "layers/attention/multi_head_attention.py (glorot_uniform)",
        ),
    ),
    Convention(
        "flatten_order",
        "flatten.order",
        "channels_first",
        "channels_last",
        "PyTorch flattens an image channel by channel, Keras pixel by pixel.",
        (
            "nn/modules/flatten.py (input.flatten)",
            "layers/reshaping/flatten.py (_channels_first)",
        ),
    ),
    Convention(
        "reshape_order",
        "reshape.order",
        "channels_first",
        "channels_last",
        "PyTorch arranges a vector as an image channel by channel, Keras "
        "pixel by pixel.",
        (
            "nn/modules/flatten.py (unflattened_size)",
            "layers/reshaping/reshape.py (ops.reshape)",
        ),
    ),
    Convention(
        "pixel_shuffle_order",
        "pixel_shuffle.order",
        "channels_first",
        "channels_last",
        "PyTorch makes a square of pixels of adjacent channels, Keras's "
        "`depth_to_space` of channels that are a stride apart.",
        (
            "nn/modules/pixelshuffle.py (F.pixel_shuffle)",
            "ops/nn.py (def depth_to_space)",
        ),
    ),
    Convention(
        "batch_norm_epsilon",
        "batch_norm.epsilon",
        1e-5,
        1e-3,
        "Batch normalisation's epsilon is 1e-5 in PyTorch and 1e-3 in Keras.",
        (
            "nn/modules/batchnorm.py (eps: float = 1e-5)",
            "layers/normalization/batch_normalization.py (epsilon=1e-3)",
        ),
    ),
    Convention(
        "batch_norm_running_decay",
        "batch_norm.running_decay",
        0.9,
        0.99,
        "Each step keeps 0.9 of batch normalisation's running averages in "
        "PyTorch (momentum 0.1 of the new) and 0.99 in Keras (momentum 0.99 "
        "of the old).",
        (
            "nn/modules/batchnorm.py (momentum: float | None = 0.1)",
            "layers/normalization/batch_normalization.py (momentum=0.99)",
        ),
    ),
    Convention(
        "batch_norm_running_variance",
        "batch_norm.running_variance",
        "unbiased",
        "biased",
        "PyTorch averages the unbiased variance of a batch, with n - 1 in "
        "the denominator, Keras the biased one, with n.",
        (
            "nn/functional.py (batch_norm)",
            "layers/normalization/batch_normalization.py (_moments)",
        ),
    ),
    Convention(
        "frozen_batch_norm",
        "frozen.batch_norm",
        "training",
        "evaluation",
        "A batch norm whose parameters do not require a gradient still "
        "normalises by the batch and updates its running averages in "
        "PyTorch; in Keras one that is not trainable normalises by its "
        "running averages, which keep their values.",
        (
            "nn/modules/batchnorm.py (if self.training:)",
            "layers/normalization/batch_normalization.py (and self.trainable)",
        ),
    ),
    Convention(
        "leaky_relu_slope",
        "leaky_relu.slope",
        0.01,
        0.3,
        "PyTorch's LeakyReLU lets 0.01 of a negative number pass, Keras's "
        "layer LeakyReLU 0.3; its activation 'leaky_relu' means 0.2.",
        (
            "nn/modules/activation.py (negative_slope: float = 1e-2)",
            "layers/activations/leaky_relu.py (negative_slope=0.3)",
        ),
    ),
    Convention(
        "layer_norm_epsilon",
        "layer_norm.epsilon",
        1e-5,
        1e-3,
        "Layer normalisation's epsilon is 1e-5 in PyTorch and 1e-3 in Keras.",
        (
            "nn/modules/normalization.py (eps: float = 1e-5)",
            "layers/normalization/layer_normalization.py (epsilon=1e-3)",
        ),
    ),
    Convention(
        "layer_norm_axes",
        "layer_norm.axes",
        "all",
        "channels",
        "Layer normalisation takes a whole image together as PyTorch's "
        "users write it, and the channels of each pixel in Keras.",
        (
            "nn/modules/normalization.py (normalized_shape)",
            "layers/normalization/layer_normalization.py (axis=-1)",
        ),
    ),
    Convention(
        "group_norm_epsilon",
        "group_norm.epsilon",
        1e-5,
        1e-3,
        "Group normalisation's epsilon is 1e-5 in PyTorch and 1e-3 in Keras.",
        (
            "nn/modules/normalization.py (eps: float = 1e-5)",
            "layers/normalization/group_normalization.py (epsilon=1e-3)",
        ),
    ),
    Convention(
        "rms_norm_epsilon",
        "rms_norm.epsilon",
        "machine",
        1e-6,
        "The epsilon of a normalisation by the root mean square is the "
        "machine epsilon of the precision in PyTorch, and 1e-6 in Keras.",
        (
            "nn/modules/normalization.py (eps: float | None = None)",
            "layers/normalization/rms_normalization.py (epsilon=1e-6)",
        ),
    ),
    Convention(
        "prelu_slopes",
        "prelu.slopes",
        "one",
        "per_number",
        "PyTorch's PReLU learns one slope for all, Keras's one for each "
        "number of a sample.",
        (
            "nn/modules/activation.py (num_parameters: int = 1)",
            "layers/activations/prelu.py (param_shape)",
        ),
    ),
    Convention(
        "prelu_initial",
        "prelu.initial",
        0.25,
        0.0,
        "PReLU's slope starts at 0.25 in PyTorch and at 0 in Keras.",
        (
            "nn/modules/activation.py (init: float = 0.25)",
            "layers/activations/prelu.py (alpha_initializer)",
        ),
    ),
    Convention(
        "prelu_at_zero",
        "prelu.at_zero",
        "slope",
        "zero",
        "At exactly 0 the derivative of PyTorch's PReLU is its slope, that "
        "of Keras's is 0.",
        (
            "nn/functional.py (prelu)",
            "layers/activations/prelu.py (call)",
        ),
    ),
    Convention(
        "normal_stddev",
        "normal.stddev",
        1.0,
        0.05,
        "PyTorch's normal initialiser has standard deviation 1, Keras's 0.05.",
        (
            "nn/init.py (std: float = 1.0)",
            "initializers/random_initializers.py (stddev=0.05)",
        ),
    ),
    Convention(
        "truncated_normal_stddev",
        "truncated_normal.stddev",
        1.0,
        0.05,
        "PyTorch's truncated normal initialiser has standard deviation 1 "
        "before it is cut, Keras's 0.05.",
        (
            "nn/init.py (std: float = 1.0)",
            "initializers/random_initializers.py (stddev=0.05)",
        ),
    ),
    Convention(
        "truncated_normal_bounds",
        "truncated_normal.bounds",
        "absolute",
        "deviations",
        "PyTorch cuts its truncated normal at ±2, Keras at two standard "
        "deviations from the mean.",
        (
            "nn/init.py (a: float = -2.0)",
            "backend/tensorflow/random.py (truncated_normal)",
        ),
    ),
    Convention(
        "uniform_low",
        "uniform.low",
        0.0,
        -0.05,
        "PyTorch's uniform initialiser begins at 0, Keras's at -0.05.",
        (
            "nn/init.py (a: float = 0.0)",
            "initializers/random_initializers.py (minval=-0.05)",
        ),
    ),
    Convention(
        "uniform_high",
        "uniform.high",
        1.0,
        0.05,
        "PyTorch's uniform initialiser ends at 1, Keras's at 0.05.",
        (
            "nn/init.py (b: float = 1.0)",
            "initializers/random_initializers.py (maxval=0.05)",
        ),
    ),
    Convention(
        "glorot_normal_truncation",
        "glorot_normal.truncated",
        False,
        True,
        "Keras cuts Glorot's normal at two standard deviations and "
        "rescales it; PyTorch does not cut.",
        (
            "nn/init.py (xavier_normal_)",
            "initializers/random_initializers.py (0.87962566103423978)",
        ),
    ),
    Convention(
        "he_normal_truncation",
        "he_normal.truncated",
        False,
        True,
        "Keras cuts He's normal at two standard deviations and rescales "
        "it; PyTorch does not cut.",
        (
            "nn/init.py (kaiming_normal_)",
            "initializers/random_initializers.py (0.87962566103423978)",
        ),
    ),
    Convention(
        "lecun_normal_truncation",
        "lecun_normal.truncated",
        False,
        True,
        "Keras cuts LeCun's normal at two standard deviations and rescales "
        "it; PyTorch, where it is He's with a linear layer's gain, does not "
        "cut.",
        (
            "nn/init.py (kaiming_normal_)",
            "initializers/random_initializers.py (0.87962566103423978)",
        ),
    ),
    Convention(
        "weighted_cross_entropy_apply_to",
        "weighted_cross_entropy.apply_to",
        "classes",
        "samples",
        "PyTorch's weights of classes divide the sum of the losses as well; "
        "Keras's `class_weight` weighs samples, whose sum is divided by their "
        "number.",
        (
            "nn/modules/loss.py (weight: Tensor | None = None)",
            "trainers/data_adapters/data_adapter_utils.py (class_weight)",
        ),
    ),
    Convention(
        "sgd_learning_rate",
        "sgd.lr",
        0.001,
        0.01,
        "By default, SGD's learning rate is 0.001 in PyTorch and 0.01 in "
        "Keras.",
        (
            "optim/sgd.py (lr: float | Tensor = 1e-3)",
            "optimizers/sgd.py (learning_rate=0.01)",
        ),
    ),
    Convention(
        "sgd_velocity",
        "sgd.velocity",
        "of_gradients",
        "of_steps",
        "PyTorch accumulates gradients and multiplies the sum by today's "
        "rate; Keras accumulates steps, each with the rate of its day.",
        (
            "optim/sgd.py (buf.mul_(momentum).add_(grad)",
            "optimizers/sgd.py (ops.multiply(m, momentum))",
        ),
    ),
    Convention(
        "sgd_decay",
        "sgd.decay",
        "coupled",
        "decoupled",
        "SGD's weight decay is a part of the gradient in PyTorch, a step of"
        " its own before the update in Keras.",
        (
            "optim/sgd.py (grad.add(param, alpha=weight_decay))",
            "backend/tensorflow/optimizer.py (_apply_weight_decay)",
        ),
    ),
    Convention(
        "rmsprop_learning_rate",
        "rmsprop.lr",
        0.01,
        0.001,
        "By default, RMSprop's learning rate is 0.01 in PyTorch and 0.001 "
        "in Keras.",
        (
            "optim/rmsprop.py (lr: float | Tensor = 1e-2)",
            "optimizers/rmsprop.py (learning_rate=0.001)",
        ),
    ),
    Convention(
        "rmsprop_rho",
        "rmsprop.rho",
        0.99,
        0.9,
        "RMSprop's rho is 0.99 in PyTorch and 0.9 in Keras.",
        (
            "optim/rmsprop.py (alpha: float = 0.99)",
            "optimizers/rmsprop.py (rho=0.9)",
        ),
    ),
    Convention(
        "rmsprop_epsilon",
        "rmsprop.epsilon",
        1e-08,
        1e-07,
        "RMSprop's epsilon is 1e-08 in PyTorch and 1e-07 in Keras.",
        (
            "optim/rmsprop.py (eps: float = 1e-8)",
            "optimizers/rmsprop.py (epsilon=1e-7)",
        ),
    ),
    Convention(
        "rmsprop_epsilon_placement",
        "rmsprop.epsilon_placement",
        "outside_root",
        "inside_root",
        "RMSprop adds epsilon to the root of the mean square in PyTorch, "
        "and to the mean square itself in Keras, where it acts as its root.",
        (
            "optim/rmsprop.py (avg.add_(eps))",
            "optimizers/rmsprop.py (ops.add(velocity, self.epsilon))",
        ),
    ),
    Convention(
        "rmsprop_velocity",
        "rmsprop.velocity",
        "of_gradients",
        "of_steps",
        "RMSprop's momentum sums scaled gradients in PyTorch, and steps, "
        "each with the rate of its day, in Keras.",
        (
            "optim/rmsprop.py (buf.mul_(momentum).addcdiv_(grad, avg))",
            "optimizers/rmsprop.py (ops.multiply(self.momentum, momentum))",
        ),
    ),
    Convention(
        "rmsprop_decay",
        "rmsprop.decay",
        "coupled",
        "decoupled",
        "RMSprop's weight decay is a part of the gradient in PyTorch, a "
        "step of its own before the update in Keras.",
        (
            "optim/rmsprop.py (grad.add(param, alpha=weight_decay))",
            "backend/tensorflow/optimizer.py (_apply_weight_decay)",
        ),
    ),
    Convention(
        "adam_learning_rate",
        "adam.lr",
        0.001,
        0.001,
        "By default, Adam's learning rate is 0.001 in both.",
        (
            "optim/adam.py (lr: float | Tensor = 1e-3)",
            "optimizers/adam.py (learning_rate=0.001)",
        ),
    ),
    Convention(
        "adam_epsilon",
        "adam.epsilon",
        1e-8,
        1e-7,
        "Adam's epsilon is 1e-8 in PyTorch and 1e-7 in Keras.",
        (
            "optim/adam.py (eps: float = 1e-8)",
            "optimizers/adam.py (epsilon=1e-7)",
        ),
    ),
    Convention(
        "adam_epsilon_placement",
        "adam.epsilon_placement",
        "epsilon",
        "epsilon_hat",
        "PyTorch adds epsilon after the second moment is corrected, Keras "
        "before (the paper's epsilon-hat), so Keras's acts "
        "1/√(1 - β₂ᵗ) times as strongly.",
        (
            "optim/adam.py (exp_avg_sq.sqrt() / bias_correction2_sqrt)",
            "optimizers/adam.py (alpha = lr * ops.sqrt(1 - beta_2_power))",
        ),
    ),
    Convention(
        "multi_step_boundary",
        "multi_step.boundary",
        "first_new",
        "last_old",
        "PyTorch's milestone is the first step at the new rate, Keras's "
        "boundary the last at the old one.",
        (
            "optim/lr_scheduler.py (class MultiStepLR)",
            "optimizers/schedules/learning_rate_schedule.py (boundaries[0])",
        ),
    ),
    Convention(
        "polynomial_decay_end",
        "polynomial_decay.end",
        0.0,
        0.0001,
        "By default, a polynomial decay ends at the rate 0 in PyTorch and "
        "at 0.0001 in Keras.",
        (
            "optim/lr_scheduler.py (class PolynomialLR)",
            "optimizers/schedules/learning_rate_schedule.py (PolynomialDecay)",
        ),
    ),
    Convention(
        "cosine_past_its_end",
        "cosine.past_end",
        "rises",
        "stays",
        "Past its last step PyTorch's cosine rises again, Keras's stays "
        "where it ended.",
        (
            "optim/lr_scheduler.py (class CosineAnnealingLR)",
            "optimizers/schedules/learning_rate_schedule.py (CosineDecay)",
        ),
    ),
    Convention(
        "cosine_restarts_times",
        "cosine_restarts.times",
        1,
        2,
        "By default, each fall of the cosine is as long as the last in "
        "PyTorch and twice as long in Keras.",
        (
            "optim/lr_scheduler.py (T_mult: int = 1)",
            "optimizers/schedules/learning_rate_schedule.py (t_mul=2.0)",
        ),
    ),
    Convention(
        "early_stopping_counting",
        "early_stopping.counting",
        "exceeds",
        "reaches",
        "A hand-written PyTorch loop stops when the bad epochs exceed the "
        "patience, as PyTorch's own ReduceLROnPlateau counts; Keras when "
        "they reach it, an epoch earlier.",
        (
            "optim/lr_scheduler.py (self.num_bad_epochs > self.patience)",
            "callbacks/early_stopping.py (self.wait >= self.patience)",
        ),
    ),
    Convention(
        "plateau_counting",
        "plateau.counting",
        "exceeds",
        "reaches",
        "PyTorch reduces the rate when the bad epochs exceed the patience, "
        "Keras when they reach it, an epoch earlier.",
        (
            "optim/lr_scheduler.py (self.num_bad_epochs > self.patience)",
            "callbacks/reduce_lr_on_plateau.py (self.wait >= self.patience)",
        ),
    ),
    Convention(
        "plateau_threshold_mode",
        "plateau.threshold_mode",
        "relative",
        "absolute",
        "What counts as better is a share of the best loss in PyTorch and "
        "a number in Keras.",
        (
            "optim/lr_scheduler.py (threshold_mode)",
            "callbacks/monitor_callback.py (monitor_value - self.min_delta)",
        ),
    ),
    Convention(
        "plateau_last_cooldown",
        "plateau.last_cooldown",
        "ignored",
        "counted",
        "PyTorch ignores bad epochs through the whole cooldown; in Keras "
        "the last epoch of it counts already.",
        (
            "optim/lr_scheduler.py (if self.in_cooldown)",
            "callbacks/reduce_lr_on_plateau.py (if self.in_cooldown())",
        ),
    ),
    Convention(
        "plateau_least_change",
        "plateau.least_change",
        1e-8,
        0.0,
        "PyTorch leaves the rate alone where it would fall by no more than "
        "1e-8; Keras has no such limit.",
        (
            "optim/lr_scheduler.py (old_lr - new_lr > self.eps)",
            "callbacks/reduce_lr_on_plateau.py (np.float32(self.min_lr))",
        ),
    ),
    Convention(
        "shuffle",
        "recipe.shuffle",
        "each_epoch",
        "once",
        "PyTorch's DataLoader(shuffle=True) draws a new order for each "
        "epoch; Keras's fit, once it is seeded, repeats one order in all of "
        "them. (Unasked, DataLoader does not shuffle at all, and fit does.)",
        (
            "utils/data/sampler.py (torch.randperm)",
            "trainers/data_adapters/array_data_adapter.py (tf.random.shuffle)",
        ),
    ),
    Convention(
        "adam_bias_correction",
        "adam.bias_correction",
        "double",
        "parameter",
        "Adam corrects for bias in double precision in PyTorch, in the "
        "precision of the parameters in Keras: the same in float64, not in "
        "float32.",
        (
            "optim/adam.py (bias_correction2**0.5)",
            "optimizers/adam.py (ops.cast(self.beta_2, variable.dtype))",
        ),
    ),
    Convention(
        "adam_decay",
        "adam.decay",
        "coupled",
        "decoupled",
        "Adam's weight decay is a part of the gradient in PyTorch, a step "
        "of its own before the update in Keras.",
        (
            "optim/adam.py (grad.add(param, alpha=weight_decay))",
            "backend/tensorflow/optimizer.py (_apply_weight_decay)",
        ),
    ),
    Convention(
        "adamw_learning_rate",
        "adamw.lr",
        0.001,
        0.001,
        "By default, AdamW's learning rate is 0.001 in both.",
        (
            "optim/adamw.py (lr: float | Tensor = 1e-3)",
            "optimizers/adamw.py (learning_rate=0.001)",
        ),
    ),
    Convention(
        "adamw_weight_decay",
        "adamw.weight_decay",
        0.01,
        0.004,
        "AdamW's decay is 0.01 in PyTorch and 0.004 in Keras.",
        (
            "optim/adamw.py (weight_decay: float = 1e-2)",
            "optimizers/adamw.py (weight_decay=0.004)",
        ),
    ),
    Convention(
        "adamw_decay",
        "adamw.decay",
        "factored",
        "decoupled",
        "PyTorch's AdamW multiplies a parameter by 1 - ηλ, which rounds ηλ; "
        "Keras's subtracts ηλ times it. The same but for that rounding.",
        (
            "optim/adam.py (param.mul_(1 - lr * weight_decay))",
            "backend/tensorflow/optimizer.py (_apply_weight_decay)",
        ),
    ),
    Convention(
        "adamw_epsilon",
        "adamw.epsilon",
        1e-08,
        1e-07,
        "AdamW's epsilon is 1e-08 in PyTorch and 1e-07 in Keras.",
        (
            "optim/adamw.py (eps: float = 1e-8)",
            "optimizers/adamw.py (epsilon=1e-7)",
        ),
    ),
    Convention(
        "adamw_epsilon_placement",
        "adamw.epsilon_placement",
        "epsilon",
        "epsilon_hat",
        "PyTorch adds epsilon after the second moment is corrected, Keras "
        "before; AdamW is Adam in this.",
        (
            "optim/adam.py (exp_avg_sq.sqrt() / bias_correction2_sqrt)",
            "optimizers/adam.py (alpha = lr * ops.sqrt(1 - beta_2_power))",
        ),
    ),
    Convention(
        "adamw_bias_correction",
        "adamw.bias_correction",
        "double",
        "parameter",
        "AdamW corrects for bias in double precision in PyTorch, in the "
        "precision of the parameters in Keras: the same in float64, not in "
        "float32.",
        (
            "optim/adam.py (bias_correction2**0.5)",
            "optimizers/adam.py (ops.cast(self.beta_2, variable.dtype))",
        ),
    ),
    Convention(
        "adagrad_learning_rate",
        "adagrad.lr",
        0.01,
        0.001,
        "By default, Adagrad's learning rate is 0.01 in PyTorch and 0.001 "
        "in Keras.",
        (
            "optim/adagrad.py (lr: float | Tensor = 1e-2)",
            "optimizers/adagrad.py (learning_rate=0.001)",
        ),
    ),
    Convention(
        "adagrad_initial_accumulator",
        "adagrad.initial_accumulator",
        0.0,
        0.1,
        "Adagrad's sum of squares starts at 0 in PyTorch and at 0.1 in Keras.",
        (
            "optim/adagrad.py (initial_accumulator_value: float = 0)",
            "optimizers/adagrad.py (initial_accumulator_value=0.1)",
        ),
    ),
    Convention(
        "adagrad_epsilon",
        "adagrad.epsilon",
        1e-10,
        1e-07,
        "Adagrad's epsilon is 1e-10 in PyTorch and 1e-07 in Keras.",
        (
            "optim/adagrad.py (eps: float = 1e-10)",
            "optimizers/adagrad.py (epsilon=1e-7)",
        ),
    ),
    Convention(
        "adagrad_epsilon_placement",
        "adagrad.epsilon_placement",
        "outside_root",
        "inside_root",
        "Adagrad adds epsilon to the root of the sum of squares in PyTorch,"
        " and to the sum itself in Keras.",
        (
            "optim/adagrad.py (state_sum.sqrt().add_(eps))",
            "optimizers/adagrad.py (ops.add(accumulator, self.epsilon))",
        ),
    ),
    Convention(
        "adagrad_decay",
        "adagrad.decay",
        "coupled",
        "decoupled",
        "Adagrad's weight decay is a part of the gradient in PyTorch, a "
        "step of its own before the update in Keras.",
        (
            "optim/adagrad.py (grad.add(param, alpha=weight_decay))",
            "backend/tensorflow/optimizer.py (_apply_weight_decay)",
        ),
    ),
    Convention(
        "adadelta_learning_rate",
        "adadelta.lr",
        1.0,
        0.001,
        "By default, Adadelta's learning rate is 1.0 in PyTorch and 0.001 "
        "in Keras.",
        (
            "optim/adadelta.py (lr: float | Tensor = 1.0)",
            "optimizers/adadelta.py (learning_rate=0.001)",
        ),
    ),
    Convention(
        "adadelta_rho",
        "adadelta.rho",
        0.9,
        0.95,
        "Adadelta's rho is 0.9 in PyTorch and 0.95 in Keras.",
        (
            "optim/adadelta.py (rho: float = 0.9)",
            "optimizers/adadelta.py (rho=0.95)",
        ),
    ),
    Convention(
        "adadelta_epsilon",
        "adadelta.epsilon",
        1e-06,
        1e-07,
        "Adadelta's epsilon is 1e-06 in PyTorch and 1e-07 in Keras.",
        (
            "optim/adadelta.py (eps: float = 1e-6)",
            "optimizers/adadelta.py (epsilon=1e-7)",
        ),
    ),
    Convention(
        "adadelta_decay",
        "adadelta.decay",
        "coupled",
        "decoupled",
        "Adadelta's weight decay is a part of the gradient in PyTorch, a "
        "step of its own before the update in Keras.",
        (
            "optim/adadelta.py (grad.add(param, alpha=weight_decay))",
            "backend/tensorflow/optimizer.py (_apply_weight_decay)",
        ),
    ),
    Convention(
        "adamax_learning_rate",
        "adamax.lr",
        0.002,
        0.001,
        "By default, Adamax's learning rate is 0.002 in PyTorch and 0.001 "
        "in Keras.",
        (
            "optim/adamax.py (lr: float | Tensor = 2e-3)",
            "optimizers/adamax.py (learning_rate=0.001)",
        ),
    ),
    Convention(
        "adamax_epsilon",
        "adamax.epsilon",
        1e-08,
        1e-07,
        "Adamax's epsilon is 1e-08 in PyTorch and 1e-07 in Keras.",
        (
            "optim/adamax.py (eps: float = 1e-8)",
            "optimizers/adamax.py (epsilon=1e-7)",
        ),
    ),
    Convention(
        "adamax_epsilon_placement",
        "adamax.epsilon_placement",
        "in_maximum",
        "after_maximum",
        "Adamax adds epsilon to the gradient's size before the maximum is "
        "taken in PyTorch, and to the maximum in Keras.",
        (
            "optim/adamax.py (grad.abs().add_(eps))",
            "optimizers/adamax.py (ops.add(u, self.epsilon))",
        ),
    ),
    Convention(
        "adamax_bias_correction",
        "adamax.bias_correction",
        "double",
        "parameter",
        "Adamax corrects for bias in double precision in PyTorch, in the "
        "precision of the parameters in Keras: the same in float64, not in "
        "float32.",
        (
            "optim/adamax.py (1 - beta1 ** _get_value(step_t))",
            "optimizers/adamax.py (ops.cast(self.beta_1, variable.dtype))",
        ),
    ),
    Convention(
        "adamax_decay",
        "adamax.decay",
        "coupled",
        "decoupled",
        "Adamax's weight decay is a part of the gradient in PyTorch, a step"
        " of its own before the update in Keras.",
        (
            "optim/adamax.py (grad.add(param, alpha=weight_decay))",
            "backend/tensorflow/optimizer.py (_apply_weight_decay)",
        ),
    ),
    Convention(
        "nadam_learning_rate",
        "nadam.lr",
        0.002,
        0.001,
        "By default, Nadam's learning rate is 0.002 in PyTorch and 0.001 "
        "in Keras.",
        (
            "optim/nadam.py (lr: float | Tensor = 2e-3)",
            "optimizers/nadam.py (learning_rate=0.001)",
        ),
    ),
    Convention(
        "nadam_epsilon",
        "nadam.epsilon",
        1e-08,
        1e-07,
        "Nadam's epsilon is 1e-08 in PyTorch and 1e-07 in Keras.",
        (
            "optim/nadam.py (eps: float = 1e-8)",
            "optimizers/nadam.py (epsilon=1e-7)",
        ),
    ),
    Convention(
        "nadam_momentum_decay",
        "nadam.momentum_decay",
        0.004,
        1.0,
        "Nadam's momentum warms up by 0.96^(0.004 t) in PyTorch and by "
        "0.96^t in Keras, which rounds 0.96 to float32 besides.",
        (
            "optim/nadam.py (momentum_decay: float = 4e-3)",
            "optimizers/nadam.py (ops.power(decay, local_step))",
        ),
    ),
    Convention(
        "nadam_bias_correction",
        "nadam.bias_correction",
        "double",
        "parameter",
        "Nadam corrects for bias in double precision in PyTorch, in the "
        "precision of the parameters in Keras: the same in float64, not in "
        "float32.",
        (
            "optim/nadam.py (bias_correction2 = 1 - beta2**step)",
            "optimizers/nadam.py (ops.cast(self.beta_2, var_dtype))",
        ),
    ),
    Convention(
        "nadam_decay",
        "nadam.decay",
        "coupled",
        "decoupled",
        "Nadam's weight decay is a part of the gradient in PyTorch, a step "
        "of its own before the update in Keras.",
        (
            "optim/nadam.py (grad.add(param, alpha=weight_decay))",
            "backend/tensorflow/optimizer.py (_apply_weight_decay)",
        ),
    ),
    Convention(
        "penalty_form",
        "penalty.form",
        "half",
        "whole",
        "An L2 penalty λ means λ/2 Σ w², as PyTorch's weight decay does, or"
        " λ Σ w², as Keras's regularizers do.",
        (
            "optim/sgd.py (grad.add(param, alpha=weight_decay))",
            "regularizers/regularizers.py (ops.sum(ops.square(x)))",
        ),
    ),
    Convention(
        "penalty_weights",
        "penalty.weights",
        "all",
        "kernels",
        "PyTorch's weight decay takes every parameter, biases too; Keras's "
        "regularizers stand where they are asked for, on kernels.",
        (
            "optim/sgd.py (grad.add(param, alpha=weight_decay))",
            "layers/core/dense.py (kernel_regularizer=None)",
        ),
    ),
    Convention(
        "penalty_reported",
        "penalty.reported",
        False,
        True,
        "The reported loss leaves the penalty out in PyTorch, where it is "
        "weight decay, and counts it in Keras.",
        (
            "optim/sgd.py (grad.add(param, alpha=weight_decay))",
            "trainers/trainer.py (_aggregate_additional_loss)",
        ),
    ),
    Convention(
        "clip_by_norm_epsilon",
        "by_norm.epsilon",
        1e-06,
        0.0,
        "Clipping each gradient by norm, PyTorch adds 1e-6 to the norm and "
        "Keras nothing.",
        (
            "nn/utils/clip_grad.py (max_norm / (total_norm + 1e-6))",
            "backend/tensorflow/optimizer.py (tf.clip_by_norm)",
        ),
    ),
    Convention(
        "clip_by_global_norm_epsilon",
        "by_global_norm.epsilon",
        1e-06,
        0.0,
        "Clipping all gradients together by norm, PyTorch adds 1e-6 to the "
        "norm and Keras nothing.",
        (
            "nn/utils/clip_grad.py (max_norm / (total_norm + 1e-6))",
            "optimizers/base_optimizer.py (def clip_by_global_norm)",
        ),
    ),
    Convention(
        "accumulation_reduction",
        "accumulation.reduction",
        "sum",
        "mean",
        "Accumulated over several batches, gradients are added in PyTorch, "
        "whose backward() adds, and averaged in Keras.",
        (
            "_tensor.py (accumulates gradients in the leaves)",
            "optimizers/base_optimizer.py (gradient_accumulation_steps)",
        ),
    ),
    Convention(
        "batch_size",
        "recipe.batch_size",
        1,
        32,
        "By default, a batch is 1 sample in PyTorch's DataLoader and 32 "
        "in Keras's fit.",
        (
            "utils/data/dataloader.py (batch_size: int | None = 1)",
            "trainers/trainer.py (will default to 32)",
        ),
    ),
)


@cache
def defaults_of(dialect: str) -> dict[str, dict[str, Any]]:
    """Return the defaults of a dialect: kind → field → value.

    Args:
        dialect: `torch` or `keras`.

    Returns:
        The default of each field in `CONVENTIONS`.

    Raises:
        ValueError: for another name.

    >>> defaults_of("keras")["adam"]["epsilon"]
    1e-07
    """
    if dialect not in ("torch", "keras"):
        raise ValueError(
            f"got dialect {dialect!r}, expected one of: "
            f"{names(['torch', 'keras'])}"
            + nearest(dialect, ["torch", "keras"])
        )
    table: dict[str, dict[str, Any]] = {}
    for convention in CONVENTIONS:
        kind, field = convention.field.split(".")
        table.setdefault(kind, {})[field] = getattr(convention, dialect)
    return table
