"""Tasks that emit each part of an arm as code, run it, and read it back.

They run in a worker, which holds one framework, and import it there. The
strict tests of emission and reading are elsewhere; these record which
elements can be emitted and read at all.
"""

import builtins
import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any, ClassVar

from framework_parity.common.codegen.calls import Absent, Call, builder_for
from framework_parity.common.spec.arm import Arm
from framework_parity.comparisons.workers import tasks
from tests.emitted import execute

OURS = ("framework_parity", "tests")

Messages = dict[str, dict[str, str]]
"""By part and by rung: the error message; empty if there was no error."""


def emit_and_read(
    trainer_class: Any, arm: Arm, progress: Any = None
) -> Messages:
    """Emit each part of an arm, and read it, where it can be read.

    The network is emitted as it predicts: with the activation that turns its
    outputs into predictions.
    """
    package = trainer_class.__module__.split(".")[1]
    side = {"torch_impl": Torch, "keras_impl": Keras}[package](package)
    prediction: Any = arm.recipe.loss.prediction()
    network = replace(arm, layers=(*arm.layers, prediction))
    result = {"layers": side.network(network)}
    for part in ("loss", "optimizer", "schedule", "clipping", "penalty"):
        spec = getattr(arm.recipe, part)
        if spec is not None:
            result[part] = side.element(part, spec, arm)
    return result


def absences(trainer_class: Any, progress: Any = None) -> dict[str, list[str]]:
    """Return what a backend declares absent: status and reason."""
    package = trainer_class.__module__.split(".")[1]
    result = {}
    for module in _modules(
        importlib.import_module(f"framework_parity.{package}")
    ):
        for name, value in vars(module).items():
            if isinstance(value, Absent):
                file = module.__name__.split(".", 2)[2]
                result[f"{file}.{name}"] = [value.status, value.reason]
    return result


def _modules(package: ModuleType) -> list[ModuleType]:
    paths, prefix = package.__path__, f"{package.__name__}."
    return [
        importlib.import_module(each.name)
        for each in pkgutil.walk_packages(paths, prefix)
    ]


class Side(ABC):
    """What both frameworks have in common."""

    first: ClassVar[dict[str, tuple[str, ...]]] = {}

    def __init__(self, package: str) -> None:
        self.package = package
        self.module("engine").configure("float64", 0)

    def module(self, name: str) -> Any:
        """Return a module of the backend."""
        return importlib.import_module(
            f"framework_parity.{self.package}.{name}"
        )

    def reading(self) -> Any:
        """Return the package that reads live objects, if there is one."""
        try:
            return self.module("introspect")
        except ModuleNotFoundError:
            return None

    def network(self, arm: Arm) -> dict[str, str]:
        """Emit, run and read a network."""
        model = self.module("model").build(arm)

        def emitted() -> None:
            names = run(self.module("emit").emit_model(arm), {})
            built, executed = self.shapes(model), self.shapes(names["model"])
            assert built == executed, f"{executed} is not {built}"

        def read() -> None:
            from framework_parity.common.spec.canonical import canonical_layers

            shape = arm.data.source.shape
            layers = self.reading().read_model(model, shape)
            expected = canonical_layers(arm.layers, shape)
            assert layers == expected, f"{layers} is not {expected}"

        return self._tried(emitted, read)

    def element(self, part: str, spec: Any, arm: Arm) -> dict[str, str]:
        """Emit, run and read one part of a recipe."""
        call = self.call_of(part, spec, arm)

        def emitted() -> None:
            first = self.first.get(part, ())
            text = self.module("emit").emit(call, "thing", *first)
            made = run(text, self.given())["thing"]
            live = self.construct(part, call)
            assert type(made) is type(live) or _alike(made, live), made

        def read() -> None:
            from framework_parity.common.spec.canonical import canonical

            node = self.read(part, call, arm)
            assert node == canonical(spec), f"{node} is not {spec}"

        return self._tried(emitted, read)

    def call_of(self, part: str, spec: Any, arm: Arm) -> Call:
        """Return the call that builds a part of a recipe."""
        if part == "penalty":
            call: Call = self.module("penalties").penalty(spec)
            return call
        context: tuple[Any, ...] = ()
        if part == "schedule":
            context = (arm.recipe.optimizer.lr, 3)
        return builder_for(self.package, spec)(spec, *context)

    def construct(self, part: str, call: Call) -> Any:
        """Return the live object."""
        given = self.given()
        return call.construct(
            *(given[name] for name in self.first.get(part, ()))
        )

    def read(self, part: str, call: Call, arm: Arm) -> Any:
        """Return what a live part is read back as."""
        if part == "optimizer":
            model = self.module("model").build(arm)
            # Groups are of the recipe, and not read with the optimiser.
            recipe = arm.recipe.model_copy(
                update={"accumulation": None, "groups": ()}
            )
            build = self.module("updates").build_optimizer
            own = self.module("weights").parameters(model)
            return self.reading().read(build(recipe, own))
        if part == "clipping":
            return self.reading().read_clipping(self.waiting(call))
        if part == "penalty":
            return self.reading().read_penalty(call.construct())
        return self.reading().read(self.construct(part, call))

    def waiting(self, call: Call) -> Any:
        """Return the object that will clip."""
        return call.as_partial()

    def _tried(
        self, emitted: Callable[[], None], read: Callable[[], None]
    ) -> dict[str, str]:
        result = {"emitted": tried(emitted)}
        if self.reading() is not None:
            result["read"] = tried(read)
        return result

    def given(self) -> dict[str, Any]:
        """Return the names that emitted code takes as given."""
        return {}

    @abstractmethod
    def shapes(self, model: Any) -> list[tuple[int, ...]]:
        """Return the shapes of all tensors, in order."""


