"""scikit-learn's multilayer perceptrons, and how this project writes them.

scikit-learn trains from given weights, on given batches; a floor is how far
it differs from itself when the first weights are moved by a unit in the last
place and the samples of each batch are permuted.
"""

import itertools
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from tests.external.calculations import Arrays, Training

STEPS = 200
UNIT = float(np.finfo("float64").eps)
NUDGES = 5

OUTPUTS = {
    "binary": 1,
    "multiclass": 3,
    "regression": 1,
    "two targets": 2,
    "multilabel": 3,
}
ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "logistic": "sigmoid"}


@dataclass
class Trained:
    """A training of scikit-learn.

    Attributes:
        weights: each tensor after each step, (steps, *shape), by its name
            in this project.
        losses: (steps,) before each step.
        rates: (steps,) the learning rates.
    """

    weights: Arrays
    losses: np.ndarray
    rates: np.ndarray


@dataclass(frozen=True, eq=False)
class Perceptron:
    """A network, a task and a solver of scikit-learn.

    Attributes:
        name: of the tests.
        task: a key of `OUTPUTS`.
        activation: a key of `ACTIVATIONS`.
        hidden: the units of each hidden layer.
        solver: `sgd` or `adam`, with its other arguments.
        alpha: scikit-learn's L2 penalty.
        batch: samples in a batch; None for all.
    """

    name: str
    task: str
    activation: str
    hidden: tuple[int, ...]
    solver: dict[str, Any]
    alpha: float = 0.0
    batch: int | None = None

    samples: ClassVar[int] = 100
    features: ClassVar[int] = 5

    @property
    def regression(self) -> bool:
        """Whether the targets are numbers."""
        return self.task in ("regression", "two targets")

    @cached_property
    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """The samples, and the targets as scikit-learn takes them."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        x = rng.normal(size=(self.samples, self.features))
        noise = 0.3 * rng.normal(size=(self.samples, 3))
        score = np.tanh(x @ rng.normal(size=(self.features, 3))) + noise
        y = {
            "binary": (score[:, 0] > 0).astype(int),
            "multiclass": score.argmax(1),
            "regression": score[:, 0] + 0.5 * x[:, 1] ** 2,
            "two targets": score[:, :2],
            "multilabel": (score > 0).astype(int),
        }
        return x, y[self.task]

    @cached_property
    def start(self) -> Arrays:
        """The first weights, by their names in this project."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()) + 1)
        sizes = (self.features, *self.hidden, OUTPUTS[self.task])
        weights: Arrays = {}
        for n, (into, out) in enumerate(itertools.pairwise(sizes), 1):
            kernel = rng.normal(size=(into, out)) / into**0.5
            weights[f"dense_{n}/kernel"] = kernel
            weights[f"dense_{n}/bias"] = 0.1 * rng.normal(size=out)
        return weights

    @cached_property
    def indices(self) -> np.ndarray:
        """The rows of each batch, (STEPS, batch)."""
        if self.batch is None:
            return np.tile(np.arange(self.samples), (STEPS, 1))
        rng = np.random.default_rng(zlib.crc32(self.name.encode()) + 2)
        whole = self.samples - self.samples % self.batch
        orders = [
            rng.permutation(self.samples)[:whole].reshape(-1, self.batch)
            for _ in range(STEPS)
        ]
        return np.concatenate(orders)[:STEPS]

    def estimator(self, start: Arrays) -> Any:
        """Return scikit-learn's estimator with given first weights."""
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        kind = MLPRegressor if self.regression else MLPClassifier
        first = [
            (start[f"dense_{n}/kernel"], start[f"dense_{n}/bias"])
            for n in range(1, len(self.hidden) + 2)
        ]

        class Given(kind):  # type: ignore[misc, valid-type]
            def _init_coef(self, fan_in: int, fan_out: int, dtype: Any) -> Any:
                kernel, bias = first.pop(0)
                assert kernel.shape == (fan_in, fan_out)
                return kernel.copy(), bias.copy()

        return Given(
            hidden_layer_sizes=self.hidden,
            activation=self.activation,
            alpha=self.alpha,
            batch_size=self.indices.shape[1],
            shuffle=False,
            max_iter=STEPS,
            tol=0.0,
            n_iter_no_change=10**9,
            **self.solver,
        )

    def train(self, steps: int, start: Arrays, indices: np.ndarray) -> Trained:
        """Train with scikit-learn, one call of `partial_fit` a batch.

        Args:
            steps: how many.
            start: the first weights.
            indices: (steps, batch) rows of the samples.
        """
        x, y = self.data
        made = self.estimator(start)
        classes: dict[str, Any] = {}
        if not self.regression:
            count = y.shape[1] if y.ndim > 1 else y.max() + 1
            classes = {"classes": np.arange(count)}
        weights: dict[str, list[np.ndarray]] = {name: [] for name in start}
        losses, rates = [], []
        for step, batch in enumerate(indices[:steps]):
            rate = self.solver["learning_rate_init"]
            if step and self.solver["solver"] == "sgd":
                rate = made._optimizer.learning_rate
            rates.append(rate)
            made.partial_fit(x[batch], y[batch], **({} if step else classes))
            losses.append(made.loss_)
            layers = zip(made.coefs_, made.intercepts_, strict=True)
            for n, (kernel, bias) in enumerate(layers, 1):
                weights[f"dense_{n}/kernel"].append(kernel.copy())
                weights[f"dense_{n}/bias"].append(bias.copy())
        stacked = {name: np.stack(path) for name, path in weights.items()}
        return Trained(stacked, np.array(losses), np.array(rates))

    def largest_outputs(self, trained: Trained) -> np.ndarray:
        """Return the largest output of each step's batch, (steps,)."""
        functions: dict[str, Callable[[np.ndarray], np.ndarray]] = {
            "relu": lambda z: np.maximum(z, 0),
            "tanh": np.tanh,
            "logistic": lambda z: 1 / (1 + np.exp(-z)),
        }
        function = functions[self.activation]
        layers, largest = len(self.hidden) + 1, []
        for step, batch in enumerate(self.indices[: len(trained.losses)]):
            z = self.data[0][batch]
            for n in range(1, layers + 1):
                names = f"dense_{n}/kernel", f"dense_{n}/bias"
                kernel, bias = (
                    trained.weights[name][step - 1]
                    if step
                    else self.start[name]
                    for name in names
                )
                z = z @ kernel + bias
                z = z if n == layers else function(z)
            largest.append(np.abs(z).max())
        return np.array(largest)

    def nudged(self, steps: int, seed: int) -> Trained:
        """Train from weights moved by a unit, each batch in another order."""
        rng = np.random.default_rng(seed)

        def moved(value: np.ndarray) -> np.ndarray:
            down = rng.random(value.shape) < 0.5
            return np.nextafter(value, np.where(down, -np.inf, np.inf))

        start = {name: moved(value) for name, value in self.start.items()}
        mixed = np.array([rng.permutation(row) for row in self.indices])
        return self.train(steps, start, mixed)

    def floors(
        self, steps: int, plain: Trained
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return how far scikit-learn differs from itself.

        Args:
            steps: how many to train.
            plain: the training from the unchanged weights.

        Returns:
            For each step the largest relative difference so far of any
            tensor, and of the loss; at least a unit in the last place.
        """
        weights = np.full(steps, UNIT)
        losses = np.full(steps, UNIT)
        for seed in range(NUDGES):
            perturbed = self.nudged(steps, seed)
            weights = np.maximum(
                weights, apart(perturbed.weights, plain.weights)
            )
            off = np.abs(perturbed.losses - plain.losses) / np.abs(
                plain.losses
            )
            losses = np.maximum(losses, off)
        return np.maximum.accumulate(weights), np.maximum.accumulate(losses)

    def ways(self) -> Iterator[tuple[str, dict[str, Any], float]]:
        """Yield the ways to write it: a name, a recipe, and a scale.

        The scale is scikit-learn's gradient divided by that of the loss in
        the recipe. scikit-learn halves the squared error and sums
        its gradient over the targets; it sums the losses of the labels.
        """
        if self.task == "multiclass":
            written: dict[str, tuple[Any, float]] = {
                "cross_entropy": ("cross_entropy", 1.0)
            }
        elif not self.regression:
            count = float(OUTPUTS[self.task])
            written = {"binary_cross_entropy": ("binary_cross_entropy", count)}
        else:
            count = float(OUTPUTS[self.task])
            written = {
                # Where |error| is below δ, Huber's loss is half its square.
                "huber": ({"huber": 1e6}, count),
                "mean_squared_error": ("mean_squared_error", 0.5 * count),
            }
        for name, (loss, scale) in written.items():
            recipe: dict[str, Any] = {
                "loss": loss,
                "optimizer": self.optimizer(scale),
                "batch_size": self.indices.shape[1],
            }
            if self.alpha:
                recipe["penalty"] = {
                    "l2": self.alpha / self.indices.shape[1] / scale,
                    "form": "half",
                    "weights": "kernels",
                    "reported": True,
                }
            yield name, recipe, scale

    def optimizer(self, scale: float) -> Any:
        """Return the solver in the language, for gradients 1 / scale."""
        solver = self.solver
        rate = solver["learning_rate_init"]
        if solver["solver"] == "sgd":
            return {
                "sgd": {
                    "lr": rate * scale,
                    "momentum": solver["momentum"],
                    "nesterov": solver["nesterovs_momentum"],
                    "velocity": "of_steps",
                }
            }
        return {
            "adam": {
                "lr": rate,
                "beta_1": solver["beta_1"],
                "beta_2": solver["beta_2"],
                "epsilon": solver["epsilon"] / scale,
                "epsilon_placement": "epsilon_hat",
                "bias_correction": "double",
            }
        }

    def training(
        self,
        steps: int,
        recipe: dict[str, Any],
        scale: float,
        rates: np.ndarray,
    ) -> Training:
        """Return the training as a calculation of this project.

        Args:
            steps: how many.
            recipe: one of `ways`.
            scale: likewise.
            rates: those of scikit-learn.
        """
        x, y = self.data
        if self.task != "multiclass":
            y = y.reshape(len(y), -1).astype(float)
        layers: list[Any] = []
        for units in self.hidden:
            layers += [{"dense": units}, ACTIVATIONS[self.activation]]
        layers.append({"dense": OUTPUTS[self.task]})
        sgd = self.solver["solver"] == "sgd"
        return Training(
            layers,
            recipe,
            x,
            y.astype(np.int64) if self.task == "multiclass" else y,
            self.start,
            self.indices[:steps],
            rates * scale if sgd else rates,
            classes=3 if self.task == "multiclass" else None,
        )

    def loss_factor(self, way: str) -> float | None:
        """Return the factor from a loss of this project to scikit-learn's.

        None where scikit-learn reports another loss than it minimises.
        """
        if self.task == "two targets":
            return None
        if self.task == "multilabel":
            return float(OUTPUTS[self.task])
        return 0.5 if way == "mean_squared_error" else 1.0


def apart(weights: Arrays, expected: Arrays) -> np.ndarray:
    """Return for each step the largest relative difference of a tensor."""
    each = []
    for name, value in expected.items():
        axes = tuple(range(1, value.ndim))
        off = np.abs(weights[name] - value).max(axes)
        each.append(off / np.abs(value).max(axes))
    largest: np.ndarray = np.max(each, axis=0)
    return largest


def _sgd(rate: float, momentum: float, **more: Any) -> dict[str, Any]:
    plain = {"nesterovs_momentum": False}
    return {
        "solver": "sgd",
        "learning_rate_init": rate,
        "momentum": momentum,
        **(plain | more),
    }


def _adam(
    rate: float,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
) -> dict[str, Any]:
    return {
        "solver": "adam",
        "learning_rate_init": rate,
        "beta_1": beta_1,
        "beta_2": beta_2,
        "epsilon": epsilon,
    }


def _falling(power: float) -> dict[str, Any]:
    return {"learning_rate": "invscaling", "power_t": power}


def perceptrons() -> list[Perceptron]:
    """Return all trainings that are compared."""
    look_ahead = _sgd(0.05, 0.9, nesterovs_momentum=True)
    result = []
    for kind in ACTIVATIONS:
        for task in ("binary", "multiclass", "regression"):
            name = f"{task} {kind}"
            result += [
                Perceptron(f"{name} sgd", task, kind, (8,), _sgd(0.1, 0.0)),
                Perceptron(
                    f"{name} momentum, L2",
                    *(task, kind, (8, 6), _sgd(0.05, 0.9)),
                    alpha=0.3,
                ),
                Perceptron(
                    f"{name} nesterov, batches",
                    *(task, kind, (8, 6), look_ahead),
                    batch=20,
                ),
                Perceptron(
                    f"{name} adam, L2, batches",
                    *(task, kind, (8, 6), _adam(0.01)),
                    alpha=0.5,
                    batch=20,
                ),
                Perceptron(
                    f"{name} adam",
                    *(task, kind, (7,), _adam(0.02, 0.8, 0.99, 1e-3)),
                ),
            ]
    falling = look_ahead | {"learning_rate_init": 0.5} | _falling(0.5)
    return [
        *result,
        Perceptron(
            "multiclass tanh nesterov, falling rate, L2",
            *("multiclass", "tanh", (8, 6), falling),
            alpha=0.1,
        ),
        Perceptron(
            "regression relu momentum, falling rate, batches",
            *("regression", "relu", (8,), _sgd(0.3, 0.9, **_falling(0.4))),
            batch=20,
        ),
        Perceptron(
            "two targets tanh adam, L2",
            *("two targets", "tanh", (8,), _adam(0.01)),
            alpha=0.2,
        ),
        Perceptron(
            "two targets relu momentum",
            *("two targets", "relu", (8,), _sgd(0.05, 0.9)),
        ),
        Perceptron(
            "multilabel logistic adam, L2",
            *("multilabel", "logistic", (8,), _adam(0.01)),
            alpha=0.2,
        ),
        Perceptron(
            "multiclass relu sgd, strong L2",
            *("multiclass", "relu", (5,), _sgd(0.1, 0.0)),
            alpha=50.0,
        ),
    ]
