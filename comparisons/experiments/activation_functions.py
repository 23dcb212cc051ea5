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
    "mish": Mish(),
    "custom": Custom(formula="x * tanh(sqrt(softplus(x)))"),
}
DEPTH = 20
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
                {"concatenate": _behind_units()},
                {"dense": {"units": 1, "kernel_initializer": "ones"}},
            ],
            "sigmoids": _chain("sigmoid"),
            "relus": _chain("relu"),
            "random_relus": _random_chain(),
        },
        "probes": {
            "representations": {"epochs": [0], "samples": len(AXIS)},
            "per_sample_gradients": {
                "places": [f"dense_{n}" for n in range(1, DEPTH // 2 + 2)],
                "epochs": [0],
                "samples": len(AXIS),
            },
        },
        "claims": [*_formulas(), *_products()],
        "plots": [{"activations": "functions"}, {"table": _table()}],
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


def _behind_units() -> list[Any]:
    functions = FUNCTIONS.values()
    return [
        [_unit(), function.model_dump(mode="json")] for function in functions
    ]


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


def _formulas() -> list[dict[str, str]]:
    statistics = {"value": "value_error", "slope": "slope_error"}
    return [
        claim(
            f"{name}_{what}",
            f"{name}: the {what} is the formula's.",
            f'functions.{statistic}("{name}_1") < 1e-12',
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


def _product(arm: str, layers: int) -> str:
    """Return the gradient behind the given number of last layers."""
    return f'{arm}.sample_gradient("dense_{DEPTH + 1 - layers}/bias")'


def _table() -> dict[str, Any]:
    """Return rows of the values at -1 and the largest of the 101 slopes."""
    rows = {}
    axis = np.array(AXIS)
    for name, function in FUNCTIONS.items():
        value = function.value(axis)[AXIS.index(-1)]
        output = f'functions.output("{name}_1", {AXIS.index(-1)})'
        rows[f"{name} at -1"] = f"{output} == {value:.6f}"
        steepest = f'functions.steepest("{name}_1")'
        slope = function.derivative(axis).max()
        rows[f"{name}, largest slope"] = f"{steepest} == {slope:.6f}"
    return {"rows": rows, "expected": "formula"}
