"""The process and the training step, specific to TensorFlow.

With `ensemble.py`, it is the only file that imports TensorFlow to train.
"""

import random
from collections.abc import Callable
from functools import cache
from typing import Any

import keras
import tensorflow as tf

from framework_parity.common.training.loop import storage_dtype
from framework_parity.common.training.masks import set_masks
from framework_parity.keras_impl.freezing_extensions import inside
from framework_parity.keras_impl.penalties import ModelPenalty
from framework_parity.keras_impl.weights import parameters


def start(threads: int, device: str = "cpu") -> None:
    """Configure the process; call it once, before any computation.

    Args:
        threads: the number of CPU threads of one operation.
        device: unused; see the translation.

    Translation: by default TensorFlow computes on any visible GPU, allocates
    all of its memory, and rounds the factors of float32 products there to
    10 bits.
    """
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    tf.config.experimental.enable_tensor_float_32_execution(False)


def devices() -> list[str]:
    """Return the available devices among cpu, cuda and mps."""
    return [
        "cpu",
        *(["cuda"] if tf.config.list_physical_devices("GPU") else []),
    ]


def configure(dtype: str, seed: int) -> None:
    """Set the precision of models built afterwards, and Keras's seed.

    Args:
        dtype: `float32`, `float64` or `bfloat16` (mixed precision).
        seed: the seed.

    Translation: float64 needs `floatx`, not just a policy, or the rate and
    the loss stay in float32. Mixed precision is a policy in force when
    layers are constructed. On a CPU without bfloat16 instructions,
    TensorFlow truncates the sum of a product where PyTorch rounds it.
    Garbage collection is left to Python: a collection per network freed no
    more memory.
    """
    keras.utils.clear_session(free_memory=False)
    keras.config.set_floatx(storage_dtype(dtype))
    mixed = dtype == "bfloat16"
    keras.config.set_dtype_policy("mixed_bfloat16" if mixed else dtype)
    keras.utils.set_random_seed(seed)


def reseed(seed: int) -> None:
    """Set the seed from which layers constructed afterwards draw theirs.

    Translation: Python's generator draws the seeds of the layers.
    `set_random_seed` would also seed TensorFlow, which no layer draws from
    and which would then trace every function again: a second for a small
    network.
    """
    random.seed(seed)


def gradients(
    model: keras.Model,
    loss: keras.losses.Loss,
    penalty: ModelPenalty,
    variables: list[Any],
    x: Any,
    y: Any,
) -> tuple[Any, list[Any]]:
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

    Translation: training mode is an argument of the call.
    """
    with tf.GradientTape() as tape:
        value = loss(y, as_they_are(model(x, training=True)))
        total = penalty.added(value)
    watched = [variable.value for variable in variables]
    return penalty.reported(value), tape.gradient(total, watched)


def as_they_are(outputs: Any) -> Any:
    """Return a network's outputs as a tensor of unknown origin.

    Translation: Keras's cross-entropies trace the outputs of a softmax or a
    sigmoid back to its inputs and use those as the logits, even with
    `from_logits=True`. A network that ends in a softmax would then be
    trained as if it did not.
    """
    return tf.identity(outputs)


def compile_per_sample_gradients(
    model: keras.Model, loss: keras.losses.Loss, batched: bool
) -> Callable[[Any, Any, list[Any]], list[Any]]:
    """Return a function that computes the gradients of each single sample.

    Args:
        model: the network.
        loss: the loss function.
        batched: whether all layers have a form for several runs at once.

    Returns:
        A function of x, y and variables, to one tensor of shape
        (samples, *variable) per variable. The network is in evaluation
        mode.

    Translation: `vectorized_map` of a tape is one operation for all samples.
    It computes a wrong result for padding with a number other than 0 (its
    `PadV2` ignores the number) and fails for a convolution with groups, so
    other networks take `map_fn`, a loop inside the graph.
    """

    @tf.function(reduce_retracing=True)
    def per_sample(x: Any, y: Any, watched: list[Any]) -> list[Any]:
        def single(pair: tuple[Any, Any]) -> list[Any]:
            x, y = pair
            with tf.GradientTape() as tape:
                outputs = as_they_are(model(x[None], training=False))
                value = loss(y[None], outputs)
            return tape.gradient(value, watched)

        if batched:
            return tf.vectorized_map(
                single, (x, y), fallback_to_while_loop=False
            )
        kinds = [variable.dtype for variable in watched]
        return tf.map_fn(single, (x, y), fn_output_signature=kinds)

    def gradients(x: Any, y: Any, variables: list[Any]) -> list[Any]:
        return per_sample(x, y, [variable.value for variable in variables])

    return gradients


def compile_steps(
    model: keras.Model,
    loss: keras.losses.Loss,
    penalty: ModelPenalty,
    update: Callable[..., Any],
    x: Any,
    y: Any,
    mask_layers: dict[str, Any],
    gradient_norm: bool,
) -> Callable[..., dict[str, Any]]:
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

    Translation: a step is traced once into a graph, and the graph loops
    over the batches of all steps without returning to Python. Tracing often
    takes longer than training, so one trace is used for all batch sizes.
    """
    variables, kind = list(parameters(model).values()), keras.config.floatx()
    signature = (
        tf.TensorSpec((None, None), "int64"),
        tf.TensorSpec((None,), kind),
        {
            name: tf.TensorSpec((None, None, *masker.mask_shape), kind)
            for name, masker in mask_layers.items()
        },
    )

    @tf.function(input_signature=signature)
    def steps(indices: Any, rates: Any, masks: dict[str, Any]) -> Any:
        count = tf.shape(indices)[0]
        losses = tf.TensorArray(kind, count)
        used = tf.TensorArray(kind, count)
        norms = tf.TensorArray(kind, count)
        for step in tf.range(count):
            given = {name: masks[name][step] for name in mask_layers}
            batch = gather(x, y, indices[step])
            with set_masks(mask_layers, given):
                value, grads = gradients(
                    model, loss, penalty, variables, *batch
                )
            if gradient_norm:
                step_norms = tf.stack(
                    [tf.norm(gradient) for gradient in grads]
                )
                norms = norms.write(step, step_norms)
            used = used.write(step, update(grads, rates[step]))
            losses = losses.write(step, value)
        curves = {"loss": losses.stack(), "rate": used.stack()}
        if gradient_norm:
            curves["gradient_norm"] = norms.stack()
        return curves

    return steps


