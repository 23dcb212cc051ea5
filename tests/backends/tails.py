"""Activations and losses far from 0, in many digits and in each framework.

`add_tasks` is the worker's setup. The exact values are mpmath's: every
function is implemented again, and its slope is a difference quotient in
hundreds of digits, so that nothing here is shared with the package.
"""

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import mpmath
import numpy as np

from framework_parity.common.codegen.calls import builder_for
from framework_parity.common.spec.layer import Array, LayerSpec
from framework_parity.common.spec.losses import CrossEntropy
from framework_parity.common.spec.node import SpecNode
from framework_parity.comparisons.workers import tasks

Function = Callable[[Any], Any]

# From where x² underflows to where every tail does, on both sides of 0; none
# of these numbers is a kink.
SMALL = [1e-200, 1e-30, 1e-16, 1e-10, 1e-5, 1e-3, 0.03, 0.4]
# The largest errors of each framework on the finer grid.
WORST = [1.54, 4.5, 7.09, 17.82, 18.93, 19.3, 19.67, 36.69, 37.06]
LARGE = [61.3, 155.1, 301.9, 499.3, 700.7, 800.3, 1e4]


def grid(step: float) -> Array:
    """Return the points, with steps of this length in the middle."""
    middle = np.arange(0.8, 43.0, step)
    positive = np.concatenate([SMALL, middle, WORST, LARGE])
    return np.concatenate([positive, -positive])


# Below the smallest normal number TensorFlow returns 0, PyTorch does not.
TINY = float(np.finfo(np.float64).tiny)
EPS = float(np.finfo(np.float64).eps)


@dataclass
class Exact:
    """A function's values, or its slopes, with the unit of their errors.

    Attributes:
        values: rounded to float64.
        units: one unit in the last place of the value; or the change of the
            value when x is one unit in the last place larger, if that is
            more, since x itself is rounded as well.
    """

    values: Array
    units: Array

    def errors(self, values: Array, terms: Array | float = 0.0) -> Array:
        """Return the errors of a framework's values, in units.

        Args:
            values: a framework's values, of the same shape.
            terms: sizes of larger terms, whose units in the last place are
                then the units of the errors.
        """
        units = np.maximum(self.units, EPS * np.asarray(terms))
        lost = (np.abs(self.values) < TINY) & (np.abs(values) < TINY)
        with np.errstate(invalid="ignore", over="ignore"):
            off = np.abs(values - self.values) / units
        off = np.where((values == self.values) | lost, 0.0, off)
        return np.where(np.isnan(off), np.inf, off)


def exactly(function: Function, x: Array) -> tuple[Exact, Exact]:
    """Return a function's values and its slopes at x, with their units."""
    rows = np.array([_exact_at(function, float(each)) for each in x])
    values, value_moves, slopes, slope_moves = rows.T
    return _exact(values, value_moves), _exact(slopes, slope_moves)


def _exact(values: Array, moves: Array) -> Exact:
    least = np.spacing(np.maximum(np.abs(values), TINY))
    return Exact(values, np.maximum(least, moves))


def _exact_at(function: Function, x: float) -> list[float]:
    """Return the value and the slope, each with its change by an ulp of x."""
    # exp(-|x|) and x must not vanish beside 1, in a difference of 1e-60;
    # beyond 700 there is nothing left that float64 could hold.
    digits = min(max(abs(x), -math.log10(abs(x))), 700)
    with mpmath.workdps(150 + int(digits)):
        at = mpmath.mpf(x)
        step, ulp = abs(at) / mpmath.mpf(10) ** 60, abs(at) * EPS

        def slope(y: Any) -> Any:
            return (function(y + step) - function(y - step)) / (2 * step)

        return [
            float(value)
            for f in (function, slope)
            for value in (f(at), abs(f(at + ulp) - f(at)))
        ]


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    small = mpmath.exp(-abs(x))
    return (1 if x >= 0 else small) / (1 + small)


def softplus(x: Any) -> Any:
    """log(1 + exp(x))."""
    return max(x, 0) + mpmath.log1p(mpmath.exp(-abs(x)))


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    small = mpmath.expm1(-2 * abs(x))
    return (-1 if x >= 0 else 1) * small / (2 + small)