class Torch(Side):
    """PyTorch's side."""

    first: ClassVar[dict[str, tuple[str, ...]]] = {
        "optimizer": ("parameters",),
        "schedule": ("optimizer",),
        "clipping": ("parameters",),
    }

    def given(self) -> dict[str, Any]:
        import torch

        parameter = torch.nn.Parameter(torch.arange(3.0))
        parameter.grad = torch.ones(3)
        optimizer = torch.optim.SGD([parameter], 0.1)
        return {"parameters": [parameter], "optimizer": optimizer}

    def shapes(self, model: Any) -> list[tuple[int, ...]]:
        return [tuple(each.shape) for each in model.state_dict().values()]


class Keras(Side):
    """Keras's side, where clipping is an argument of the optimiser."""

    def call_of(self, part: str, spec: Any, arm: Arm) -> Call:
        """Return the call that builds a part of a recipe."""
        if part != "clipping":
            return super().call_of(part, spec, arm)
        call = super().call_of("optimizer", arm.recipe.optimizer, arm)
        clipped: Call = self.module("updates")._clipped(call, arm.recipe)
        return clipped

    def waiting(self, call: Call) -> Any:
        """Return the object that will clip."""
        return call.construct()

    def shapes(self, model: Any) -> list[tuple[int, ...]]:
        return [tuple(each.shape) for each in model.weights]


def _alike(made: Any, live: Any) -> bool:
    """Whether a class from emitted code has the name of the live one."""
    return type(made).__qualname__ == type(live).__qualname__


def tried(act: Callable[[], object]) -> str:
    """Call a function; return its error message, empty if there is none."""
    try:
        act()
    except NotImplementedError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - the page says what it was
        return f"{type(error).__name__}: {error}"
    return ""


def run(text: str, given: dict[str, Any]) -> dict[str, Any]:
    """Run emitted code, without access to this project's packages."""

    def without_ours(name: str, *rest: Any) -> Any:
        assert name.split(".")[0] not in OURS, f"imports {name}"
        return builtins.__import__(name, *rest)

    allowed = {**vars(builtins), "__import__": without_ours}
    names = {**given, "__builtins__": allowed, "__name__": "emitted"}
    execute(text, names)
    return names


def add_tasks(backend: str) -> None:
    """Add the tasks of this module to a worker."""
    for task in (emit_and_read, absences):
        setattr(tasks, task.__name__, task)
