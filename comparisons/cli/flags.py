"""What the commands can be told: words to choose from, and shared options."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Profile(StrEnum):
    quick = "quick"
    full = "full"


class Backend(StrEnum):
    torch = "torch"
    keras = "keras"
    both = "both"


class Dtype(StrEnum):
    float32 = "float32"
    float64 = "float64"
    bfloat16 = "bfloat16"


class LadderDtype(StrEnum):
    float32 = "float32"
    float64 = "float64"


class Device(StrEnum):
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class Randomness(StrEnum):
    shared = "shared"
    native = "native"
    replay = "replay"


class Level(StrEnum):
    data = "data"
    structure = "structure"
    forward = "forward"
    gradient = "gradient"
    step = "step"
    trajectory = "trajectory"
    initial = "initial"
    statistics = "statistics"


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Dataset = Annotated[
    str | None, typer.Option(help="Which of the experiment's data sets.")
]

DataDir = Annotated[
    Path | None,
    typer.Option(
        help="Folder with the files of known images.",
        show_default="$PARITY_DATA, or ~/.cache/framework-parity",
    ),
]
Download = Annotated[
    bool,
    typer.Option("--download", help="Let both fetch what is missing there."),
]
OnDevice = Annotated[Device, typer.Option(help="What both compute on.")]