def elu(x: Any, alpha: float) -> Any:
    """Return x above 0, α (exp(x) - 1) below."""
    return x if x > 0 else mpmath.mpf(alpha) * mpmath.expm1(x)


def gelu(x: Any) -> Any:
    """Return x sigmoid(2 √(2/π) (x + 0.044715 x³))."""
    inner = mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf(0.044715) * x**3)
    return x * sigmoid(2 * inner)


def selu(x: Any) -> Any:
    """Klambauer et al. 2017, with the constants that float64 holds."""
    scale = mpmath.mpf(1.0507009873554804934193349852946)
    return scale * elu(x, 1.6732632423543772848170429916717)


def hard_sigmoid(x: Any) -> Any:
    """Return x/6 + 1/2 between 0 and 1."""
    return min(max(x + 3, 0), 6) / mpmath.mpf(6)


# By the names of `tests.cases.SMOOTH` and of activations without a field.
ACTIVATIONS: dict[str, Function] = {
    "relu": lambda x: max(x, 0),
    "tanh": tanh,
    "sigmoid": sigmoid,
    "linear": lambda x: x,
    "leaky_relu": lambda x: x if x > 0 else mpmath.mpf(0.1) * x,
    "leaky_relu-torch": lambda x: x if x > 0 else mpmath.mpf(0.01) * x,
    "leaky_relu-keras": lambda x: x if x > 0 else mpmath.mpf(0.3) * x,
    "relu6": lambda x: min(max(x, 0), 6),
    "elu": lambda x: elu(x, 1.0),
    "elu-alpha": lambda x: elu(x, 0.7),
    "selu": selu,
    "gelu-erf": lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
    "gelu-tanh": gelu,
    "silu": lambda x: x * sigmoid(x),
    "swish": lambda x: x * sigmoid(mpmath.mpf(1.7) * x),
    "mish": lambda x: x * tanh(softplus(x)),
    "softplus": softplus,
    "softsign": lambda x: x / (1 + abs(x)),
    "hard_sigmoid": hard_sigmoid,
    "hard_swish": lambda x: x * hard_sigmoid(x),
    "custom": lambda x: x * tanh(mpmath.sqrt(softplus(x))),
    "custom-gelu": lambda x: x / 2 * (1 + tanh(_inner_of_custom(x))),
    "custom-logistic": lambda x: 1 / (1 + mpmath.exp(-x)),
    "custom-softplus": softplus,
    "custom-elu": lambda x: max(x, 0) + mpmath.exp(min(x, 0)) - 1,
    "prelu": lambda x: x if x > 0 else mpmath.mpf(0.3) * x,
    "prelu-slope": lambda x: x if x > 0 else mpmath.mpf(0.3) * x,
}

# Written by hand, a function has the rounding errors of its own formula.
FORMULAS = {
    "custom-gelu": {
        "custom": "x / 2 * (1 + tanh(0.79788 * (x + 0.044715 * x ** 3)))"
    },
    "custom-logistic": {"custom": "1 / (1 + exp(-x))"},
    "custom-softplus": {"custom": "maximum(x, 0) + log(1 + exp(-abs(x)))"},
    "custom-elu": {"custom": "relu(x) + exp(minimum(x, 0)) - 1"},
    "prelu": {"prelu": {"initial": 0.3, "at_zero": "zero"}},
    "prelu-slope": {"prelu": {"initial": 0.3, "at_zero": "slope"}},
}


def _inner_of_custom(x: Any) -> Any:
    return mpmath.mpf(0.79788) * (x + mpmath.mpf(0.044715) * x**3)


def cross_entropy(z: Any, right: int, smoothing: float) -> Any:
    """-Σ q log softmax of the outputs (z, 0, -0.3), y being `right`."""
    outputs = [z, mpmath.mpf(0), mpmath.mpf(-0.3)]
    alpha = mpmath.mpf(smoothing)
    total = mpmath.fsum(map(mpmath.exp, outputs))
    # log(total / exp(z)) keeps its digits in this many.
    logs = [mpmath.log(total) - each for each in outputs]
    return (1 - alpha) * logs[right] + alpha * mpmath.fsum(logs) / 3


