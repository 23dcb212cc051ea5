"""Several runs of one network, trained as one batched model in Keras."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from framework_parity.common.training.batches import Segment
from framework_parity.common.training.masks import set_masks
from framework_parity.common.training.record import Curve, Tensors
from framework_parity.keras_impl import engine, updates, weights
from framework_parity.keras_impl.penalties import ModelPenalty
from framework_parity.keras_impl.tensors import to_array, to_tensor


class Ensemble:
    """Runs that differ in their weights, their batches and their masks.

    See `common.training.loop.Group` for the methods.

    Args:
        trainer: the trainer of one run; its network is given the weights of
            a run by `check_out`.
        initial: the initial weights of each run, in neutral layout.

    Translation: each variable of the network has the runs as its first axis,
    and one graph is traced for all of them. Clipping, an argument of Keras's
    optimisers, is applied to each run before the update.
    """

    def __init__(self, trainer: Any, initial: Sequence[Tensors]) -> None:
        self.trainer, self.model = trainer, trainer.model
        self.size, self.runs = len(initial), list(range(len(initial)))
        variables = self.model.variables
        states: list[list[np.ndarray]] = []
        for values in initial:
            weights.write(self.model, values)
            states.append([np.array(variable) for variable in variables])
        # Names differ, because an optimiser tells variables by their names.
        stacked = [
            keras.Variable(
                np.stack(values),
                dtype=variable.dtype,
                trainable=variable.trainable,
                name=f"runs_{place}",
            )
            for place, (variable, *values) in enumerate(
                zip(variables, *states, strict=True)
            )
        ]
        self.stacked = {
            id(own): runs for own, runs in zip(variables, stacked, strict=True)
        }
        live = trainer.parameters
        named = {name: self.stacked[id(v)] for name, v in live.items()}
        recipe = trainer.arm.recipe
        x, y = trainer.parts["train"]
        plain = recipe.model_copy(update={"clipping": None})
        self.optimizer = updates.build_optimizer(plain, named)
        self.run_steps = compile_steps(
            self.model,
            trainer.loss,
            trainer.penalty,
            updates.clipping_of(recipe),
            updates.compile_update(list(named.values()), self.optimizer),
            list(named.values()),
            [self.stacked[id(v)] for v in self.model.non_trainable_variables],
            x,
            y,
            trainer.mask_layers,
            trainer.gradient_norm,
        )

    def steps(self, segments: Sequence[Segment]) -> list[dict[str, Curve]]:
        """Train each run on a segment, and return the curves of each."""
        kind = self.trainer.dtype
        # Runs that have ended go on with the batches of the first.
        given = dict(zip(self.runs, segments, strict=True))
        each = [given.get(run, segments[0]) for run in range(self.size)]
        own = [self.trainer.to_masks(s.masks) for s in each]
        masks = {
            name: ops.stack([m[name] for m in own], 1)
            for name in self.trainer.mask_layers
        }
        curves = self.run_steps(
            to_tensor(np.stack([s.indices for s in each], 1), kind),
            to_tensor(segments[0].rates, kind),
            masks,
        )
        arrays = {name: to_array(value) for name, value in curves.items()}
        rates = arrays.pop("rate")
        return [
            {name: values[:, run] for name, values in arrays.items()}
            | {"rate": rates}
            for run in self.runs
        ]

    def check_out(self, run: int) -> None:
        """Copy the weights of a run to the network of the trainer."""
        place = self.runs[run]
        for variable in self.model.variables:
            variable.assign(self.stacked[id(variable)][place])

    def keep(self, runs: Sequence[int]) -> None:
        """Leave out all runs but some, which have ended."""
        self.runs = [self.runs[run] for run in runs]


def compile_steps(
    model: keras.Model,
    loss: keras.losses.Loss,
    penalty: ModelPenalty,
    clip: Callable[[list[Any]], list[Any]],
    update: Callable[..., Any],
    trained: list[Any],
    averaged: list[Any],
    x: Any,
    y: Any,
    mask_layers: dict[str, Any],
    gradient_norm: bool,
) -> Callable[..., dict[str, Any]]:
    """Return a function that trains several runs on batches of x and y.

    Args:
        model: the network.
        loss: the loss function.
        penalty: the penalty on the model.
        clip: from the gradients of a run to the clipped ones.
        update: from stacked gradients and a rate to the rate used; it
            updates the parameters of all runs.
        trained: the parameters of the network in its order, each with the
            runs as its first axis.
        averaged: its other variables, likewise.
        x: all training samples.
        y: their labels or targets.
        mask_layers: the layers that take masks, by name.
        gradient_norm: whether to return the norms of the gradients.

    Returns:
        A function of the rows (steps, runs, batch), the rates (steps,) and
        the masks by layer, to the curves, whose second axis is that of the
        runs.

    Translation: `vectorized_map` maps the gradients of one run over stacked
    variables, of which it converts each operation to one on all runs.
    """
    order = list(weights.parameters(model).values())
    places = [_place(order, each) for each in model.trainable_variables]
    kind = keras.config.floatx()
    signature = (
        tf.TensorSpec((None, trained[0].shape[0], None), "int64"),
        tf.TensorSpec((None,), kind),
        {
            name: tf.TensorSpec((None, None, None, *masker.mask_shape), kind)
            for name, masker in mask_layers.items()
        },
    )

    def of_one(run: Any) -> Any:
        values, others, x, y, masks = run
        given = [values[place] for place in places]
        with set_masks(mask_layers, masks), tf.GradientTape() as tape:
            tape.watch(values)
            outputs, kept, terms = model.stateless_call(
                given, others, x, training=True, return_losses=True
            )
            value = loss(y, engine.as_they_are(outputs))
            total = penalty.added(value, terms)
        grads = tape.gradient(total, values)
        norms = tf.stack([tf.norm(each) for each in grads])
        return penalty.reported(value, terms), clip(grads), norms, kept

    @tf.function(input_signature=signature)
    def steps(indices: Any, rates: Any, masks: dict[str, Any]) -> Any:
        count = tf.shape(indices)[0]
        losses = tf.TensorArray(kind, count)
        used = tf.TensorArray(kind, count)
        norms = tf.TensorArray(kind, count)
        for step in tf.range(count):
            given = {name: masks[name][step] for name in mask_layers}
            batch = engine.gather(x, y, indices[step])
            stacked = (
                [variable.value for variable in trained],
                [variable.value for variable in averaged],
                *batch,
                given,
            )
            value, grads, each_norm, kept = tf.vectorized_map(
                of_one, stacked, fallback_to_while_loop=False
            )
            for variable, new in zip(averaged, kept, strict=True):
                variable.assign(new)
            if gradient_norm:
                norms = norms.write(step, each_norm)
            used = used.write(step, update(grads, rates[step]))
            losses = losses.write(step, value)
        curves = {"loss": losses.stack(), "rate": used.stack()}
        if gradient_norm:
            curves["gradient_norm"] = norms.stack()
        return curves

    return steps


def _place(variables: list[Any], variable: Any) -> int:
    """Return the index of a variable, which Keras compares by value."""
    return next(n for n, v in enumerate(variables) if v is variable)
