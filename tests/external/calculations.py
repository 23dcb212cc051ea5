"""Calculations of the external tests: networks, steps and losses.

Each calculation is written in the language of the project, with its input
arrays, and returns its outputs. Both workers run them, and so does the NumPy
reference in the process of the tests.
"""

import importlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from pydantic import TypeAdapter

from framework_parity.common.data.spec import Data, Part
from framework_parity.common.data.synthetic import Noise
from framework_parity.common.reference.passes import Pass
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.node import defaults_from
from framework_parity.common.spec.recipe import Recipe
from framework_parity.common.training.batches import Segment
from framework_parity.comparisons.workers import tasks

Arrays = dict[str, np.ndarray]

# The identity with a parameter: optimisers need at least one.
IDENTITY: dict[str, Any] = {
    "prelu": {"slopes": "one", "initial": 1.0, "at_zero": "slope"}
}


class Calculation(Protocol):
    """The interface of a calculation."""

    def run(self, trainer_class: Any, dtype: str) -> Arrays:
        """Return the results, by name."""


def network(
    layers: list[Any],
    shape: tuple[int, ...],
    classes: int | None = None,
    dialect: str = "keras",
    tokens: int | None = None,
    **recipe: Any,
) -> Arm:
    """Return a network and a recipe as an experiment writes them down.

    Args:
        layers: as they are written.
        shape: of one sample.
        classes: of the target; None for numbers.
        dialect: whose defaults fill fields that are left out.
        tokens: the number of ids, if the samples are token ids.
        recipe: fields other than a full batch, the squared error and SGD.
    """
    plain = {
        "loss": "mean_squared_error",
        "optimizer": {"sgd": 0.001},
        "batch_size": "full",
        "epochs": 1,
        "shuffle": "never",
    }
    with defaults_from(dialect):
        source = Noise(sides=shape, classes=classes, samples=2, tokens=tokens)
        data = Data(
            source=source,
            test=0.0,
            validation=0.0,
            split="random",
            scaling="none",
            seed=0,
        )
        made = Arm(
            "external",
            TypeAdapter(tuple[Layer, ...]).validate_python(layers),
            data,
            Recipe.model_validate(plain | recipe),
        )
    made.nodes  # noqa: B018 - raises if a shape does not fit
    return made


def _trainer(
    trainer_class: Any,
    spec: Arm,
    parts: dict[str, tuple[np.ndarray, np.ndarray]],
    dtype: str,
    weights: Arrays,
) -> Any:
    """Return a trainer of these parts and weights."""
    # The precision is global in a process, so the cached trainer is dropped.
    tasks._last.cache_clear()
    made = trainer_class(
        spec, {name: Part(x, y) for name, (x, y) in parts.items()}, dtype
    )
    made.load({n: np.asarray(weights[n], dtype) for n in spec.tensors})
    return made


def _package(trainer_class: Any) -> str:
    return str(trainer_class.__module__).split(".")[1]


def _module(trainer_class: Any, name: str) -> Any:
    return importlib.import_module(
        f"framework_parity.{_package(trainer_class)}.{name}"
    )


@dataclass(frozen=True)
class Forward:
    """The outputs of a network.

    Attributes:
        layers: as they are written.
        x: the samples, images with their channels last.
        weights: of every tensor, by its name.
        training: whether the layers are in training mode.
        masks: the factors of each dropout, in training.
        kept: tensors to return as they are after one training step.
        tokens: the number of ids, if the samples are token ids.
    """

    layers: list[Any]
    x: np.ndarray
    weights: Arrays = field(default_factory=dict)
    training: bool = False
    masks: Arrays = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    tokens: int | None = None

    def run(self, trainer_class: Any, dtype: str) -> Arrays:
        """Return the `outputs`, and each kept tensor."""
        x = np.ascontiguousarray(self.x, "int64" if self.tokens else dtype)
        spec = network(self.layers, x.shape[1:], tokens=self.tokens)
        last, weights = spec.nodes[-1], self.weights
        if not spec.parameters:
            spec = network([*self.layers, IDENTITY], x.shape[1:])
            name = next(iter(spec.parameters))
            weights = weights | {name: np.ones(1)}
        y = np.zeros((len(x), int(np.prod(last.output_shape))))
        made = _trainer(trainer_class, spec, {"train": (x, y)}, dtype, weights)
        if not self.training:
            return {"outputs": made.outputs(x)[last.name]}
        result = {"outputs": _trained_outputs(made, x, self.masks)}
        if self.kept:
            made.load({n: np.asarray(v, dtype) for n, v in weights.items()})
            made.steps(Segment(np.arange(len(x))[None], np.array([1e-3])))
            result |= {name: made.weights()[name] for name in self.kept}
        return result