def binary_cross_entropy(z: Any, y: float, smoothing: float) -> Any:
    """Return q softplus(-z) + (1 - q) softplus(z)."""
    alpha = mpmath.mpf(smoothing)
    q = y * (1 - alpha) + alpha / 2
    return q * softplus(-z) + (1 - q) * softplus(z)


def weighted_cross_entropy(z: Any, right: int, apply_to: str) -> Any:
    """-Σ q w log softmax of (z, 0, -0.3), smoothed by 0.1; see the spec."""
    outputs = [z, mpmath.mpf(0), mpmath.mpf(-0.3)]
    alpha = mpmath.mpf(0.1)
    total = mpmath.fsum(map(mpmath.exp, outputs))
    logs = [mpmath.log(total) - each for each in outputs]
    weights = [mpmath.mpf(each) for each in CLASS_WEIGHTS]
    if apply_to == "samples":
        weights = [weights[right]] * 3
    each = [w * log for w, log in zip(weights, logs, strict=True)]
    value = (1 - alpha) * each[right] + alpha * mpmath.fsum(each) / 3
    return value / weights[right] if apply_to == "classes" else value


def binary_focal(z: Any, y: float, balance: float) -> Any:
    """Return a σ(-u)^1.5 softplus(-u), with u = z for the label 1, else -z."""
    u = z if y else -z
    a = mpmath.mpf(balance) if y else 1 - mpmath.mpf(balance)
    return a * sigmoid(-u) ** mpmath.mpf(1.5) * softplus(-u)


def log_cosh(z: Any) -> Any:
    """Return log cosh, with its digits near 0."""
    return mpmath.log1p(2 * mpmath.sinh(z / 2) ** 2)


def positive_weight(z: Any, y: float) -> Any:
    """Return a binary cross-entropy whose label 1 has the weight 3."""
    return 3 * softplus(-z) if y else softplus(z)


def huber(z: Any, delta: float) -> Any:
    """e²/2 or δ (|e| - δ/2), for the target 0."""
    d = mpmath.mpf(delta)
    return z * z / 2 if abs(z) <= d else d * (abs(z) - d / 2)


CLASS_WEIGHTS = [0.5, 1.0, 3.0]

# Each loss as written in a spec, its label, and its value for one output z.
LOSSES: dict[str, tuple[Any, float, Function]] = {
    **{
        f"cross_entropy-{right}-{smoothing}": (
            {"cross_entropy": {"label_smoothing": smoothing}},
            right,
            partial(cross_entropy, right=right, smoothing=smoothing),
        )
        for right in (0, 1)
        for smoothing in (0.0, 0.1)
    },
    **{
        f"binary_cross_entropy-{y:g}-{smoothing}": (
            {"binary_cross_entropy": {"label_smoothing": smoothing}},
            y,
            partial(binary_cross_entropy, y=y, smoothing=smoothing),
        )
        for y in (0.0, 1.0)
        for smoothing in (0.0, 0.1)
    },
    "mean_squared_error": ("mean_squared_error", 0.0, lambda z: z * z),
    "mean_absolute_error": ("mean_absolute_error", 0.0, abs),
    "huber": ("huber", 0.0, lambda z: huber(z, 1.0)),
    "huber-delta": ({"huber": 0.7}, 0.0, lambda z: huber(z, 0.7)),
    "smooth_l1": ({"smooth_l1": 0.7}, 0.0, lambda z: huber(z, 0.7) / 0.7),
    "log_cosh": ("log_cosh", 0.0, log_cosh),
    **{
        f"weighted_cross_entropy-{right}-{apply_to}": (
            {
                "weighted_cross_entropy": {
                    "class_weights": CLASS_WEIGHTS,
                    "apply_to": apply_to,
                    "label_smoothing": 0.1,
                }
            },
            right,
            partial(weighted_cross_entropy, right=right, apply_to=apply_to),
        )
        for right in (0, 1)
        for apply_to in ("classes", "samples")
    },
    **{
        f"binary_cross_entropy-weighted-{y:g}": (
            {"binary_cross_entropy": {"positive_weight": 3.0}},
            y,
            partial(lambda z, y: 3 * softplus(-z) if y else softplus(z), y=y),
        )
        for y in (0.0, 1.0)
    },
    **{
        f"binary_focal-{y:g}": (
            {"binary_focal": {"gamma": 1.5, "balance": 0.25}},
            y,
            partial(binary_focal, y=y, balance=0.25),
        )
        for y in (0.0, 1.0)
    },
}


