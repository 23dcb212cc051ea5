"""Train a live PyTorch model with its user's functions."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn

from framework_parity.common.layouts import Array
from framework_parity.common.live.elements import Described
from framework_parity.common.live.losses import class_axis, computed
from framework_parity.common.live.records import (
    OptimizerRead,
    Parameter,
    Tensors,
)
from framework_parity.common.live.replay import Replay
from framework_parity.common.live.training import first_number
from framework_parity.torch_impl.live.drawing import Drawing
from framework_parity.torch_impl.live.losses import watched_losses
from framework_parity.torch_impl.live.optimizers import (
    first_group,
    read_optimizer,
)
from framework_parity.torch_impl.live.schedules import LiveSchedule
from framework_parity.torch_impl.live.tensors import (
    from_array,
    to_array,
)


class LiveTraining(Drawing):
    """A live PyTorch model in training mode."""

    live_schedule = LiveSchedule
    watched_losses = staticmethod(watched_losses)

    def saved(self) -> Any:
        """Return the state of the model and of random draws."""
        model = self.live.model
        tensors = {k: v.clone() for k, v in model.state_dict().items()}
        modes = [module.training for module in model.modules()]
        trained = [value.requires_grad for value in model.parameters()]
        rows = [each.padding_idx for each in self._embeddings()]
        return tensors, modes, trained, rows, torch.get_rng_state()

    def _embeddings(self) -> list[nn.Embedding]:
        modules = self.live.model.modules()
        return [each for each in modules if isinstance(each, nn.Embedding)]

    def restore(self, state: Any) -> None:
        """Set the state that `saved` returned."""
        model = self.live.model
        tensors, modes, trained, rows, draws = state
        with torch.no_grad():
            for name, value in model.state_dict().items():
                value.copy_(tensors[name])
        for module, mode in zip(model.modules(), modes, strict=True):
            module.training = mode
        for value, needed in zip(model.parameters(), trained, strict=True):
            value.requires_grad_(needed)
            value.grad = None
        for embedding, row in zip(self._embeddings(), rows, strict=True):
            embedding.padding_idx = row
        torch.set_rng_state(draws)

    def forward(self, inputs: list[Array]) -> Any:
        """Return what the model returns in training mode."""
        self.live.model.train()
        return self.model()(*self.live.given(inputs))

    def as_target(self, array: Array) -> Any:
        """Return an array of targets as a tensor."""
        kind = "int64" if array.dtype.kind in "iu" else self.live.dtype
        return from_array(array.astype(kind))

    def loss_of(self, pred: Any, target: Any) -> Any:
        """Return the loss, the user's or the one that replaces it."""
        if self.changes.loss_standins is not None:
            return self.replayed_loss(pred, target)
        if self.changes.loss is None:
            return self.called("loss", pred, target)
        last, y = pred, to_array(target)
        if pred.ndim >= 3:
            last = pred.movedim(class_axis(tuple(pred.shape), y.shape), -1)
            y = np.moveaxis(y, 1, -1) if y.ndim == pred.ndim else y
        loss = computed(self.changes.loss, y)
        return self.live.differentiable(loss, [last])

    def loss_model(self, function: Any) -> Any:
        """Return a function of outputs and targets as a model."""
        return _LossModel(function)

    def loss_slope(self, z: Array, y: Array) -> Array:
        """Return the derivative of the user's loss by the outputs.

        Args:
            z: the outputs, as the framework has them.
            y: the targets.
        """
        pred = self.as_target(z).requires_grad_()
        value = self.functions["loss"](pred, self.as_target(y))
        (slope,) = torch.autograd.grad(value, [pred])
        return to_array(slope)

    def differentiated(
        self, inputs: list[Array], target: Array
    ) -> tuple[float, Tensors]:
        """Return the loss without penalties, and its gradients."""
        value = self.loss_of(self.forward(inputs), self.target(target))
        if value.requires_grad:
            value.backward()
        return self.to_float(value), self._gradients()

    def _gradients(self) -> Tensors:
        """Return the gradients of all tensors, in neutral layout."""
        gradients: Tensors = {}
        for index, name, layout, own in self.parameters():
            slopes = [
                np.zeros(tuple(tensor.shape))
                if tensor.grad is None
                else to_array(tensor.grad)
                for tensor in own
            ]
            # The sum of two biases has the gradient of each.
            if layout is not None and layout.several == "add":
                slopes[1:] = [0.0 * slope for slope in slopes[1:]]
            neutral = (
                slopes[0] if layout is None else layout.to_neutral(slopes)
            )
            gradients.setdefault(index, {})[name] = neutral
        return gradients

    @contextmanager
    def watched_step(self, optimizer: Any) -> Iterator[Tensors]:
        """Note the gradients that an optimiser gets, by node and name."""
        given: Tensors = {}
        plain = getattr(optimizer, "step", None)
        if plain is None:
            yield given
            return

        def step(*args: Any, **keywords: Any) -> Any:
            given.update(self._gradients())
            return plain(*args, **keywords)

        optimizer.step = step
        try:
            yield given
        finally:
            optimizer.step = plain

    def parameters(self) -> Iterator[Parameter]:
        """Yield node, name, layout and tensors of what may be trained."""
        for node in self.live.graph.with_tensors():
            for each in self.live.held(node):
                if all(isinstance(v, nn.Parameter) for v in each.own):
                    yield node.index, each.name, each.layout, each.own

    def made_optimizer(self) -> Any:
        """Return an optimiser of the model's tensors, with the changes."""
        parameters = list(self.live.model.parameters())
        if "make_optimizer" not in self.functions:
            return None
        optimizer = self.called("make_optimizer", parameters)
        if self.changes.single_rate:
            rate = first_group(optimizer, self.parameters())["lr"]
            for group in optimizer.param_groups:
                group["lr"] = rate
        return optimizer

    def optimizer_read(self, optimizer: Any) -> OptimizerRead:
        """Return an optimiser in neutral terms."""
        clipping = self._clipping()
        return read_optimizer(optimizer, self.parameters(), clipping)

    def _clipping(self) -> Described | None:
        """Return how the user's training step clips gradients."""
        if "train_step" not in self.functions:
            return None
        calls: list[Described] = []
        utils = vars(nn.utils)
        norm, value = utils["clip_grad_norm_"], utils["clip_grad_value_"]

        def by_norm(given: Any, max_norm: float, *a: Any, **k: Any) -> Any:
            limit = float(max_norm)
            calls.append(("by_global_norm", {"limit": limit, "epsilon": 1e-6}))
            return norm(given, max_norm, *a, **k)

        def by_value(given: Any, clip_value: float, **k: Any) -> Any:
            calls.append(("by_value", {"limit": float(clip_value)}))
            return value(given, clip_value, **k)

        state = self.saved()
        utils |= {"clip_grad_norm_": by_norm, "clip_grad_value_": by_value}
        try:
            with self.drawing():
                self.stepped(self.made_optimizer(), *self.sample())
        finally:
            utils |= {"clip_grad_norm_": norm, "clip_grad_value_": value}
            self.restore(state)
        return calls[0] if calls else None

    def rate(self, optimizer: Any) -> float:
        """Return the learning rate of the next step."""
        return float(first_group(optimizer, self.parameters())["lr"])

    def as_tensor(self, value: Any) -> Any:
        """Return an array or a tensor as a tensor."""
        return torch.as_tensor(value)

    def begin_evaluation(self) -> None:
        """Leave the model as it is after a training step."""
        self.live.model.train()

    def stepped(self, optimizer: Any, inputs: list[Any], target: Any) -> Any:
        """Train one step, and return the loss."""
        model = self.model()
        self.live.model.train()
        if self.changes.cleared:
            self._set_gradients(None)
        if self.own_step:
            x = inputs[0] if len(inputs) == 1 else tuple(inputs)
            with self.loss_replaced():
                return self.called("train_step", model, optimizer, x, target)
        optimizer.zero_grad()
        value = self.loss_of(model(*inputs), target)
        value.backward()
        optimizer.step()
        return value

    def stand_in(self, replay: Replay) -> Any:
        """Return the model with its operations replaced, as a model."""
        return _Replayed(self.live.model, replay)

    def trained(self) -> dict[int, dict[str, bool]]:
        """Return whether each tensor is trained, by node and name."""
        found: dict[int, dict[str, bool]] = {}
        for index, name, _, own in self.parameters():
            found.setdefault(index, {})[name] = own[0].requires_grad
        return found

    def _set_gradients(self, value: float | None) -> None:
        for each in self.live.model.parameters():
            each.grad = None if value is None else torch.full_like(each, value)

    def clears(self) -> bool:
        """Return whether a step starts without the gradients of the last."""
        if not {"train_step", "make_optimizer"} <= self.functions.keys():
            return True
        left = []
        for value in (None, 1.0):
            state = self.saved()
            self._set_gradients(value)
            self.masks.begin(0)
            with self.drawing():
                self.stepped(self.made_optimizer(), *self.sample())
            slopes = [each.grad for each in self.live.model.parameters()]
            left.append([each for each in slopes if each is not None])
            self.restore(state)
        same = len(left[0]) == len(left[1])
        return same and all(map(torch.equal, *left))

    def shared_key(self, tensor: Any) -> int:
        """Return a number that is the same for the same tensor."""
        return int(tensor.data_ptr())

    def set_trained(self, trained: dict[int, dict[str, bool]]) -> None:
        """Train or freeze some tensors."""
        for index, name, _, own in self.parameters():
            if name in trained.get(index, {}):
                for tensor in own:
                    tensor.requires_grad_(trained[index][name])

    def set_single_biases(self) -> None:
        """Train only one of two biases that are added."""
        for *_, layout, own in self.parameters():
            if layout is not None and layout.several == "add":
                for tensor in own[1:]:
                    with torch.no_grad():
                        own[0].add_(tensor)
                        tensor.zero_()
                    tensor.requires_grad_(False)

    def train_padding_rows(self) -> None:
        """Train also the row of an embedding that stands for padding."""
        for embedding in self._embeddings():
            embedding.padding_idx = None

    def to_float(self, value: Any) -> float:
        """Return a loss as a number; NaN if it is none."""
        value = first_number(value)
        return float("nan") if value is None else float(value)


class _LossModel(nn.Module):
    """A loss as a model of two inputs."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, pred: Any, target: Any) -> Any:
        return self.function(pred, target)


class _Replayed(nn.Module):
    """The operations of a model, some of them replaced."""

    def __init__(self, model: nn.Module, replay: Replay) -> None:
        super().__init__()
        self.model, self.parts = model, SimpleNamespace(replay=replay)

    def forward(self, *inputs: Any) -> Any:
        replay = self.parts.replay
        return replay.trace.result(replay.outputs(list(inputs)))
