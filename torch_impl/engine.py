"""The process and the step: what belongs to PyTorch's machinery alone."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from framework_parity.common.training.loop import storage_dtype
from framework_parity.torch_impl.penalties import ModelPenalty
from framework_parity.torch_impl.weights import parameters


def start(threads: int, device: str = "cpu") -> None:
    """Set up the process, once, before anything is computed.

    Translation: a device is where tensors are put, and float32 products on
    a GPU are exact by default; convolutions are not.
    """
    torch.set_num_threads(threads)
    if device != "cpu":
        # Said for the CPU, it would cost time in every call of PyTorch.
        torch.set_default_device(device)
    torch.backends.cudnn.allow_tf32 = False


def devices() -> list[str]:
    """Return which of cpu, cuda and mps there are to compute on."""
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    return [name for name, found in there.items() if found]


def configure(dtype: str, seed: int) -> None:
    """Set the precision of what is built next, and PyTorch's own seed.

    Translation: mixed precision is a state, autocast, in which layers cast
    what they are given. Its cache would outlive a step of the optimiser.
    """
    torch.set_default_dtype(getattr(torch, storage_dtype(dtype)))
    device = torch.get_default_device().type
    torch.set_autocast_enabled(device, dtype == "bfloat16")
    torch.set_autocast_dtype(device, torch.bfloat16)
    torch.set_autocast_cache_enabled(False)
    reseed(seed)


def reseed(seed: int) -> None:
    """Set PyTorch's own seed, of the one generator that all share."""
    torch.manual_seed(seed)


def gradients(
    model: nn.Module,
    loss: nn.Module,
    penalty: ModelPenalty,
    variables: list[nn.Parameter],
    x: Tensor,
    y: Tensor,
) -> tuple[Tensor, list[Tensor]]:
    """Return the training loss and its gradients by some variables.

    Translation: training is a state that the model has been put into.
    """
    value = loss(model(x), y)
    found = torch.autograd.grad(penalty.added(value), variables)
    return penalty.reported(value).detach(), list(found)


def compile_per_sample_gradients(
    model: nn.Module, loss: nn.Module
) -> Callable[[Tensor, Tensor, list[Any]], list[Tensor]]:
    """Return a function to the gradients of each sample alone.

    It takes x, y and variables; the network is as it is in evaluation.

    Translation: `vmap` over `grad` of a function of the parameters.
    """
    own = {id(v): name for name, v in model.named_parameters()}

    def single(values: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        outputs = torch.func.functional_call(model, values, (x[None],))
        return loss(outputs, y[None])

    each = torch.func.vmap(torch.func.grad(single), (None, 0, 0))

    def gradients(x: Tensor, y: Tensor, variables: list[Any]) -> list[Tensor]:
        model.eval()
        found = each({own[id(v)]: v.detach() for v in variables}, x, y)
        return [found[own[id(v)]] for v in variables]

    return gradients


def compile_steps(
    model: nn.Module,
    loss: nn.Module,
    penalty: ModelPenalty,
    update: Callable[..., float],
    x: Tensor,
    y: Tensor,
    mask_layers: dict[str, Any],
    gradient_norm: bool,
) -> Callable[..., dict[str, Tensor]]:
    """Return a function that trains on batches of rows of x and y.

    Translation: PyTorch runs eagerly, so nothing is compiled; the batches
    of all steps are gathered at once and then sliced.
    """
    variables = list(parameters(model).values())

    def steps(
        indices: Tensor, rates: list[float], masks: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        losses, used, norms = [], [], []
        model.train()
        batches = zip(*gather(x, y, indices), strict=True)
        for step, batch in enumerate(batches):
            for name, masker in mask_layers.items():
                masker.mask = masks[name][step]
            value, found = gradients(model, loss, penalty, variables, *batch)
            if gradient_norm:
                norms.append(torch.stack([g.norm() for g in found]))
            used.append(update(found, rates[step]))
            losses.append(value)
        curves = {
            "loss": torch.stack(losses),
            "rate": torch.tensor(used, dtype=torch.float64, device="cpu"),
        }
        if gradient_norm:
            curves["gradient_norm"] = torch.stack(norms)
        return curves

    return steps


def gather(
    x: Tensor, y: Tensor, indices: Tensor
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Return the batches of (steps, batch) rows, a tuple of views each."""
    rows, shape = indices.flatten().to(x.device), indices.shape
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
    model: nn.Module, loss: nn.Module, penalty: ModelPenalty
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