def _trained_outputs(made: Any, x: np.ndarray, masks: Arrays) -> np.ndarray:
    """Return the outputs of a network in training mode."""
    package = _package(type(made))
    if package == "common":
        run = Pass(made.values, masks)
        return run.through(made.arm.nodes, x)[0]
    tensors = _module(type(made), "tensors")
    for name, mask in masks.items():
        made.mask_layers[name].mask = tensors.to_tensor(
            np.asarray(mask, made.dtype), made.dtype
        )
    entering = tensors.to_tensor(x, made.dtype)
    if package == "torch_impl":
        left = made.model.train()(entering)
    else:
        left = made.model(entering, training=True)
    outputs: np.ndarray = tensors.to_array(left)
    return outputs


@dataclass(frozen=True)
class Loss:
    """A loss of given outputs.

    Attributes:
        loss: as it is written.
        outputs: (samples, outputs), passed through an identity network.
        y: labels (samples,), or targets (samples, outputs).
        classes: of the target; None for numbers.
        alone: rows whose loss is also computed separately.
    """

    loss: Any
    outputs: np.ndarray
    y: np.ndarray
    classes: int | None = None
    alone: tuple[int, ...] = ()

    def run(self, trainer_class: Any, dtype: str) -> Arrays:
        """Return `loss`, `alone`, `predictions`, and `accuracy` if any."""
        x, y = np.asarray(self.outputs, dtype), self.y
        parts = {"train": (x, y)} | {
            str(row): (x[row : row + 1], y[row : row + 1])
            for row in self.alone
        }
        spec = network(
            ["linear", IDENTITY], x.shape[1:], self.classes, loss=self.loss
        )
        weights = {name: np.ones(1) for name in spec.parameters}
        made = _trainer(trainer_class, spec, parts, dtype, weights)
        each = [made.evaluate(str(row))["loss"] for row in self.alone]
        result = {
            name: np.array(value)
            for name, value in made.evaluate("train").items()
        }
        predictions = np.asarray(made.predict(x))
        return result | {"alone": np.array(each), "predictions": predictions}


@dataclass(frozen=True)
class Steps:
    """The path of numbers under an optimiser, on given gradients.

    Attributes:
        optimizer: as it is written.
        start: (n,) the first values.
        gradients: (steps, n).
        factors: (steps,) of the rate, or None for ones.
        dialect: whose defaults fill fields that are left out.
        moments: Adam's two before the first step, or None for zeros.
        recipe: further fields, such as `clipping`.
    """

    optimizer: Any
    start: np.ndarray
    gradients: np.ndarray
    factors: np.ndarray | None = None
    dialect: str = "keras"
    moments: tuple[np.ndarray, np.ndarray] | None = None
    recipe: dict[str, Any] = field(default_factory=dict)

    def run(self, trainer_class: Any, dtype: str) -> Arrays:
        """Return the `path`, (steps, n), and the rate `lr` of the spec."""
        spec = network(
            [{"dense": {"units": len(self.start), "bias": False}}],
            (1,),
            dialect=self.dialect,
            optimizer=self.optimizer,
            **self.recipe,
        )
        moves: dict[str, type[_Moved]] = {
            "common": _MovedByReference,
            "torch_impl": _MovedByTorch,
            "keras_impl": _MovedByKeras,
        }
        moved_by = moves[_package(trainer_class)]
        moved = moved_by(trainer_class, spec, self.start, dtype)
        if self.moments:
            moved.remember(*self.moments)
        lr = spec.recipe.optimizer.lr
        factors = self.factors
        if factors is None:
            factors = np.ones(len(self.gradients))
        path = []
        for gradient, factor in zip(self.gradients, factors, strict=True):
            moved.step(gradient, lr * float(factor))
            path.append(moved.value())
        return {"path": np.stack(path), "lr": np.array(lr)}


KERNEL = "dense_1/kernel"


class _Moved(ABC):
    """A kernel (1, n) that an optimiser updates."""

    @abstractmethod
    def __init__(
        self, trainer_class: Any, spec: Arm, start: np.ndarray, dtype: str
    ) -> None:
        """Make the kernel and the optimiser of a spec."""

    @abstractmethod
    def remember(self, first: np.ndarray, second: np.ndarray) -> None:
        """Set Adam's two moments."""

    @abstractmethod
    def step(self, gradient: np.ndarray, rate: float) -> None:
        """Update the kernel by one gradient."""

    @abstractmethod
    def value(self) -> np.ndarray:
        """Return the kernel, (n,)."""


class _MovedByReference(_Moved):
    """A kernel (1, n) that the reference's optimiser updates."""

    def __init__(
        self, trainer_class: Any, spec: Arm, start: np.ndarray, dtype: str
    ) -> None:
        self.trainer = trainer_class(spec, {})
        self.trainer.load({KERNEL: np.reshape(start, (1, -1))})

    def remember(self, first: np.ndarray, second: np.ndarray) -> None:
        state = self.trainer.state[KERNEL]
        state["first"] = np.asarray(first, float).reshape(1, -1)
        state["second"] = np.asarray(second, float).reshape(1, -1)

    def step(self, gradient: np.ndarray, rate: float) -> None:
        whole = np.asarray(gradient, float).reshape(1, -1)
        self.trainer._update({KERNEL: whole}, rate)

    def value(self) -> np.ndarray:
        kernel: np.ndarray = self.trainer.weights()[KERNEL].reshape(-1)
        return kernel


