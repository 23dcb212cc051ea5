"""The trainer of `common.training.loop`, in PyTorch."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

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
from framework_parity.torch_impl import (
    draws,
    engine,
    updates,
    weights,
)
from framework_parity.torch_impl.ensemble import Ensemble
from framework_parity.torch_impl.model import build
from framework_parity.torch_impl.penalties import ModelPenalty
from framework_parity.torch_impl.random_extensions import MASKED_CLASS
from framework_parity.torch_impl.scripts.script import script
from framework_parity.torch_impl.tensors import to_array, to_tensor, to_tensors


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
        if dtype == "bfloat16":
            _mix(self.model)
        loss = arm.recipe.loss
        self.loss = builder_for("torch_impl", loss)(loss).construct()
        self.parameters = weights.parameters(self.model)
        self.penalty = ModelPenalty(arm.recipe.penalty, self.parameters)
        self.prediction = loss.prediction()
        self.parts = {
            name: (
                to_tensor(part.x, self.dtype),
                to_tensor(part.y, self.dtype),
            )
            for name, part in parts.items()
        }
        self.mask_layers = {
            name: layer
            for name, layer in weights.leaves(self.model).items()
            if isinstance(layer, tuple(MASKED_CLASS.values()))
        }
        self.run_per_sample_gradients = engine.compile_per_sample_gradients(
            self.model, self.loss, has_batched_form(arm.all_nodes)
        )
        self.run_evaluation = engine.compile_evaluation(
            self.model, self.loss, self.penalty, self.mask_layers
        )
        self._fresh_optimizer()

    def _fresh_optimizer(self) -> None:
        recipe, variables = self.arm.recipe, list(self.parameters.values())
        self.optimizer = updates.build_optimizer(recipe, self.parameters)
        clip = updates.clipping_of(recipe)
        self.run_steps = engine.compile_steps(
            self.model,
            self.loss,
            self.penalty,
            updates.compile_update(recipe, variables, self.optimizer, clip),
            *self.parts["train"],
            self.mask_layers,
            self.gradient_norm,
        )

    def reseed(self, seed: int) -> None:
        """Seed the framework's own random generators."""
        engine.reseed(seed)

    def gather(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the batch x, y of these rows, as a step receives it."""
        rows = torch.from_numpy(indices[np.newaxis])
        (x,), (y,) = engine.gather(*self.parts["train"], rows)
        return to_array(x), to_array(y)

    def steps(self, segment: Segment) -> dict[str, np.ndarray]:
        """Train, and return the curves that `Record.steps` describes."""
        curves = self.run_steps(
            torch.from_numpy(segment.indices),
            segment.rates.tolist(),
            self.to_masks(segment.masks),
        )
        return {name: to_array(value) for name, value in curves.items()}

    def to_masks(self, masks: Masks) -> dict[str, torch.Tensor]:
        """Return the masks of the layers that take them, as tensors."""
        return {
            name: to_tensors(mask, self.dtype)
            for name, mask in masks.items()
            if name in self.mask_layers
        }

    def _first_masks(self, masks: Masks) -> dict[str, torch.Tensor]:
        """Return the first step's masks, as tensors."""
        given = self.to_masks(masks)
        return {name: mask[0] for name, mask in given.items()}

    @torch.inference_mode()
    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return predictions: probabilities, or numbers in regression."""
        self.model.eval()
        builder = builder_for("torch_impl", self.prediction)
        link = builder(self.prediction, self.arm.nodes[-1].output_shape)
        return to_array(link.construct()(self.model(to_tensor(x, self.dtype))))

    @torch.inference_mode()
    def outputs(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """Return the output of each layer in evaluation, inner ones first."""
        names = {node.name for node in self.arm.all_nodes}
        names |= set(weights.leaves(self.model))
        values = engine.outputs(self.model, to_tensor(x, self.dtype), names)
        return {name: to_array(value) for name, value in values.items()}

    @torch.inference_mode()
    def dropped(
        self, node: LayerNode, x: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the input and output of PyTorch's own dropout.

        Args:
            node: the dropout.
            x: the input, of shape (samples, *node.input_shape).

        Translation: the layer draws from the generator that all share, whose
        state is restored.
        """
        builder = builder_for("torch_impl", node.layer)
        layer = builder(node.layer, node.input_shape).construct().train()
        entering = to_tensor(x, self.dtype)
        if torch.is_autocast_enabled(entering.device.type):
            entering = entering.to(torch.bfloat16)
        with torch.random.fork_rng():
            return to_array(entering), to_array(layer(entering))

    def gradients(
        self, segment: Segment
    ) -> tuple[float, dict[str, np.ndarray]]:
        """Return the loss and gradients of a segment's first step."""
        given = self._first_masks(segment.masks)
        rows = torch.from_numpy(segment.indices[:1])
        (x,), (y,) = engine.gather(*self.parts["train"], rows)
        before = self.weights()
        variables = weights.parameters(self.model)
        self.model.train()
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
        return {name: value.numel() for name, value in tensors.items()}

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


def _mix(model: nn.Module) -> None:
    """Set the inputs and outputs of all layers to bfloat16.

    The output of the network is float32.

    Translation: autocast casts the inputs of a product; other layers compute
    in the dtype of their input, so layers before the first product would
    compute in float32. A loss is computed in float32, as Keras's losses are.
    """

    def enter(_: Any, args: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        [x] = args
        return (x.bfloat16() if x.is_floating_point() else x,)

    model.register_forward_pre_hook(enter)
    for layer in weights.leaves(model).values():
        layer.register_forward_hook(lambda _, __, out: out.bfloat16())
    model.register_forward_hook(lambda _, __, out: out.float())
