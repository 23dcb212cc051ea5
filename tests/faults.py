"""Faults to plant in one framework, which the judge has to detect.

A fault is a function that changes modules inside a worker process. It takes
the backend's package name, so that one fault can be planted on either side::

    Worker("keras", setup="tests.faults:transposed_kernel")

`install` instead gives the worker a task, `plant`, which undoes one fault
and plants the next: starting a framework takes longer than judging it.
"""

import functools
import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import pytest

from framework_parity.common.codegen.calls import call
from framework_parity.common.codegen.lookup import SPEC
from framework_parity.common.data import spec as data
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.conventions import CONVENTIONS
from framework_parity.common.spec.initializers import KernelInitializer
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.layers.activations import Softmax, Tanh
from framework_parity.common.spec.layers.core import Dense
from framework_parity.common.spec.losses import Loss
from framework_parity.common.spec.node import members
from framework_parity.common.spec.optimizers import Optimizer
from framework_parity.common.spec.penalties import Penalty
from framework_parity.common.training import batches, loop
from framework_parity.comparisons.ladder.interventions import (
    starts_elsewhere,
    switched,
)
from tests.comparisons.arms import DROPOUT, LINE, TANH, arm

patches = pytest.MonkeyPatch()


def install(backend: str) -> None:
    """Add the task `plant`, which changes the fault of this process."""
    from framework_parity.comparisons.workers import tasks

    def plant(trainer_class: Any, name: str, progress: Any = None) -> None:
        patches.undo()
        # A cached trainer would not have the fault.
        tasks._last.cache_clear()
        if name.startswith("misread:"):
            misread(*name.split(":")[1:])
        elif name:
            getattr(sys.modules[__name__], name)(backend)

    setattr(tasks, plant.__name__, plant)


def misread(row_name: str, side: str) -> None:
    """Always read one field of the language as a framework's default.

    The ladder shares the initial weights, so a field that only affects them
    is misread where the framework draws its own.

    Args:
        row_name: of the table of conventions.
        side: the framework whose default is read, whatever the spec says.
    """
    from framework_parity.comparisons.workers import tasks

    [row] = [row for row in CONVENTIONS if row.name == row_name]

    def reading(
        task: Any, trainer: Any, arm: Arm, *rest: Any, **more: Any
    ) -> Any:
        read = switched(arm, row, getattr(row, side)) or arm
        shared = task.__name__ != "draw" and not more.get("native")
        if shared and starts_elsewhere(arm, read):
            read = arm
        return task(trainer, read, *rest, **more)

    for name in ("inspect_step", "train", "draw"):
        _around(tasks, name)(reading)


def _module(backend: str, name: str) -> Any:
    return importlib.import_module(f"framework_parity.{backend}.{name}")


def _trainer(backend: str) -> Any:
    return _module(backend, "trainer").Trainer


def _around(owner: Any, name: str) -> Callable[..., None]:
    """Return a decorator for a replacement of `owner.name`.

    The replacement gets the original first, then its arguments.
    """
    original = getattr(owner, name)

    def plant(change: Callable[..., Any]) -> None:
        @functools.wraps(original)
        def changed(*args: Any, **kwargs: Any) -> Any:
            return change(original, *args, **kwargs)

        patches.setattr(owner, name, changed)

    return plant


def _misread(backend: str, kind: str, **fields: Any) -> None:
    """Make a backend read some fields of a spec with other values.

    Args:
        backend: the package.
        kind: of the layer, loss, optimiser or initialiser, or `penalty`.
        fields: for each, a function from the spec to the value that is read.
    """
    families = map(members, (Layer, Loss, Optimizer, KernelInitializer))
    classes = {each.kind(): each for each in chain(*families)}
    cls = Penalty if kind == "penalty" else classes[kind]
    address = cls.__module__.removeprefix(SPEC)

    @_around(_module(backend, address), kind)
    def misread(build: Any, spec: Any, *rest: Any) -> Any:
        read = {name: value(spec) for name, value in fields.items()}
        return build(spec.model_copy(update=read), *rest)


