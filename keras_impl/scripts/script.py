"""Complete Keras scripts."""

import keras

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
from framework_parity.keras_impl import (
    engine,
    weights,
)
from framework_parity.keras_impl.model import build
from framework_parity.keras_impl.scripts.data import data_section
from framework_parity.keras_impl.scripts.evaluation import (
    evaluation_section,
    plot_section,
)
from framework_parity.keras_impl.scripts.loop import training_section
from framework_parity.keras_impl.scripts.model import model_call, model_section
from framework_parity.keras_impl.scripts.names import vocabulary_of


def script(arm: Arm, options: ScriptOptions) -> Script:
    """Return a script that trains an arm.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.
    """
    check_script(arm)
    engine.configure(options.dtype, options.seed)
    arm = parts.with_plain_flatten(arm, "channels_last")
    arm = with_usual_optimizer(arm, "keras", options.exact)
    summary = [options.summary]
    if options.exact:
        summary.append(
            "The initial weights, the order of the samples and the masks are "
            f"read from {options.arrays}."
        )
    return assemble(
        f"{options.experiment}, '{arm.name}', in Keras.",
        summary,
        (
            data_section(arm, options),
            model_section(arm, options),
            training_section(arm, options),
            evaluation_section(arm),
            plot_section(arm, options),
        ),
        vocabulary_of(arm),
        script_arrays(arm, options),
    )


def script_arrays(arm: Arm, options: ScriptOptions) -> Tensors:
    """Return what the file of arrays of a script holds.

    Args:
        arm: the network, its data and its recipe.
        options: what the script is for.

    Translation: weights have the names `variable.path`, which depend on the
    layers that were made before.
    """
    saved = arrays.data_arrays(arm)
    if not options.exact:
        return saved
    saved |= arrays.drawn_arrays(arm, options.seed)
    named = build(arm)
    weights.write(named, initial_weights(arm, options.seed, options.dtype))
    values = [keras.ops.convert_to_numpy(v) for v in named.weights]
    keras.utils.clear_session(free_memory=False)
    plain = model_call(arm, options).construct()
    pairs = zip(plain.weights, values, strict=True)
    saved |= {variable.path: value for variable, value in pairs}
    kind = storage_dtype(options.dtype)
    masks = arrays.mask_arrays(arm, options.seed, kind)
    return saved | {f"mask_{n}": m for n, m in enumerate(masks.values())}
