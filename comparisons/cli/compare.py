"""`parity compare`: compare two models of the user's own."""

from pathlib import Path
from typing import Annotated

import typer

from framework_parity.common import choices
from framework_parity.comparisons.cli import flags
from framework_parity.comparisons.cli.output import (
    STATUS,
    make_folders,
    print_json,
)


def compare(
    torch: Annotated[
        str,
        typer.Argument(
            help="The PyTorch model: FILE.py:NAME, a class, a function that "
            "builds it, or a model.",
        ),
    ],
    keras: Annotated[
        str, typer.Argument(help="The Keras model: FILE.py:NAME.")
    ],
    *,
    input_shape: Annotated[
        list[str],
        typer.Option(
            "--input-shape",
            "--keras-input-shape",
            help="Shape of an input, batch first and channels last, such as "
            "2,32,32,3; PyTorch gets images with channels first. Once for "
            "each input.",
            show_default=False,
        ),
    ] = [],  # noqa: B006 - the library copies it
    torch_input_shape: Annotated[
        list[str],
        typer.Option(
            help="PyTorch's shape of each input, if it has the axes in "
            "another order; --input-shape is then Keras's.",
            show_default=False,
        ),
    ] = [],  # noqa: B006 - the library copies it
    input_dtype: Annotated[
        list[str],
        typer.Option(
            help="int for an input of ids, else float. Once for each input.",
            show_default="float, or int where a model has an embedding",
        ),
    ] = [],  # noqa: B006 - the library copies it
    dtype: Annotated[
        choices.LadderDtype, typer.Option(help="Precision.")
    ] = "float64",
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    level: Annotated[
        choices.CompareLevel | None,
        typer.Option(
            help="The last rung.",
            show_default="the furthest for which both files have functions",
        ),
    ] = None,
    sample: Annotated[
        Path | None,
        typer.Option(
            help="An .npz file with the inputs, and the targets as y.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            help="labels, or the shape of targets that are numbers, such as "
            "8,1.",
            show_default="what the loss takes",
        ),
    ] = None,
    timeout: Annotated[
        int, typer.Option(min=1, help="Seconds until it gives up.")
    ] = 600,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for a report, report.html and result.json.",
            show_default=False,
        ),
    ] = None,
    as_json: flags.Json = False,
) -> None:
    """Compare two models of your own, and their training."""
    from framework_parity.comparisons.compare.settings import (
        CompareSettings,
        compare_files,
    )
    from framework_parity.comparisons.report.compare import (
        show_comparison,
        write_pair,
    )

    if out is not None:
        make_folders([out], "compare")
    settings = CompareSettings(
        shapes=tuple(map(flags.read_shape, input_shape)),
        kinds=tuple(map(flags.read_kind, input_dtype)),
        dtype=dtype,
        seed=seed,
        timeout=timeout,
        level=level,
        sample=sample,
        torch_shapes=tuple(map(flags.read_shape, torch_input_shape)),
        target=flags.read_target(target),
    )
    result = compare_files(torch, keras, settings)
    if out is not None:
        write_pair(out, result)
    if as_json:
        print_json(result.as_json())
    else:
        show_comparison(result)
    raise typer.Exit(STATUS[result.verdict])
