"""Sound pairs, Keras's side, in the order of `pairs_torch.py`."""

# ruff: noqa: N801, E731 - code as people write it

import math

import keras
import tensorflow as tf
from keras import layers, ops


class own_linear(keras.Model):
    def build(self, shape):
        self.w = self.add_weight(
            shape=(12, 16), initializer="glorot_uniform", name="w"
        )
        self.b = self.add_weight(shape=(16,), initializer="zeros", name="b")
        self.v = self.add_weight(shape=(16, 3), name="v")

    def call(self, x):
        h = tf.nn.elu(tf.matmul(x, self.w) + self.b)
        return tf.matmul(h, self.v)


def own_linear2():
    return keras.Sequential(
        [
            keras.Input((12,)),
            layers.Dense(16, "elu"),
            layers.Dense(3, use_bias=False),
        ]
    )


def own_conv():
    x = keras.Input((8, 8, 3))
    y = layers.Conv2D(5, 3, padding="same", use_bias=False)(x)
    y = layers.LeakyReLU(negative_slope=0.2)(layers.BatchNormalization()(y))
    return keras.Model(x, layers.Dense(4)(layers.GlobalAveragePooling2D()(y)))


def mlp2():
    x, y = keras.Input((12,)), keras.Input((4,))
    z = layers.Concatenate()(
        [layers.Dense(8, "relu")(x), layers.Dense(8, "relu")(y)]
    )
    z = layers.Dense(1)(z)
    return keras.Model([x, y], ops.squeeze(z, -1))


def unet():
    x = keras.Input((8, 8, 3))
    a = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    b = layers.Conv2D(8, 3, padding="same", activation="relu")(
        layers.MaxPooling2D()(a)
    )
    u = layers.Conv2DTranspose(4, 2, strides=2)(b)
    return keras.Model(x, layers.Conv2D(2, 1)(layers.Concatenate()([u, a])))


def upnet():
    x = keras.Input((8, 8, 3))
    return keras.Model(
        x,
        layers.Conv2D(4, 3, padding="same", activation="sigmoid")(
            layers.UpSampling2D()(x)
        ),
    )


def lstm2():
    return keras.Sequential(
        [
            layers.Embedding(30, 6),
            layers.LSTM(5, return_sequences=True),
            layers.LSTM(4),
            layers.Dense(2),
        ]
    )


def bigru():
    return keras.Sequential(
        [
            keras.Input((5, 8)),
            layers.Bidirectional(layers.GRU(5)),
            layers.Dense(2),
        ]
    )


def conv1():
    return keras.Sequential(
        [
            keras.Input((6, 8)),
            layers.Conv1D(6, 3, padding="same", activation="gelu"),
            layers.ZeroPadding1D(1),
            layers.Conv1D(4, 3, strides=2, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(2),
        ]
    )


class encoder(keras.Model):
    def __init__(self):
        super().__init__()
        self.attn = layers.MultiHeadAttention(2, 4)
        self.n1 = layers.LayerNormalization(epsilon=1e-6)
        self.n2 = layers.LayerNormalization(epsilon=1e-6)
        self.ff = keras.Sequential(
            [layers.Dense(16, activation="gelu"), layers.Dense(8)]
        )

    def call(self, x):
        x = self.n1(x + self.attn(x, x))
        return self.n2(x + self.ff(x))


class heads(keras.Model):
    def __init__(self):
        super().__init__()
        self.qkv = layers.Dense(24)
        self.o = layers.Dense(8)

    def call(self, x):
        b, s, d = x.shape
        q, k, v = ops.split(self.qkv(x), 3, axis=-1)
        sp = lambda t: ops.transpose(
            ops.reshape(t, (b, s, 2, 4)), (0, 2, 1, 3)
        )
        q, k, v = sp(q), sp(k), sp(v)
        a = ops.softmax(
            ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) / math.sqrt(4),
            axis=-1,
        )
        y = ops.reshape(
            ops.transpose(ops.matmul(a, v), (0, 2, 1, 3)), (b, s, d)
        )
        return self.o(y)


