"""Faults of the frameworks themselves, each with a script that shows it.

A script needs the framework alone and has at most 15 lines. It sets
`expected` and `measured`; a fault stands as long as they differ.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        name: a short name.
        framework: where it is.
        sentence: what is wrong.
        remedy: what avoids it.
        script: sets `expected` and `measured`, numbers or texts.
        tolerance: numbers that differ by less, relative to the expected one,
            are equal.
    """

    name: str
    framework: str
    sentence: str
    remedy: str
    script: str
    tolerance: float = 1e-12


FLOAT64 = 'keras.config.set_floatx("float64")\n'

FAULTS = (
    Fault(
        "add_takes_a_column_for_a_bias",
        "Keras",
        "`keras.ops.add` and `layers.Add` add an operand of shape (n, 1) to "
        "one of shape (n, n) as a bias of the last axis.",
        "Give the operand that is broadcast first, or subtract its negative.",
        """
import numpy as np
a, b = np.ones((4, 4)), np.arange(4.0)[:, None]
expected = float((a + b)[0].sum())
measured = float(np.asarray(keras.ops.add(a, b))[0].sum())
""",
    ),
    Fault(
        "average_takes_a_column_for_a_bias",
        "Keras",
        "`layers.Average` has the fault of `ops.add`.",
        "Multiply the sum, with the broadcast operand first, by a half.",
        """
import numpy as np
a, b = np.ones((4, 4)), np.arange(4.0)[:, None]
expected = float((a + b)[0].sum() / 2)
measured = float(np.asarray(keras.layers.Average()([a, b]))[0].sum())
""",
        1e-6,
    ),
    Fault(
        "numbers_pass_through_float32",
        "Keras",
        "`ops.cast` of a Python number to float64 rounds it to float32, and "
        "with it momentum, betas, decay, factors of penalties and the scale "
        "of attention.",
        "`ops.convert_to_tensor(number, dtype)` is exact.",
        """
expected = 0.9
measured = float(keras.ops.cast(0.9, "float64"))
""",
    ),
    Fault(
        "repeated_ids_under_adam",
        "Keras",
        "The gradient of an embedding has a slice for each occurrence of an "
        "id, and Adam squares each slice, not their sum.",
        "Look up `ops.multiply(table, 1.0)`, whose gradient is dense.",
        """
import numpy as np
steps = []
for ids in ([[0, 0]], [[0]]):  # the gradient of row 0 is 2, and 2
    layer = keras.layers.Embedding(2, 1, "zeros")
    adam = keras.optimizers.Adam(0.1, epsilon=1.0)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(np.array(ids))) * 2 / len(ids[0])
    adam.apply(tape.gradient(loss, [v.value for v in layer.variables]),
               layer.trainable_variables)
    steps.append(float(np.asarray(layer.variables[0])[0, 0]))
expected, measured = steps[1], steps[0]
""",
        1e-5,
    ),
    Fault(
        "seeded_fit_repeats_one_order",
        "Keras",
        "After `set_random_seed`, `fit(shuffle=True)` uses the same order in "
        "every epoch.",
        "Shuffle the arrays before each epoch, with `shuffle=False`.",
        """
import numpy as np
keras.utils.set_random_seed(0)
seen = []
class Seen(keras.layers.Layer):
    def call(self, x):
        tf.py_function(lambda v: seen.append(v.numpy().ravel()), [x], [])
        return x
model = keras.Sequential([keras.Input((1,)), Seen(), keras.layers.Dense(1)])
model.compile("sgd", "mse")
x = np.arange(64.0)[:, None]
model.fit(x, x, batch_size=64, epochs=2, verbose=0)
expected = "another order"
measured = "the same" if np.array_equal(*seen[-2:]) else "another order"
""",
    ),
    Fault(
        "logits_behind_a_softmax",
        "Keras",
        "A cross-entropy with `from_logits=True` of the output of a softmax "
        "takes the inputs of that softmax.",
        "Pass the output through `tf.identity` first.",
        """
import numpy as np
z = keras.ops.convert_to_tensor([[2.0, 0.0]])
p = keras.activations.softmax(z)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
expected = float(-np.log(np.exp(p[0, 0]) / np.exp(p[0]).sum()))
measured = float(loss(np.array([0]), p))
""",
        1e-6,
    ),
    Fault(
        "bilinear_in_float32",
        "TensorFlow",
        "`UpSampling2D` with bilinear interpolation computes in float32 when "
        "its input is in float64.",
        "Multiply by the matrix of the interpolation along each axis.",
        FLOAT64
        + """
import numpy as np
x = np.array([[0.1, 0.3]]).reshape(1, 1, 2, 1)
layer = keras.layers.UpSampling2D(2, interpolation="bilinear")
expected = 0.75 * 0.1 + 0.25 * 0.3
measured = float(np.asarray(layer(x))[0, 0, 1, 0])
""",
    ),
    Fault(
        "no_gradient_of_a_grouped_convolution",
        "TensorFlow",
        "A grouped convolution has no gradient on a processor without XLA, "
        "which is off where functions run eagerly.",
        "Compute each group on its own.",
        FLOAT64
        + """
import numpy as np
tf.config.run_functions_eagerly(True)
layer = keras.layers.Conv2D(8, 3, groups=4)
x = tf.constant(np.ones((1, 5, 5, 4)))
expected = measured = "a gradient"
with tf.GradientTape() as tape:
    tape.watch(x)
    loss = tf.reduce_sum(layer(x))
try:
    tape.gradient(loss, x)
except tf.errors.InvalidArgumentError:
    measured = "InvalidArgumentError"
""",
    ),
    Fault(
        "vectorized_map_pads_with_zero",
        "TensorFlow",
        "`tf.vectorized_map` of a padding with another number than 0 pads "
        "with 0.",
        "`tf.map_fn`.",
        """
x = tf.ones((2, 3))
padded = lambda row: tf.pad(row, [[1, 1]], constant_values=7.0)
expected = float(tf.map_fn(padded, x)[0, 0])
measured = float(tf.vectorized_map(padded, x)[0, 0])
""",
    ),
    Fault(
        "a_compiled_call_keeps_its_first_weights",
        "Keras",
        "If the first call of a model whose `call` is a `tf.function` creates "
        "its weights, later calls do not see new values of them.",
        "Build the layers before the first call.",
        """
import numpy as np
class Model(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1, kernel_initializer="ones")
    @tf.function
    def call(self, x):
        return self.dense(x)
model, x = Model(), np.ones((1, 1), "float32")
model(x)
model.set_weights([w + 1 for w in model.get_weights()])
expected = 3.0  # kernel 2, bias 1
measured = float(model(x)[0, 0])
""",
    ),
    Fault(
        "top_k_in_float64",
        "Keras",
        "`TopKCategoricalAccuracy` raises an error when floatx is float64.",
        "Give the metric predictions in float32.",
        FLOAT64
        + """
import numpy as np
metric = keras.metrics.TopKCategoricalAccuracy(1)
expected = measured = "a number"
try:
    metric(np.eye(3), np.eye(3))
except Exception as error:
    measured = type(error).__name__
""",
    ),
    Fault(
        "negative_ids_are_the_last_rows",
        "Keras",
        "An embedding takes the id -1 for the last row instead of refusing "
        "it, as it refuses ids that are too large.",
        "Check the ids first.",
        """
import numpy as np
layer = keras.layers.Embedding(3, 1)
expected = measured = "an error"
try:
    layer(np.array([[-1]]))
    measured = "a row"
except Exception:
    pass
""",
    ),
    Fault(
        "rms_normalization_scales_the_last_axis",
        "Keras",
        "`RMSNormalization(axis=1)` of (n, 3, 3) multiplies the last axis by "
        "its scale, and not the normalised one, as `LayerNormalization` does.",
        "Move the axis to the end, normalise, and move it back.",
        """
import numpy as np
layer = keras.layers.RMSNormalization(axis=1)
layer.build((None, 3, 3))
layer.scale.assign([1.0, 10.0, 100.0])
expected = 10.0
measured = float(np.asarray(layer(np.ones((1, 3, 3))))[0, 1, 0])
""",
        1e-6,
    ),
    Fault(
        "softmax_takes_a_mask_of_steps_for_its_own",
        "Keras",
        "`layers.Softmax` behind an `Embedding(mask_zero=True)` fails: it "
        "takes the mask of the steps, (n, t), for one of all numbers, "
        "(n, t, c).",
        "Use `Activation('softmax')`, or a subclass that drops the argument.",
        """
import numpy as np
model = keras.Sequential([keras.layers.Embedding(5, 3, mask_zero=True),
                          keras.layers.Softmax()])
expected = measured = "(2, 4, 3)"
try:
    measured = str(model(np.array([[1, 2, 0, 0], [3, 4, 1, 0]])).shape)
except ValueError as error:
    measured = type(error).__name__
""",
    ),
    Fault(
        "frozen_model_is_trained_inside_of_another",
        "Keras",
        "`Sequential(..., trainable=False)` has no trainable variables by "
        "itself, but all of them are trained inside of another model: the "
        "layers are added after the value is set. Setting `trainable = "
        "False` afterwards changes nothing, since the value is the same.",
        "Leave the argument out, and set `model.trainable = False` after "
        "the layers are added; inspect `trainable_variables` of the outer "
        "model.",
        """
inputs = keras.Input((3,))
base = keras.Sequential([inputs, keras.layers.Dense(2)], trainable=False)
base.trainable = False
model = keras.Sequential([inputs, base, keras.layers.Dense(1)])
expected = 2
measured = len(model.trainable_variables)
""",
    ),
    Fault(
        "fused_sgd_reads_memory_in_order",
        "PyTorch",
        "`SGD(fused=True)` on a CPU subtracts the numbers of a gradient in "
        "the order of its memory, whatever its strides are.",
        "Call `contiguous()` of a gradient that is set by hand, or use "
        "`backward`, which lays it out as its parameter.",
        """
import torch
gradient = torch.arange(24.0).reshape(2, 3, 2, 2)
weight = torch.nn.Parameter(torch.zeros(2, 3, 2, 2))
weight.grad = gradient.to(memory_format=torch.channels_last)
torch.optim.SGD([weight], lr=1.0, fused=True).step()
expected = 0.0
measured = float((weight + gradient).abs().max())
""",
    ),
    Fault(
        "two_compilers_in_one_process",
        "PyTorch and TensorFlow",
        "The first optimiser of PyTorch in a process with TensorFlow aborts "
        "it: both bring an LLVM.",
        "Import triton first, or use a process for each framework.",
        """
import subprocess, sys
code = ("import tensorflow, torch; torch.optim.SGD("
        "[torch.zeros(1, requires_grad=True)], 0.1)")
done = subprocess.run([sys.executable, "-c", code], capture_output=True)
expected, measured = "status 0", f"status {done.returncode}"
""",
    ),
    Fault(
        "softplus_beyond_its_threshold",
        "PyTorch",
        "`softplus` of numbers above 20 is the number itself, in float64 as "
        "well.",
        "`torch.nn.functional.softplus(x, threshold=40)` in float64.",
        """
import math
import torch
x = torch.tensor(20.5, dtype=torch.float64)
expected = 20.5 + math.log1p(math.exp(-20.5))
measured = float(torch.nn.functional.softplus(x))
""",
    ),
)
