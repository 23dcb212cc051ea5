"""The public names of one framework, with their arguments, from itself."""

import importlib
import inspect
from typing import Any, NamedTuple

# Each public module, and the families that its names may belong to. Types and
# helpers among them are declared as well.
MODULES: dict[str, dict[str, tuple[str, ...]]] = {
    "torch": {
        "torch.nn": ("layer", "loss"),
        "torch.nn.functional": ("layer", "loss"),
        "torch.optim": ("optimizer",),
        "torch.optim.lr_scheduler": ("schedule",),
        "torch.nn.init": ("initializer",),
    },
    "keras": {
        "keras.layers": ("layer",),
        "keras.activations": ("layer",),
        "keras.losses": ("loss",),
        "keras.optimizers": ("optimizer",),
        "keras.optimizers.schedules": ("schedule",),
        "keras.initializers": ("initializer",),
        "keras.regularizers": ("regularizer",),
        "keras.constraints": ("constraint",),
        "keras.callbacks": ("callback",),
        "keras.metrics": ("statistic",),
    },
}

# The points at which activations that are formulas here are compared.
GRID = [-3.5, -1.25, -0.75, -0.3, 0.1, 0.4, 0.9, 1.5, 2.75]
FORMULAS = {
    "torch": ("hardtanh", "logsigmoid", "tanhshrink", "softshrink", "celu"),
    "keras": (
        "hard_tanh",
        "log_sigmoid",
        "tanh_shrink",
        "soft_shrink",
        "celu",
        "squareplus",
        "sparse_plus",
        "sparse_sigmoid",
        "exponential",
    ),
}

# The methods of Keras that take arguments of a recipe.
METHODS = ("fit", "compile")


class Public(NamedTuple):
    """A public class or function.

    Attributes:
        own: the name of the class or function itself; an alias has another.
        arguments: the names of its arguments.
    """

    own: str
    arguments: list[str]


def public(framework: str) -> dict[str, dict[str, Public]]:
    """Return each module's public names with their classes or functions.

    Args:
        framework: `torch` or `keras`.

    Returns:
        module → name → the class or function.
    """
    result: dict[str, dict[str, Public]] = {}
    for module in MODULES[framework]:
        holder = importlib.import_module(module)
        result[module] = {
            name: _described(name, member)
            for name, member in sorted(vars(holder).items())
            if _is_public(name, member, module)
        }
    if framework == "keras":
        keras = importlib.import_module("keras")
        result["keras.Model"] = {
            name: _described(name, getattr(keras.Model, name))
            for name in METHODS
        }
    else:
        data = importlib.import_module("torch.utils.data")
        result["torch.utils.data"] = {
            "DataLoader": _described("DataLoader", data.DataLoader)
        }
    return result


def _described(name: str, member: Any) -> Public:
    own = getattr(member, "__name__", name)
    return Public(str(own), arguments(member))


def arguments(function: Any) -> list[str]:
    """Return the names of the arguments that a function or class takes.

    >>> arguments(lambda x, *rest, y=1: x)
    ['x', 'y']
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return []
    by_name = [p for p in parameters if p.kind not in (2, 4)]
    return [p.name for p in by_name if p.name != "self"]


def _is_public(name: str, member: Any, module: str) -> bool:
    """Whether a member is a public class or function of a module.

    What the module itself imports, such as a type, is excluded.
    """
    if name.startswith("_") or not callable(member):
        return False
    if module == "torch.optim.lr_scheduler":
        holder = importlib.import_module(module)
        return name in holder.__all__
    if not (inspect.isclass(member) or inspect.isroutine(member)):
        return False
    origin = str(getattr(member, "__module__", ""))
    imported = ("typing", "typing_extensions", "collections.abc")
    tensor = inspect.isclass(member) and origin == "torch"
    return origin not in imported and not tensor


def activations(framework: str) -> dict[str, list[float]]:
    """Return the values on `GRID` of the activations that are formulas.

    Args:
        framework: `torch` or `keras`.

    Returns:
        name → values, in the framework's float32.
    """
    if framework == "torch":
        torch = importlib.import_module("torch")
        x, holder = torch.tensor(GRID), torch.nn.functional
    else:
        keras = importlib.import_module("keras")
        x, holder = keras.ops.convert_to_tensor(GRID), keras.activations
    return {
        name: [float(value) for value in getattr(holder, name)(x)]
        for name in FORMULAS[framework]
    }
