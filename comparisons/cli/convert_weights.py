"""`parity convert-weights`: weights of one framework, for the other."""

from pathlib import Path
from typing import Annotated

import typer

from framework_parity.comparisons.cli import flags
from framework_parity.comparisons.cli.output import STATUS, print_json


def convert_weights(
    torch: Annotated[
        str, typer.Argument(help="The PyTorch model: FILE.py:NAME.")
    ],
    keras: Annotated[
        str, typer.Argument(help="The Keras model: FILE.py:NAME.")
    ],
    source: Annotated[
        Path,
        typer.Argument(
            help="The weights: .pt, .pth, .bin or .safetensors of PyTorch, "
            ".keras or .weights.h5 of Keras.",
        ),
    ],
    target: Annotated[
        Path, typer.Argument(help="The file to write, of the other framework.")
    ],
    *,
    input_shape: Annotated[
        list[str],
        typer.Option(
            help="Shape of an input, as in `parity compare`.",
            show_default=False,
        ),
    ] = [],  # noqa: B006 - the library copies it
    torch_input_shape: Annotated[
        list[str],
        typer.Option(
            help="PyTorch's shape of each input, if it has the axes in "
            "another order.",
            show_default=False,
        ),
    ] = [],  # noqa: B006 - the library copies it
    input_dtype: Annotated[
        list[str],
        typer.Option(
            help="int for an input of ids, else float.",
            show_default="float, or int where a model has an embedding",
        ),
    ] = [],  # noqa: B006 - the library copies it
    as_json: flags.Json = False,
) -> None:
    """Convert trained weights; the file is written if the outputs agree."""
    from framework_parity.comparisons.compare.convert import (
        convert_weights as convert,
    )
    from framework_parity.comparisons.compare.settings import CompareSettings
    from framework_parity.comparisons.report.compare import (
        show_comparison,
    )

    settings = CompareSettings(
        shapes=tuple(map(flags.read_shape, input_shape)),
        kinds=tuple(map(flags.read_kind, input_dtype)),
        torch_shapes=tuple(map(flags.read_shape, torch_input_shape)),
        dtype="float32",
    )
    result = convert(torch, keras, settings, source, target)
    written = result.verdict == "agree"
    if as_json:
        print_json(
            result.as_json()
            | {
                "command": "convert-weights",
                "written": str(target) if written else None,
            }
        )
    elif written:
        print(
            f"{target} is written; the outputs of both models agree within "
            f"{result.outputs:.2g} times the noise floor (float32)."
        )
    else:
        print(f"{target} is not written.")
        show_comparison(result)
    raise typer.Exit(STATUS[result.verdict])