def _misjudge(
    backend: str, kind: str, change: Callable[[Any, Any, Any, Any], Any]
) -> None:
    """Change a loss: `change` gets operations, the loss, outputs and y."""
    ops = _operations(backend)

    @_around(_module(backend, "losses"), kind)
    def misjudge(build: Any, spec: Any) -> Any:
        loss = build(spec).construct()

        def changed(*pair: Any) -> Any:
            # PyTorch's losses take the outputs first, Keras's last.
            torch = backend == "torch_impl"
            outputs, y = pair if torch else reversed(pair)
            value = (
                (lambda z, y: loss(z, y))
                if torch
                else (lambda z, y: loss(y, z))
            )
            return change(ops, value, outputs, y)

        return call(lambda: changed)


def _operations(backend: str) -> Any:
    """Return the module with functions under NumPy's names."""
    if backend == "torch_impl":
        return importlib.import_module("torch")
    return importlib.import_module("keras").ops


def _replace_tanh(backend: str, function: Callable[[Any, Any], Any]) -> None:
    """Replace tanh by a function of the operations and of x."""
    ops = _operations(backend)

    @_around(_module(backend, "layers.activations"), "tanh")
    def other(build: Any, spec: Any, shape: Any) -> Any:
        if backend == "keras_impl":
            keras = importlib.import_module("keras")
            return call(keras.layers.Activation, lambda x: function(ops, x))

        base: Any = build(spec, shape).function

        class Other(base):
            def forward(self, x: Any) -> Any:
                return function(ops, x)

        return call(Other)


# Faults in the data: rung "data".


def labels_shifted(backend: str) -> None:
    """Shift every label by one class."""

    @_around(_module(backend, "trainer"), "to_tensor")
    def shifted(to_tensor: Any, array: Any, dtype: str) -> Any:
        labels = array.dtype.kind == "i" and array.ndim == 1
        return to_tensor((array + 1) % 3 if labels else array, dtype)


def data_through_float32(backend: str) -> None:
    """Round every number to float32 before it reaches the framework."""

    @_around(_module(backend, "trainer"), "to_tensor")
    def rounded(to_tensor: Any, array: Any, dtype: str) -> Any:
        if array.dtype.kind == "f":
            array = array.astype(np.float32).astype(array.dtype)
        return to_tensor(array, dtype)


def scaling_fitted_on_all(backend: str) -> None:
    """Fit the scaling on all samples, the test's too."""

    @_around(data, "fitted")
    def leaking(fitted: Any, scaling: Any, values: Any, rows: Any) -> Any:
        return fitted(scaling, values, np.arange(len(values)))


def another_order(backend: str) -> None:
    """Shuffle with another seed."""

    @_around(batches, "order")
    def reseeded(
        order: Any, recipe: Any, samples: int, seed: int, epoch: int
    ) -> Any:
        return order(recipe, samples, seed + 1, epoch)


def order_repeated(backend: str) -> None:
    """Use the first epoch's order of samples in every epoch.

    Keras's own `fit(shuffle=True)` does so, once it is seeded.
    """

    @_around(batches, "order")
    def repeated(
        order: Any, recipe: Any, samples: int, seed: int, epoch: int
    ) -> Any:
        return order(recipe, samples, seed, 0)


def last_batch_dropped(backend: str) -> None:
    """Drop the last batch if it is incomplete."""

    def dropped(segments: Any, arm: Arm, *rest: Any) -> Any:
        recipe = arm.recipe.model_copy(update={"last_batch": "drop"})
        return segments(replace(arm, recipe=recipe), *rest)

    _around(batches, "segments")(dropped)
    _around(loop, "segments")(dropped)


# Faults in the layers and shapes: rung "structure".


def activation_forgotten(backend: str) -> None:
    """Build the network without its tanh."""

    @_around(_module(backend, "trainer"), "build")
    def shorter(build: Any, arm: Arm, masked: bool) -> Any:
        kept = [x for x in arm.layers if not isinstance(x, Tanh)]
        return build(replace(arm, layers=tuple(kept)), masked)


def softmax_appended(backend: str) -> None:
    """Build the network with a softmax after its logits."""

    @_around(_module(backend, "trainer"), "build")
    def longer(build: Any, arm: Arm, masked: bool) -> Any:
        return build(replace(arm, layers=(*arm.layers, Softmax())), masked)


