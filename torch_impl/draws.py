"""Record the random draws of PyTorch itself in a run."""

from collections.abc import Callable, Iterable
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from framework_parity.common.data.base import Dataset
from framework_parity.common.data.synthetic import Linear, Sine
from framework_parity.common.spec.architecture import LayerNode, masked
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.recipe import Recipe, batch_sizes
from framework_parity.common.spec.replay import RecordedDraws
from framework_parity.torch_impl import engine, weights
from framework_parity.torch_impl.introspect import read
from framework_parity.torch_impl.model import block_call, weight_fills
from framework_parity.torch_impl.tensors import to_array, to_tensor


def record(arm: Arm, seed: int) -> RecordedDraws:
    """Return the random draws of a run, in PyTorch's order.

    Args:
        arm: the network, its data and its training recipe.
        seed: the seed of the run.

    Translation: all draws share one generator, so each changes the ones
    after it: the data, the layers as they are constructed, then in each
    epoch the order of the samples, and the masks of each step. Everything
    is drawn on the CPU and in float32, as in most scripts, whatever the
    device and precision of the run.
    """
    engine.configure("float32", seed)
    with torch.device("cpu"), torch.no_grad():
        drawn = _samples(arm.data.source)
        parts = arm.data.parts(arm.recipe.loss, drawn)
        if arm.replay.reseed:
            torch.manual_seed(seed)
        model = _network(arm)
        start = weights.read(model, arm.tensors)
        orders, masks = _steps(
            arm, model, to_tensor(parts["train"].x, "float32")
        )
    return RecordedDraws(parts if drawn else None, start, orders, masks)


def _samples(source: Dataset) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the data that PyTorch draws; None if NumPy draws them."""
    if isinstance(source, Sine) and source.placement == "grid":
        return _grid(source)
    if not isinstance(source, Linear):
        return None
    x = torch.randn(source.samples, source.features)
    w = torch.randn(source.features)
    y = x @ w + source.noise * torch.randn(source.samples)
    x_test = torch.randn(source.test_samples, source.features)
    y_test = x_test @ w + source.noise * torch.randn(source.test_samples)
    both = torch.cat([x, x_test]), torch.cat([y, y_test])
    return both[0].double().numpy(), both[1].double().numpy()


def _grid(source: Sine) -> tuple[np.ndarray, np.ndarray]:
    """Return a sine on a grid, whose noise PyTorch draws."""
    x = torch.linspace(source.low, source.high, source.samples).reshape(-1, 1)
    y = torch.sin(x * source.frequency) + torch.randn_like(x) * source.noise
    return x.double().numpy(), y.double().numpy()


def _network(arm: Arm) -> nn.Sequential:
    """Return the network, with the weights that PyTorch's layers draw.

    Only tensors with another initialiser in the spec are drawn again,
    afterwards.
    """
    model: nn.Sequential = block_call(arm.nodes).construct()
    modules = weights.leaves(model)
    for node in arm.all_nodes:
        for fill in weight_fills(node):
            drawn = getattr(read(modules[node.name]), fill.field)
            if drawn != getattr(node.layer, fill.field):
                fill.construct(modules[node.name])
    return model


def _steps(
    arm: Arm, model: nn.Sequential, x: Tensor
) -> tuple[list[np.ndarray], dict[str, list[np.ndarray]]]:
    """Return the order of each epoch, and the masks of each step."""
    noted: dict[str, list[np.ndarray]] = {}
    modules = weights.leaves(model)
    for node in masked(arm.layers, arm.data.source.shape):
        noted[node.name] = []
        note = _noting(node, noted[node.name])
        modules[node.name].register_forward_pre_hook(note)
    orders = []
    batches = _batches(arm.recipe, len(x))
    for _ in range(arm.recipe.epochs):
        seen = []
        for rows in batches:
            seen.append(rows)
            if noted:
                model(x[rows])
        orders.append(torch.cat(seen).numpy())
    return orders, noted


def _batches(recipe: Recipe, samples: int) -> Iterable[Tensor]:
    """Return the rows of an epoch's batches, drawn at each iteration.

    A DataLoader that shuffles draws twice per epoch; slices draw nothing.
    """
    rows = torch.arange(samples)
    size = batch_sizes(recipe, samples)[0]
    dropping = recipe.last_batch == "drop"
    if recipe.shuffle == "never":
        kept = samples - samples % size if dropping else None
        slices: tuple[Tensor, ...] = rows[:kept].split(size)
        return slices
    # A tensor has the methods of a Dataset, but is none to a type checker.
    dataset = cast("TorchDataset[Tensor]", rows)
    return DataLoader(dataset, size, shuffle=True, drop_last=dropping)


def _noting(
    node: LayerNode, noted: list[np.ndarray]
) -> Callable[[nn.Module, Any], None]:
    """Return a hook that records the mask that a dropout will draw."""
    assert node.mask_shape is not None
    numbers = (slice(None), *(slice(size) for size in node.mask_shape))

    def note(dropout: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        state = torch.get_rng_state()
        mask = dropout.forward(torch.ones_like(*inputs))
        torch.set_rng_state(state)
        noted.append(to_array(mask)[numbers].copy())

    return note
