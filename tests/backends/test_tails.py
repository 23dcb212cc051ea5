"""Far from 0: every activation and loss, in 50 digits and more.

Each error is measured in units in the last place of the exact value (of x, if
that changes more: it is rounded as well). A few operations are right to a few
units. Where a framework computes with terms that cancel, the error is larger;
each of these is listed with the measured figure, and its error has to be
within what the judge's reference allows for: see `Activation.terms` and
`common.reference.rounding`.
"""

from functools import cache
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.layers.activations import (
    Activation,
    LogSoftmax,
    Softmax,
)
from framework_parity.common.spec.losses import (
    BinaryCrossEntropy,
    BinaryFocal,
    CrossEntropy,
    Loss,
)
from framework_parity.common.spec.node import defaults_from, members
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.backends.tails import (
    ACTIVATIONS,
    FORMULAS,
    LOSSES,
    Exact,
    exactly,
    grid,
    outputs_of,
)
from tests.cases import SMOOTH

# A few operations, each right to one unit or two.
UNITS = 8.0

# The limit of a framework's error, in units of the terms that cancel. The
# judge reports agreement up to ten floors, and the reference's floor is one
# unit of those terms.
OF_TERMS = 6.0

ALL = np.inf  # no digit is right

# Errors above `UNITS`, by framework: for each activation the error of the
# value and of the slope in units in the last place, None where it is below.
# The classes are the frameworks' own, except Keras's ExactGELU and PyTorch's
# Swish, which have no other operations to use, and formulas, which prescribe
# how they are computed.
LOST: dict[str, dict[str, tuple[float | None, float | None]]] = {
    "torch": {
        "tanh": (None, ALL),  # 1 - y²
        "sigmoid": (None, ALL),  # y (1 - y)
        "gelu-erf": (ALL, ALL),  # 1 + erf
        "gelu-tanh": (ALL, ALL),  # 1 + tanh
        "silu": (None, 17),  # 1 - sigmoid, times x
        "swish": (None, 15),
        "mish": (None, 12),
        "softsign": (None, 201),  # 1/(1 + |x|) - |x|/(1 + |x|)²
        "custom-gelu": (ALL, ALL),
        "custom-softplus": (ALL, None),
        "custom-elu": (ALL, None),
    },
    "keras": {
        "tanh": (None, ALL),
        "sigmoid": (None, ALL),
        "elu": (ALL, ALL),  # exp(x) - 1; its slope is y + 1
        "elu-alpha": (ALL, ALL),
        "gelu-erf": (ALL, ALL),
        "gelu-tanh": (None, ALL),  # 1 - sigmoid, times x²
        "silu": (None, 13),
        "swish": (None, 15),
        "mish": (None, 104),  # its tanh is 6 units off near 17.8
        "custom": (None, 15),
        "custom-gelu": (ALL, ALL),
        "custom-elu": (ALL, None),
    },
    # The reference is right where no formula prescribes the computation.
    "numpy": {
        "custom-gelu": (ALL, ALL),
        "custom-softplus": (ALL, None),
        "custom-elu": (ALL, None),
    },
}

# The same for the losses: log softmax is z - max - log Σ exp, PyTorch's
# BCEWithLogitsLoss (1 - y) z - log sigmoid(z), and p - 1 the slope of both.
LOST_BY_LOSSES: dict[str, dict[str, tuple[float | None, float | None]]] = {
    "torch": {
        "cross_entropy-0-0.0": (ALL, ALL),
        "cross_entropy-0-0.1": (None, 15),
        "binary_cross_entropy-0-0.0": (ALL, None),
        "binary_cross_entropy-0-0.1": (17, None),
        "binary_cross_entropy-1-0.0": (None, ALL),
        "binary_cross_entropy-1-0.1": (9, 26),
        "binary_cross_entropy-weighted-0": (ALL, None),
        "binary_cross_entropy-weighted-1": (None, ALL),
        "weighted_cross_entropy-0-samples": (None, 15),
        "binary_focal-0": (None, 39),
        "binary_focal-1": (None, 25),
    },
    "keras": {
        "cross_entropy-0-0.0": (ALL, ALL),
        "cross_entropy-0-0.1": (None, 15),
        "binary_cross_entropy-1-0.0": (None, ALL),
        "binary_cross_entropy-1-0.1": (15, 18),
        "weighted_cross_entropy-0-samples": (None, 15),
        "binary_focal-0": (None, 29),
        "binary_focal-1": (None, 19),
    },
    # The rounding of the smoothed target, y (1 - α) + α/2.
    "numpy": {"binary_cross_entropy-1-0.1": (None, 10)},
}

in_each = pytest.mark.parametrize("backend", ["torch", "keras", "numpy"])
on_each_grid = pytest.mark.parametrize(
    "step", [1.31, pytest.param(0.37, marks=pytest.mark.slow)]
)

# Beyond this, exp(-x) underflows or its square overflows inside a formula.
LARGEST_OF_FORMULA = 350.0

Tails = tuple[np.ndarray, np.ndarray]


def made(name: str) -> Any:
    """Return an activation by its name in the tables."""
    written = FORMULAS.get(name, SMOOTH.get(name, name))
    with defaults_from("keras"):
        return TypeAdapter(Layer).validate_python(written)


