"""A Keras model with the functions that train it; for `recipes_torch.py`."""

import keras
from keras import layers


def net():
    return keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            layers.Conv2D(4, 3, padding="same"),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.3),
            layers.Dense(3),
        ]
    )


def loss(pred, target):
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(
        target, pred
    )


def make_optimizer():
    return keras.optimizers.Adam(1e-3, epsilon=1e-7)
