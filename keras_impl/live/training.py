"""Train a live Keras model with its user's functions."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src import tree

from framework_parity.common.layouts import Array
from framework_parity.common.live.losses import LossCall, computed
from framework_parity.common.live.records import (
    OptimizerRead,
    Parameter,
    Tensors,
)
from framework_parity.common.live.replay import Replay
from framework_parity.common.live.trace import Call
from framework_parity.common.live.training import first_number
from framework_parity.keras_impl.live.drawing import Drawing
from framework_parity.keras_impl.live.fit import (
    compiled_loss,
    copied,
    fit_arguments,
    fitted_class_weights,
    last_part,
    penalty_factor,
    regularizers_replaced,
    weight_fields,
    with_patience,
)
from framework_parity.keras_impl.live.losses import watched_losses
from framework_parity.keras_impl.live.optimizers import (
    rate_of,
    read_optimizer,
    replaced_optimizer,
    set_rate,
)
from framework_parity.keras_impl.live.schedules import LiveSchedule
from framework_parity.keras_impl.live.tensors import (
    arguments,
    from_array,
    to_array,
)


class LiveTraining(Drawing):
    """A live Keras model in training mode."""

    live_schedule = LiveSchedule

    @contextmanager
    def watched_losses(self) -> Iterator[list[LossCall]]:
        """Note the loss functions that are called, with class weights."""
        with watched_losses() as calls:
            yield calls
        if self.class_weights:
            index, port = self.live.graph.outputs[0]
            classes = self.live.graph.nodes[index].shapes[port][-1]
            for call in calls:
                call.fields |= weight_fields(self.class_weights, classes)

    def complete(self) -> None:
        """Add the loss and the optimiser of a compiled model."""
        model = self.live.model
        self.class_weights = fitted_class_weights(
            self.live.address, self.functions
        )
        config = fit_arguments(self.live.address, self.functions)
        if config.get("validation_split"):
            self.functions.setdefault("split", last_part)
        if not getattr(model, "compiled", False):
            return
        if "loss" not in self.functions and model.loss is not None:
            self.functions["loss"] = compiled_loss(
                model.loss, self.class_weights, self.live.dtype
            )
        if "make_optimizer" not in self.functions:
            self.functions["make_optimizer"] = partial(copied, model)

    def saved(self) -> Any:
        """Return the state of the model and of random draws."""
        model = self.live.model
        tensors = [to_array(variable) for variable in model.variables]
        layers = list(model._flatten_layers())
        trained = [layer.trainable for layer in layers]
        needed = [variable.trainable for variable in model.variables]
        return tensors, list(zip(layers, trained, strict=True)), needed

    def restore(self, state: Any) -> None:
        """Set the state that `saved` returned."""
        tensors, layers, needed = state
        variables = self.live.model.variables
        for variable, value in zip(variables, tensors, strict=True):
            variable.assign(value)
        for layer, trained in layers:
            if layer.trainable != trained:
                layer.trainable = trained
        for variable, each in zip(variables, needed, strict=True):
            if variable.trainable != each:
                variable.trainable = each

    def forward(self, inputs: list[Array]) -> Any:
        """Return what the model returns in training mode."""
        given = self.live.given(inputs)
        return self.model()(*arguments(self.live.model, given), training=True)

    def as_target(self, array: Array) -> Any:
        """Return an array of targets as a tensor."""
        kind = "int32" if array.dtype.kind in "iu" else self.live.dtype
        return from_array(array.astype(kind))

    def loss_of(self, pred: Any, target: Any) -> Any:
        """Return the loss, the user's or the one that replaces it."""
        if self.changes.loss_standins is not None:
            return self.replayed_loss(pred, target)
        if self.changes.loss is None:
            value = self.called("loss", pred, target)
            # `fit` averages what a function returns for each sample.
            value = tf.reduce_mean(value) if value.shape.rank else value
            # Python's numbers are rounded to float32.
            return value * tf.constant(self.changes.loss_factor, value.dtype)
        loss = computed(self.changes.loss, to_array(target))
        return self.live.differentiable(loss, [pred])

    def loss_model(self, function: Any) -> Any:
        """Return a function of outputs and targets as a model."""
        return _LossModel(function)

    def loss_slope(self, z: Array, y: Array) -> Array:
        """Return the derivative of the user's loss by the outputs.

        Args:
            z: the outputs, as the framework has them.
            y: the targets.
        """
        pred = self.as_target(z)
        with tf.GradientTape() as tape:
            tape.watch(pred)
            value = self.functions["loss"](pred, self.as_target(y))
            value = tf.reduce_mean(value) if value.shape.rank else value
        return to_array(tape.gradient(value, pred))

    def differentiated(
        self, inputs: list[Array], target: Array
    ) -> tuple[float, Tensors]:
        """Return the loss without penalties, and its gradients."""
        parameters = list(self.parameters())
        variables = [v.value for *_, own in parameters for v in own]
        with tf.GradientTape() as tape:
            tape.watch(variables)  # also those that were frozen at first
            value = self.loss_of(self.forward(inputs), self.target(target))
        owners = [v for *_, own in parameters for v in own]
        slopes = tape.gradient(value, variables)
        by_owner = {id(v): g for v, g in zip(owners, slopes, strict=True)}
        return self.to_float(value), self._gradients(by_owner)

    def _gradients(self, slopes: dict[int, Any]) -> Tensors:
        """Return gradients in neutral layout, 0 for what is not trained.

        Args:
            slopes: by the identity of the variable.
        """
        chosen = {id(v) for v in self.live.model.trainable_variables}
        gradients: Tensors = {}
        for index, name, layout, own in self.parameters():
            parts = [
                np.zeros(tuple(variable.shape))
                if slopes.get(id(variable)) is None
                or id(variable) not in chosen
                else to_array(tf.convert_to_tensor(slopes[id(variable)]))
                for variable in own
            ]
            of_layer = gradients.setdefault(index, {})
            of_layer[name] = (
                parts[0] if layout is None else layout.to_neutral(parts)
            )
        return gradients

    @contextmanager
    def watched_step(self, optimizer: Any) -> Iterator[Tensors]:
        """Note the gradients that an optimiser gets, by node and name."""
        given: Tensors = {}
        plain = getattr(optimizer, "apply", None)
        if plain is None:
            yield given
            return

        def apply(grads: Any, variables: Any = None) -> Any:
            chosen = self.live.model.trainable_variables
            owners = list(chosen if variables is None else variables)
            pairs = zip(owners, grads, strict=True)
            given.update(self._gradients({id(v): g for v, g in pairs}))
            return plain(grads, variables)

        object.__setattr__(optimizer, "apply", apply)
        try:
            yield given
        finally:
            object.__setattr__(optimizer, "apply", plain)

    def parameters(self) -> Iterator[Parameter]:
        """Yield node, name, layout and tensors of what may be trained."""
        for node in self.live.graph.with_tensors():
            for each in self.live.held(node):
                if not each.name.startswith("running_"):
                    yield node.index, each.name, each.layout, each.own

    def made_optimizer(self) -> Any:
        """Return an optimiser of the model's tensors, with the changes."""
        if "make_optimizer" not in self.functions:
            return None
        own = self.called("make_optimizer")
        return replaced_optimizer(own, self.changes, self._from_base())

    def _from_base(self) -> list[Parameter]:
        """Return what may be trained, the tensor of the base first."""
        base = self.changes.base
        return sorted(
            self.parameters(), key=lambda each: (each[0], each[1]) != base
        )

    def optimizer_read(self, optimizer: Any) -> OptimizerRead:
        """Return an optimiser in neutral terms."""
        clipping = None
        return read_optimizer(optimizer, self.parameters(), clipping)

    def rate(self, optimizer: Any) -> float:
        """Return the learning rate of the next step."""
        return rate_of(optimizer, self._from_base())

    def set_rate(self, optimizer: Any, step: int) -> None:
        """Set the learning rate of a step, where it is replaced."""
        if self.changes.rates:
            rate = self.changes.rates[step]
            set_rate(optimizer, rate, self._from_base())

    def as_tensor(self, value: Any) -> Any:
        """Return an array or a tensor as a tensor."""
        return tf.convert_to_tensor(value)

    def begin_evaluation(self) -> None:
        """Leave the model as it is after a training step."""

    def stepped(self, optimizer: Any, inputs: list[Any], target: Any) -> Any:
        """Train one step, and return the loss."""
        model = self.model()
        if self.own_step:
            x = inputs[0] if len(inputs) == 1 else tuple(inputs)
            with self.loss_replaced():
                return self.called("train_step", model, optimizer, x, target)
        variables = self.live.model.trainable_variables
        with tf.GradientTape() as tape:
            tape.watch([v.value for v in variables])
            value = self.loss_of(
                model(*arguments(self.live.model, inputs), training=True),
                target,
            )
            total = tf.add_n([value, *self.live.model.losses])
        slopes = tape.gradient(total, [v.value for v in variables])
        pairs = zip(slopes, variables, strict=True)
        optimizer.apply_gradients(
            [(slope, v) for slope, v in pairs if slope is not None]
        )
        return value

    def stand_in(self, replay: Replay) -> Any:
        """Return the model with its operations replaced, as a model."""
        return _Replayed(self, replay)

    def fit_values(self) -> dict[str, Any]:
        """Return the arguments of training that `fit_config` returns."""
        return with_patience(super().fit_values())

    def has_penalties(self) -> bool:
        """Return whether the model adds penalties to the loss."""
        return bool(self.live.model.losses)

    def penalized(self) -> dict[int, dict[str, float]]:
        """Return the factor of each tensor's L2 penalty.

        It is empty if there are other penalties.
        """
        found: dict[int, dict[str, float]] = {}
        for index, name, _, own in self.parameters():
            factor = penalty_factor(own[0])
            if factor is None:
                return {}
            found.setdefault(index, {})[name] = factor
        return found

    def penalties_replaced(self) -> AbstractContextManager[None]:
        """Return a context in which the changes of penalties are made."""
        changes = self.changes
        unchanged = changes.penalties and changes.penalized is None
        if unchanged and not changes.exact:
            return nullcontext()
        factors = {
            id(own[0]): (changes.penalized or {}).get(index, {}).get(name, 0.0)
            for index, name, _, own in self.parameters()
        }
        return regularizers_replaced(
            self.live.model.variables, None if unchanged else factors
        )

    def trained(self) -> dict[int, dict[str, bool]]:
        """Return whether each tensor is trained, by node and name."""
        chosen = {id(v) for v in self.live.model.trainable_variables}
        found: dict[int, dict[str, bool]] = {}
        for index, name, _, own in self.parameters():
            found.setdefault(index, {})[name] = id(own[0]) in chosen
        return found

    def set_trained(self, trained: dict[int, dict[str, bool]]) -> None:
        """Train or freeze some tensors."""
        for node in self.live.graph.with_tensors():
            event = self.live.trace.events[node.called]
            wanted = trained.get(node.index, {})
            if isinstance(event, Call) and any(wanted.values()):
                before = [(v, v.trainable) for v in event.layer.variables]
                event.layer.trainable = True
                for variable, needed in before:
                    variable.trainable = needed
        for index, name, _, own in self.parameters():
            if name in trained.get(index, {}):
                own[0].trainable = trained[index][name]

    def to_float(self, value: Any) -> float:
        """Return a loss as a number; NaN if it is none."""
        value = first_number(value)
        return float("nan") if value is None else float(np.mean(value))


class _LossModel(keras.Model):
    """A loss as a model of two inputs."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def call(self, pred: Any, target: Any) -> Any:
        value = self.function(pred, target)
        # `fit` averages what a function returns for each sample.
        return keras.ops.mean(value) if value.shape.rank else value


class _Replayed:
    """The operations of a model, some of them replaced."""

    def __init__(self, training: LiveTraining, replay: Replay) -> None:
        self._training, self._replay = training, replay

    def __call__(self, *inputs: Any, training: Any = None) -> Any:
        self._training.replayed = bool(training)
        try:
            outputs = self._replay.outputs(tree.flatten(inputs))
        finally:
            self._training.replayed = None
        return self._replay.trace.result(outputs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._training.live.model, name)
