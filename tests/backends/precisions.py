"""A task that returns the type of everything in a training.

It runs in a worker, which holds one framework, and imports it there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.arm import Arm
from framework_parity.common.training import batches, loop
from framework_parity.comparisons.workers import tasks

Seen = Callable[[str, Any], None]


@dataclass
class Types:
    """The types by name, as NumPy calls them.

    Attributes:
        outputs: of the outputs of each layer, in training and evaluation.
        gradients: of the loss and of its gradients, as the optimiser
            receives them.
        held: of each tensor of the model, trained or not.
        state: of the optimiser's state, except its count of steps.
    """

    outputs: dict[str, set[str]]
    gradients: set[str]
    held: dict[str, str]
    state: set[str]


def types(
    trainer_class: Any, arm: Arm, dtype: Dtype, progress: Any = None
) -> Types:
    """Train for one step, evaluate, and return the types that were seen."""
    package = trainer_class.__module__.split(".")[1]
    watch, gradients, optimizer = SIDES[package]
    parts = arm.data.parts(arm.recipe.loss)
    trainer = trainer_class(arm, parts, dtype, 0)
    trainer.load(loop.initial_weights(arm, 0, dtype))
    names = {node.name for node in arm.all_nodes}
    outputs: dict[str, set[str]] = {name: set() for name in names}

    def seen(name: str, output: Any) -> None:
        if name in names:
            outputs[name].add(_name(output))

    first = next(
        iter(batches.segments(arm, len(parts["train"]), 0, range(1)))
    ).first()
    with watch(trainer.model, seen):
        received = gradients(trainer, first)
        trainer.outputs(parts["train"].x[:5])
    trainer.steps(first)
    live = import_module(f"framework_parity.{package}.weights").tensors(
        trainer.model
    )
    return Types(
        outputs=outputs,
        gradients={_name(each) for each in received},
        held={name: _name(value) for name, value in live.items()},
        state={_name(each) for each in optimizer(trainer.optimizer)},
    )


def _name(tensor: Any) -> str:
    # `torch.float32`, `float32`, or TensorFlow's `<dtype: 'float32'>`.
    return str(getattr(tensor.dtype, "name", tensor.dtype)).split(".")[-1]


@contextmanager
def _watching_torch(model: Any, seen: Seen) -> Iterator[None]:
    def watching(name: str) -> Callable[[Any, Any, Any], None]:
        return lambda _, __, output: seen(name, output)

    hooks = [
        module.register_forward_hook(watching(path.rpartition(".")[2]))
        for path, module in model.named_modules()
    ]
    yield
    for hook in hooks:
        hook.remove()


@contextmanager
def _watching_keras(model: Any, seen: Seen) -> Iterator[None]:
    import keras

    call = keras.layers.Layer.__call__

    def watched(layer: Any, *args: Any, **kwargs: Any) -> Any:
        output = call(layer, *args, **kwargs)
        seen(layer.name, output)
        return output

    keras.layers.Layer.__call__ = watched
    try:
        yield
    finally:
        keras.layers.Layer.__call__ = call


def _torch_gradients(trainer: Any, segment: batches.Segment) -> list[Any]:
    import torch

    from framework_parity.torch_impl import engine, weights

    for name, mask in trainer.to_masks(segment.masks).items():
        trainer.mask_layers[name].mask = mask[0]
    rows = torch.from_numpy(segment.indices[:1])
    samples, labels = trainer.parts["train"]
    (x,), (y,) = engine.gather(samples, labels, rows)
    trainer.model.train()
    variables = list(weights.parameters(trainer.model).values())
    value, gradients = engine.gradients(
        *(trainer.model, trainer.loss, trainer.penalty, variables, x, y)
    )
    return [value, *gradients]


def _keras_gradients(trainer: Any, segment: batches.Segment) -> list[Any]:
    from framework_parity.keras_impl import engine, weights

    for name, mask in trainer.to_masks(segment.masks).items():
        trainer.mask_layers[name].mask = mask[0]
    samples, labels = trainer.parts["train"]
    x, y = engine.gather(samples, labels, segment.indices[0])
    variables = list(weights.parameters(trainer.model).values())
    value, gradients = engine.gradients(
        *(trainer.model, trainer.loss, trainer.penalty, variables, x, y)
    )
    return [value, *gradients]


def _torch_state(optimizer: Any) -> list[Any]:
    return [
        value
        for state in optimizer.state.values()
        for name, value in state.items()
        if name != "step" and hasattr(value, "dtype")
    ]


def _keras_state(optimizer: Any) -> list[Any]:
    return [v for v in optimizer.variables if v.dtype not in ("int", "int64")]


SIDES: dict[str, tuple[Any, Any, Any]] = {
    "torch_impl": (_watching_torch, _torch_gradients, _torch_state),
    "keras_impl": (_watching_keras, _keras_gradients, _keras_state),
}


def add_tasks(backend: str) -> None:
    """Add the tasks of this module to a worker."""
    setattr(tasks, types.__name__, types)
