"""Calls: a framework's constructor and its arguments, not yet called.

A backend's builder returns a `Call` for an element of the specification.
Building performs the call; emitting prints it as source code. Both use the
same description, so they cannot differ.
"""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Any, Literal, NoReturn

from framework_parity.common.codegen.lookup import function_for
from framework_parity.common.spec.node import SpecNode


@dataclass(frozen=True)
class Call:
    """A function of a framework and the arguments of the call."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def construct(self, *first: Any) -> Any:
        """Call the function, after performing the calls in its arguments.

        Args:
            *first: arguments that exist only now and precede the others,
                such as the tensor that an initialiser fills.
        """
        return self.function(
            *first,
            *(_performed(value) for value in self.args),
            **{name: _performed(v) for name, v in self.kwargs.items()},
        )

    def with_args(self, *first: Any) -> "Call":
        """Return the call with more arguments before the existing ones."""
        return Call(self.function, (*first, *self.args), self.kwargs)

    def as_partial(self) -> partial[Any]:
        """Return a function of the first argument, with the others bound.

        They are bound by name, since positional arguments of a partial would
        come first.

        >>> call(pow, 2).as_partial()(3)
        9
        """
        _, *names = signature(self.function).parameters
        positional = dict(zip(names, self.args, strict=False))
        return partial(self.function, **positional, **self.kwargs)


@dataclass(frozen=True)
class Code:
    """An expression in a framework's code, with the names it uses.

    The text is generated from a checked tree (`common.spec.formulas`); text
    written by a user is never executed.

    Attributes:
        text: an expression, such as `lambda x: x * ops.tanh(x)`.
        names: the values of its names, such as `{"ops": keras.ops}`.
        formula: the same formula in the neutral language; the resulting
            function has it as its attribute `formula`.
    """

    text: str
    names: dict[str, Any]
    formula: str

    def construct(self) -> Any:
        """Return the function that the code describes.

        >>> double = Code("lambda x: 2 * x", {}, "2 * x").construct()
        >>> double(3), double.formula
        (6, '2 * x')
        """
        # PyTorch imports parts of itself when a scalar first becomes a
        # tensor, with the builtins of the calling code.
        builtins = {"__import__": __import__}
        names = {"__builtins__": builtins, **self.names}
        function = eval(self.text, names)  # noqa: S307 - our own text
        function.formula = self.formula
        return function


def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Call:
    """Describe a call: `call(max, 1, 2).construct()` is `max(1, 2)`.

    Args:
        function: the function or class.
        *args: its positional arguments; they may be calls, too.
        **kwargs: its keyword arguments; they may be calls, too.

    >>> call(max, 1, 2).construct()
    2
    >>> call(max, call(abs, -3), 2).construct()
    3
    """
    return Call(function, args, kwargs)


@dataclass(frozen=True)
class Absent:
    """A placeholder for a function that a backend does not have.

    It raises when it is called, and `docs/coverage.md` lists it.

    Attributes:
        status: `notyet` where the framework lacks something, `notimpl`
            where an implementation is possible, `never` where none is
            intended.
        reason: the reason, in a sentence.
    """

    status: Literal["notyet", "notimpl", "never"]
    reason: str

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"{self.status}: {self.reason}")


def absent(
    status: Literal["notyet", "notimpl", "never"], reason: str
) -> Absent:
    """Return a placeholder for a function that a backend does not have.

    Args:
        status: `notyet`, `notimpl` or `never`; see `Absent`.
        reason: the reason, in a sentence.

    >>> absent("notyet", "PyTorch has no such kernel")()
    Traceback (most recent call last):
    NotImplementedError: notyet: PyTorch has no such kernel

    Raises:
        ValueError: without a reason, or with another status.
    """
    if status not in ("notyet", "notimpl", "never") or not reason.strip():
        raise ValueError(
            f"got {status!r} and reason {reason!r}, expected 'notyet', "
            "'notimpl' or 'never', and why"
        )
    return Absent(status, reason)


def functions_in(value: Any, chosen: Container[Any]) -> Iterator[Any]:
    """Yield the functions of a call and of the calls in it, outer ones first.

    Args:
        value: a call, a list of them, or a value, which has none.
        chosen: the functions that are yielded.

    >>> list(functions_in(call(max, call(abs, -3), [call(abs, 1)]), {abs}))
    [<built-in function abs>, <built-in function abs>]
    """
    if isinstance(value, list):
        for inner in value:
            yield from functions_in(inner, chosen)
    elif isinstance(value, Call):
        if value.function in chosen:
            yield value.function
        for inner in (*value.args, *value.kwargs.values()):
            yield from functions_in(inner, chosen)


def builder_for(backend: str, spec: SpecNode) -> Callable[..., Call]:
    """Return the function of a backend that builds the call for an element.

    Args:
        backend: `torch_impl` or `keras_impl`.
        spec: the element.

    Returns:
        The builder: a function of the element and its context, such as the
        input shape of a layer.

    Raises:
        LookupError: if the backend has none; the message names the file to
            write it in.
    """
    return function_for(backend, type(spec))


def _performed(value: Any) -> Any:
    if isinstance(value, list):
        return [_performed(element) for element in value]
    return value.construct() if isinstance(value, Call | Code) else value
