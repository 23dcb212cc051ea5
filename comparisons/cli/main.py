"""The command line, `parity`.

Every command prints one JSON document with `--json` and nothing else on
standard output; progress goes to standard error. Exit status: 0 the
frameworks agree, or done; 1 they disagree, in numbers or in a claim's verdict;
2 the input is wrong; 3 another error; 4 undecided: neither could be
shown. Each command has a file of its name. Modules that are slow to
import are imported inside the functions that use them.
"""

import sys
import warnings
from typing import Any

import typer

from framework_parity.comparisons import catalogue
from framework_parity.comparisons.cli import (
    audit,
    check,
    compare,
    convert_weights,
    emit,
    flags,
    fuzz,
    run,
    runs,
)
from framework_parity.comparisons.cli.output import (
    EXIT_STATUS,
    INTERRUPTED,
    explain,
    print_json,
)

app = typer.Typer(
    help="One deep-learning experiment, run in PyTorch and in Keras, judged.",
    epilog=EXIT_STATUS,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


for command in (
    *(run.run, check.check, compare.compare, audit.audit),
    *(convert_weights.convert_weights, emit.emit, fuzz.fuzz),
):
    app.command(epilog=EXIT_STATUS)(command)
app.add_typer(runs.app, name="runs")


@app.command("list")
def list_(*, as_json: flags.Json = False) -> None:
    """List the experiments of the catalogue."""
    summaries, lessons = catalogue.summaries(), catalogue.lessons()
    if as_json:
        print_json(
            {
                "experiments": [
                    {
                        "id": name,
                        "teaches": teaches,
                        "lessons": lessons[name],
                    }
                    for name, teaches in summaries.items()
                ]
            }
        )
        return
    width = max(map(len, summaries))
    for name, teaches in summaries.items():
        named = f" [{_named(lessons[name])}]" if lessons[name] else ""
        print(f"{name:{width}}  {teaches}{named}")


def _named(numbers: list[int]) -> str:
    """Return such as `lesson 3` or `lessons 0, 3`."""
    word = "lesson" if len(numbers) == 1 else "lessons"
    return f"{word} {', '.join(map(str, numbers))}"


@app.command()
def schema(*, as_json: flags.Json = False) -> None:
    """Print the language of specifications as JSON Schema."""
    from framework_parity.common.spec.load import schema

    print_json(schema())


def _warned(message: Warning | str, *_: Any, **__: Any) -> None:
    """Print a warning of this project or a library as one line."""
    print(f"warning: {message}", file=sys.stderr)


def main() -> None:
    """Run the command line and turn an error into an exit status."""
    warnings.showwarning = _warned
    try:
        status = app(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - report any error, then exit
        status = explain(error, as_json="--json" in sys.argv[1:])
    if status == INTERRUPTED:  # typer returns it, too
        print("parity: interrupted", file=sys.stderr)
    sys.exit(status)
