"""The process and the step: what belongs to TensorFlow's machinery alone.

The one file of this package that touches TensorFlow.
"""

import random
from collections.abc import Callable
from functools import cache
from typing import Any

import keras
import tensorflow as tf

from framework_parity.common.training.loop import storage_dtype
from framework_parity.keras_impl.penalties import ModelPenalty
from framework_parity.keras_impl.weights import parameters


def start(threads: int, device: str = "cpu") -> None:
    """Set up the process, once, before anything is computed.

    Translation: TensorFlow computes on a GPU wherever it sees one, takes
    all of its memory, and rounds float32 products there to 10 bits.
    """
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    tf.config.experimental.enable_tensor_float_32_execution(False)


def devices() -> list[str]:
    """Return which of cpu, cuda and mps there are to compute on."""
    return [
        "cpu",
        *(["cuda"] if tf.config.list_physical_devices("GPU") else []),
    ]


def configure(dtype: str, seed: int) -> None:
    """Set the precision of what is built next, and Keras's own seed.

    Translation: float64 needs `floatx`, not just a policy, or the rate and
    the loss stay in float32. Mixed precision is a policy that layers are
    made under. On a CPU without instructions for bfloat16, TensorFlow cuts
    a product's sum off where PyTorch rounds it. Python collects garbage
    when it wants to: doing so for every network freed nothing more.
    """
    keras.utils.clear_session(free_memory=False)
    keras.config.set_floatx(storage_dtype(dtype))
    mixed = dtype == "bfloat16"
    keras.config.set_dtype_policy("mixed_bfloat16" if mixed else dtype)
    keras.utils.set_random_seed(seed)


def reseed(seed: int) -> None:
    """Set the seed from which layers made next draw theirs.

    Translation: it is Python's to draw. `set_random_seed` would also seed
    TensorFlow, from which no layer draws, and TensorFlow then prepares every
    function anew: a second for a small network.
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

    Translation: training is an argument of the call.
    """
    with tf.GradientTape() as tape:
        value = loss(y, _as_they_are(model(x, training=True)))
        total = penalty.added(value)
    watched = [variable.value for variable in variables]
    return penalty.reported(value), tape.gradient(total, watched)


def _as_they_are(outputs: Any) -> Any:
    """Return a network's outputs as a tensor of unknown origin.

    Translation: Keras's cross-entropies follow the outputs of a softmax or
    a sigmoid back to its inputs and take those for the logits, even with
    `from_logits=True`. A network that ends in a softmax would then be
    trained as if it did not.
    """
    return tf.identity(outputs)


def compile_per_sample_gradients(
    model: keras.Model, loss: keras.losses.Loss
) -> Callable[[Any, Any, list[Any]], list[Any]]:
    """Return a function to the gradients of each sample alone.

    It takes x, y and variables; the network is as it is in evaluation.

    Translation: `map_fn` over a tape, a loop inside of the graph.
    `vectorized_map` would be one operation for all samples, but computes
    something else where a number other than 0 is padded (its `PadV2`
    forgets which) and fails where a convolution has groups.
    """

    @tf.function(reduce_retracing=True)
    def each(x: Any, y: Any, watched: list[Any]) -> list[Any]:
        def single(pair: tuple[Any, Any]) -> list[Any]:
            x, y = pair
            with tf.GradientTape() as tape:
                outputs = _as_they_are(model(x[None], training=False))
                value = loss(y[None], outputs)
            return tape.gradient(value, watched)

        kinds = [variable.dtype for variable in watched]
        return tf.map_fn(single, (x, y), fn_output_signature=kinds)

    def gradients(x: Any, y: Any, variables: list[Any]) -> list[Any]:
        return each(x, y, [variable.value for variable in variables])

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

    Translation: a step is traced once into a graph, and the graph loops
    over the batches of all steps without coming back to Python. Tracing
    takes longer than many a training, so one trace serves all sizes.
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
            for name, masker in mask_layers.items():
                masker.mask = masks[name][step]
            batch = gather(x, y, indices[step])
            value, found = gradients(model, loss, penalty, variables, *batch)
            if gradient_norm:
                each = tf.stack([tf.norm(gradient) for gradient in found])
                norms = norms.write(step, each)
            used = used.write(step, update(found, rates[step]))
            losses = losses.write(step, value)
        curves = {"loss": losses.stack(), "rate": used.stack()}
        if gradient_norm:
            curves["gradient_norm"] = norms.stack()
        return curves

    return steps


def gather(x: Any, y: Any, indices: Any) -> tuple[Any, Any]:
    """Return one batch of rows."""
    return tf.gather(x, indices), tf.gather(y, indices)


def outputs(model: keras.Model, x: Any, names: set[str]) -> dict[str, Any]:
    """Return what leaves the layers of these names, in evaluation.

    Translation: Keras has no hooks, so what every layer's call returns is
    written down for as long as this call lasts.
    """
    found: dict[str, Any] = {}
    call = keras.layers.Layer.__call__

    def watched(layer: Any, *args: Any, **kwargs: Any) -> Any:
        output = call(layer, *args, **kwargs)
        if layer.name in names:
            found[layer.name] = output
        return output

    keras.layers.Layer.__call__ = watched
    try:
        model(x, training=False)
    finally:
        keras.layers.Layer.__call__ = call
    return found


def compile_evaluation(
    model: keras.Model,
    loss: keras.losses.Loss,
    penalty: ModelPenalty,
) -> Callable[[Any, Any], tuple[Any, Any]]:
    """Return a function from x, y to the outputs and the loss.

    Translation: evaluation is an argument of the call. One trace serves
    however many samples there are.
    """

    @tf.function
    def evaluation(x: Any, y: Any) -> tuple[Any, Any]:
        outputs = model(x, training=False)
        value = loss(y, _as_they_are(outputs))
        return outputs, penalty.reported(value)

    traced = cache(evaluation.get_concrete_function)

    def of_any_size(x: Any, y: Any) -> tuple[Any, Any]:
        like = (tf.TensorSpec((None, *t.shape[1:]), t.dtype) for t in (x, y))
        return traced(*like)(x, y)

    return of_any_size