def loss_of(name: str) -> tuple[Any, float]:
    """Return a loss and its label."""
    written, y, _ = LOSSES[name]
    return TypeAdapter(Loss).validate_python(written), y


@cache
def exact(name: str, step: float) -> tuple[Exact, Exact]:
    table = ACTIVATIONS.get(name)
    return exactly(table or LOSSES[name][2], grid(step))


@pytest.fixture(scope="module")
def tails(pair: WorkerPair) -> Any:
    """Return a function to all activations' tails in a backend."""

    @cache
    def ask(backend: str, step: float) -> dict[str, Tails]:
        specs, x = [made(name) for name in ACTIVATIONS], grid(step)
        if backend == "numpy":
            return {
                name: (spec.value(x), spec.derivative(x))
                for name, spec in zip(ACTIVATIONS, specs, strict=True)
                if isinstance(spec, Activation)
            }
        worker = pair.workers[backend]
        future = worker.submit("tails_of_layers", layers=specs, x=x)
        return dict(zip(ACTIVATIONS, future.result(), strict=True))

    return ask


@pytest.fixture(scope="module")
def tails_of_losses(pair: WorkerPair) -> Any:
    """Return a function to all losses' tails in a backend."""

    @cache
    def ask(backend: str, step: float) -> dict[str, Tails]:
        specs, z = [loss_of(name) for name in LOSSES], grid(step)
        if backend == "numpy":
            return {
                name: of_reference(*spec, z)
                for name, spec in zip(LOSSES, specs, strict=True)
            }
        worker = pair.workers[backend]
        future = worker.submit("tails_of_losses", losses=specs, z=z)
        return dict(zip(LOSSES, future.result(), strict=True))

    return ask


def of_reference(loss: Any, y: float, z: np.ndarray) -> Tails:
    each = [outputs_of(loss, value, y) for value in z]
    return (
        np.array([loss.value(*arguments) for arguments in each]),
        np.array([loss.gradient(*arguments)[0, 0] for arguments in each]),
    )


def terms_of_loss(loss: Any, y: float, z: np.ndarray) -> Any:
    """Return the terms whose rounding the reference counts."""
    if isinstance(loss, BinaryFocal):
        # 1 - σ(-u) has the rounding of 1.
        u = z if y else -z
        missing = np.exp(-loss.gamma * np.logaddexp(0.0, u))
        return 0.0, loss.gamma * missing * np.logaddexp(0.0, -u)
    if not isinstance(loss, CrossEntropy | BinaryCrossEntropy):
        return 0.0, 0.0
    outputs = [outputs_of(loss, value, y)[0] for value in z]
    sizes = np.array([np.abs(each).mean() for each in outputs])
    p = [loss.prediction().value(each)[0, 0] for each in outputs]
    return sizes, np.array(p)


def hold(
    name: str,
    what: str,
    values: np.ndarray,
    truth: Exact,
    terms: Any,
    listed: float | None,
) -> None:
    """Check errors against the bounds, or against the listed figure."""
    worst = float(truth.errors(values).max())
    message = f"{name}: the {what} is {worst:.3g} units in the last place off"
    assert float(truth.errors(values, terms).max()) <= OF_TERMS, message
    if listed is None:
        assert worst <= UNITS, f"{message}, and is not listed"
    else:
        assert UNITS < worst <= 1.2 * listed, f"{message}; listed: {listed:g}"


@on_each_grid
@in_each
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_accurate_in_their_tails(
    name: str, backend: str, step: float, tails: Any
) -> None:
    spec, x = made(name), grid(step)
    if not isinstance(spec, Activation) and backend == "numpy":
        pytest.skip("prelu is defined by its layer, from products alone")
    here = np.abs(x) < (LARGEST_OF_FORMULA if "custom" in name else np.inf)
    terms = (0.0 * x, 0.0 * x)
    if isinstance(spec, Activation):
        terms = spec.terms(x)
    values, truth = tails(backend, step)[name], exact(name, step)
    listed = LOST[backend].get(name, (None, None))
    for side, what in enumerate(("value", "slope")):
        expected = Exact(truth[side].values[here], truth[side].units[here])
        hold(
            *(name, what, values[side][here], expected),
            *(terms[side][here], listed[side]),
        )


@on_each_grid
@in_each
@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_accurate_in_their_tails(
    name: str, backend: str, step: float, tails_of_losses: Any
) -> None:
    loss, y = loss_of(name)
    terms = terms_of_loss(loss, y, grid(step))
    values = tails_of_losses(backend, step)[name]
    truth = exact(name, step)
    listed = LOST_BY_LOSSES[backend].get(name, (None, None))
    for side, what in enumerate(("value", "slope")):
        hold(
            *(name, what, values[side], truth[side]),
            *(terms[side], listed[side]),
        )


def test_every_activation_and_loss_has_exact_values() -> None:
    known = {type(made(name)) for name in ACTIVATIONS}
    wanted = {k for k in members(Layer) if issubclass(k, Activation)}
    # These are not functions of one number; `test_axes` has them.
    assert wanted - known == {Softmax, LogSoftmax}
    assert {type(loss_of(name)[0]) for name in LOSSES} == set(members(Loss))
