"""The process and the step: what belongs to PyTorch's machinery alone."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from torch_impl.penalties import Attached
from torch_impl.weights import parameters


def start(threads: int) -> None:
    """Set up the process, once, before anything is computed."""
    torch.set_num_threads(threads)


def configure(dtype: str, seed: int) -> None:
    """Set the precision of what is built next, and PyTorch's own seed."""
    torch.set_default_dtype(getattr(torch, dtype))
    torch.manual_seed(seed)


def gradients(
    model: nn.Module, loss: nn.Module, penalty: Attached, x: Tensor, y: Tensor
) -> tuple[Tensor, list[Tensor]]:
    """Return the training loss and its gradients, in the order of weights."""
    model.train()
    value = loss(model(x), y)
    variables = list(parameters(model).values())
    found = torch.autograd.grad(penalty.added(value), variables)
    return penalty.reported(value).detach(), list(found)


def compile_steps(
    model: nn.Module,
    loss: nn.Module,
    penalty: Attached,
    update: Callable[..., float],
    x: Tensor,
    y: Tensor,
    maskers: dict[str, Any],
    gradient_norm: bool,
) -> Callable[..., dict[str, Tensor]]:
    """Return a function that trains on batches of rows of x and y.

    Translation: PyTorch runs eagerly, so nothing is compiled; the batches
    of all steps are gathered at once and then sliced.
    """

    def steps(
        indices: Tensor, rates: list[float], masks: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        losses, used, norms = [], [], []
        batches = zip(*gather(x, y, indices), strict=True)
        for step, batch in enumerate(batches):
            for name, masker in maskers.items():
                masker.mask = masks[name][step]
            value, found = gradients(model, loss, penalty, *batch)
            if gradient_norm:
                norms.append(torch.stack([g.norm() for g in found]))
            used.append(update(found, rates[step]))
            losses.append(value)
        curves = {
            "loss": torch.stack(losses),
            "rate": torch.tensor(used, dtype=torch.float64),
        }
        if gradient_norm:
            curves["gradient_norm"] = torch.stack(norms)
        return curves

    return steps


def gather(
    x: Tensor, y: Tensor, indices: Tensor
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Return the batches of (steps, batch) rows, a tuple of views each."""
    rows, shape = indices.flatten(), indices.shape
    return (
        x[rows].unflatten(0, shape).unbind(),
        y[rows].unflatten(0, shape).unbind(),
    )


def compile_evaluation(
    model: nn.Module, loss: nn.Module, penalty: Attached
) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return a function from x, y to the outputs and the loss.

    Translation: evaluation is a state that the model is put into.
    """

    @torch.inference_mode()
    def evaluation(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        model.eval()
        outputs = model(x)
        return outputs, penalty.reported(loss(outputs, y))

    return evaluation
