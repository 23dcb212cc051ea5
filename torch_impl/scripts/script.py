"""Complete PyTorch scripts."""

import numpy as np

from framework_parity.common.codegen.concise import concise
from framework_parity.common.codegen.scripts import arrays, parts
from framework_parity.common.codegen.scripts.script import (
    Script,
    ScriptOptions,
    assemble,
    check_script,
    with_usual_optimizer,
)
from framework_parity.common.spec.arm import Arm
from framework_parity.common.training.loop import (
    initial_weights,
    storage_dtype,
)
from framework_parity.common.training.record import Tensors
from framework_parity.torch_impl import engine, weights
from framework_parity.torch_impl.model import (
    block_call,
    build,
)
from framework_parity.torch_impl.scripts.data import data_section
from framework_parity.torch_impl.scripts.evaluation import (
    evaluation_section,
    plot_section,
)
from framework_parity.torch_impl.scripts.loop import training_section
from framework_parity.torch_impl.scripts.model import model_section
from framework_parity.torch_impl.scripts.names import VOCABULARY, style


def script(arm: Arm, options: ScriptOptions) -> Script:
    """Return a script that trains an arm.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.
    """
    check_script(arm)
    engine.configure(options.dtype, options.seed)
    arm = parts.with_plain_flatten(arm, "channels_first")
    arm = with_usual_optimizer(arm, "torch", options.exact)
    summary = [options.summary]
    if options.exact:
        summary.append(
            "The initial weights, the order of the samples and the masks are "
            f"read from {options.arrays}."
        )
    return assemble(
        f"{options.experiment}, '{arm.name}', in PyTorch.",
        summary,
        (
            data_section(arm, options),
            model_section(arm, options),
            training_section(arm, options),
            evaluation_section(arm),
            plot_section(arm, options),
        ),
        VOCABULARY,
        script_arrays(arm, options),
    )


def script_arrays(arm: Arm, options: ScriptOptions) -> Tensors:
    """Return what the file of arrays of a script holds.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: weights have the names of `state_dict`.
    """
    saved = arrays.data_arrays(arm)
    if not options.exact:
        return saved
    saved |= arrays.drawn_arrays(arm, options.seed)
    named = build(arm)
    weights.write(named, initial_weights(arm, options.seed, options.dtype))
    plain = concise(block_call(arm.nodes), style(options)).construct()
    pairs = zip(plain.state_dict(), named.state_dict().values(), strict=True)
    saved |= {name: value.cpu().numpy() for name, value in pairs}
    kind = storage_dtype(options.dtype)
    masks = arrays.mask_arrays(arm, options.seed, kind)
    for index, mask in enumerate(masks.values()):
        if mask.ndim == 5:
            mask = np.moveaxis(mask, -1, 2)
        saved[f"mask_{index}"] = mask
    return saved
