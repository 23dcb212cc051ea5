"""What do activations and their slopes look like, and slopes multiplied?

There are ten activations, each behind a unit that passes its input on, from -5
to 5. The loss has the slope 1 with respect to the outputs, so that the
gradient by the unit's bias *is* the slope of the activation. Both frameworks
must return the value and the slope of the formula, to rounding. Note that
swish is `silu` (Ramachandran et al. 2018), and that the slopes of GELU and
Mish exceed 1.

Backpropagation multiplies slopes, one for each layer (Hochreiter 1991). At
z = 2 the slope of a sigmoid is 0.104994, so that 1.63e-10 of the gradient is
left after 10 layers. The slope of a ReLU is 1, and so is any power of it. But
this holds only if every unit is active: if the inputs of the units are random,
about half of the slopes of the ReLUs are 0, and the product over 20 layers is
then nearly always 0. Real networks avoid this by their width, since some path
is active.

Lesson 1 simulates this with independent standard normal inputs, 100 times
through 20 layers. On average 1.9e-14 is left by sigmoids and 3.6e-5 by tanh,
1.0e-10 by leaky ReLUs, and by ReLUs exactly 0, in each of the 100 simulations.
At z = 2 tanh leaves less than a sigmoid: 3.10e-12 after 10 layers.
"""

from typing import Any

import numpy as np

from framework_parity.common.spec.layers.activations import (
    Activation,
    Custom,
    Elu,
    Gelu,
    LeakyRelu,
    Mish,
    Relu,
    Selu,
    Sigmoid,
    Silu,
    Tanh,
)
from framework_parity.comparisons.experiments._lessons import Lesson
from framework_parity.comparisons.experiments._words import claim

DATASETS = ("points",)

FUNCTIONS: dict[str, Activation] = {
    "sigmoid": Sigmoid(),
    "tanh": Tanh(),
    "relu": Relu(),
    "leaky_relu": LeakyRelu(slope=0.01),
    "elu": Elu(),
    "selu": Selu(),
    "silu": Silu(),
    "gelu": Gelu(),
    "gelu_tanh": Gelu(form="tanh"),
    "mish": Mish(),
    "custom": Custom(formula="x * tanh(sqrt(softplus(x)))"),
}
DEPTH = 20
# Layers of the simulation with independent inputs, and how often it is done.
LAYERS = 20
SIMULATIONS = 100
SIMULATED: dict[str, Activation] = {
    name: FUNCTIONS[name] for name in ("sigmoid", "tanh", "relu", "leaky_relu")
}
AXIS = [round(x / 10, 1) for x in range(-50, 51)]


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification; it is the same for every profile."""
    return {
        "name": "activation_functions",
        "dialect": "keras",
        "data": _points(AXIS),
        "recipe": {
            "loss": "mean_absolute_error",
            "optimizer": {"sgd": 0.001},
            "batch_size": "full",
            "epochs": 1,
            "evaluate_every": 0,
            "shuffle": "never",
            "precision": "float64",
        },
        "arms": {
            "functions": [
                {"concatenate": _behind_units(FUNCTIONS)},
                {"dense": {"units": 1, "kernel_initializer": "ones"}},
            ],
            "random": _random_inputs(),
            "sigmoids": _chain("sigmoid"),
            "tanhs": _chain("tanh"),
            "relus": _chain("relu"),
            "random_relus": _random_chain(),
        },
        "probes": {
            "representations": {
                "epochs": [0],
                "samples": LAYERS * SIMULATIONS,
            },
            "per_sample_gradients": {
                "places": [f"dense_{n}" for n in range(1, DEPTH + 1)],
                "epochs": [0],
                "samples": LAYERS * SIMULATIONS,
            },
        },
        "claims": [*_formulas(), *_products(), *_simulations()],
        "notebook": _remarks(),
        "plots": [
            {"activations": "functions"},
            {"gradient_product": ["sigmoids", "tanhs", "relus"]},
            {"simulated_product": {"arm": "random", "layers": LAYERS}},
            {
                "gradient_table": {
                    "of": ["sigmoids", "tanhs", "relus"],
                    "tensor": "bias",
                    "layers": DEPTH // 2,
                }
            },
            {"table": _table()},
        ],
    }


def _points(x: list[float]) -> dict[str, Any]:
    """Return targets far below all outputs, so that the loss's slope is 1."""
    points = {"x": [[value] for value in x], "y": [-1000.0] * len(x)}
    return {"points": points, "test": 0, "validation": 0, "scaling": "none"}


def _unit(bias: float = 0.0) -> dict[str, Any]:
    return {
        "dense": {
            "units": 1,
            "kernel_initializer": "ones",
            "bias_initializer": {"constant": bias},
        }
    }


def _behind_units(functions: dict[str, Activation]) -> list[Any]:
    return [
        [_unit(), function.model_dump(mode="json")]
        for function in functions.values()
    ]


def _random_inputs() -> dict[str, Any]:
    """Return activations of standard normal inputs.

    The output is far above all targets, so that the loss's slope is 1.
    """
    noise = {"sides": [1], "classes": None, "samples": LAYERS * SIMULATIONS}
    return {
        "layers": [{"concatenate": _behind_units(SIMULATED)}, _unit(1000.0)],
        "data": {
            "noise": noise,
            "test": 0,
            "validation": 0,
            "scaling": "none",
        },
    }


