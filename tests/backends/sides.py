"""Framework-specific parts of the tests that hold for both frameworks.

Each side builds, emits and runs an element, and returns everything observable
of a live object. Both run in a worker, and import their framework there.
"""

import builtins
import importlib
from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from framework_parity.common.codegen.calls import builder_for
from framework_parity.common.codegen.introspection import readers
from framework_parity.common.spec.canonical import canonical_layers
from framework_parity.common.spec.clipping import Clipping
from tests.backends.items import (
    FAN_IN,
    FAN_OUT,
    LR,
    OURS,
    STEPS_PER_EPOCH,
    Item,
    facts,
    outputs_of,
    sample,
    steps_of,
)
from tests.cases import arm
from tests.emitted import execute


class Side(ABC):
    """The interface of both frameworks, and what they have in common."""

    package: str

    @staticmethod
    def of(trainer_class: Any) -> "Side":
        """Return the side that a worker is on, computing in float64."""
        package = trainer_class.__module__.split(".")[1]
        side = {"torch_impl": Torch, "keras_impl": Keras}[package]()
        side.package = package
        side.module("engine").configure("float64", 0)
        return side

    def module(self, name: str) -> Any:
        """Return a module of the backend."""
        return importlib.import_module(
            f"framework_parity.{self.package}.{name}"
        )

    def call_of(self, item: Item) -> Any:
        """Return the call that makes the item."""
        context: dict[str, tuple[Any, ...]] = {
            "initializers": (FAN_IN, FAN_OUT),
            "schedules": (LR, STEPS_PER_EPOCH),
        }
        build = builder_for(self.package, item.spec)
        return build(item.spec, *context.get(item.book, ()))

    def arm(self, item: Item) -> Any:
        """Return a network of this one layer."""
        tokens = getattr(item.shape, "vocabulary", None)
        return arm([item.spec], item.shape, tokens=tokens)

    def build(self, item: Item) -> Any:
        """Return the live object."""
        if item.book == "layers":
            [live] = self.layers(self.module("model").build(self.arm(item)))
            return live
        if item.book == "optimizers":
            return self.optimizer(optimizer=item.spec)
        return self.construct(item)

    def build_alone(self, item: Item) -> Any:
        """Return the live object, without a network around an optimiser."""
        return (
            self.construct(item) if item.book != "layers" else self.build(item)
        )

    def optimizer(self, **recipe: Any) -> Any:
        """Return the optimiser of a small network with this recipe."""
        example = arm([{"dense": 2}, "batch_norm", {"dense": 3}], **recipe)
        model = self.module("model").build(example)
        build = self.module("updates").build_optimizer
        return build(example.recipe, self.module("weights").parameters(model))

    def emit(self, item: Item) -> str:
        """Return the code that builds the item, as `thing`."""
        module = self.module("emit")
        if item.book == "layers":
            return str(module.emit_model(self.arm(item)))
        first = self.first(item)
        return str(module.emit(self.call_of(item), "thing", *first))

    def execute(self, item: Item, text: str) -> Any:
        """Run emitted code, without access to this project's packages."""
        names = {
            **self.given(),
            "__builtins__": _without_ours(),
            "__name__": "emitted",
        }
        self.seed()
        execute(text, names)
        if item.book == "layers":
            [live] = self.layers(names["model"])
            return live
        if item.book == "clipping":
            return names.get("parameters", names["thing"])
        return names["thing"]

    def observe(self, item: Item, live: Any) -> dict[str, Any]:
        """Return everything observable of a live object."""
        look = getattr(self, f"look_at_{item.book}")
        return {**facts(live), **look(item, live)}

    def read(self, item: Item, live: Any) -> Any:
        """Return what a live object is read back as."""
        reading = self.module("introspect")
        if item.book == "layers":
            [layer] = canonical_layers((reading.read(live),), item.shape)
            return layer
        if item.book == "clipping":
            return reading.read_clipping(live)
        return reading.read(live)

    def readers_of(self, item: Item, live: Any) -> list[str]:
        """Return the readers of an object's family that recognise it."""
        families = self.module("introspect").FAMILIES
        classes = (each for each in families if isinstance(live, each))
        clips = item.book == "clipping"
        family = Clipping if clips else families[next(classes)]
        return [
            name
            for name, read in readers(self.package, family).items()
            if read(live) is not None
        ]

    @abstractmethod
    def seed(self) -> None:
        """Seed the framework's random generators."""

    @abstractmethod
    def given(self) -> dict[str, Any]:
        """Return the names that emitted code takes as given."""

    @abstractmethod
    def bases(self) -> dict[str, tuple[Any, ...]]:
        """Return for each family its base class, with its arguments."""

    @abstractmethod
    def near(self) -> dict[str, Any]:
        """Return objects like those of some elements, which mean another."""

    @abstractmethod
    def layers(self, model: Any) -> list[Any]:
        """Return the layers of a model, in order."""

    @abstractmethod
    def freeze(self, things: list[Any]) -> None:
        """Freeze layers or tensors, as a user of the framework does."""

    @abstractmethod
    def first(self, item: Item) -> tuple[str, ...]:
        """Return the names of the given arguments, which come first."""

    @abstractmethod
    def construct(self, item: Item) -> Any:
        """Return the live object of anything but a layer."""

    @abstractmethod
    def outputs(self, model: Any, x: np.ndarray) -> np.ndarray:
        """Return a model's outputs in evaluation, of images."""