def bias_not_built(backend: str) -> None:
    """Build dense layers without a bias."""

    @_around(_module(backend, "trainer"), "build")
    def without(build: Any, arm: Arm, masked: bool) -> Any:
        bare = {"bias": False}
        layers = (
            x.model_copy(update=bare) if isinstance(x, Dense) else x
            for x in arm.layers
        )
        return build(replace(arm, layers=tuple(layers)), masked)


# Faults in the forward pass: rung "forward".


def transposed_kernel(backend: str) -> None:
    """Load square kernels in the other framework's layout."""

    @_around(_module(backend, "weights"), "write")
    def transposed(write: Any, model: Any, weights: Any) -> None:
        fits = {n for n, v in weights.items() if v.T.shape == v.shape}
        write(model, {n: v.T if n in fits else v for n, v in weights.items()})


def bias_forgotten(backend: str) -> None:
    """Copy the kernels and leave the biases at zero."""

    @_around(_module(backend, "weights"), "write")
    def kernels_only(write: Any, model: Any, weights: Any) -> None:
        write(
            model,
            {n: v * (not n.endswith("bias")) for n, v in weights.items()},
        )


def weights_through_float32(backend: str) -> None:
    """Round the weights to float32 when they are loaded."""

    @_around(_module(backend, "weights"), "write")
    def rounded(write: Any, model: Any, weights: Any) -> None:
        write(
            model,
            {n: v.astype("f4").astype(v.dtype) for n, v in weights.items()},
        )


def tanh_approximated(backend: str) -> None:
    """Compute tanh by a fraction that is right to a few percent."""
    _replace_tanh(backend, lambda _, x: x * (27 + x * x) / (27 + 9 * x * x))


def one_nan(backend: str) -> None:
    """Return NaN for the largest input of tanh."""
    _replace_tanh(
        backend,
        lambda ops, x: ops.where(x == ops.max(x), np.nan, ops.tanh(x)),
    )


# Faults in the loss and its gradient: rung "gradient".


def softmax_twice(backend: str) -> None:
    """Pass probabilities to a loss of logits.

    The softmax is written out: Keras traces its own softmax back to the
    logits and would undo the mistake.
    """

    def twice(ops: Any, loss: Any, outputs: Any, y: Any) -> Any:
        powers = ops.exp(outputs)
        return loss(powers / ops.sum(powers, -1)[:, None], y)

    _misjudge(backend, "cross_entropy", twice)


def mse_broadcast(backend: str) -> None:
    """Compare every output with every target: (n, 1) against (n,)."""
    _misjudge(
        backend,
        "mean_squared_error",
        lambda ops, _, z, y: ops.mean((z - y[:, 0]) ** 2),
    )


def loss_summed(backend: str) -> None:
    """Sum the loss over the batch, where the spec has the mean."""
    _misjudge(
        backend,
        "cross_entropy",
        lambda ops, loss, z, y: loss(z, y) * ops.sum(ops.ones_like(z[:, 0])),
    )


def labels_shifted_in_loss(backend: str) -> None:
    """Compare with the label one class too high, in the loss alone."""
    _misjudge(
        backend,
        "cross_entropy",
        lambda _, loss, z, y: loss(z, (y + 1) % 3),
    )


def loss_in_float32(backend: str) -> None:
    """Compute the squared error in float32, and its mean too."""

    def single(ops: Any, loss: Any, z: Any, y: Any) -> Any:
        if backend == "torch_impl":
            return ops.mean((z.float() - y.float()) ** 2).double()
        z, y = ops.cast(z, "float32"), ops.cast(y, "float32")
        return ops.cast(ops.mean((z - y) ** 2), "float64")

    _misjudge(backend, "mean_squared_error", single)


def noisy_gradient(backend: str) -> None:
    """Add noise of size 1e-6 to the gradient, without a seed."""
    if backend == "torch_impl":
        torch = importlib.import_module("torch")
        random = torch.Generator()
        random.seed()

        @_around(_module(backend, "trainer"), "build")
        def noisy(build: Any, arm: Arm, masked: bool) -> Any:
            model = build(arm, masked)
            for p in model.parameters():
                p.register_hook(
                    lambda g: (
                        g
                        + 1e-6
                        * torch.randn(g.shape, generator=random, dtype=g.dtype)
                    )
                )
            return model

        return
    tf = importlib.import_module("tensorflow")
    stream = tf.random.Generator.from_non_deterministic_state()

    @_around(_module(backend, "engine"), "gradients")
    def noisy_too(gradients: Any, *args: Any) -> Any:
        value, computed = gradients(*args)
        return value, [
            g + 1e-6 * stream.normal(g.shape, dtype=g.dtype) for g in computed
        ]


