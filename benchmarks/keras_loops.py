"""Ordinary Keras training loops."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from benchmarks.cases import Case


def loops(case: Case) -> dict[str, Callable[[], Any]]:
    """Return the loops to compare with, by name, ready to run."""
    part = case.part()
    x = part.x.astype("float32")
    y = part.y if case.classes else part.y.astype("float32")
    return {"bare": bare(case, x, y), "model_fit": fitted(case, x, y)}


def network(case: Case) -> keras.Sequential:
    """Return the network of a case."""
    return keras.Sequential(
        [
            keras.Input((case.inputs,)),
            *(keras.layers.Dense(n, case.activation) for n in case.hidden),
            keras.layers.Dense(case.classes or 1),
        ]
    )


def loss_of(case: Case) -> keras.losses.Loss:
    """Return the loss of a case."""
    if case.classes:
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return keras.losses.MeanSquaredError()


def bare(case: Case, x: Any, y: Any) -> Callable[[], Any]:
    """Return the usual loop around one compiled step."""
    model, loss = network(case), loss_of(case)
    optimizer = keras.optimizers.Adam(0.001)
    optimizer.build(model.trainable_variables)
    x, y = tf.constant(x), tf.constant(y)

    @tf.function
    def step(rows: Any) -> Any:
        batch_x, batch_y = x, y
        if not case.full:
            batch_x, batch_y = tf.gather(x, rows), tf.gather(y, rows)
        with tf.GradientTape() as tape:
            value = loss(batch_y, model(batch_x, training=True))
        gradients = tape.gradient(value, model.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, model.trainable_variables, strict=True)
        )
        return value

    rest = case.samples % case.batch
    sizes = [case.batch] * (case.samples // case.batch) + [rest] * bool(rest)

    def run() -> Any:
        losses = []
        for _ in range(case.epochs):
            order = tf.random.shuffle(tf.range(case.samples))
            losses += [step(rows) for rows in tf.split(order, sizes)]
        return tf.stack(losses)

    return run


def fitted(case: Case, x: Any, y: Any) -> Callable[[], Any]:
    """Return a call of `model.fit`, which shuffles by default."""
    model = network(case)
    model.compile(keras.optimizers.Adam(0.001), loss_of(case))

    def run() -> Any:
        return model.fit(
            x, y, batch_size=case.batch, epochs=case.epochs, verbose=0
        )

    return run
