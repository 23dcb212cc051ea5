"""Concise calls: without the arguments that are defaults."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any

import numpy as np

from framework_parity.common.codegen.calls import Call
from framework_parity.common.codegen.printing import Expression

# The number of digits from which a number is shortened.
LONG = 14


@dataclass(frozen=True)
class Style:
    """How a framework's calls are shortened.

    Attributes:
        equal: whether a call has the value of an argument's default; called
            with the default and the call.
        dropped: names of arguments that are always left out.
        double: whether numbers stay `np.float64`, for a framework that
            would round Python numbers to float32.
        containers: functions whose keyword arguments are the positional
            arguments of the call around them, such as `OrderedDict`.
    """

    equal: Callable[[Any, Call], bool]
    dropped: frozenset[str] = frozenset()
    double: bool = False
    containers: tuple[Any, ...] = ()


def concise(expression: Any, style: Style) -> Any:
    """Return a call without arguments that have their default values.

    Args:
        expression: a call, a list of them, or a value.
        style: the framework's style.

    Returns:
        The same with shorter calls; it constructs an equal object.
    """
    if isinstance(expression, list):
        return [concise(value, style) for value in expression]
    if isinstance(expression, np.float64) and not style.double:
        expression = float(expression)
    if type(expression) is float:
        return _short(expression)
    if not isinstance(expression, Call):
        return expression
    args = [concise(value, style) for value in expression.args]
    for index, value in enumerate(args):
        if isinstance(value, Call) and value.function in style.containers:
            args[index : index + 1] = value.kwargs.values()
    defaults = _defaults(expression.function)
    kwargs = {
        name: concise(value, style)
        for name, value in expression.kwargs.items()
        if name not in style.dropped
        and not _is_default(value, defaults.get(name, Parameter.empty), style)
    }
    return Call(expression.function, tuple(args), kwargs)


def _short(number: float) -> float | Expression:
    """Return a number, as a difference from 1 where that is shorter.

    >>> _short(0.010000000000000009)
    '1 - 0.99'
    """
    rest = round(1 - number, 10)
    if len(repr(number)) > LONG and 1 - rest == number:
        return Expression(f"1 - {rest!r}")
    return number


def mapped(value: Any, change: Callable[[Call], Call]) -> Any:
    """Return a call with a change made to every call in it, inner ones first.

    Args:
        value: a call, a list of them, or a value, which stays as it is.
        change: from a call to the call in its place.
    """
    if isinstance(value, list):
        return [mapped(inner, change) for inner in value]
    if not isinstance(value, Call):
        return value
    args = tuple(mapped(inner, change) for inner in value.args)
    kwargs = {name: mapped(v, change) for name, v in value.kwargs.items()}
    return change(Call(value.function, args, kwargs))


def _is_default(value: Any, default: Any, style: Style) -> bool:
    if default is Parameter.empty:
        return False
    if isinstance(value, Call):
        return style.equal(default, value)
    if style.double and isinstance(value, np.float64) and value != 0:
        return False
    same_kind = isinstance(value, bool) == isinstance(default, bool)
    return same_kind and bool(value == default)


def _defaults(function: Any) -> dict[str, Any]:
    """Return the default of each argument of a function or class.

    A class whose arguments are only `**kwargs` has those of its base.
    """
    defaults: dict[str, Any] = {}
    for base in reversed(getattr(function, "__mro__", (function,))):
        try:
            parameters = signature(base).parameters
        except (ValueError, TypeError):
            continue
        defaults |= {name: p.default for name, p in parameters.items()}
    return defaults
