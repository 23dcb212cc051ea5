"""The data of a PyTorch script."""

from framework_parity.common.codegen.scripts import arrays, parts, sources
from framework_parity.common.codegen.scripts.script import (
    ScriptOptions,
    Section,
    annotated,
    section,
)
from framework_parity.common.data.image_sets import ImageSet
from framework_parity.common.data.spec import Data
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.losses import (
    CrossEntropy,
)
from framework_parity.common.training.loop import (
    storage_dtype,
)

_LOADERS = {
    "mnist": "MNIST",
    "fashion_mnist": "FashionMNIST",
    "cifar10": "CIFAR10",
}


def data_section(arm: Arm, options: ScriptOptions) -> Section:
    """Return the code from the samples to the tensors of each part.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: images are moved to channels first.
    """
    data, kind = arm.data, storage_dtype(options.dtype)
    lines = [f"torch.manual_seed({options.seed})"]
    if kind != "float32":
        lines.append(f"torch.set_default_dtype(torch.{kind})")
    if arrays.are_read(arm, options.exact):
        lines.append(f'saved = np.load("{options.arrays}")')
    lines += ["", *samples(data, options)]
    lines += parts.target_code(arm.recipe.loss, data)
    lines += ["", *parts.split_code(data, options.exact)]
    x = f"torch.tensor(x, dtype=torch.{kind})"
    if data.source.vocabulary:
        x = "torch.tensor(x)"
    y = "torch.tensor(y)"
    if not isinstance(arm.recipe.loss, CrossEntropy):
        y = f"torch.tensor(y, dtype=torch.{kind})"
    if len(data.source.shape) == 3:
        x += ".permute(0, 3, 1, 2).contiguous()"
    lines += parts.prepare_code(data, (x, y))
    notes = [(r"\.permute\(", "Images have channels first in PyTorch.")]
    return section("Data", annotated(lines, notes))


def samples(data: Data, options: ScriptOptions) -> list[str]:
    """Return the code that assigns all samples and targets to x and y.

    Args:
        data: the data.
        options: what the script is for.

    Translation: each part of an image data set is an object of its own.
    """
    source = data.source
    if sources.is_drawn(source):
        return sources.source_code(source, data.seed, options.exact)
    if not isinstance(source, ImageSet):
        return ['x, y = saved["x"], saved["y"]']
    loader = f"datasets.{_LOADERS[source.kind()]}"
    channel = "" if len(source.shape) == 3 and source.shape[-1] == 3 else "x"
    lines = [
        f'train_set = {loader}("data", train=True, download=True)',
        f'test_set = {loader}("data", train=False, download=True)',
    ]
    for name, field in {"x": "data", "y": "targets"}.items():
        train = f"train_set.{field}[:{source.samples}]"
        test = f"test_set.{field}[:{source.test_samples}]"
        whole = [f"{name} = np.concatenate(", f"    [{train}, {test}]", ")"]
        lines += whole
    return lines + (["x = x[..., np.newaxis]"] if channel else [])
