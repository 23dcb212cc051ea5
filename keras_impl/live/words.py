"""Keras's and TensorFlow's names of functions, in neutral terms."""

import keras

FUSED = (
    keras.layers.Dense,
    keras.layers.EinsumDense,
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
)
"""Layers whose activation is recorded as an operation of its own."""

NOISE = {
    *("linear", "identity", "cast", "convert_to_tensor"),
    *("Identity", "Cast", "EnsureShape", "copy"),
}
"""Functions that change no value."""

ARITHMETIC = {
    "add": "add",
    "AddV2": "add",
    "BiasAdd": "add",
    "multiply": "multiply",
    "Mul": "multiply",
    "subtract": "subtract",
    "Sub": "subtract",
    "divide": "divide",
    "true_divide": "divide",
    "RealDiv": "divide",
    "matmul": "matmul",
    "MatMul": "matmul",
    "BatchMatMulV2": "matmul",
    "maximum": "maximum",
    "Maximum": "maximum",
    "minimum": "minimum",
    "Minimum": "minimum",
    "power": "power",
    "Pow": "power",
    "square": "square",
    "Square": "square",
    "exp": "exp",
    "Exp": "exp",
    "log": "log",
    "Log": "log",
    "sqrt": "sqrt",
    "Sqrt": "sqrt",
    "rsqrt": "rsqrt",
    "Rsqrt": "rsqrt",
    "absolute": "absolute",
    "Abs": "absolute",
    "negative": "negative",
    "Neg": "negative",
}
"""Functions of arrays, by their neutral names."""

SINGLE = {
    *("tanh", "sigmoid", "selu", "silu", "softplus", "softsign", "mish"),
    *("relu6", "hard_sigmoid", "hard_swish", "stop_gradient"),
}
"""Activations without a value to set."""

ALIASES = {
    "swish": "silu",
    "hard_silu": "hard_swish",
    "Relu": "relu",
    "Relu6": "relu6",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "Elu": "elu",
    "Selu": "selu",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
    "Silu": "silu",
    "Gelu": "gelu",
    "Mean": "mean",
    "Sum": "sum",
    "Max": "max",
    "Min": "min",
    "ConcatV2": "concatenate",
    "Concatenate": "concatenate",
    "Stack": "stack",
    "Pack": "stack",
    "Reshape": "reshape",
    "Squeeze": "squeeze",
    "ExpandDims": "expand_dims",
    "Transpose": "transpose",
    "SelectV2": "where",
    "ClipByValue": "clip",
    "Where": "where",
    "StridedSlice": "slice",
    "GetItem": "slice",
    "GatherV2": "slice",
    "Split": "split",
    "SplitV": "split",
    "Unpack": "split",
    "Pad": "pad",
    "PadV2": "pad",
    "MirrorPad": "pad",
}
"""Functions of TensorFlow and classes of operations, as in `keras.ops`."""
