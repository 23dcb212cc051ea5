"""The same layers in both frameworks: copied weights give equal outputs.

Run in a process of each framework, since one cannot hold both::

    python -m tests.backends.live_models.layers_of_both torch FILE
    python -m tests.backends.live_models.layers_of_both keras FILE

The first writes the neutral tensors and the outputs of PyTorch's layers, the
second sets Keras's layers and writes their outputs and tensors.
"""

import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np

INPUTS = {
    "vector": (3, 4),
    "sequence": (3, 5, 4),
    "image": (3, 7, 6, 4),
    "volume": (2, 5, 4, 3, 4),
}

# Layers whose PyTorch version has the channels first.
FIRST = {
    *("conv1d", "conv2d", "conv3d", "grouped", "depthwise", "as_conv2d"),
    *("conv1d_transpose", "conv2d_transpose", "conv3d_transpose"),
    *("batch_norm", "group_norm", "layer_norm_image", "prelu"),
}


def value(kind: str) -> np.ndarray[Any, Any]:
    """Return the input of a layer, channels last."""
    rng = np.random.default_rng(0)
    if kind == "ids":
        return np.array([[1, 2, 0], [3, 3, 4]])
    return rng.normal(size=INPUTS[kind])


def torch_layers() -> dict[str, tuple[str, Any]]:
    from torch import nn

    batch: Any = {"batch_first": True}
    return {
        "dense": ("vector", nn.Linear(4, 5)),
        "conv1d": ("sequence", nn.Conv1d(4, 6, 3)),
        "conv2d": ("image", nn.Conv2d(4, 6, (3, 2))),
        "conv3d": ("volume", nn.Conv3d(4, 6, 2)),
        "grouped": ("image", nn.Conv2d(4, 6, 3, groups=2)),
        "depthwise": ("image", nn.Conv2d(4, 8, 3, groups=4)),
        "as_conv2d": ("image", nn.Conv2d(4, 8, 3, groups=4)),
        "conv1d_transpose": ("sequence", nn.ConvTranspose1d(4, 6, 3)),
        "conv2d_transpose": ("image", nn.ConvTranspose2d(4, 6, 3)),
        "conv3d_transpose": ("volume", nn.ConvTranspose3d(4, 6, 2)),
        "batch_norm": ("image", nn.BatchNorm2d(4, eps=1e-3)),
        "group_norm": ("image", nn.GroupNorm(2, 4, eps=1e-3)),
        "layer_norm": ("sequence", nn.LayerNorm(4, eps=1e-3)),
        "layer_norm_sequence": ("sequence", nn.LayerNorm((5, 4), eps=1e-3)),
        "layer_norm_image": ("image", nn.LayerNorm((4, 7, 6), eps=1e-3)),
        "rms_norm": ("sequence", nn.RMSNorm(4, eps=1e-6)),
        "embedding": ("ids", nn.Embedding(6, 3)),
        "prelu": ("image", nn.PReLU(4)),
        "rnn": ("sequence", nn.RNN(4, 5, **batch)),
        "lstm": ("sequence", nn.LSTM(4, 5, **batch)),
        "gru": ("sequence", nn.GRU(4, 5, **batch)),
        "no_bias": ("sequence", nn.LSTM(4, 5, bias=False, **batch)),
        "both_lstm": ("sequence", nn.LSTM(4, 5, bidirectional=True, **batch)),
        "both_gru": ("sequence", nn.GRU(4, 5, bidirectional=True, **batch)),
        # With a head of four numbers the scale, 1/2, is exact in float32.
        "attention": ("sequence", nn.MultiheadAttention(4, 1, **batch)),
    }


def keras_layers() -> dict[str, Any]:
    from keras import layers

    whole: Any = {"return_sequences": True}
    return {
        "dense": layers.Dense(5),
        "conv1d": layers.Conv1D(6, 3),
        "conv2d": layers.Conv2D(6, (3, 2)),
        "conv3d": layers.Conv3D(6, 2),
        "grouped": layers.Conv2D(6, 3, groups=2),
        "depthwise": layers.DepthwiseConv2D(3, depth_multiplier=2),
        "as_conv2d": layers.Conv2D(8, 3, groups=4),
        "conv1d_transpose": layers.Conv1DTranspose(6, 3),
        "conv2d_transpose": layers.Conv2DTranspose(6, 3),
        "conv3d_transpose": layers.Conv3DTranspose(6, 2),
        "batch_norm": layers.BatchNormalization(),
        "group_norm": layers.GroupNormalization(2),
        "layer_norm": layers.LayerNormalization(),
        "layer_norm_sequence": layers.LayerNormalization(axis=(1, 2)),
        "layer_norm_image": layers.LayerNormalization(axis=(1, 2, 3)),
        "rms_norm": layers.RMSNormalization(),
        "embedding": layers.Embedding(6, 3),
        "prelu": layers.PReLU(shared_axes=[1, 2]),
        "rnn": layers.SimpleRNN(5, **whole),
        "lstm": layers.LSTM(5, **whole),
        "gru": layers.GRU(5, **whole),
        "no_bias": layers.LSTM(5, use_bias=False, **whole),
        "both_lstm": layers.Bidirectional(layers.LSTM(5, **whole)),
        "both_gru": layers.Bidirectional(layers.GRU(5, **whole)),
        "attention": layers.MultiHeadAttention(1, 4),
    }


def run_torch(file: Path) -> None:
    import torch

    from framework_parity.torch_impl.live import tensors

    torch.set_default_dtype(torch.float64)
    rng = np.random.default_rng(1)
    found = {}
    for name, (kind, layer) in torch_layers().items():
        layer.eval()
        drawn = {
            key: np.asarray(rng.uniform(0.5, 1.5, held.shape))
            for key, held in tensors.read(layer).items()
        }
        tensors.write(layer, drawn)
        x = value(kind)
        moved = np.moveaxis(x, -1, 1) if name in FIRST else x
        given = torch.from_numpy(np.array(moved))
        result = layer(*[given] * (3 if name == "attention" else 1))
        result = result[0] if isinstance(result, tuple) else result
        y = result.detach().numpy()
        y = np.moveaxis(y, 1, -1) if name in FIRST else y
        found[name] = kind, tensors.read(layer), drawn, y
    file.write_bytes(pickle.dumps(found))


def run_keras(file: Path) -> None:
    import keras

    keras.config.set_floatx("float64")
    from framework_parity.keras_impl.live import tensors

    found = pickle.loads(file.read_bytes())
    results = {}
    for name, layer in keras_layers().items():
        kind, held, drawn, y = found[name]
        x = value(kind)
        given = (x, x) if name == "attention" else (x,)
        layer(*given)
        tensors.write(layer, held)
        outputs = np.array(keras.ops.convert_to_numpy(layer(*given)))
        results[name] = (held, drawn, y, tensors.read(layer), outputs)
    file.write_bytes(pickle.dumps(results))


if __name__ == "__main__":
    {"torch": run_torch, "keras": run_keras}[sys.argv[1]](Path(sys.argv[2]))
