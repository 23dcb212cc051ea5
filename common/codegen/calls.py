"""Calls: a framework's constructor with its arguments, not yet called.

A backend answers "how do you say this element?" with a `Call`. To build is
to perform it; to print its name and arguments is to emit it. Both come from
the one description, so they cannot drift apart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Any, Literal, NoReturn

from framework_parity.common.codegen.lookup import function_for
from framework_parity.common.spec.node import SpecNode


@dataclass(frozen=True)
class Call:
    """A function of a framework and what it is to be called with."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def construct(self, *first: Any) -> Any:
        """Call the function, after performing what is in its arguments.

        Args:
            first: what only exists now and stands before the arguments,
                such as the tensor that an initialiser fills.
        """
        return self.function(
            *first,
            *(_performed(value) for value in self.args),
            **{name: _performed(v) for name, v in self.kwargs.items()},
        )

    def with_args(self, *first: Any) -> "Call":
        """Return the call with more arguments, before those it has."""
        return Call(self.function, (*first, *self.args), self.kwargs)

    def as_partial(self) -> partial[Any]:
        """Return a function that waits for the one argument before these.

        All others go by name, since what a partial holds by place would
        come first.

        >>> call(pow, 2).as_partial()(3)
        9
        """
        _, *names = signature(self.function).parameters
        said = dict(zip(names, self.args, strict=False))
        return partial(self.function, **said, **self.kwargs)


@dataclass(frozen=True)
class Code:
    """A piece of a framework's code, with the names it uses.

    The text is our own, made from a checked tree (`common.spec.formulas`);
    what a user wrote is never run.

    Attributes:
        text: an expression, such as `lambda x: x * ops.tanh(x)`.
        names: what its names stand for, such as `{"ops": keras.ops}`.
        formula: what it says, in the neutral language; the function that
            comes of it carries it as its own attribute `formula`.
    """

    text: str
    names: dict[str, Any]
    formula: str

    def construct(self) -> Any:
        """Return the function that the code describes.

        >>> double = Code("lambda x: 2 * x", {}, "2 * x").perform()
        >>> double(3), double.formula
        (6, '2 * x')
        """
        # PyTorch imports parts of itself when a scalar first becomes a
        # tensor, with the builtins of whoever asks.
        builtins = {"__import__": __import__}
        names = {"__builtins__": builtins, **self.names}
        function = eval(self.text, names)  # noqa: S307 - our own text
        function.formula = self.formula
        return function


def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Call:
    """Describe a call: `call(max, 1, 2).perform()` is `max(1, 2)`.

    >>> call(max, 1, 2).perform()
    2
    >>> call(max, call(abs, -3), 2).perform()
    3
    """
    return Call(function, args, kwargs)


@dataclass(frozen=True)
class Absent:
    """What stands where a backend's function would, and why there is none.

    It raises when it is called, and `docs/coverage.md` lists it.

    Attributes:
        status: `notyet` where the framework must first have something,
            `notimpl` where we could, `never` where it is not to be.
        reason: why, in a sentence.
    """

    status: Literal["notyet", "notimpl", "never"]
    reason: str

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"{self.status}: {self.reason}")


def absent(
    status: Literal["notyet", "notimpl", "never"], reason: str
) -> Absent:
    """Say that a backend has no function here; give the reason.

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


def builder_for(backend: str, spec: SpecNode) -> Callable[..., Call]:
    """Return the function of a backend that builds the call for an element.

    Args:
        backend: `torch_impl` or `keras_impl`.
        spec: the element.

    Raises:
        LookupError: if the backend has none; names the file to write it in.
    """
    return function_for(backend, type(spec))


def _performed(value: Any) -> Any:
    if isinstance(value, list):
        return [_performed(each) for each in value]
    return value.construct() if isinstance(value, Call | Code) else value
