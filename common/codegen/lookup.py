"""Find the function of a package that belongs to an element of the language.

An element has the same address in every package: what `common/spec` defines
as class `MaxPool` in `layers/pooling.py` is the function `max_pool` in
`layers/pooling.py` of each backend (its builder), of each backend's
`introspect` (its reader) and of `common/reference` (its definition).
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

from framework_parity.common.spec.errors import nearest
from framework_parity.common.spec.node import SpecNode

ROOT = "framework_parity."
SPEC = f"{ROOT}common.spec."


def function_for(package: str, kind: type[SpecNode]) -> Callable[..., Any]:
    """Return the function of a package for a class of elements.

    Args:
        package: below `framework_parity`, such as `torch_impl.introspect`.
        kind: the class of the element.

    Returns:
        The function with the name and the module path of the element.

    Raises:
        LookupError: if there is none; the message names the file to write
            it in.
    """
    address = f"{package}.{kind.__module__.removeprefix(SPEC)}"
    try:
        module = import_module(ROOT + address)
    except ModuleNotFoundError as error:
        if not f"{ROOT}{address}.".startswith(f"{error.name}."):
            raise
        known: list[str] = []
    else:
        function = vars(module).get(kind.kind())
        if callable(function):
            return cast("Callable[..., Any]", function)
        # The module also imports the classes of elements, in upper case.
        known = [name for name in vars(module) if name[0].islower()]
    raise LookupError(
        f"{package} has no '{kind.kind()}'; write a function of that name in "
        f"{address.replace('.', '/')}.py{nearest(kind.kind(), known)}"
    )
