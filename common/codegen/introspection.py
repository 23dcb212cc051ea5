"""Read live objects: from an optimiser, a layer or a loss back to its spec.

A backend's package `introspect` has a reader for each element: a function
that takes a live object and returns its spec, or None if the object is of
another kind.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from framework_parity.common.codegen.lookup import SPEC, function_for
from framework_parity.common.spec.canonical import canonical
from framework_parity.common.spec.layer import Mode
from framework_parity.common.spec.layers.freezing import Frozen
from framework_parity.common.spec.node import SpecNode, members


def readers(
    backend: str, family: Any
) -> dict[str, Callable[[Any], SpecNode | None]]:
    """Return a backend's readers of a family of elements, by kind.

    Args:
        backend: `torch_impl` or `keras_impl`.
        family: a union of elements, such as `Layer`, or one class.

    Returns:
        The readers, by the kind of element that each returns.
    """
    package = f"{backend}.introspect"
    return {
        kind.kind(): function_for(package, kind) for kind in members(family)
    }


def spec_of(backend: str, family: Any, live: Any) -> Any:
    """Return the spec of a live object, in canonical form.

    Args:
        backend: `torch_impl` or `keras_impl`.
        family: the union of elements that the object may represent.
        live: the object.

    Returns:
        The element, in canonical form.

    Raises:
        LookupError: if no reader recognises it; the message names its class
            and the file to write a reader in.
    """
    for read in readers(backend, family).values():
        spec = read(live)
        if spec is not None:
            return canonical(spec)
    kind = f"{type(live).__module__}.{type(live).__qualname__}"
    address = members(family)[0].__module__.removeprefix(SPEC)
    file, _, inside = address.partition(".")
    place = f"{backend}/introspect/{file}" + ("" if inside else ".py")
    raise LookupError(
        f"got {live!r} of class {kind}, which no reader recognises; write a "
        f"function that returns its spec in {place}"
    )


# Whether the layers that are read are inside of a frozen block.
_inside_frozen: ContextVar[bool] = ContextVar("inside_frozen", default=False)


@contextmanager
def inside_frozen() -> Iterator[None]:
    """Read layers inside of a frozen block, which are not frozen twice."""
    token = _inside_frozen.set(True)
    try:
        yield
    finally:
        _inside_frozen.reset(token)


def as_trained(spec: Any, trained: list[bool], batch_norm: Mode) -> Any:
    """Return a layer, or the frozen layer, as its parameters are trained.

    Args:
        spec: the layer as it was read.
        trained: whether each of its parameters is trained.
        batch_norm: how a batch norm works if none is.

    Returns:
        The layer; inside of a frozen block if none of its parameters is
        trained and it is not inside of one. The layers of a block are read
        one by one.

    Raises:
        LookupError: if some of its parameters are trained and others not.
    """
    if _inside_frozen.get() or spec.blocks() or all(trained):
        return spec
    if any(trained):
        raise LookupError(
            f"some parameters of a '{spec.kind()}' are trained and others "
            "are not, which the language has no equivalent for"
        )
    return Frozen(layers=(spec,), batch_norm=batch_norm)


def shortest(of: Callable[[float], float], value: float, near: float) -> float:
    """Return the shortest decimal number that a function maps to `value`.

    A live object may store a number only as part of another: the end of a
    cosine as a rate instead of a share of it, a share s as 1 - s. Inverting
    the function may be off by a rounding error; of the numbers that map to
    the value, the one with the fewest digits is the likeliest input. With up
    to 15 digits it is unique.

    Args:
        of: the function of the number.
        value: its result.
        near: the number, up to a rounding error.

    Returns:
        The shortest decimal, or `near` if none maps to the value.

    >>> 0.1 * 0.7 / 0.1
    0.6999999999999998
    >>> shortest(lambda share: 0.1 * share, 0.1 * 0.7, 0.1 * 0.7 / 0.1)
    0.7
    """
    candidates = (float(f"{near:.{digits}g}") for digits in range(1, 18))
    return next(
        (candidate for candidate in candidates if of(candidate) == value), near
    )