class sdpa(keras.Model):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = (
            layers.Dense(8),
            layers.Dense(8),
            layers.Dense(8),
        )

    def call(self, x):
        q, k, v = self.q(x), self.k(x), self.v(x)
        return (
            tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / math.sqrt(8)) @ v
        )


class hand_norm(keras.Model):
    def __init__(self):
        super().__init__()
        self.l = layers.Dense(12)
        self.n = layers.LayerNormalization(epsilon=1e-5)
        self.o = layers.Dense(3)

    def call(self, x):
        return self.o(ops.silu(self.n(self.l(x))))


def dict_out():
    x = keras.Input((12,))
    h = layers.Dense(6, "tanh")(x)
    return keras.Model(x, {"a": layers.Dense(2)(h), "b": layers.Dense(3)(h)})


def se():
    x = keras.Input((8, 8, 3))
    y = layers.Conv2D(8, 3, padding="same", use_bias=False, activation="silu")(
        x
    )
    s = layers.GlobalAveragePooling2D()(y)
    s = layers.Dense(8, "sigmoid")(layers.Dense(2, "relu")(s))
    y = layers.Multiply()([y, layers.Reshape((1, 1, 8))(s)])
    return keras.Model(x, layers.Dense(2)(layers.GlobalAveragePooling2D()(y)))


def sep():
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.SeparableConv2D(6, 3, padding="same", activation="relu"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )


def sep2():
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.DepthwiseConv2D(3, padding="same", use_bias=False),
            layers.Conv2D(6, 1, activation="relu"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )


def dense2():
    x = inp = keras.Input((8, 8, 3))
    for _ in range(2):
        x = layers.concatenate(
            [x, layers.Conv2D(4, 3, padding="same", activation="relu")(x)]
        )
    return keras.Model(
        inp, layers.Dense(2)(layers.GlobalAveragePooling2D()(x))
    )


def shared():
    a, b = keras.Input((12,)), keras.Input((12,))
    t = layers.Dense(6, "tanh")
    return keras.Model([a, b], layers.Dense(1)(ops.abs(t(a) - t(b))))


def vae():
    x = keras.Input((12,))
    h = layers.Dense(8, "softplus")(x)
    m, s = layers.Dense(3)(h), layers.Dense(3)(h)
    return keras.Model(x, [layers.Dense(12)(m), m, s])


def textcnn():
    i = keras.Input((6,), dtype="int32")
    x = layers.Embedding(30, 6)(i)
    ps = [
        layers.GlobalMaxPooling1D()(layers.Conv1D(4, k, activation="relu")(x))
        for k in (2, 3)
    ]
    return keras.Model(i, layers.Dense(2)(layers.Concatenate()(ps)))


def bag():
    return keras.Sequential(
        [
            layers.Embedding(30, 6),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2),
            layers.Activation("log_softmax"),
        ]
    )


class tel(keras.Model):
    def __init__(self):
        super().__init__()
        self.attn = layers.MultiHeadAttention(2, 4)
        self.n1 = layers.LayerNormalization(epsilon=1e-5)
        self.n2 = layers.LayerNormalization(epsilon=1e-5)
        self.a, self.b = layers.Dense(16, activation="relu"), layers.Dense(8)

    def call(self, x):
        x = self.n1(x + self.attn(x, x))
        return self.n2(x + self.b(self.a(x)))


class pos(keras.Model):
    def __init__(self):
        super().__init__()
        self.e = layers.Embedding(30, 8)
        self.n = layers.LayerNormalization()
        self.h = layers.Dense(3)

    def build(self, s):
        self.p = self.add_weight(shape=(1, 6, 8), name="p")

    def call(self, ids):
        x = self.e(ids) * math.sqrt(8.0) + self.p
        return self.h(self.n(x)[:, 0])


def residual3():
    x = inp = keras.Input((12,))
    for _ in range(3):
        y = layers.Dense(12)(
            layers.ReLU()(layers.BatchNormalization()(layers.Dense(12)(x)))
        )
        x = layers.ReLU()(layers.Add()([x, y]))
    return keras.Model(inp, layers.Dense(2)(x))
