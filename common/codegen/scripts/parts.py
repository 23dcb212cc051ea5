"""The code that splits and scales the data, the same for both frameworks.

The parts are the variables x_train, y_train, x_val, y_val, x_test, y_test.
"""

from dataclasses import replace
from typing import Literal, TypeAlias, cast

from framework_parity.common.codegen.printing import WIDTH
from framework_parity.common.data.scaling import Normalize
from framework_parity.common.data.spec import Data
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.layers.core import Flatten
from framework_parity.common.spec.losses import (
    BinaryLoss,
    CrossEntropy,
    Loss,
)

FlattenOrder: TypeAlias = Literal["channels_first", "channels_last"]

SUFFIXES = {"train": "train", "validation": "val", "test": "test"}

SCALERS = {
    "standardize": "StandardScaler()",
    "min_max": "MinMaxScaler()",
    "symmetric": "MinMaxScaler((-1.0, 1.0))",
}

IMPORTS = {
    "plt": "import matplotlib.pyplot as plt",
    "train_test_split": (
        "from sklearn.model_selection import train_test_split"
    ),
    "StandardScaler": "from sklearn.preprocessing import StandardScaler",
    "MinMaxScaler": "from sklearn.preprocessing import MinMaxScaler",
    "copy": "import copy",
    "itertools": "import itertools",
    "math": "import math",
    "np": "import numpy as np",
}


def suffixes(data: Data) -> list[str]:
    """Return the suffixes of the parts that have samples of their own."""
    return [
        SUFFIXES[part]
        for part, size in data.part_sizes().items()
        if size and not (part == "validation" and data.validation == "test")
    ]


def evaluated(data: Data) -> str:
    """Return the suffix of the part that is evaluated during training.

    It is the validation part, or the test part where the specification
    uses that; without either it is empty.
    """
    if not data.part_sizes()["validation"]:
        return ""
    return "test" if data.validation == "test" else "val"


def with_plain_flatten(arm: Arm, order: FlattenOrder) -> Arm:
    """Return an arm whose flattened images of one channel have an order.

    With one channel all orders are the same, so a script can use the
    framework's own.

    Args:
        arm: the network, its data and its recipe.
        order: the framework's own order.
    """
    layers = [
        node.layer.model_copy(update={"order": order})
        if isinstance(node.layer, Flatten) and node.input_shape[-1] == 1
        else node.layer
        for node in arm.nodes
    ]
    return replace(arm, layers=cast("tuple[Layer, ...]", tuple(layers)))


def flattens_channels(arm: Arm) -> bool:
    """Return whether a flattened sample has several channels."""
    return any(
        isinstance(node.layer, Flatten)
        and len(node.input_shape) > 1
        and node.input_shape[-1] > 1
        for node in arm.all_nodes
    )


def target_code(loss: Loss, data: Data) -> list[str]:
    """Return code that brings y into the form that a loss requires.

    Args:
        loss: the loss.
        data: the data, with y of shape (n,) or (n, 1).
    """
    if isinstance(loss, CrossEntropy):
        return []
    if data.target == "inputs":
        return []
    classes = data.class_count
    if classes is not None and not isinstance(loss, BinaryLoss):
        return [f"y = np.eye({classes})[y]  # one-hot"]
    return ["y = y.reshape(-1, 1).astype(float)"]


def split_code(data: Data, exact: bool) -> list[str]:
    """Return code that splits x and y into the parts.

    Args:
        data: the data.
        exact: whether the rows of each part are read from the file of
            arrays.
    """
    chosen = suffixes(data)
    if exact:
        return [
            f'{name}_{part} = {name}[saved["{part}"]]'
            for part in chosen
            for name in "xy"
        ]
    sizes = data.part_sizes()
    lines, left = [], ("x", "y")
    own = {"test": data.source.test_size, "val": data.source.validation_size}
    for part in ("test", "val"):
        if part in chosen and own[part]:
            lines += _tail(left, part, own[part])
            left = ("x_train", "y_train")
    for part, full in (("test", "test"), ("val", "validation")):
        if part not in chosen or own[part]:
            continue
        if data.split in ("last", "first"):
            lines += _slices(left, part, sizes[full], data.split)
        else:
            lines += _random(left, part, sizes[full], data)
        left = ("x_train", "y_train")
    if left == ("x", "y"):
        lines.append("x_train, y_train = x, y")
    return lines