class Torch(Side):
    """PyTorch's side."""

    def seed(self) -> None:
        import torch

        torch.manual_seed(0)

    def given(self) -> dict[str, Any]:
        import torch

        torch.manual_seed(0)
        parameter = torch.nn.Parameter(torch.arange(3.0) - 1.1)
        parameter.grad = torch.arange(3.0) - 0.3
        return {
            "parameters": [parameter],
            "optimizer": torch.optim.SGD([parameter], LR),
            "tensor": torch.zeros(FAN_OUT, FAN_IN),
        }

    def bases(self) -> dict[str, tuple[Any, ...]]:
        from torch import nn, optim

        return {
            "layer": (nn.Module,),
            "loss": (nn.modules.loss._Loss,),
            "optimizer": (optim.Optimizer, self.given()["parameters"], {}),
        }

    def near(self) -> dict[str, Any]:
        from torch import nn

        return {
            "softplus": nn.Softplus(),
            "selu": nn.CELU(),
            "dense": nn.Bilinear(3, 3, 3),
            "flatten": nn.Flatten(0),
            "loss": nn.MSELoss(reduction="sum"),
        }

    def layers(self, model: Any) -> list[Any]:
        return list(model)

    def freeze(self, things: list[Any]) -> None:
        for thing in things:
            thing.requires_grad_(False)

    def first(self, item: Item) -> tuple[str, ...]:
        return {
            "initializers": ("tensor",),
            "optimizers": ("parameters",),
            "clipping": ("parameters",),
            "schedules": ("optimizer",),
        }.get(item.book, ())

    def construct(self, item: Item) -> Any:
        call = self.call_of(item)
        if item.book in ("initializers", "clipping"):
            return call.as_partial()
        given = self.given()
        return call.construct(*(given[name] for name in self.first(item)))

    def outputs(self, model: Any, x: np.ndarray) -> np.ndarray:
        import torch

        images = torch.from_numpy(x.transpose(0, 3, 1, 2).copy())
        outputs: np.ndarray = model.eval()(images).detach().numpy()
        return outputs

    def look_at_layers(self, item: Item, live: Any) -> dict[str, Any]:
        import torch

        x = torch.from_numpy(sample(item.shape))
        if x.ndim == 4:
            x = x.permute(0, 3, 1, 2)
        layers = {name: facts(each) for name, each in live.named_modules()}
        state = live.state_dict().items()
        tensors = {name: value.clone().numpy() for name, value in state}
        torch.manual_seed(1)
        trained = live.train()(x).detach().numpy()
        evaluated = live.eval()(x).detach().numpy()
        return {**layers, **tensors, "train": trained, "eval": evaluated}

    def look_at_initializers(self, item: Item, live: Any) -> dict[str, Any]:
        tensor = live
        if callable(getattr(live, "func", None)):
            tensor = live(self.given()["tensor"])
        return {"class": "", "drawn": tensor.numpy()}

    def look_at_losses(self, item: Item, live: Any) -> dict[str, Any]:
        import torch

        z, y = (torch.from_numpy(each) for each in outputs_of(item))
        value = live(z.requires_grad_(), y)
        value.backward()
        assert z.grad is not None
        return {"value": value.item(), "gradient": z.grad.numpy()}

    def look_at_optimizers(self, item: Item, live: Any) -> dict[str, Any]:
        import torch

        [parameter] = live.param_groups[0]["params"]
        for step in (1.0, 2.0):
            parameter.grad = torch.arange(3.0) / step - 0.3
            live.step()
        defaults = dict(live.defaults)
        return {"defaults": defaults, "p": parameter.detach().numpy()}

    def look_at_clipping(self, item: Item, live: Any) -> dict[str, Any]:
        parameters = live
        if callable(live):
            parameters = self.given()["parameters"]
            live(parameters)
        return {"class": "", "gradient": parameters[0].grad.numpy()}

    def look_at_penalties(self, item: Item, live: Any) -> dict[str, Any]:
        [parameter] = self.given()["parameters"]
        parameter.grad = None
        value = live(parameter)
        value.backward()
        return {"value": value.item(), "gradient": parameter.grad.numpy()}

    def look_at_schedules(self, item: Item, live: Any) -> dict[str, Any]:
        optimizer = getattr(live, "scheduler", live).optimizer
        rates = []
        for _ in range(steps_of(item)):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            live.step()
        return {"rates": rates}