def own_dropout(backend: str) -> None:
    """Use the framework's own dropout instead of the shared masks."""
    masked = _module(backend, "random_extensions").MASKED_CLASS
    for layer in list(masked):
        patches.delitem(masked, layer)


# Faults in the update: rung "step", or "trajectory" where the first step is
# not affected.


def wrong_epsilon(backend: str) -> None:
    """Give Adam ten times its epsilon."""
    _misread(backend, "adam", epsilon=lambda s: 10 * s.epsilon)


def epsilon_placement_swapped(backend: str) -> None:
    """Place Adam's epsilon as the other framework does."""
    other = {"epsilon": "epsilon_hat", "epsilon_hat": "epsilon"}
    _misread(
        backend,
        "adam",
        epsilon_placement=lambda s: other[s.epsilon_placement],
    )


def nesterov_dropped(backend: str) -> None:
    """Use plain momentum where the spec has Nesterov's."""
    _misread(backend, "sgd", nesterov=lambda _: False)


def rate_through_float32(backend: str) -> None:
    """Keep the learning rate in float32."""

    @_around(batches, "rates")
    def rounded(rates: Any, *args: Any) -> Any:
        return rates(*args).astype(np.float32).astype(np.float64)


def velocity_swapped(backend: str) -> None:
    """Exchange the two definitions of SGD's velocity."""
    other = {"of_steps": "of_gradients", "of_gradients": "of_steps"}
    _misread(backend, "sgd", velocity=lambda s: other[s.velocity])


def momentum_through_float32(backend: str) -> None:
    """Keep SGD's momentum in float32."""
    _misread(
        backend,
        "sgd",
        momentum=lambda s: float(np.float32(s.momentum)),
    )


def beta_2_through_float32(backend: str) -> None:
    """Keep Adam's second beta in float32."""
    _misread(
        backend,
        "adam",
        beta_2=lambda s: float(np.float32(s.beta_2)),
    )


def state_not_reset(backend: str) -> None:
    """Load weights without resetting the optimiser's state."""

    @_around(_trainer(backend), "_fresh_optimizer")
    def once(fresh: Any, trainer: Any) -> None:
        if not hasattr(trainer, "optimizer"):
            fresh(trainer)


def _regrouped(backend: str, **fields: Any) -> None:
    """Build optimisers from groups whose fields have other values."""

    @_around(_module(backend, "updates"), "build_optimizer")
    def built(build: Any, recipe: Any, parameters: Any) -> Any:
        groups = tuple(g.model_copy(update=fields) for g in recipe.groups)
        return build(recipe.model_copy(update={"groups": groups}), parameters)


def group_rate_ignored(backend: str) -> None:
    """Train the parameters of a group at the rate of the optimiser."""
    _regrouped(backend, lr_factor=1.0 + 1e-9)


def group_decay_ignored(backend: str) -> None:
    """Decay the parameters of a group as the others."""
    _regrouped(backend, weight_decay=None)


def group_without_biases(backend: str) -> None:
    """Take only the kernels of a group's layers."""
    _regrouped(backend, parameters="kernels")


# Faults of a whole run: rung "trajectory".


def rate_one_step_early(backend: str) -> None:
    """Use the rate of the next step in each step."""

    @_around(batches, "rates")
    def early(rates: Any, recipe: Any, first: int, *rest: Any) -> Any:
        return rates(recipe, first + 1, *rest)


def last_batch_skipped(backend: str) -> None:
    """Do not train on the last, smaller batch, but count its step."""

    @_around(_trainer(backend), "steps")
    def skipped(steps: Any, trainer: Any, segment: Any) -> Any:
        if segment.indices.shape[1] == trainer.arm.recipe.batch_size:
            return steps(trainer, segment)
        nothing = np.empty(0)
        norms = np.empty((0, len(trainer.weights())))
        return {"loss": nothing, "rate": nothing, "gradient_norm": norms}


