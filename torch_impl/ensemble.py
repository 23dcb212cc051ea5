"""Several runs of one network, trained as one batched model in PyTorch."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from framework_parity.common.training.batches import Segment
from framework_parity.common.training.masks import set_masks
from framework_parity.common.training.record import Curve, Tensors
from framework_parity.torch_impl import updates
from framework_parity.torch_impl.penalties import ModelPenalty
from framework_parity.torch_impl.recording import record
from framework_parity.torch_impl.tensors import to_array


class Ensemble:
    """Runs that differ in their weights, their batches and their masks.

    See `common.training.loop.Group` for the methods.

    Args:
        trainer: the trainer of one run; its network is given the weights of
            a run by `check_out`.
        initial: the initial weights of each run, in neutral layout.

    Translation: each tensor of the network has the runs as its first axis,
    and `vmap` maps the loss of one run over it. A step is recorded once as
    the operations on these tensors, forward and backward, which are then
    called without `vmap`. The updates of an optimiser are of each element
    alone, so one optimiser updates the tensors of all runs.
    """

    def __init__(self, trainer: Any, initial: Sequence[Tensors]) -> None:
        self.trainer, self.model = trainer, trainer.model
        states = []
        for values in initial:
            trainer.load(values)
            held = self.model.state_dict(keep_vars=True).items()
            states.append({name: v.detach().clone() for name, v in held})
        trained = {id(p): name for name, p in trainer.parameters.items()}
        own = self.model.state_dict(keep_vars=True)
        # The parameters by neutral name, and all tensors by PyTorch's.
        self.parameters: dict[str, Tensor] = {}
        self.tensors: dict[str, Tensor] = {}
        for name, value in own.items():
            stacked = torch.stack([state[name] for state in states])
            self.tensors[name] = stacked
            if id(value) in trained:
                stacked.requires_grad_()
                self.parameters[trained[id(value)]] = stacked
        # In the order of the trainer, as the gradient norms are.
        self.parameters = {n: self.parameters[n] for n in trainer.parameters}
        self.names = {id(v): n for n, v in self.tensors.items()}
        recipe = trainer.arm.recipe
        self.optimizer = updates.build_optimizer(recipe, self.parameters)
        self.update = updates.compile_update(
            recipe,
            list(self.parameters.values()),
            self.optimizer,
            self._clipping(updates.clipping_of(recipe)),
        )
        self.recorded: dict[Any, Callable[[Any], Any]] = {}

    def steps(self, segments: Sequence[Segment]) -> list[dict[str, Curve]]:
        """Train each run on a segment, and return the curves of each."""
        x, y = self.trainer.parts["train"]
        rows = torch.from_numpy(np.stack([s.indices for s in segments], 1))
        rows = rows.to(x.device)
        own = [self.trainer.to_masks(s.masks) for s in segments]
        masks = {
            name: torch.stack([each[name] for each in own], 1)
            for name in self.trainer.mask_layers
        }
        losses, used, norms = [], [], []
        self.model.train()
        for step, rate in enumerate(segments[0].rates.tolist()):
            given = {name: mask[step] for name, mask in masks.items()}
            value, grads = self._step(x[rows[step]], y[rows[step]], given)
            if self.trainer.gradient_norm:
                squares = [g.square().flatten(1).sum(1) for g in grads]
                norms.append(torch.stack(squares, 1).sqrt())
            used.append(self.update(grads, rate))
            losses.append(value)
        curves = {"loss": torch.stack(losses, 1)}
        if norms:
            curves["gradient_norm"] = torch.stack(norms, 1)
        of_all = {name: to_array(value) for name, value in curves.items()}
        return [
            {name: values[run] for name, values in of_all.items()}
            | {"rate": np.array(used)}
            for run in range(len(segments))
        ]

    def check_out(self, run: int) -> None:
        """Copy the weights of a run to the network of the trainer."""
        with torch.no_grad():
            for name, value in self.model.state_dict(keep_vars=True).items():
                value.copy_(self.tensors[name][run])

    def keep(self, runs: Sequence[int]) -> None:
        """Leave out all runs but some, which have ended."""
        rows = torch.tensor(runs, dtype=torch.int64)

        def kept(value: Any, whole: torch.Size) -> Any:
            same = torch.is_tensor(value) and value.shape == whole
            return value[rows].clone() if same else value

        for value in self.tensors.values():
            whole, state = value.shape, self.optimizer.state.get(value, {})
            for name, moving in state.items():
                state[name] = kept(moving, whole)
            value.grad = None
            value.data = kept(value.data, whole)

    def _step(
        self, x: Tensor, y: Tensor, masks: dict[str, Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """Return the losses of all runs, and their stacked gradients."""
        shapes = x.shape, y.shape
        arguments = self.tensors, x, y, masks
        if shapes not in self.recorded:
            # Recording runs the step, which moves running averages.
            before = {n: v.detach().clone() for n, v in self.tensors.items()}
            self.recorded[shapes] = record(self._gradients, arguments)
            self._set(before)
        losses, grads, averages = self.recorded[shapes](arguments)
        self._set(averages)
        return losses, [grad.contiguous() for grad in grads]

    def _set(self, values: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for name, value in values.items():
                self.tensors[name].copy_(value)

    def _gradients(
        self,
        tensors: dict[str, Tensor],
        x: Tensor,
        y: Tensor,
        masks: dict[str, Tensor],
    ) -> tuple[Tensor, list[Tensor], dict[str, Tensor]]:
        own = {n: self.names[id(v)] for n, v in self.parameters.items()}
        trainer = self.trainer

        def of_one(
            values: dict[str, Tensor],
            x: Tensor,
            y: Tensor,
            given: dict[str, Tensor],
        ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
            chosen = {name: values[path] for name, path in own.items()}
            # The call stores the new running averages in this dictionary.
            held = dict(values)
            with set_masks(trainer.mask_layers, given):
                outputs = functional_call(
                    self.model, held, (x,), tie_weights=False
                )
            value = trainer.loss(outputs, y)
            penalty = ModelPenalty(trainer.arm.recipe.penalty, chosen)
            trained = set(own.values())
            averages = {n: v for n, v in held.items() if n not in trained}
            return penalty.added(value), penalty.reported(value), averages

        totals, reported, averages = vmap(of_one)(tensors, x, y, masks)
        variables = [tensors[path] for path in own.values()]
        grads = torch.autograd.grad(totals.sum(), variables)
        return reported.detach(), list(grads), averages

    @staticmethod
    def _clipping(
        clip: updates.Clip | None,
    ) -> updates.Clip | None:
        """Return a function that clips the gradients of each run."""
        if clip is None:
            return None

        def each(variables: Sequence[Tensor]) -> None:
            for run in range(len(variables[0])):
                views = []
                for variable in variables:
                    view = nn.Parameter(variable.detach()[run])
                    gradient = variable.grad
                    assert gradient is not None
                    view.grad = gradient[run]
                    views.append(view)
                clip(views)

        return each
