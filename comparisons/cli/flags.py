"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from framework_parity.common import choices

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
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