def validated_in_training_mode(backend: str) -> None:
    """Evaluate with dropout, under the mask of the last step."""

    @_around(_trainer(backend), "steps")
    def remembered(steps: Any, trainer: Any, segment: Any) -> Any:
        trainer.last = {n: mask[-1] for n, mask in segment.masks.items()}
        return steps(trainer, segment)

    @_around(_trainer(backend), "evaluate")
    def training(evaluate: Any, trainer: Any, part: str) -> dict[str, float]:
        to_tensor = _module(backend, "tensors").to_tensor
        for name, masker in trainer.mask_layers.items():
            masker.mask = to_tensor(trainer.last[name], trainer.dtype)
        x, y = trainer.parts[part]
        if backend == "torch_impl":
            return {"loss": float(trainer.loss(trainer.model.train()(x), y))}
        outputs = trainer.model(x, training=True)
        return {"loss": float(trainer.loss(y, outputs))}


# Faults in the framework's own random numbers: rung "statistics".


def own_weights_too_wide(backend: str) -> None:
    """Draw normal weights with three times the standard deviation."""
    _misread(backend, "normal", stddev=lambda s: 3 * s.stddev)


@dataclass(frozen=True)
class Fault:
    """A fault and how the judge has to detect it.

    Attributes:
        plant: the function above.
        arm: a network on which it has an effect.
        rung: where the ladder has to end.
        where: the location that the verdict has to name, or a part of it.
        at_step: the step that it has to name, if there is only one.
    """

    plant: Callable[[str], None]
    arm: Arm
    rung: str
    where: str = ""
    at_step: int | None = None


ADAM = arm(TANH)
DECAY = {"step_decay": {"every": 7, "by": 0.5}}
MOMENTUM = arm(
    TANH,
    optimizer={"sgd": {"lr": 0.1, "momentum": 0.9}},
    schedule=DECAY,
)
GROUPED = arm(
    TANH,
    optimizer={"adamw": {"lr": 0.01, "weight_decay": 0.1}},
    groups=[{"layers": ["dense_2"], "lr_factor": 0.1, "weight_decay": 0.5}],
    clipping={"by_global_norm": 1.0},
)
NESTEROV = arm(
    TANH,
    optimizer={"sgd": {"lr": 0.1, "momentum": 0.9, "nesterov": True}},
    schedule=DECAY,
)
REGRESSION = arm(
    LINE,
    {"polynomial": {"samples": 60}},
    loss="mean_squared_error",
    optimizer={"adam": 0.01},
)
# The mask of the last step fits the validation part: both are half the data.
DROPPING = arm(
    DROPOUT,
    {"spiral": {"samples": 120}, "test": 0.0, "validation": 0.5},
    batch_size="full",
)

FAULTS = (
    Fault(labels_shifted, ADAM, "data", "train"),
    Fault(data_through_float32, ADAM, "data", "train"),
    Fault(scaling_fitted_on_all, ADAM, "data", "train"),
    Fault(another_order, ADAM, "data", "batch 1 of epoch 1"),
    Fault(order_repeated, ADAM, "data", "order of epoch 2"),
    Fault(last_batch_dropped, ADAM, "data", "epoch 1"),
    Fault(activation_forgotten, ADAM, "structure", "tanh_1"),
    Fault(softmax_appended, ADAM, "structure", "softmax_1"),
    Fault(bias_not_built, ADAM, "structure", "dense_1/bias"),
    Fault(transposed_kernel, ADAM, "forward", "dense_2"),
    Fault(bias_forgotten, ADAM, "forward", "dense_1"),
    Fault(weights_through_float32, ADAM, "forward", "dense_1"),
    Fault(tanh_approximated, ADAM, "forward", "tanh_1"),
    Fault(
        one_nan,
        ADAM,
        "forward",
        "tanh_1",
    ),
    Fault(softmax_twice, ADAM, "gradient"),
    Fault(mse_broadcast, REGRESSION, "gradient"),
    Fault(loss_summed, ADAM, "gradient"),
    Fault(labels_shifted_in_loss, ADAM, "gradient"),
    Fault(loss_in_float32, REGRESSION, "gradient"),
    Fault(noisy_gradient, ADAM, "gradient"),
    Fault(own_dropout, DROPPING, "gradient"),
    Fault(wrong_epsilon, ADAM, "step"),
    Fault(epsilon_placement_swapped, ADAM, "step"),
    Fault(nesterov_dropped, NESTEROV, "step"),
    Fault(rate_through_float32, ADAM, "step"),
    Fault(state_not_reset, MOMENTUM, "step"),
    Fault(group_rate_ignored, GROUPED, "step", "dense_2"),
    Fault(group_decay_ignored, GROUPED, "step", "dense_2"),
    Fault(group_without_biases, GROUPED, "step", "dense_2/bias"),
    Fault(velocity_swapped, MOMENTUM, "trajectory"),
    Fault(momentum_through_float32, MOMENTUM, "trajectory"),
    Fault(beta_2_through_float32, ADAM, "trajectory"),
    Fault(rate_one_step_early, MOMENTUM, "trajectory", "rate", at_step=6),
    Fault(last_batch_skipped, ADAM, "trajectory"),
    Fault(
        validated_in_training_mode,
        DROPPING,
        "trajectory",
        "_loss",
    ),
)


