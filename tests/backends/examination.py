"""The results of one network: all of its first step, and of thirty steps.

`add_tasks` is the worker's setup; the same functions also run in the tests'
process, with the NumPy reference's trainer.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from framework_parity.common.choices import Dtype
from framework_parity.common.data.spec import Part
from framework_parity.common.spec.arm import Arm
from framework_parity.common.training import batches, loop
from framework_parity.common.training.record import Curve, Tensors
from framework_parity.comparisons.workers import tasks
from tests.backends import live, roundtrip

STEPS = 30


@dataclass
class Findings:
    """The results of a network, in neutral layout.

    Attributes:
        x: the inputs of the first batch.
        outputs: of each layer in evaluation, and `prediction`.
        gradients: `loss` and each parameter's gradient on the first batch.
        counts: the number of elements of each live tensor.
        stepped: the parameters after the first step.
        curves: loss, rate and gradient norms of all steps.
        trained: the parameters after all steps.
        evaluation: loss and accuracy on the training part, at the end.
    """

    x: Curve
    outputs: dict[str, Curve]
    gradients: dict[str, Curve]
    counts: dict[str, int]
    stepped: Tensors
    curves: dict[str, Curve]
    trained: Tensors
    evaluation: dict[str, float]


def examine(
    trainer_class: Any,
    arm: Arm,
    dtype: Dtype,
    steps: int = STEPS,
    progress: Any = None,
) -> Findings:
    """Build a network, inspect its first step, and take `steps`."""
    parts = arm.data.parts(arm.recipe.loss)
    trainer = trainer_class(arm, parts, dtype, 0, gradient_norm=True)
    trainer.load(loop.initial_weights(arm, 0, dtype))
    first, *rest = _segments(arm, len(parts["train"]), steps)
    x = trainer.gather(first.indices[0])[0]
    outputs = trainer.outputs(x) | {"prediction": trainer.predict(x)}
    loss, gradients = trainer.gradients(first)
    curves, stepped = [], {}
    if steps:
        curves.append(trainer.steps(first))
        stepped = trainer.weights()
        curves += [trainer.steps(segment) for segment in rest]
    return Findings(
        x=x,
        outputs=outputs,
        gradients={"loss": np.array(loss)} | gradients,
        counts=trainer.counts(),
        stepped=stepped,
        curves={
            name: np.concatenate([curve[name] for curve in curves])
            for name in (curves[0] if curves else ())
        },
        trained=trainer.weights(),
        evaluation=trainer.evaluate("train") if steps else {},
    )


def _segments(arm: Arm, samples: int, steps: int) -> list[batches.Segment]:
    """Return the first step, and the steps after it up to a number."""
    epochs = -(-max(steps, 1) // batches.steps_per_epoch(arm.recipe, samples))
    whole = batches.segments(arm, samples, 0, range(epochs))
    segments: list[batches.Segment] = []
    left = steps
    for segment in whole:
        cuts = (0, 1, left) if not segments else (0, left)
        segments += [_cut(segment, *ends) for ends in pairwise(cuts)]
        left -= len(segment)
        if left <= 0:
            break
    return [segment for segment in segments if len(segment)]


def _cut(segment: batches.Segment, start: int, end: int) -> batches.Segment:
    """Return the steps of a segment from one number up to another."""
    return batches.Segment(
        segment.indices[start:end],
        segment.rates[start:end],
        {name: mask[start:end] for name, mask in segment.masks.items()},
    )


def regularized(
    trainer_class: Any, arm: Arm, progress: Any = None
) -> tuple[float, Tensors]:
    """Return what the regularizers of a script's network add, in Keras.

    Returns:
        The sum of the losses of the network, and its weights.
    """
    from framework_parity.keras_impl import engine, weights
    from framework_parity.keras_impl.model import block_call
    from framework_parity.keras_impl.scripts import model as scripts

    engine.configure("float64", 0)
    network = block_call(arm.nodes)
    model = scripts._penalised(network, arm, exact=True).construct()
    return float(sum(model.losses)), weights.read(model, arm.tensors)


def each_gradient(
    trainer_class: Any,
    arm: Arm,
    dtype: Dtype,
    weights: Tensors,
    progress: Any = None,
) -> Tensors:
    """Return the gradient of the first samples by every tensor."""
    parts: dict[str, Part] = arm.data.parts(arm.recipe.loss)
    trainer = trainer_class(arm, parts, dtype)
    trainer.load(weights)
    train = parts["train"]
    gradients: Tensors = trainer.per_sample_gradients(
        train.x[:5], train.y[:5], list(arm.parameters)
    )
    return gradients


def drawn(
    trainer_class: Any,
    arm: Arm,
    seed: int,
    dtype: Dtype = "float64",
    progress: Any = None,
) -> Tensors:
    """Return the weights that a framework draws by itself."""
    parts = arm.data.parts(arm.recipe.loss)
    weights: Tensors = trainer_class(arm, parts, dtype, seed).weights()
    return weights


def shared(
    trainer_class: Any, arm: Arm, seed: int, progress: Any = None
) -> Tensors:
    """Return the weights that NumPy draws in a framework's process."""
    return loop.initial_weights(arm, seed, "float64")


def load_wrong(
    trainer_class: Any, arm: Arm, names: list[str], progress: Any = None
) -> None:
    """Load weights with these names, which are not the network's."""
    trainer = trainer_class(arm, arm.data.parts(arm.recipe.loss), "float64")
    trainer.load({name: np.zeros(1) for name in names})


def add_tasks(backend: str) -> None:
    """Add the tasks of this module to a worker."""
    for task in (
        examine,
        drawn,
        regularized,
        each_gradient,
        shared,
        load_wrong,
        live.live_images,
        live.live_rates,
        live.live_plateau,
        live.live_stopping,
        roundtrip.read_back,
        roundtrip.read_networks,
        roundtrip.read_unknown,
        roundtrip.read_near,
        roundtrip.read_frozen,
        roundtrip.read_bare,
        roundtrip.emit_and_run,
        roundtrip.emit_networks,
    ):
        setattr(tasks, task.__name__, task)