class Keras(Side):
    """Keras's side."""

    def seed(self) -> None:
        import keras

        keras.utils.set_random_seed(0)

    def given(self) -> dict[str, Any]:
        return {}

    def bases(self) -> dict[str, tuple[Any, ...]]:
        import keras

        return {
            "layer": (keras.layers.Layer,),
            "loss": (keras.losses.Loss,),
            "optimizer": (keras.optimizers.Optimizer, 0.1),
        }

    def near(self) -> dict[str, Any]:
        from keras import layers, losses

        return {
            "softplus": layers.Activation("sparsemax"),
            "selu": layers.Activation("selu"),
            "dense": layers.Dense(3, activation="relu"),
            "flatten": layers.Flatten(data_format="channels_first"),
            "loss": losses.MeanSquaredError(reduction="sum"),
        }

    def layers(self, model: Any) -> list[Any]:
        return list(model.layers)

    def freeze(self, things: list[Any]) -> None:
        for thing in things:
            thing.trainable = False

    def first(self, item: Item) -> tuple[str, ...]:
        return ()

    def call_of(self, item: Item) -> Any:
        if item.book != "clipping":
            return super().call_of(item)
        # Keras has clipping only as arguments of an optimiser.
        recipe = arm([{"dense": 3}], clipping=item.spec).recipe
        return self.module("updates").optimizer_call(recipe)

    def construct(self, item: Item) -> Any:
        return self.call_of(item).construct()

    def outputs(self, model: Any, x: np.ndarray) -> np.ndarray:
        return np.array(model(x, training=False))

    def look_at_layers(self, item: Item, live: Any) -> dict[str, Any]:
        x = sample(item.shape)
        tensors = {
            f"{number} {value.name}": np.array(value)
            for number, value in enumerate(live.weights)
        }
        trained = np.array(live(x, training=True))
        evaluated = np.array(live(x, training=False))
        inside = dict(self._inside(live))
        return {**inside, **tensors, "train": trained, "eval": evaluated}

    def _inside(self, live: Any, path: str = "") -> Any:
        for number, layer in enumerate(getattr(live, "layers", ())):
            inner = f"{path}.{number}"
            yield inner, facts(layer)
            yield from self._inside(layer, inner)

    def look_at_initializers(self, item: Item, live: Any) -> dict[str, Any]:
        return {"drawn": np.array(live((FAN_IN, FAN_OUT), "float64"))}

    def look_at_losses(self, item: Item, live: Any) -> dict[str, Any]:
        import tensorflow as tf

        outputs, y = outputs_of(item)
        z = tf.Variable(outputs)
        with tf.GradientTape() as tape:
            value = live(y, z)
        gradient = tape.gradient(value, z)
        return {"value": float(value), "gradient": gradient.numpy()}

    def look_at_optimizers(self, item: Item, live: Any) -> dict[str, Any]:
        import keras

        variable = keras.Variable(np.arange(3.0) - 1.1)
        live.build([variable])
        for step in (1.0, 2.0):
            gradient = keras.ops.convert_to_tensor(np.arange(3.0) / step - 0.3)
            live.apply([gradient], [variable])
        rate = float(live.learning_rate)
        return {"name": "", "rate": rate, "p": np.array(variable)}

    look_at_clipping = look_at_optimizers

    def look_at_penalties(self, item: Item, live: Any) -> dict[str, Any]:
        return {"value": np.array(live(np.arange(3.0) - 1.1))}

    def look_at_schedules(self, item: Item, live: Any) -> dict[str, Any]:
        inner = getattr(live, "schedule", live)
        rates = [float(live(step)) for step in range(steps_of(item))]
        return {"inner": facts(inner), "rates": rates}


def _without_ours() -> dict[str, Any]:
    """Return Python's builtins, with an import that refuses this project."""

    def importing(name: str, *rest: Any) -> Any:
        if name.split(".")[0] in OURS:
            raise ImportError(f"emitted code must not need {name}")
        return builtins.__import__(name, *rest)

    return {**vars(builtins), "__import__": importing}