def outputs_of(loss: SpecNode, z: float, y: float) -> tuple[Array, Array]:
    """Return one sample's outputs and its label, as the loss takes them."""
    if isinstance(loss, CrossEntropy):
        return np.array([[z, 0.0, -0.3]]), np.array([int(y)])
    return np.array([[z]]), np.array([[y]])


def tails_of_layers(
    trainer_class: Any,
    layers: Sequence[LayerSpec],
    x: Array,
    progress: Any = None,
) -> list[tuple[Array, Array]]:
    """Return the values and the slopes of layers of one number, at x."""
    package = _package(trainer_class)
    results = []
    for spec in layers:
        live = builder_for(package, spec)(spec, (1,)).construct()
        results.append(SLOPES[package](live, x[:, np.newaxis]))
    return [(y[:, 0], slope[:, 0]) for y, slope in results]


def tails_of_losses(
    trainer_class: Any,
    losses: Sequence[tuple[SpecNode, float]],
    z: Array,
    progress: Any = None,
) -> list[tuple[Array, Array]]:
    """Return the values of losses of one sample, and the slopes by z."""
    package = _package(trainer_class)
    results = []
    for spec, y in losses:
        live = builder_for(package, spec)(spec).construct()
        both = SLOPES_OF_LOSSES[package](live)
        each = [both(*outputs_of(spec, value, y)) for value in z]
        results.append((np.array([v for v, _ in each]), _firsts(each)))
    return results


def _firsts(each: Sequence[tuple[float, Array]]) -> Array:
    return np.array([slope[0, 0] for _, slope in each])


def _package(trainer_class: Any) -> str:
    """Return the backend's package, once it computes in float64."""
    package: str = trainer_class.__module__.split(".")[1]
    engine = importlib.import_module(f"framework_parity.{package}.engine")
    engine.configure("float64", 0)
    return package


def _torch_slope(live: Any, x: Array) -> tuple[Array, Array]:
    import torch

    entering = torch.tensor(x, requires_grad=True)
    left = live(entering)
    left.sum().backward()
    assert entering.grad is not None
    return left.detach().numpy(), entering.grad.numpy()


def _keras_slope(live: Any, x: Array) -> tuple[Array, Array]:
    import tensorflow as tf

    @tf.function
    def both(entering: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(entering)
            left = live(entering)
        return left, tape.gradient(left, entering)

    live(tf.constant(x))  # variables are made outside of the graph
    left, slope = both(tf.constant(x))
    return left.numpy(), slope.numpy()


def _torch_loss(live: Any) -> Callable[[Array, Array], tuple[float, Array]]:
    import torch

    def both(z: Array, y: Array) -> tuple[float, Array]:
        outputs = torch.tensor(z, requires_grad=True)
        value = live(outputs, torch.from_numpy(y))
        value.backward()
        assert outputs.grad is not None
        return value.item(), outputs.grad.numpy()

    return both


def _keras_loss(live: Any) -> Callable[[Array, Array], tuple[float, Array]]:
    import tensorflow as tf

    @tf.function
    def traced(outputs: Any, y: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            value = live(y, outputs)
        return value, tape.gradient(value, outputs)

    def both(z: Array, y: Array) -> tuple[float, Array]:
        value, slope = traced(tf.constant(z), tf.constant(y))
        return float(value), slope.numpy()

    return both


SLOPES = {"torch_impl": _torch_slope, "keras_impl": _keras_slope}
SLOPES_OF_LOSSES = {"torch_impl": _torch_loss, "keras_impl": _keras_loss}


def add_tasks(backend: str) -> None:
    """Add the tasks of this module to a worker."""
    for task in (tails_of_layers, tails_of_losses):
        setattr(tasks, task.__name__, task)