def gather(x: Any, y: Any, indices: Any) -> tuple[Any, Any]:
    """Return one batch of rows.

    Args:
        x: all samples.
        y: their labels or targets.
        indices: the rows, of shape (batch,).
    """
    return tf.gather(x, indices), tf.gather(y, indices)


def outputs(model: keras.Model, x: Any, names: set[str]) -> dict[str, Any]:
    """Return the outputs of the layers of some names, in evaluation.

    Args:
        model: the network.
        x: the samples.
        names: the names of the layers.

    Translation: Keras has no hooks, so the method `call` of each of these
    layers is hidden during this call by a function that records its results.
    """
    values: dict[str, Any] = {}

    def watch(layer: keras.layers.Layer) -> None:
        call = layer.call

        def watched(*args: Any, **kwargs: Any) -> Any:
            values[layer.name] = output = call(*args, **kwargs)
            return output

        layer.call = watched

    layers = [layer for layer in inside(model) if layer.name in names]
    for layer in layers:
        watch(layer)
    try:
        model(x, training=False)
    finally:
        for layer in layers:
            del layer.call
    return values


def compile_evaluation(
    model: keras.Model,
    loss: keras.losses.Loss,
    penalty: ModelPenalty,
    mask_layers: dict[str, Any],
) -> Callable[[Any, Any, Any], tuple[Any, Any]]:
    """Return a function from x, y and masks to the outputs and the loss.

    Args:
        model: the network.
        loss: the loss function.
        penalty: the penalty on the model.
        mask_layers: the layers that take masks, by name.

    Returns:
        A function that evaluates in evaluation mode if the masks are None,
        else in training mode with these masks by layer.

    Translation: the mode is an argument of the call. One trace of each mode
    is used for any number of samples.
    """

    @tf.function
    def evaluation(x: Any, y: Any, masks: Any) -> tuple[Any, Any]:
        training = masks is not None
        with set_masks(mask_layers if training else {}, masks or {}):
            outputs = model(x, training=training)
        value = loss(y, as_they_are(outputs))
        return outputs, penalty.reported(value)

    @cache
    def traced(*kinds: Any, training: bool) -> Any:
        x, y, *masks = kinds
        given = (
            dict(zip(mask_layers, masks, strict=True)) if training else None
        )
        return evaluation.get_concrete_function(x, y, given)

    def of_any_size(x: Any, y: Any, masks: Any = None) -> tuple[Any, Any]:
        training = masks is not None
        given = [masks[name] for name in mask_layers] if training else []
        kinds = [
            tf.TensorSpec((None, *t.shape[1:]), t.dtype)
            for t in (x, y, *given)
        ]
        function = traced(*kinds, training=training)
        # Without the last argument TensorFlow would first fail and describe
        # all tensors in an error message, at every call.
        return function(x, y, masks)

    return of_any_size
