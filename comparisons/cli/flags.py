"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args

import typer

from framework_parity.common import choices
from framework_parity.common.spec.errors import SpecError

Profile = Annotated[
    choices.Profile,
    typer.Option(help="quick, or full with the numbers of the lesson."),
]
Dataset = Annotated[
    str | None, typer.Option(help="Which of the experiment's data sets.")
]


def _lesson(written: str) -> choices.LessonChoice:
    if written == "own":
        return "own"
    try:
        return int(written)
    except ValueError:
        raise typer.BadParameter(
            f"got {written!r}, expected the number of a lesson, or 'own'"
        ) from None


Lesson = Annotated[
    Any,
    typer.Option(
        help="Which lesson's numbers, or 'own' for the project's own.",
        parser=_lesson,
        metavar="<int|own>",
        show_default="the first lesson in the full profile, else none",
    ),
]
Backend = Annotated[
    Literal["torch", "keras", "both"],
    typer.Option(help="Run one framework alone, or both."),
]
Device = Annotated[
    choices.Device, typer.Option(help="Device for both frameworks.")
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        help="Folder with the files of the image data sets.",
        show_default="$PARITY_DATA, or ~/.cache/framework-parity",
    ),
]
Download = Annotated[
    bool, typer.Option("--download", help="Download missing files.")
]
Store = Annotated[
    str | None,
    typer.Option(
        help="Folder of finished runs, which are not computed again; 'off' "
        "for none.",
        metavar="<path>",
        show_default="$PARITY_STORE, or ~/.cache/framework-parity/runs",
    ),
]
Fresh = Annotated[
    bool,
    typer.Option(
        "--fresh", help="Compute stored runs again, and replace them."
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        min=1,
        help="Seconds without progress after which a framework is stopped.",
        show_default="no limit",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def read_shape(written: str) -> tuple[int, ...]:
    """Return the shape that `2,32,32,3` is.

    Raises:
        SpecError: if it is none.
    """
    try:
        shape = tuple(int(side) for side in written.split(","))
    except ValueError:
        shape = (0,)
    if min(shape) < 1:
        raise SpecError(
            "--input-shape",
            f"got '{written}', expected whole numbers such as 2,32,32,3",
        )
    return shape


def read_target(
    written: str | None,
) -> Literal["labels"] | tuple[int, ...] | None:
    """Return what `labels` or `8,1` says of the targets.

    Raises:
        SpecError: if it is neither.
    """
    if written is None:
        return None
    if written == "labels":
        return "labels"
    try:
        return tuple(int(side) for side in written.split(","))
    except ValueError:
        raise SpecError(
            "--target", f"got '{written}', expected labels or such as 8,1"
        ) from None


def read_kind(written: str) -> choices.InputKind:
    """Return the kind of an input.

    Raises:
        SpecError: if it is not allowed.
    """
    for kind in get_args(choices.InputKind):
        if written == kind:
            return cast("choices.InputKind", kind)
    raise SpecError(
        "--input-dtype", f"got '{written}', expected one of: float, int"
    )