class _MovedByFramework(_Moved):
    """A kernel (1, n) that a backend's optimiser updates."""

    def __init__(
        self, trainer_class: Any, spec: Arm, start: np.ndarray, dtype: str
    ) -> None:
        tasks._last.cache_clear()
        self.spec, self.dtype = spec, dtype
        self.weights = _module(trainer_class, "weights")
        self.tensors = _module(trainer_class, "tensors")
        _module(trainer_class, "engine").configure(dtype, 0)
        self.model = _module(trainer_class, "model").build(spec)
        first = np.asarray(start, dtype).reshape(1, -1)
        self.weights.write(self.model, {KERNEL: first})
        self.updates = _module(trainer_class, "updates")
        self.own = self.weights.parameters(self.model)
        self.live = self.updates.build_optimizer(spec.recipe, self.own)

    def value(self) -> np.ndarray:
        kernel = self.weights.read(self.model, self.spec.tensors)[KERNEL]
        return np.array(kernel).reshape(-1)

    def tensor(self, array: np.ndarray, shape: tuple[int, int]) -> Any:
        whole = np.asarray(array, self.dtype).reshape(shape)
        return self.tensors.to_tensor(whole, self.dtype)


class _MovedByTorch(_MovedByFramework):
    def remember(self, first: np.ndarray, second: np.ndarray) -> None:
        [parameter] = self.own.values()
        torch = importlib.import_module("torch")
        self.live.state[parameter] = {
            "step": torch.tensor(0.0),
            "exp_avg": self.tensor(first, (-1, 1)),
            "exp_avg_sq": self.tensor(second, (-1, 1)),
        }

    def step(self, gradient: np.ndarray, rate: float) -> None:
        recipe, clip = self.spec.recipe, self.updates.clipping_of
        self.updates.compile_update(
            recipe, list(self.own.values()), self.live, clip(recipe)
        )([self.tensor(gradient, (-1, 1))], rate)


class _MovedByKeras(_MovedByFramework):
    def remember(self, first: np.ndarray, second: np.ndarray) -> None:
        self.live._momentums[0].assign(self.tensor(first, (1, -1)))
        self.live._velocities[0].assign(self.tensor(second, (1, -1)))

    def step(self, gradient: np.ndarray, rate: float) -> None:
        self.updates.compile_update(list(self.own.values()), self.live)(
            [self.tensor(gradient, (1, -1))], np.asarray(rate, self.dtype)
        )


@dataclass(frozen=True)
class Training:
    """Training steps from given weights, on given batches at given rates.

    Attributes:
        layers: as they are written.
        recipe: likewise.
        x: the samples.
        y: labels or targets.
        weights: the first, by tensor.
        indices: (steps, batch) rows of the samples.
        rates: (steps,) learning rates.
        classes: of the target; None for numbers.
    """

    layers: list[Any]
    recipe: dict[str, Any]
    x: np.ndarray
    y: np.ndarray
    weights: Arrays
    indices: np.ndarray
    rates: np.ndarray
    classes: int | None = None

    def run(self, trainer_class: Any, dtype: str) -> Arrays:
        """Return each tensor after each step, and the `loss` before it."""
        spec = network(
            self.layers, self.x.shape[1:], self.classes, **self.recipe
        )
        parts = {"train": (np.asarray(self.x, dtype), self.y)}
        made = _trainer(trainer_class, spec, parts, dtype, self.weights)
        weights: dict[str, list[np.ndarray]] = {n: [] for n in spec.tensors}
        losses = []
        for step in range(len(self.indices)):
            now = slice(step, step + 1)
            curves = made.steps(Segment(self.indices[now], self.rates[now]))
            losses.append(float(curves["loss"][0]))
            for name, value in made.weights().items():
                weights[name].append(value)
        result = {name: np.stack(path) for name, path in weights.items()}
        return result | {"loss": np.array(losses)}


@dataclass(frozen=True)
class InitialWeights:
    """The weights that a framework draws by itself.

    Attributes:
        layers: as they are written.
        shape: of one sample.
        seed: of the framework.
    """

    layers: list[Any]
    shape: tuple[int, ...]
    seed: int = 0

    def run(self, trainer_class: Any, dtype: str) -> Arrays:
        """Return each tensor."""
        spec = network(self.layers, self.shape)
        tasks._last.cache_clear()
        outputs = spec.nodes[-1].output_shape
        part = Part(np.zeros((2, *self.shape)), np.zeros((2, *outputs)))
        made = trainer_class(spec, {"train": part}, dtype, self.seed)
        weights: Arrays = made.weights()
        return weights


def calculate(
    trainer_class: Any,
    items: list[Calculation],
    dtype: str,
    progress: Any = None,
) -> list[Arrays]:
    """Return the results of each calculation, in one precision."""
    return [item.run(trainer_class, dtype) for item in items]


def add_tasks(backend: str) -> None:
    """Add the task `calculate` to a worker."""
    setattr(tasks, calculate.__name__, calculate)
