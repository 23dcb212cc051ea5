"""PyTorch's names of functions, in neutral terms."""

from collections.abc import Callable

from torch import nn

NOISE = {
    *("contiguous", "clone", "to", "float", "double", "type"),
    *("type_as", "cpu", "requires_grad", "positive", "alias", "identity"),
    *("as_subclass", "half", "bfloat16"),
}
"""Functions that change no value."""

AS_MODULE: dict[str, Callable[..., nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
    "hardsigmoid": nn.Hardsigmoid,
    "hardswish": nn.Hardswish,
    "leaky_relu": nn.LeakyReLU,
    "max_pool2d": nn.MaxPool2d,
    "max_pool2d_with_indices": nn.MaxPool2d,
    "boolean_dispatch": nn.MaxPool2d,
    "avg_pool2d": nn.AvgPool2d,
    "max_pool1d": nn.MaxPool1d,
    "max_pool1d_with_indices": nn.MaxPool1d,
    "avg_pool1d": nn.AvgPool1d,
    "adaptive_avg_pool1d": nn.AdaptiveAvgPool1d,
    "adaptive_max_pool1d": nn.AdaptiveMaxPool1d,
    "adaptive_avg_pool2d": nn.AdaptiveAvgPool2d,
    "adaptive_max_pool2d": nn.AdaptiveMaxPool2d,
    "dropout": nn.Dropout,
    "dropout2d": nn.Dropout2d,
    "softmax": nn.Softmax,
    "log_softmax": nn.LogSoftmax,
    "flatten": nn.Flatten,
}
"""Functions with the arguments of a module's constructor."""

ARITHMETIC = {
    "add": "add",
    "iadd": "add",
    "radd": "add",
    "mul": "multiply",
    "multiply": "multiply",
    "imul": "multiply",
    "rmul": "multiply",
    "sub": "subtract",
    "isub": "subtract",
    "rsub": "subtract",
    "subtract": "subtract",
    "div": "divide",
    "divide": "divide",
    "true_divide": "divide",
    "truediv": "divide",
    "rdiv": "divide",
    "rtruediv": "divide",
    "matmul": "matmul",
    "rmatmul": "matmul",
    "bmm": "matmul",
    "mm": "matmul",
    "maximum": "maximum",
    "minimum": "minimum",
    "pow": "power",
    "square": "square",
    "exp": "exp",
    "log": "log",
    "sqrt": "sqrt",
    "rsqrt": "rsqrt",
    "abs": "absolute",
    "neg": "negative",
}
"""Functions of arrays, by their neutral names."""

REDUCTIONS = {"mean": "mean", "sum": "sum", "amax": "max", "amin": "min"}
JOINS = {"cat": "concatenate", "concat": "concatenate", "stack": "stack"}
IMAGES = {
    *("conv1d", "conv2d", "conv3d", "depthwise_conv2d", "conv1d_transpose"),
    *("conv2d_transpose", "conv3d_transpose", "max_pool", "average_pool"),
    *("max_pool1d", "average_pool1d", "pixel_shuffle"),
    *("adaptive_average_pool", "adaptive_max_pool"),
}
"""Operations whose output has the channels first."""

KEEPING = {
    *("dropout", "spatial_dropout", "batch_norm", "prelu", "group_norm"),
    *("layer_norm", "softmax", "log_softmax", "concatenate", "resize"),
    *("zero_pad", "pad", "split"),
}
"""Operations, besides those on single numbers, that keep the layout."""
