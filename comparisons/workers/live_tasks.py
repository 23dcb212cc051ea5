"""The tasks of a worker on a model of the user's own.

The model stays open in the worker between the tasks. The first argument of
each task is the backend's `Trainer` class, as of all tasks; it says which
framework the worker has.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from framework_parity.common.layouts import Array
from framework_parity.common.live.base import BaseLiveModel
from framework_parity.common.live.graph import Graph
from framework_parity.common.live.records import (
    Batches,
    Changes,
    TrainingFound,
    TrainingRun,
)
from framework_parity.common.live.replay import StandIns
from framework_parity.common.live.training import BaseLiveTraining
from framework_parity.common.spec.errors import SpecError

_opened: dict[str, BaseLiveModel] = {}
_trained: dict[str, BaseLiveTraining] = {}


def open_model(
    trainer_class: Any,
    address: Any,
    dtype: str,
    seed: int,
    orders: dict[int, tuple[int, ...]] | None = None,
    progress: Any = None,
) -> list[int]:
    """Build the model that an address names.

    Args:
        trainer_class: a backend's `Trainer`.
        address: `file.py:NAME`; in the process of the user, a model.
        dtype: `float64` or `float32`.
        seed: seed of the framework's own draws.
        orders: of the axes of inputs, where they are other than Keras's.
        progress: not used.

    Returns:
        The number of ids of each embedding.
    """
    package = trainer_class.__module__.rpartition(".")[0]
    model = import_module(f"{package}.live.model").LiveModel(
        address, dtype, seed, orders
    )
    _opened["model"] = model
    limits: list[int] = model.id_limits()
    return limits


def close_model(trainer_class: Any, progress: Any = None) -> None:
    """Give a live object, and the framework, their state back."""
    model = _opened.pop("model", None)
    _trained.clear()
    if model is not None:
        model.close()


def record_model(
    trainer_class: Any, inputs: list[Array], progress: Any = None
) -> Graph:
    """Run the open model, and return its graph.

    Args:
        trainer_class: a backend's `Trainer`.
        inputs: batch first; images have their channels last.
        progress: not used.
    """
    return _opened["model"].open(inputs)


def live_notes(trainer_class: Any, progress: Any = None) -> list[str]:
    """Return what was replaced in the open model, in sentences."""
    return _opened["model"].notes()


def live_weights(
    trainer_class: Any, progress: Any = None
) -> dict[int, dict[str, Array]]:
    """Return the tensors of each node of the open model, by its index."""
    return _opened["model"].weights()


def set_live_weights(
    trainer_class: Any,
    values: dict[int, dict[str, Array]],
    progress: Any = None,
) -> None:
    """Set the tensors of some nodes of the open model.

    Args:
        trainer_class: a backend's `Trainer`.
        values: in neutral layout, by index and name.
        progress: not used.
    """
    _opened["model"].set_weights(values)


def nudge_live(
    trainer_class: Any, nudge: int | None, progress: Any = None
) -> None:
    """Perturb the weights of the open model by one unit in the last place.

    Args:
        trainer_class: a backend's `Trainer`.
        nudge: the number of the perturbation; None for the weights before.
        progress: not used.
    """
    _opened["model"].nudge(nudge)


def load_weights(trainer_class: Any, file: Path, progress: Any = None) -> None:
    """Load the open model's weights from a file."""
    _opened["model"].load_file(file)


def save_weights(trainer_class: Any, file: Path, progress: Any = None) -> None:
    """Save the open model's weights to a file."""
    _opened["model"].save_file(file)


def weight_sizes(trainer_class: Any, progress: Any = None) -> tuple[int, int]:
    """Return the number of elements of all tensors, and of those read."""
    model = _opened["model"]
    return model.size(), model.read_size()


def live_outputs(
    trainer_class: Any,
    inputs: list[Array],
    standins: StandIns | None = None,
    tensors: dict[int, dict[str, Array]] | None = None,
    progress: Any = None,
) -> dict[int, list[Array]] | None:
    """Return the outputs of every node of the open model.

    With operations replaced, the shapes may not fit; then it is None.

    Args:
        trainer_class: a backend's `Trainer`.
        inputs: as in `record_model`.
        standins: operations that are replaced.
        tensors: what a replaced operation has in the place of its own
            tensors, by node.
        progress: not used.
    """
    model = _opened["model"]
    if not standins:
        return model.outputs(inputs)
    try:
        return model.outputs(inputs, standins, tensors)
    except model.misfits:
        return None


def live_operations(
    trainer_class: Any,
    requests: list[tuple[int, list[Array]]],
    progress: Any = None,
) -> list[list[Array]]:
    """Return the outputs of single nodes for given inputs.

    Args:
        trainer_class: a backend's `Trainer`.
        requests: the index of each node, and its inputs in neutral layout.
        progress: not used.
    """
    model = _opened["model"]
    return [model.operation(index, inputs) for index, inputs in requests]


def open_training(
    trainer_class: Any,
    inputs: list[Array],
    targets: list[Array],
    wanted: str | None = None,
    progress: Any = None,
) -> TrainingFound:
    """Record the open model in training mode, and read its functions.

    Args:
        trainer_class: a backend's `Trainer`.
        inputs: as in `record_model`.
        targets: as labels, one-hot and as values.
        wanted: the form of the targets, if it is known.
        progress: not used.
    """
    package = trainer_class.__module__.rpartition(".")[0]
    training = import_module(f"{package}.live.training").LiveTraining(
        _opened["model"]
    )
    _trained["model"] = training
    found: TrainingFound = training.open(inputs, targets, wanted)
    return found


def open_loss(
    trainer_class: Any,
    inputs: list[Array],
    target: Array,
    progress: Any = None,
) -> Graph | None:
    """Record the user's loss; None where it cannot be read.

    Args:
        trainer_class: a backend's `Trainer`.
        inputs: as in `record_model`.
        target: in the form of this side.
        progress: not used.
    """
    try:
        return _trained["model"].open_loss(inputs, target)
    except (LookupError, SpecError):
        return None


def defined_functions(trainer_class: Any, progress: Any = None) -> list[str]:
    """Return the names of the functions for training that can be used."""
    package = trainer_class.__module__.rpartition(".")[0]
    training = import_module(f"{package}.live.training").LiveTraining(
        _opened["model"]
    )
    return sorted(training.functions)


def train_live(
    trainer_class: Any,
    batches: Batches,
    changes: Changes,
    steps: int,
    trial: bool = False,
    progress: Any = None,
) -> TrainingRun | None:
    """Train the open model for some steps.

    In a trial the shapes may not fit; then it is None.

    Args:
        trainer_class: a backend's `Trainer`.
        batches: the data.
        changes: what is replaced.
        steps: number of steps.
        trial: whether differences are removed.
        progress: not used.
    """
    training = _trained["model"]
    training.trial = trial
    if not trial:
        return training.run(batches, changes, steps)
    try:
        return training.run(batches, changes, steps)
    except training.live.misfits:
        return None


def call_live(
    trainer_class: Any,
    function: str,
    progress: Any = None,
    **arguments: Any,
) -> Any:
    """Call a method of the open model's training.

    Args:
        trainer_class: a backend's `Trainer`.
        function: `preprocessed`, `split` or `evaluated`.
        progress: not used.
        **arguments: of the method.
    """
    return getattr(_trained["model"], function)(**arguments)
