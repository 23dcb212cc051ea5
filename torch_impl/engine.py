"""The process and the training step, specific to PyTorch."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from framework_parity.common.training.loop import storage_dtype
from framework_parity.common.training.masks import set_masks
from framework_parity.torch_impl.penalties import ModelPenalty
from framework_parity.torch_impl.weights import parameters


def start(threads: int, device: str = "cpu") -> None:
    """Configure the process; call it once, before any computation.

    Args:
        threads: the number of CPU threads of one operation.
        device: `cpu`, `cuda` or `mps`.

    Translation: the device is that of the tensors. By default, float32
    matrix products on a GPU have full precision; convolutions do not.
    """
    torch.set_num_threads(threads)
    if device != "cpu":
        # For the CPU it would slow down every call of PyTorch.
        torch.set_default_device(device)
    torch.backends.cudnn.allow_tf32 = False


def devices() -> list[str]:
    """Return the available devices among cpu, cuda and mps."""
    available = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    return [name for name, present in available.items() if present]


def configure(dtype: str, seed: int) -> None:
    """Set the precision of models built afterwards, and PyTorch's seed.

    Args:
        dtype: `float32`, `float64` or `bfloat16` (mixed precision).
        seed: the seed.

    Translation: mixed precision is a global state, autocast, in which layers
    cast their inputs. Its cache is off, as it would outlive an optimiser
    step.
    """
    torch.set_default_dtype(getattr(torch, storage_dtype(dtype)))
    device = torch.get_default_device().type
    torch.set_autocast_enabled(device, dtype == "bfloat16")
    torch.set_autocast_dtype(device, torch.bfloat16)
    torch.set_autocast_cache_enabled(False)
    reseed(seed)


def reseed(seed: int) -> None:
    """Set the seed of PyTorch's generator, which all draws share."""
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

    Args:
        model: the network.
        loss: the loss function.
        penalty: the penalty on the model.
        variables: the tensors to differentiate by.
        x: the samples of a batch.
        y: their labels or targets.

    Returns:
        The reported loss, and one gradient per variable.

    Translation: training mode is a state of the model, set by the caller.
    The fused optimisers read a gradient in the order of its memory, which
    `backward` makes that of its parameter.
    """
    value = loss(model(x), y)
    grads = torch.autograd.grad(penalty.added(value), variables)
    ordered = [grad.contiguous() for grad in grads]
    return penalty.reported(value).detach(), ordered


def compile_per_sample_gradients(
    model: nn.Module, loss: nn.Module, batched: bool
) -> Callable[[Tensor, Tensor, list[Any]], list[Tensor]]:
    """Return a function that computes the gradients of each single sample.

    Args:
        model: the network.
        loss: the loss function.
        batched: whether all layers have a form for several runs at once.

    Returns:
        A function of x, y and variables, to one tensor of shape
        (samples, *variable) per variable. The network is in evaluation
        mode.

    Translation: `vmap` of `grad` of a function of the parameters. The fused
    recurrent layers, among others, have no batched form, so the samples of
    such networks are taken one by one.
    """
    names = {id(v): name for name, v in model.named_parameters()}

    def single(values: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        outputs = torch.func.functional_call(model, values, (x[None],))
        value: Tensor = loss(outputs, y[None])
        return value

    of_one = torch.func.grad(single)
    of_all = torch.func.vmap(of_one, (None, 0, 0))

    def one_by_one(
        values: dict[str, Tensor], x: Tensor, y: Tensor
    ) -> dict[str, Tensor]:
        rows = [of_one(values, *pair) for pair in zip(x, y, strict=True)]
        return {name: torch.stack([r[name] for r in rows]) for name in values}

    def gradients(x: Tensor, y: Tensor, variables: list[Any]) -> list[Tensor]:
        model.eval()
        values = {names[id(v)]: v.detach() for v in variables}
        grads = (of_all if batched else one_by_one)(values, x, y)
        return [grads[names[id(v)]] for v in variables]

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

    Args:
        model: the network.
        loss: the loss function.
        penalty: the penalty on the model.
        update: from gradients and a rate to the rate used; it updates the
            parameters.
        x: all training samples.
        y: their labels or targets.
        mask_layers: the layers that take masks, by name.
        gradient_norm: whether to return the norms of the gradients.

    Returns:
        A function of the rows (steps, batch), the rates (steps,) and the
        masks by layer, to the curves `loss`, `rate` and `gradient_norm`.

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
            given = {name: masks[name][step] for name in mask_layers}
            with set_masks(mask_layers, given):
                value, grads = gradients(
                    model, loss, penalty, variables, *batch
                )
            if gradient_norm:
                # `norm` adds one number after the other, `sum` by halves.
                squares = [g.square().sum() for g in grads]
                norms.append(torch.stack(squares).sqrt())
            used.append(update(grads, rates[step]))
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
    """Return the batches of some rows.

    Args:
        x: all samples.
        y: their labels or targets.
        indices: the rows, of shape (steps, batch).

    Returns:
        The batches of x and of y, each a tuple of views, one per step.
    """
    rows, shape = indices.flatten().to(x.device), indices.shape
    return (
        x[rows].unflatten(0, shape).unbind(),
        y[rows].unflatten(0, shape).unbind(),
    )


@torch.inference_mode()
def outputs(model: nn.Module, x: Tensor, names: set[str]) -> dict[str, Tensor]:
    """Return the outputs of the layers of some names, in evaluation.

    Args:
        model: the network.
        x: the samples.
        names: the names of the layers.

    Translation: a forward hook on each module records its output.
    """
    values: dict[str, Tensor] = {}

    def watch(name: str) -> Callable[..., None]:
        def seen(module: nn.Module, inputs: Any, output: Tensor) -> None:
            values[name] = output

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
    return values


def compile_evaluation(
    model: nn.Module,
    loss: nn.Module,
    penalty: ModelPenalty,
    mask_layers: dict[str, Any],
) -> Callable[[Tensor, Tensor, Any], tuple[Tensor, Tensor]]:
    """Return a function from x, y and masks to the outputs and the loss.

    Args:
        model: the network.
        loss: the loss function.
        penalty: the penalty on the model.
        mask_layers: the layers that take masks, by name.

    Returns:
        A function that evaluates in evaluation mode if the masks are None,
        else in training mode with these masks by layer.

    Translation: the mode is a state of the model. In training mode running
    averages change, which tensors of `inference_mode` could not.
    """

    def evaluation(
        x: Tensor, y: Tensor, masks: dict[str, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        training = masks is not None
        model.train(training)
        given = set_masks(mask_layers if training else {}, masks or {})
        mode = torch.no_grad() if training else torch.inference_mode()
        with mode, given:
            outputs = model(x)
            return outputs, penalty.reported(loss(outputs, y))

    return evaluation
