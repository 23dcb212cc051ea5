"""Models as people write them in Keras; `torch_models.py` has the same."""

import keras
import tensorflow as tf
from keras import layers, ops


def dense():
    """A Sequential with fused activations."""
    hidden = [layers.Dense(n, activation="tanh") for n in (16, 16, 8)]
    return keras.Sequential([*hidden, layers.Dense(3)])


def residual():
    """The functional interface."""
    x = keras.Input((8, 8, 3))
    y = layers.Conv2D(8, 3, padding="same")(x)
    y = layers.ReLU()(layers.BatchNormalization()(y))
    z = layers.Conv2D(8, 3, padding="same")(y)
    y = layers.MaxPooling2D()(layers.Add()([z, y]))
    y = layers.Flatten()(y)
    return keras.Model(x, layers.Dense(10, activation="softmax")(y))


def strided():
    """Padding `same` with a stride, and a depthwise convolution."""
    return keras.Sequential(
        [
            layers.Conv2D(6, 3, strides=2, padding="same"),
            layers.ReLU(6.0),
            layers.DepthwiseConv2D(3, padding="same", use_bias=False),
            layers.GlobalAveragePooling2D(),
            layers.Dense(4),
        ]
    )


class Branches(keras.Model):
    """A subclass, whose layers are created in another order."""

    def __init__(self):
        super().__init__()
        self.head = layers.Dense(2)
        self.two = layers.Dense(6, activation="sigmoid")
        self.one = layers.Dense(6)

    def call(self, x):
        parts = [tf.math.tanh(self.one(x)), self.two(x)]
        return self.head(tf.concat(parts, axis=-1))


class Clamped(keras.Model):
    """ReLU written as a maximum."""

    def __init__(self):
        super().__init__()
        self.layer = layers.Dense(3)

    def call(self, x):
        return ops.maximum(self.layer(x), 0.0)


class Text(keras.Model):
    """Embedding and a recurrent layer."""

    def __init__(self, rnn):
        super().__init__()
        self.embedding = layers.Embedding(20, 5)
        self.rnn = rnn
        self.head = layers.Dense(2)

    def call(self, ids):
        return self.head(self.rnn(self.embedding(ids)))


def text():
    return Text(layers.LSTM(7))


def text_sequence():
    inputs = keras.Input((6,), dtype="int32")
    x = layers.Embedding(20, 5)(inputs)
    x = layers.LSTM(7, return_sequences=True)(x)
    return keras.Model(inputs, layers.Dense(2)(x[:, -1]))


def text_gru():
    inputs = keras.Input((6,), dtype="int32")
    x = layers.Embedding(20, 5)(inputs)
    x = layers.GRU(7, return_sequences=True)(x)
    return keras.Model(inputs, layers.Dense(2)(x[:, -1]))


class Block(layers.Layer):
    """A hand-written transformer block, norm first, one head."""

    def __init__(self):
        super().__init__()
        self.norm_1 = layers.LayerNormalization()
        self.norm_2 = layers.LayerNormalization()
        self.query = layers.Dense(8, use_bias=False)
        self.key = layers.Dense(8, use_bias=False)
        self.value = layers.Dense(8, use_bias=False)
        self.out = layers.Dense(8)
        self.up = layers.Dense(16, activation="gelu")
        self.down = layers.Dense(8)

    def call(self, x):
        n = self.norm_1(x)
        q, k, v = self.query(n), self.key(n), self.value(n)
        scores = ops.matmul(q, ops.transpose(k, (0, 2, 1))) / 8**0.5
        x = x + self.out(ops.matmul(ops.softmax(scores), v))
        return x + self.down(self.up(self.norm_2(x)))


def decoder():
    """A convolution, its transpose and group normalisation."""
    x = keras.Input((8, 8, 3))
    y = layers.Conv2D(6, 2, strides=2)(x)
    y = layers.Activation("silu")(layers.GroupNormalization(2)(y))
    y = layers.Conv2DTranspose(3, 2, strides=2, activation="sigmoid")(y)
    return keras.Model(x, y)


def number():
    return 3