def _chain(activation: str) -> dict[str, Any]:
    """Return a chain of units whose activations all have the input 2."""
    at_two = float(FUNCTIONS[activation].value(np.array(2.0)))
    later = [_unit(2.0 - at_two), activation] * (DEPTH - 1)
    return {"layers": [_unit(), activation, *later], "data": _points([2.0])}


def _random_chain() -> dict[str, Any]:
    unit = {
        "dense": {
            "units": 1,
            "kernel_initializer": {"normal": 1.0},
            "bias_initializer": {"normal": 1.0},
        }
    }
    return {"layers": [unit, "relu"] * DEPTH, "data": _points([2.0])}


def _node(name: str) -> str:
    """Return the name of a function's layer; GELU occurs twice."""
    return {"gelu_tanh": "gelu_2"}.get(name, f"{name}_1")


def _formulas() -> list[dict[str, str]]:
    statistics = {"value": "value_error", "slope": "slope_error"}
    return [
        claim(
            f"{name}_{what}",
            f"{name}: the {what} is the formula's.",
            f'functions.{statistic}("{_node(name)}") < 1e-12',
        )
        for name in FUNCTIONS
        for what, statistic in statistics.items()
    ]


def _products() -> list[dict[str, str]]:
    """Return claims about the gradients behind 10 and 20 layers."""
    left = _product("random_relus", 20)
    return [
        claim(
            "sigmoid_10",
            "Through 10 sigmoids at z = 2, 1.63e-10 of a gradient is left.",
            f"{_product('sigmoids', 10)} == 1.63e-10",
        ),
        claim(
            "sigmoid_20",
            "Through 20, 2.65e-20.",
            f"{_product('sigmoids', 20)} == 2.65e-20",
        ),
        claim(
            "relu_10",
            "Through 10 ReLUs at z = 2, all of it is left.",
            f"{_product('relus', 10)} == 1",
        ),
        claim(
            "relu_20",
            "Through 20, too.",
            f"{_product('relus', 20)} == 1",
        ),
        claim(
            "random_relu_20",
            "Through 20 ReLUs with random weights, something is left.",
            f"{left} * {left} > 0",
        ),
    ]


def _simulations() -> list[dict[str, str]]:
    """Return claims about slopes at independent standard normal inputs."""

    def left(name: str) -> str:
        return f'random.slope_product("{name}_1", {LAYERS})'

    return [
        claim(
            "simulated_sigmoid_vanishes",
            "Through 20 sigmoids with random inputs, less than 1e-10 is left "
            "on average.",
            f"{left('sigmoid')} < 1e-10",
        ),
        claim(
            "simulated_tanh_vanishes",
            "Through 20 tanh with random inputs, less than 1e-3 is left.",
            f"{left('tanh')} < 1e-3",
        ),
        claim(
            "simulated_relu_does_not_vanish",
            "Through 20 ReLUs with random inputs, more is left than through "
            "20 tanh.",
            f"{left('relu')} > {left('tanh')}",
        ),
        claim(
            "simulated_leaky_relu_does_not_vanish",
            "Through 20 leaky ReLUs with random inputs, more is left than "
            "through 20 tanh.",
            f"{left('leaky_relu')} > {left('tanh')}",
        ),
        claim(
            "tanh_10",
            "Through 10 tanh at z = 2, 3.10e-12 of a gradient is left.",
            f"{_product('tanhs', 10)} == 3.10e-12",
        ),
    ]


def _remarks() -> list[dict[str, Any]]:
    return [
        {
            "says": "In the simulation, the gradients of sigmoid and tanh "
            "vanish, and that of ReLU does not.",
            "correction": "In each of the 100 simulations at least one of 20 "
            "random inputs is below 0, where the slope of a ReLU is 0, so "
            "that the product is exactly 0; on a logarithmic axis its line "
            "ends. Of tanh more is left. A network avoids this by its width, "
            "not by its slope.",
            "claims": [
                "simulated_sigmoid_vanishes",
                "simulated_tanh_vanishes",
                "simulated_relu_does_not_vanish",
            ],
        },
        {
            "says": "The cell simulates ReLU by (x > 0).astype(float) of a "
            "random number.",
            "correction": "numpy.random.randn() without arguments returns a "
            "Python float, whose comparison has no astype: the cell ends "
            "with an AttributeError. Once this is mended, it assigns the "
            "list of layer numbers to `layers`, the name of the imported "
            "module, and the cells after it fail in layers.Dense.",
        },
    ]


def _product(arm: str, layers: int) -> str:
    """Return the gradient behind the given number of last layers."""
    return f'{arm}.sample_gradient("dense_{DEPTH + 1 - layers}/bias")'


def _table() -> dict[str, Any]:
    """Return rows of the values at -1 and the largest of the 101 slopes."""
    rows = {}
    axis = np.array(AXIS)
    for name, function in FUNCTIONS.items():
        value = function.value(axis)[AXIS.index(-1)]
        output = f'functions.output("{_node(name)}", {AXIS.index(-1)})'
        rows[f"{name} at -1"] = f"{output} == {value:.6f}"
        steepest = f'functions.steepest("{_node(name)}")'
        slope = function.derivative(axis).max()
        rows[f"{name}, largest slope"] = f"{steepest} == {slope:.6f}"
    return {"rows": rows, "expected": "formula"}


LESSONS = {1: Lesson(written, DATASETS), 2: Lesson(written, DATASETS)}
