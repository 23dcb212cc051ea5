"""What every command shares: exit status, warnings, errors and JSON."""

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
    "something broke; 4 undecided: nothing could be shown either way. Of "
    "several experiments, arms or specifications, one that disagrees makes it "
    "1, else one that is undecided makes it 4."
)

# What the library raises for flags that cannot be meant.
UsageError: Any = typer.BadParameter.__base__


def make_folders(folders: list[Path], command: str) -> None:
    """Make the folders of the reports, before hours go into them."""
    from framework_parity.comparisons.run import validation

    for index, folder in enumerate(folders):
        if folder in folders[:index]:
            raise SpecError(
                "name", f"{folder.name!r} is the name of two experiments"
            )
        validation.folder("--out", folder, validation.FILES[command])


def warn(spec: Any, before: str = "", only: str | None = None) -> list[str]:
    """Print the warnings about a specification on standard error.

    Args:
        spec: the experiment.
        before: what each sentence begins with.
        only: the one arm that is asked for, or None for all.

    Returns:
        The sentences, as a document has them.
    """
    from framework_parity.common.spec.warnings import spec_warnings

    found = spec_warnings(spec)
    for sentence in found:
        of_another = sentence.startswith("arms.") and not sentence.startswith(
            f"arms.{only}: "
        )
        if only is None or not of_another:
            print(f"warning: {before}{sentence}", file=sys.stderr)
    return found


def print_json(document: Any) -> None:
    json.dump(document, sys.stdout, indent=2, allow_nan=False)
    print()


def explain(error: Exception, *, as_json: bool) -> int:
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
    from framework_parity.comparisons.workers.pool import WorkerError

    file = ""
    if isinstance(error, WorkerError):
        said = str(error)
    elif isinstance(error, OSError) and error.filename:
        # The machine's fault, not the program's: no trace explains it.
        file, said = str(error.filename), str(error.strerror)
    else:
        said = "".join(traceback.format_exception(error))
    if as_json:
        fields = {"file": file, "field": "", "message": said}
        print_json({"error": fields})
    where = f": {file}: " if file else ".\n"
    print(f"parity: something broke{where}{said}", file=sys.stderr)
    return BROKEN


def _wrong_flag(error: Any) -> SpecError:
    """Say as our own sentences do what the library says of a flag."""
    near = getattr(error, "possibilities", None)
    if near is not None:
        said = f"is no option{nearest(error.option_name, near)}"
        return SpecError(error.option_name, said)
    flag = getattr(error, "param", None)
    if flag is None:
        return SpecError("the command line", error.format_message())
    found: list[Any] = getattr(error.__cause__, "errors", list)()
    expected = _expected(found[0]) if found else None
    said = error.message or "is missing"
    if expected:
        said = f"got {shown(found[0]['input'])}, expected {expected}"
    return SpecError(flag.opts[0], said)


def _expected(wrong: Any) -> str | None:
    """Return what a flag takes, or None where that is unclear."""
    kind, context = wrong["type"], wrong.get("ctx", {})
    if kind == "greater_than_equal":
        return f"a whole number of at least {context['ge']}"
    if kind == "value_error":
        *_, listed = str(context["error"]).rpartition(" is not one of ")
        allowed = re.findall(r"'([^']*)'", listed)
        return f"one of: {names(allowed)}{nearest(wrong['input'], allowed)}"
    kinds = {"int_parsing": "a whole number", "float_parsing": "a number"}
    return kinds.get(kind)
