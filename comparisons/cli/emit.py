"""`parity emit`: print a script in one framework."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from framework_parity.common import choices
from framework_parity.common.spec.errors import SpecError
from framework_parity.comparisons.cli import flags
from framework_parity.comparisons.cli.output import print_json

if TYPE_CHECKING:
    from framework_parity.common.codegen.scripts.script import Script


def emit(
    experiment: Annotated[
        str, typer.Argument(help="A name of the catalogue, or a file.")
    ],
    *,
    framework: Annotated[
        Literal["torch", "keras"],
        typer.Option(help="The framework of the script."),
    ],
    arm: Annotated[
        str | None,
        typer.Option(help="The network.", show_default="the first"),
    ] = None,
    profile: flags.Profile = "quick",
    dataset: flags.Dataset = None,
    lesson: flags.Lesson = None,
    exact: Annotated[
        bool,
        typer.Option(
            "--exact",
            help="Repeat the run of `parity run`: read its initial weights, "
            "orders and masks from a file beside the script.",
        ),
    ] = False,
    notebook: Annotated[
        bool, typer.Option("--notebook", help="Write a Jupyter notebook.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    dtype: Annotated[
        choices.Dtype | None,
        typer.Option(help="Precision.", show_default="as the recipe says"),
    ] = None,
    data_dir: flags.DataDir = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The file.", show_default="standard output"
        ),
    ] = None,
    as_json: flags.Json = False,
) -> None:
    """Print a script that needs only PyTorch or Keras."""
    from framework_parity import emit as make

    if exact and output is None:
        raise SpecError(
            "--exact", "needs a file; give the script a name with --output"
        )
    script = make(
        experiment,
        framework,
        arm=arm,
        dataset=dataset,
        lesson=lesson,
        profile=profile,
        exact=exact,
        arrays=f"{output.stem}.npz" if output else None,
        seed=seed,
        dtype=dtype,
        data_dir=data_dir,
    )
    if output is not None and output.stem in script.modules:
        raise SpecError(
            "--output",
            f"got {output.name!r}, which would hide the module "
            f"{output.stem!r} that the script imports; choose another name",
        )
    text = script.notebook if notebook else script.python
    files = [] if output is None else _write(script, text, output)
    if as_json:
        print_json(
            {
                "command": "emit",
                "name": experiment,
                "framework": framework,
                "script": text,
                "files": [str(file) for file in files],
            }
        )
    elif output is None:
        print(text, end="")
    else:
        print("\n".join(map(str, files)))


def _write(script: "Script", text: str, output: Path) -> list[Path]:
    """Write a script and its arrays; return the files."""
    import numpy as np

    files = [output]
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, "utf-8")
        if script.arrays:
            files.append(output.with_suffix(".npz"))
            np.savez_compressed(files[-1], **script.arrays)  # type: ignore[arg-type]
    except OSError as error:
        raise SpecError(
            "--output", f"cannot be written: {error.strerror}", str(output)
        ) from error
    return files