# The same in networks that diverge within ten steps in both frameworks. The
# fault has to be detected in the steps before, on the same rung.


def diverging(layers: list[Any], optimizer: Any, **recipe: Any) -> Arm:
    """Return a regression on 60 samples, three batches an epoch.

    Args:
        layers: all but the last one.
        optimizer: as it is written, with a rate that is far too large.
        recipe: further fields.
    """
    return arm(
        [*layers, {"dense": 1}],
        {"polynomial": {"samples": 60}},
        loss="mean_squared_error",
        optimizer=optimizer,
        **recipe,
    )


WIDE_TANH = [{"dense": 12}, "tanh", {"dense": 12}, "tanh"]
WIDE_RELU = [{"dense": 12}, "relu", {"dense": 12}, "relu"]
FALLING = {"step_decay": {"every": 3, "by": 0.9}}
SLOWLY = diverging(WIDE_TANH, {"sgd": 0.3})
WITH_MOMENTUM = diverging(
    WIDE_TANH[:2], {"sgd": {"lr": 0.3, "momentum": 0.9}}, schedule=FALLING
)
LOOKING_AHEAD = diverging(
    WIDE_TANH, {"sgd": {"lr": 0.3, "momentum": 0.9, "nesterov": True}}
)
EXPLODING = diverging(WIDE_RELU, {"sgd": 1.0})
AT_ONCE = diverging(WIDE_RELU, {"adam": 10.0})

# The arms, with the step at which both frameworks diverge.
DIVERGING = (
    (SLOWLY, 10),
    (WITH_MOMENTUM, 8),
    (LOOKING_AHEAD, 7),
    (EXPLODING, 3),
    (AT_ONCE, 1),
)

FAULTS_WHERE_BOTH_DIVERGE = (
    Fault(data_through_float32, EXPLODING, "data", "train"),
    Fault(another_order, SLOWLY, "data", "batch 1 of epoch 1"),
    Fault(activation_forgotten, SLOWLY, "structure", "tanh_1"),
    Fault(transposed_kernel, EXPLODING, "forward", "dense_2"),
    Fault(bias_forgotten, AT_ONCE, "forward", "dense_1"),
    Fault(weights_through_float32, EXPLODING, "forward", "dense_1"),
    Fault(tanh_approximated, SLOWLY, "forward", "tanh_1"),
    Fault(one_nan, SLOWLY, "forward", "tanh_1"),
    Fault(mse_broadcast, EXPLODING, "gradient"),
    Fault(loss_in_float32, AT_ONCE, "gradient"),
    Fault(noisy_gradient, SLOWLY, "gradient"),
    Fault(wrong_epsilon, AT_ONCE, "step"),
    Fault(epsilon_placement_swapped, AT_ONCE, "step"),
    Fault(nesterov_dropped, LOOKING_AHEAD, "step"),
    Fault(rate_through_float32, SLOWLY, "step"),
    Fault(state_not_reset, WITH_MOMENTUM, "step"),
    Fault(velocity_swapped, WITH_MOMENTUM, "trajectory"),
    Fault(momentum_through_float32, WITH_MOMENTUM, "trajectory"),
    Fault(rate_one_step_early, WITH_MOMENTUM, "trajectory"),
    Fault(last_batch_skipped, SLOWLY, "trajectory"),
)
