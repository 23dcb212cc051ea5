"""The process and the step: what belongs to PyTorch's machinery alone."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from torch_impl.weights import parameters


def start(threads: int) -> None:
    """Set up the process, once, before anything is computed."""
    torch.set_num_threads(threads)


def configure(dtype: str, seed: int) -> None:
    """Set the precision of what is built next, and PyTorch's own seed."""
    torch.set_default_dtype(getattr(torch, dtype))
    torch.manual_seed(seed)


def gradients(
    model: nn.Module, loss: nn.Module, x: Tensor, y: Tensor
) -> tuple[Tensor, list[Tensor]]:
    """Return the training loss and its gradients, in the order of weights."""
    model.train()
    value = loss(model(x), y)
    variables = list(parameters(model).values())
    return value, list(torch.autograd.grad(value, variables))


def per_sample_gradients(
    model: nn.Module,
    loss: nn.Module,
    x: Tensor,
    y: Tensor,
    variables: list[Any],
) -> list[Tensor]:
    """Return the gradients of each sample alone, in evaluation.

    Translation: `vmap` over `grad` of a function of the parameters.
    """
    model.eval()
    own = {id(v): name for name, v in model.named_parameters()}
    names = [own[id(variable)] for variable in variables]

    def single(values: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        outputs = torch.func.functional_call(model, values, (x[None],))
        return loss(outputs, y[None])

    values = {n: v.detach() for n, v in zip(names, variables, strict=True)}
    each = torch.func.vmap(torch.func.grad(single), (None, 0, 0))
    found = each(values, x, y)
    return [found[name] for name in names]


def compile_steps(
    model: nn.Module,
    loss: nn.Module,
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    maskers: dict[str, Any],
    gradient_norm: bool,
) -> Callable[..., dict[str, Tensor]]:
    """Return a function that trains on batches of rows of x and y.

    Translation: PyTorch runs eagerly, so nothing is compiled; the batches
    of all steps are gathered at once and then sliced.
    """
    variables = list(parameters(model).values())
    group = optimizer.param_groups[0]

    def steps(
        indices: Tensor, rates: list[float], masks: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        model.train()
        losses, used, norms = [], [], []
        batches = zip(*gather(x, y, indices), strict=True)
        for step, (batch_x, batch_y) in enumerate(batches):
            for name, masker in maskers.items():
                masker.mask = masks[name][step]
            group["lr"] = rates[step]
            optimizer.zero_grad()
            value = loss(model(batch_x), batch_y)
            value.backward()
            optimizer.step()
            losses.append(value.detach())
            used.append(group["lr"])
            if gradient_norm:
                grads = [v.grad.norm() for v in variables]
                norms.append(torch.stack(grads))
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


@torch.inference_mode()
def outputs(model: nn.Module, x: Tensor, names: set[str]) -> dict[str, Tensor]:
    """Return what leaves the layers of these names, in evaluation.

    Translation: a hook on each module sees what it puts out.
    """
    found: dict[str, Tensor] = {}

    def watch(name: str) -> Callable[..., None]:
        def seen(module: nn.Module, inputs: Any, output: Tensor) -> None:
            found[name] = output

        return seen

    places = (
        (path.rpartition(".")[2], module)
        for path, module in model.named_modules()
    )
    hooks = [
        module.register_forward_hook(watch(name))
        for name, module in places
        if name in names
    ]
    model.eval()
    model(x)
    for hook in hooks:
        hook.remove()
    return found


def compile_evaluation(
    model: nn.Module, loss: nn.Module
) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return a function from x, y to the outputs and the loss.

    Translation: evaluation is a state that the model is put into.
    """

    @torch.inference_mode()
    def evaluation(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        model.eval()
        outputs = model(x)
        return outputs, loss(outputs, y)

    return evaluation
