"""The trainer of `common.training.loop`, in Keras."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from keras import ops

from framework_parity.common.codegen.calls import builder_for
from framework_parity.common.codegen.scripts.script import (
    Script,
    ScriptOptions,
)
from framework_parity.common.data.spec import Part
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.replay import RecordedDraws
from framework_parity.common.training.base import BaseTrainer, Weights
from framework_parity.common.training.batches import Masks, Segment
from framework_parity.common.training.ensembles import has_batched_form
from framework_parity.common.training.loop import storage_dtype
from framework_parity.common.training.masks import set_masks
from framework_parity.common.training.record import Tensors
from framework_parity.keras_impl import (
    draws,
    engine,
    updates,
    weights,
)
from framework_parity.keras_impl.ensemble import Ensemble
from framework_parity.keras_impl.model import build
from framework_parity.keras_impl.penalties import ModelPenalty
from framework_parity.keras_impl.random_extensions import MASKED_CLASS
from framework_parity.keras_impl.scripts.script import script
from framework_parity.keras_impl.tensors import to_array, to_tensor, to_tensors


class Trainer(BaseTrainer):
    """One network with its data, ready to train.

    See `common.training.loop.Trainer` for the methods; those that are the
    same in both frameworks are in the base class.

    Args:
        arm: the network, its data and its training recipe.
        parts: the parts of the data; `train` is required.
        dtype: the precision of computation.
        seed: the seed of the framework's own generators.
        gradient_norm: whether steps return the norms of the gradients.
        native: whether the framework draws its own random masks.
    """

    tensors: ClassVar[Weights] = weights
    to_array = staticmethod(to_array)

    def __init__(
        self,
        arm: Arm,
        parts: dict[str, Part],
        dtype: str,
        seed: int = 0,
        gradient_norm: bool = False,
        native: bool = False,
    ) -> None:
        engine.configure(dtype, seed)
        self.arm, self.gradient_norm = arm, gradient_norm
        self.dtype = storage_dtype(dtype)
        self.model = build(arm, not native)
        loss = arm.recipe.loss
        self.loss = builder_for("keras_impl", loss)(loss).construct()
        self.penalty = ModelPenalty(arm.recipe.penalty, self.model)
        self.prediction = loss.prediction()
        self.parts = {
            name: (
                to_tensor(part.x, self.dtype),
                to_tensor(part.y, self.dtype),
            )
            for name, part in parts.items()
        }
        self.mask_layers: dict[str, Any] = {
            name: layer
            for name, layer in weights.leaves(self.model).items()
            if isinstance(layer, tuple(MASKED_CLASS.values()))
        }
        recipe = arm.recipe
        self.parameters = weights.parameters(self.model)
        self.optimizer = updates.build_optimizer(recipe, self.parameters)
        self.blank = [to_array(v) for v in self.optimizer.variables]
        self.run_steps = engine.compile_steps(
            self.model,
            self.loss,
            self.penalty,
            updates.compile_update(
                list(self.parameters.values()), self.optimizer
            ),
            *self.parts["train"],
            self.mask_layers,
            self.gradient_norm,
        )
        self.run_per_sample_gradients = engine.compile_per_sample_gradients(
            self.model, self.loss, has_batched_form(arm.all_nodes)
        )
        self.run_evaluation = engine.compile_evaluation(
            self.model, self.loss, self.penalty, self.mask_layers
        )

    def _fresh_optimizer(self) -> None:
        for variable, value in zip(
            self.optimizer.variables, self.blank, strict=True
        ):
            variable.assign(value)

    def reseed(self, seed: int) -> None:
        """Seed the framework's own random generators."""
        engine.reseed(seed)

    def gather(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the batch x, y of these rows, as a step receives it."""
        x, y = engine.gather(*self.parts["train"], indices)
        return to_array(x), to_array(y)

    def steps(self, segment: Segment) -> dict[str, np.ndarray]:
        """Train, and return the curves that `Record.steps` describes."""
        curves = self.run_steps(
            to_tensor(segment.indices, self.dtype),
            to_tensor(segment.rates, self.dtype),
            self.to_masks(segment.masks),
        )
        return {name: to_array(value) for name, value in curves.items()}

    def to_masks(self, masks: Masks) -> dict[str, Any]:
        """Return the masks of the layers that take them, as tensors."""
        return {
            name: to_tensors(mask, self.dtype)
            for name, mask in masks.items()
            if name in self.mask_layers
        }

    def _first_masks(self, masks: Masks) -> dict[str, Any]:
        """Return the first step's masks, as tensors."""
        given = self.to_masks(masks)
        return {name: mask[0] for name, mask in given.items()}

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return predictions: probabilities, or numbers in regression."""
        builder = builder_for("keras_impl", self.prediction)
        link = builder(self.prediction, self.arm.nodes[-1].output_shape)
        # Predictions are computed in float32 in mixed precision, too.
        exact = replace(link, kwargs=link.kwargs | {"dtype": self.dtype})
        outputs = self.model(to_tensor(x, self.dtype), training=False)
        return to_array(exact.construct()(outputs))

    def outputs(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """Return the output of each layer in evaluation, inner ones first."""
        names = {node.name for node in self.arm.all_nodes}
        names |= set(weights.leaves(self.model))
        values = engine.outputs(self.model, to_tensor(x, self.dtype), names)
        return {name: to_array(value) for name, value in values.items()}

    def dropped(
        self, node: LayerNode, x: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the input and output of Keras's own dropout.

        Args:
            node: the dropout.
            x: the input, of shape (samples, *node.input_shape).

        Translation: each layer has its own generator; its seed is drawn from
        Python's generator, whose state is restored.
        """
        state = random.getstate()
        builder = builder_for("keras_impl", node.layer)
        layer = builder(node.layer, node.input_shape).construct()
        random.setstate(state)
        entering = ops.cast(to_tensor(x, self.dtype), layer.compute_dtype)
        left = layer(entering, training=True)
        return to_array(entering), to_array(left)

    def gradients(
        self, segment: Segment
    ) -> tuple[float, dict[str, np.ndarray]]:
        """Return the loss and gradients of a segment's first step."""
        given = self._first_masks(segment.masks)
        x, y = engine.gather(*self.parts["train"], segment.indices[0])
        before = self.weights()
        variables = weights.parameters(self.model)
        with set_masks(self.mask_layers, given):
            value, grads = engine.gradients(
                *(self.model, self.loss, self.penalty),
                *(list(variables.values()), x, y),
            )
        weights.write(self.model, before)  # restore the running averages
        return float(value), self._named(grads)

    def per_sample_gradients(
        self, x: np.ndarray, y: np.ndarray, names: list[str]
    ) -> dict[str, np.ndarray]:
        """Return the gradients of the loss of each single sample.

        Args:
            x: the samples, of shape (samples, *input_shape).
            y: their labels or targets.
            names: the tensors to differentiate by.

        Returns:
            The gradients by name, each of shape (samples, *tensor).
        """
        live = weights.parameters(self.model)
        batch = to_tensor(x, self.dtype), to_tensor(y, self.dtype)
        chosen = [live[name] for name in names]
        grads = self.run_per_sample_gradients(*batch, chosen)
        shapes = self.arm.parameters
        layouts = weights.layouts_in(self.model)
        return {
            name: weights.each_to_neutral(grad, layouts[name], shapes[name])
            for name, grad in zip(names, grads, strict=True)
        }

    def ensemble(self, initial: Sequence[Tensors]) -> Ensemble:
        """Return several runs of this network, as one batched model.

        Args:
            initial: the initial weights of each run, in neutral layout.
        """
        return Ensemble(self, initial)

    def counts(self) -> dict[str, int]:
        """Return the number of elements of each tensor of the live model."""
        tensors = weights.tensors(self.model)
        return {name: int(ops.size(value)) for name, value in tensors.items()}

    @staticmethod
    def drawn(arm: Arm, seed: int) -> RecordedDraws:
        """Return the random draws of a run by the framework itself.

        Args:
            arm: the network, its data and its training recipe.
            seed: the seed of the run.
        """
        return draws.record(arm, seed)

    @staticmethod
    def script(arm: Arm, options: ScriptOptions) -> Script:
        """Return a script that trains an arm, without this project.

        Args:
            arm: the network, its data and its training recipe.
            options: what the script is for.
        """
        return script(arm, options)

    @staticmethod
    def devices() -> list[str]:
        """Return the available devices among cpu, cuda and mps."""
        return engine.devices()