def _tail(left: tuple[str, str], part: str, size: int) -> list[str]:
    return _slices(left, part, size, "last")


def _slices(
    left: tuple[str, str], part: str, size: int, split: str
) -> list[str]:
    kept, held = f"[:-{size}]", f"[-{size}:]"
    if split == "first":
        kept, held = f"[{size}:]", f"[:{size}]"
    return [
        f"{name}_train, {name}_{part} = {of}{kept}, {of}{held}"
        for name, of in zip("xy", left, strict=True)
    ]


def _random(
    left: tuple[str, str], part: str, size: int, data: Data
) -> list[str]:
    classes = data.source.class_count is not None
    by_class = classes and data.split == "stratified"
    stratify = f", stratify={left[1]}" if by_class else ""
    arguments = f"test_size={size}, random_state={data.seed}{stratify}"
    return [
        f"x_train, x_{part}, y_train, y_{part} = train_test_split(",
        f"    {left[0]}, {left[1]}, {arguments}",
        ")",
    ]


def prepare_code(data: Data, converted: tuple[str, str]) -> list[str]:
    """Return code that scales and converts the parts.

    The scaling is fitted on the training part.

    Args:
        data: the data.
        converted: expressions of x and y as the framework takes them.
    """
    lines, inside = [], []
    for name, scaling in {"x": data.scaling, "y": data.target_scaling}.items():
        flat = name == "x" and len(data.source.shape) > 1
        fit, apply = _scaled(name, scaling, data.source.shape if flat else ())
        lines += fit
        inside += apply
    whole = ", ".join(converted)
    if data.target == "inputs":
        inside.append(f"x = {converted[0]}")
        whole = "x, x"
    elif len(whole) > WIDTH - 11:
        inside.append(f"x = {converted[0]}")
        whole = f"x, {converted[1]}"
    title = "Return samples and targets as training takes them."
    lines += [
        "",
        "",
        "def prepare(x, y):",
        f'    """{title}"""',
        *(f"    {line}" for line in inside),
        f"    return {whole}",
        "",
        "",
    ]
    return lines + [
        f"x_{part}, y_{part} = prepare(x_{part}, y_{part})"
        for part in suffixes(data)
    ]


def _scaled(
    name: str, scaling: str | Normalize, shape: tuple[int, ...]
) -> tuple[list[str], list[str]]:
    """Return the code that fits a scaling, and the code that applies it.

    Args:
        name: the variable, `x` or `y`.
        scaling: the scaling.
        shape: the shape of a sample that has to be flattened, or ().
    """
    train = f"{name}_train"
    if scaling == "none":
        return [], []
    if isinstance(scaling, Normalize):
        # x - 0 and x / 1 are x, bit for bit.
        values = f"({name} - low) / (high - low)"
        if scaling.mean:
            values += f" - {scaling.mean}"
        if scaling.deviation != 1:
            values = f"({values}) / {scaling.deviation}"
        return (
            [f"low, high = {train}.min(), {train}.max()"],
            [f"{name} = {values}"],
        )
    scaler = "scaler" if name == "x" else "target_scaler"
    if not shape:
        return (
            [f"{scaler} = {SCALERS[scaling]}.fit({train})"],
            [f"{name} = {scaler}.transform({name})"],
        )
    sides = ", ".join(map(str, shape))
    rows = f"{train}.reshape(len({train}), -1)"
    return (
        [f"{scaler} = {SCALERS[scaling]}.fit({rows})"],
        [
            f"rows = {scaler}.transform({name}.reshape(len({name}), -1))",
            f"{name} = rows.reshape(-1, {sides})",
        ],
    )


def plot_code(names: dict[str, str], title: str) -> list[str]:
    """Return code that draws the curves of `history` into a file.

    Args:
        names: keys of `history`, and their labels.
        title: the title of the plot.
    """
    return [
        *(
            f'plt.plot(history["{name}"], label="{label}")'
            for name, label in names.items()
        ),
        'plt.xlabel("epoch")',
        'plt.ylabel("loss")',
        f'plt.title("{title}")',
        "plt.legend()",
        'plt.savefig("loss.png")',
    ]
