"""The layers of the language, and their union `Layer`.

Shapes are those of one sample, without the batch: a vector (channels,), a
sequence (time, channels), or an image (height, width, channels). Channels are
last, whatever a framework stores; PyTorch stores those of images first.
"""

from typing import Annotated, TypeAlias

from framework_parity.common.spec.layers.activations import (
    Custom,
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    Linear,
    LogSoftmax,
    Mish,
    Prelu,
    Relu,
    Relu6,
    Selu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Softsign,
    Swish,
    Tanh,
)
from framework_parity.common.spec.layers.attention import (
    MultiHeadAttention,
    PositionEmbedding,
    SinusoidalPositions,
)
from framework_parity.common.spec.layers.augmentation import (
    RandomCrop,
    RandomFlip,
)
from framework_parity.common.spec.layers.convolution import (
    Conv1d,
    Conv2d,
    Conv2dTranspose,
    DepthwiseConv2d,
)
from framework_parity.common.spec.layers.core import Dense, Flatten
from framework_parity.common.spec.layers.embedding import Embedding
from framework_parity.common.spec.layers.freezing import Frozen
from framework_parity.common.spec.layers.merging import Concatenate, Residual
from framework_parity.common.spec.layers.normalization import (
    BatchNorm,
    GroupNorm,
    LayerNorm,
    RmsNorm,
)
from framework_parity.common.spec.layers.pooling import (
    AveragePool,
    AveragePool1d,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool,
    MaxPool1d,
)
from framework_parity.common.spec.layers.recurrent import (
    Gru,
    Lstm,
    SimpleRnn,
)
from framework_parity.common.spec.layers.regularization import (
    Dropout,
    SpatialDropout,
)
from framework_parity.common.spec.layers.reshaping import (
    Permute,
    PixelShuffle,
    Repeat,
    Reshape,
)
from framework_parity.common.spec.layers.resizing import (
    Cropping,
    Upsampling,
    ZeroPadding,
)
from framework_parity.common.spec.node import TaggedUnion

Layer: TypeAlias = Annotated[
    Dense
    | Embedding
    | SimpleRnn
    | Lstm
    | Gru
    | MultiHeadAttention
    | PositionEmbedding
    | SinusoidalPositions
    | Conv1d
    | Conv2d
    | DepthwiseConv2d
    | Conv2dTranspose
    | MaxPool1d
    | MaxPool
    | AveragePool1d
    | AveragePool
    | GlobalAveragePool
    | GlobalMaxPool
    | Flatten
    | Reshape
    | Permute
    | Repeat
    | PixelShuffle
    | ZeroPadding
    | Cropping
    | Upsampling
    | BatchNorm
    | LayerNorm
    | GroupNorm
    | RmsNorm
    | Prelu
    | Dropout
    | SpatialDropout
    | RandomFlip
    | RandomCrop
    | Residual
    | Concatenate
    | Frozen
    | Relu
    | Tanh
    | Sigmoid
    | Linear
    | LeakyRelu
    | Relu6
    | Elu
    | Selu
    | Gelu
    | Silu
    | Swish
    | Mish
    | Softplus
    | Softsign
    | HardSigmoid
    | HardSwish
    | Custom
    | Softmax
    | LogSoftmax,
    TaggedUnion(),
]

# Composite layers refer to `Layer`, which is defined from here on.
for composite in (Residual, Concatenate, Frozen):
    composite.model_rebuild(_types_namespace={"Layer": Layer})
