"""Tasks that run a framework's own schedulers, callbacks and layers.

They run in a worker, which holds one framework, and import it there.
"""

import importlib
from typing import Any, Literal

import numpy as np

from framework_parity.common.codegen.calls import builder_for
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layer import Array
from framework_parity.common.spec.schedules import Schedule
from framework_parity.common.training.record import Curve


def live_rates(
    trainer_class: Any,
    spec: Schedule,
    lr: float,
    steps_per_epoch: int,
    steps: int,
    progress: Any = None,
) -> Curve:
    """Return the rates that a framework's own scheduler gives."""
    package = trainer_class.__module__.split(".")[1]
    call = builder_for(package, spec)(spec, lr, steps_per_epoch)
    ask = {"torch_impl": _torch_rates, "keras_impl": _keras_rates}[package]
    return np.array(ask(call, lr, steps))


def _torch_rates(call: Any, lr: float, steps: int) -> list[float]:
    optimizer = _torch_optimizer(lr)
    scheduler = call.construct(optimizer)
    rates = []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < steps - 1:
            scheduler.step()
    return rates


def _torch_optimizer(lr: float) -> Any:
    import torch

    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr)


def _keras_rates(call: Any, lr: float, steps: int) -> list[float]:
    import keras

    keras.config.set_floatx("float64")
    schedule = call.construct()
    variable = keras.Variable([0.0], dtype="float64")
    optimizer = keras.optimizers.SGD(schedule)
    optimizer.build([variable])
    rates = []
    for _ in range(steps):
        rates.append(float(schedule(optimizer.iterations)))
        optimizer.apply([keras.ops.ones(1, dtype="float64")], [variable])
    return rates


def live_plateau(
    trainer_class: Any,
    values: list[float],
    lr: float,
    mode: Literal["min", "max"],
    progress: Any = None,
    **arguments: Any,
) -> Curve:
    """Return the rate after each epoch, from ReduceLROnPlateau."""
    if trainer_class.__module__.startswith("framework_parity.torch_impl"):
        import torch

        optimizer = _torch_optimizer(lr)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, mode, **arguments
        )
        rates = []
        for value in values:
            scheduler.step(value)
            rates.append(optimizer.param_groups[0]["lr"])
        return np.array(rates)
    callback = _keras_callback("ReduceLROnPlateau", lr, mode, arguments)
    rates = []
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"watched": value})
        rates.append(float(callback.model.optimizer.learning_rate))
    return np.array(rates)


def live_stopping(
    trainer_class: Any,
    values: list[float],
    mode: str,
    progress: Any = None,
    **arguments: Any,
) -> tuple[int | None, int]:
    """Return the last epoch and the best one of Keras's EarlyStopping.

    The last is None if it does not stop the training; both count from 1.
    """
    callback = _keras_callback("EarlyStopping", 1.0, mode, arguments)
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"watched": value})
        if callback.model.stop_training:
            return epoch + 1, callback.best_epoch + 1
    return None, callback.best_epoch + 1


def _keras_callback(
    name: str, lr: float, mode: str, arguments: dict[str, Any]
) -> Any:
    import keras

    keras.config.set_floatx("float64")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(lr), "mse")
    model.stop_training = False
    callback = getattr(keras.callbacks, name)(
        "watched", mode=mode, **arguments
    )
    callback.set_model(model)
    callback.on_train_begin()
    return callback


def live_images(
    trainer_class: Any, arm: Arm, x: Array, progress: Any = None
) -> tuple[Array, Array]:
    """Return the first layer's outputs for images, in training and not.

    The layer draws its own random numbers, as in a user's training.
    """
    package = trainer_class.__module__.split(".")[1]
    importlib.import_module(f"framework_parity.{package}.engine").configure(
        "float64", 0
    )
    model = importlib.import_module(f"framework_parity.{package}.model").build(
        arm
    )
    if package == "torch_impl":
        import torch

        layer = next(model.children())
        images = torch.tensor(x.transpose(0, 3, 1, 2))
        trained, plain = layer.train()(images), layer.eval()(images)
        back = (0, 2, 3, 1)
        return trained.numpy().transpose(back), plain.numpy().transpose(back)
    layer = model.layers[0]
    return np.array(layer(x, training=True)), np.array(layer(x))
