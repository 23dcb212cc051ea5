"""Functions that all commands share: status, warnings, errors and JSON."""

import json
import re
import sys
import traceback
from pathlib import Path
from typing import Any

import typer

from framework_parity.common.spec.errors import (
    SpecError,
    names,
    nearest,
    shown,
)

AGREE, DISAGREE, WRONG_INPUT, BROKEN, UNDECIDED = range(5)
INTERRUPTED = 130

# The exit status of every command that judges follows from its verdict.
STATUS = {"agree": AGREE, "disagree": DISAGREE, "undecided": UNDECIDED}

EXIT_STATUS = (
    "Exit status: 0 the frameworks agree, or done (a claim that is refuted in "
    "both is a result, and one framework alone is not judged); 1 they "
    "disagree, in numbers or in a claim's verdict; 2 the input is wrong; 3 "
    "another error; 4 undecided: neither could be shown. Of "
    "several experiments, arms or specifications, one that disagrees makes it "
    "1, else one that is undecided makes it 4."
)

# The exception that the command-line library raises for invalid options.
UsageError: Any = typer.BadParameter.__base__


def make_folders(folders: list[Path], command: str) -> None:
    """Make the folders of the reports before any training starts.

    Args:
        folders: one for each experiment.
        command: name of the command, a key of `validation.FILES`.

    Raises:
        SpecError: if two experiments have the same folder, or if a folder
            cannot be written to.
    """
    from framework_parity.comparisons.run import validation

    for index, folder in enumerate(folders):
        if folder in folders[:index]:
            raise SpecError(
                "name", f"{folder.name!r} is the name of two experiments"
            )
    for folder in folders:
        validation.folder("--out", folder, validation.FILES[command])


def warn(spec: Any, before: str = "", only: str | None = None) -> list[str]:
    """Print the warnings about a specification on standard error.

    Args:
        spec: the experiment.
        before: prefix of each warning.
        only: name of the one arm to warn about, or None for all arms.

    Returns:
        All warnings of the specification, for the JSON document.
    """
    from framework_parity.common.spec.warnings import spec_warnings

    warnings = spec_warnings(spec)
    for sentence in warnings:
        of_another = sentence.startswith("arms.") and not sentence.startswith(
            f"arms.{only}: "
        )
        if only is None or not of_another:
            print(f"warning: {before}{sentence}", file=sys.stderr)
    return warnings


def print_json(document: Any) -> None:
    json.dump(document, sys.stdout, indent=2, allow_nan=False)
    print()


def explain(error: Exception, *, as_json: bool) -> int:
    """Print an error, and return the exit status that it leads to.

    Args:
        error: any exception that a command raised.
        as_json: whether to print a JSON document on standard output as well.

    Returns:
        `WRONG_INPUT` for an invalid option or specification, else `BROKEN`.
    """
    if isinstance(error, UsageError):
        if not error.format_message():  # no arguments: the help was shown
            return WRONG_INPUT
        error = _wrong_flag(error)
    if isinstance(error, SpecError):
        if as_json:
            print_json({"error": error.as_json()})
        else:
            print(f"parity: {error}", file=sys.stderr)
        return WRONG_INPUT
    from framework_parity.comparisons.workers.worker import WorkerError

    file = ""
    if isinstance(error, WorkerError):
        message = str(error)
    elif isinstance(error, OSError) and error.filename:
        # An error of the file system: a traceback would not explain it.
        file, message = str(error.filename), str(error.strerror)
    else:
        message = "".join(traceback.format_exception(error))
    if as_json:
        fields = {"file": file, "field": "", "message": message}
        print_json({"error": fields})
    where = f": {file}: " if file else ".\n"
    print(f"parity: error{where}{message}", file=sys.stderr)
    return BROKEN


def _wrong_flag(error: Any) -> SpecError:
    """Return the library's error about an option as a `SpecError`."""
    near = getattr(error, "possibilities", None)
    if near is not None:
        message = f"is no option{nearest(error.option_name, near)}"
        return SpecError(error.option_name, message)
    flag = getattr(error, "param", None)
    if flag is None:
        return SpecError("the command line", error.format_message())
    errors: list[Any] = getattr(error.__cause__, "errors", list)()
    expected = _expected(errors[0]) if errors else None
    message = error.message or "is missing"
    if expected:
        message = f"got {shown(errors[0]['input'])}, expected {expected}"
    return SpecError(flag.opts[0], message)


def _expected(wrong: Any) -> str | None:
    """Return what an option accepts, or None if that is unknown."""
    kind, context = wrong["type"], wrong.get("ctx", {})
    if kind == "greater_than_equal":
        least = context["ge"]
        whole = "" if isinstance(least, float) else "whole "
        return f"a {whole}number of at least {least:g}"
    if kind == "value_error":
        *_, listed = str(context["error"]).rpartition(" is not one of ")
        allowed = re.findall(r"'([^']*)'", listed)
        return f"one of: {names(allowed)}{nearest(wrong['input'], allowed)}"
    kinds = {"int_parsing": "a whole number", "float_parsing": "a number"}
    return kinds.get(kind)
