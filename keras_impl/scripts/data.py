"""The data of a Keras script."""

from framework_parity.common.codegen.scripts import arrays, parts, sources
from framework_parity.common.codegen.scripts.script import (
    ScriptOptions,
    Section,
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


def data_section(arm: Arm, options: ScriptOptions) -> Section:
    """Return the code from the samples to the arrays of each part.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: NumPy arrays are passed to `fit`; images stay channels last.
    """
    data, kind = arm.data, storage_dtype(options.dtype)
    lines = [f"keras.utils.set_random_seed({options.seed})"]
    if kind != "float32":
        lines.append(f'keras.config.set_floatx("{kind}")')
    if options.dtype != "float32":
        mixed = options.dtype == "bfloat16"
        policy = "mixed_bfloat16" if mixed else kind
        lines.append(f'keras.config.set_dtype_policy("{policy}")')
    if arrays.are_read(arm, options.exact):
        lines.append(f'saved = np.load("{options.arrays}")')
    lines += ["", *samples(data, options)]
    lines += parts.target_code(arm.recipe.loss, data)
    lines += ["", *parts.split_code(data, options.exact)]
    whole = isinstance(arm.recipe.loss, CrossEntropy)
    y = "y" if whole else f'y.astype("{kind}")'
    x = "x" if data.source.vocabulary else f'x.astype("{kind}")'
    lines += parts.prepare_code(data, (x, y))
    return section("Data", lines)


def samples(data: Data, options: ScriptOptions) -> list[str]:
    """Return the code that assigns all samples and targets to x and y.

    Args:
        data: the data.
        options: what the script is for.

    Translation: one function loads both parts of an image data set.
    """
    source = data.source
    if sources.is_drawn(source):
        return sources.source_code(source, data.seed, options.exact)
    if not isinstance(source, ImageSet):
        return ['x, y = saved["x"], saved["y"]']
    loader = f"keras.datasets.{source.kind()}.load_data()"
    counts = f"[:{source.samples}]", f"[:{source.test_samples}]"
    lines = [f"(x, y), (x_last, y_last) = {loader}"]
    lines += [
        f"{name} = np.concatenate([{name}{counts[0]}, {name}_last{counts[1]}])"
        for name in "xy"
    ]
    if source.shape[-1] == 1:
        lines.append("x = x[..., np.newaxis]")
    return [*lines, "y = y.ravel().astype(int)"]
