"""`parity runs`: list, compare, verify and remove stored runs."""

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from framework_parity.common import choices
from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.errors import SpecError
from framework_parity.comparisons.cli import flags
from framework_parity.comparisons.cli.output import (
    AGREE,
    BROKEN,
    DISAGREE,
    print_json,
)

if TYPE_CHECKING:
    from framework_parity.comparisons.store.store import Entry, RunStore

app = typer.Typer(
    help="List, compare, verify and remove stored runs.",
    no_args_is_help=True,
    add_completion=False,
)

# The digits of a name that a list shows; a prefix stands for a run.
SHOWN = 12

Store = Annotated[
    str | None,
    typer.Option(
        help="Folder of the runs.",
        metavar="<path>",
        show_default="$PARITY_STORE, or ~/.cache/framework-parity/runs",
    ),
]
Outdated = Annotated[
    bool,
    typer.Option(
        "--outdated",
        help="Only runs that other versions of the packages or of this "
        "project computed.",
    ),
]
Names = Annotated[
    list[str], typer.Argument(help="First digits of the names of runs.")
]


@app.command("list")
def list_(
    *,
    backend: Annotated[
        Literal["torch", "keras", "both"],
        typer.Option(help="Only runs of this framework."),
    ] = "both",
    data: Annotated[
        str | None, typer.Option(help="Only runs on this data set.")
    ] = None,
    dtype: Annotated[
        choices.Dtype | None,
        typer.Option(help="Only runs in this precision."),
    ] = None,
    outdated: Outdated = False,
    store: Store = None,
    as_json: flags.Json = False,
) -> None:
    """List the stored runs."""
    runs = _opened(store)
    known = list(runs.entries())
    damaged = len(list(runs.folders())) - len(known)
    entries = [
        entry
        for entry in known
        if _chosen(entry, backend, data, dtype, outdated)
    ]
    if as_json:
        rows = [_row(entry) for entry in entries]
        print_json({"runs": rows, "damaged": damaged})
        return
    for entry in entries:
        row = _row(entry)
        print(
            f"{row['name'][:SHOWN]}  {row['framework']:5}  {row['dtype']:8}  "
            f"{row['role']}, seed {row['seed']}, {row['data']}, "
            f"{row['layers']}"
        )
    size = sum(entry.size() for entry in entries) / 1e6
    print(f"{counted(len(entries), 'run')}, {size:,.1f} MB")
    if damaged:
        print(f"{damaged:,} damaged; see 'parity runs verify'")


@app.command()
def compare(
    first: Annotated[str, typer.Argument(help="First digits of a name.")],
    second: Annotated[str, typer.Argument(help="Those of another run.")],
    *,
    store: Store = None,
    as_json: flags.Json = False,
) -> None:
    """Compare two stored runs: what they depend on, and their numbers.

    The exit status is 1 if their numbers differ.
    """
    from framework_parity.comparisons.store.comparison import (
        differences,
        distances,
    )

    runs = _opened(store)
    one, other = (runs.entry(runs.find(name)) for name in (first, second))
    parts = list(differences(one.identity, other.identity))
    numbers = distances(runs.read(one), runs.read(other))
    if as_json:
        print_json(
            {
                "runs": [one.name, other.name],
                "differences": [
                    {"field": field, "values": [str(a), str(b)]}
                    for field, a, b in parts
                ],
                "numbers": [
                    {"name": name, "largest_difference": _in_json(value)}
                    for name, value in numbers.items()
                ],
            }
        )
    else:
        for field, a, b in parts:
            print(f"{field}: {a} | {b}")
        if not parts:
            print("both depend on the same values")
        for name, value in numbers.items():
            shown = "another shape" if value is None else f"{value:.3g}"
            print(f"{name}: largest difference {shown}")
    same = all(value == 0 for value in numbers.values())
    raise typer.Exit(AGREE if same else DISAGREE)


@app.command()
def verify(
    *,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Remove damaged runs; the next command that needs them "
            "computes them again.",
        ),
    ] = False,
    store: Store = None,
    as_json: flags.Json = False,
) -> None:
    """Read every stored run, and name those that are damaged."""
    runs = _opened(store)
    count = len(list(runs.folders()))
    damage = runs.verify(repair)
    if as_json:
        print_json(
            {
                "runs": count,
                "damaged": [error.as_json() for error in damage],
                "removed": len(damage) if repair else 0,
            }
        )
    else:
        for error in damage:
            print(error)
        removed = ", removed" if repair and damage else ""
        print(f"{counted(count, 'run')}, {len(damage):,} damaged{removed}")
    raise typer.Exit(BROKEN if damage and not repair else AGREE)


@app.command()
def remove(
    names: Names = [],  # noqa: B006 - typer makes a new list
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Remove all runs.")
    ] = False,
    outdated: Outdated = False,
    store: Store = None,
    as_json: flags.Json = False,
) -> None:
    """Delete stored runs."""
    if bool(names) + everything + outdated != 1:
        raise SpecError(
            "runs", "name runs, or use one of --all and --outdated"
        )
    runs = _opened(store)
    if names:
        chosen = [runs.find(name) for name in names]
    elif everything:
        chosen = list(runs.folders())
    else:
        chosen = [
            entry.folder
            for entry in runs.entries()
            if _chosen(entry, outdated=True)
        ]
    count = runs.remove(dict.fromkeys(chosen))
    if as_json:
        print_json({"removed": count})
    else:
        print(f"{counted(count, 'run')} removed")


def _in_json(value: float | None) -> float | str | None:
    """Return a number as JSON has it; infinity, which it has not, as text."""
    finite = value is None or math.isfinite(value)
    return value if finite else str(value)


def _opened(folder: str | None) -> "RunStore":
    """Return the store, which has to be one."""
    from framework_parity.comparisons.store.store import open_store

    opened = open_store(folder)
    if opened is None:
        raise SpecError("--store", "is 'off'; give the folder of the runs")
    if folder and not opened.folder.is_dir():
        raise SpecError("--store", f"there is no folder '{opened.folder}'")
    return opened


def _chosen(
    entry: "Entry",
    backend: str = "both",
    data: str | None = None,
    dtype: str | None = None,
    outdated: bool = False,
) -> bool:
    """Return whether a run passes the filters."""
    from framework_parity.comparisons.store.identity import is_current

    identity = entry.identity
    asked = (
        (None if backend == "both" else backend, identity["framework"]),
        (data, _data(identity)),
        (dtype, identity["dtype"]),
    )
    passes = all(value in (None, own) for value, own in asked)
    return passes and not (outdated and is_current(identity))


def _data(identity: dict[str, Any]) -> str:
    """Return the name of the data set of a run, its first field."""
    return str(next(iter(identity["spec"]["data"])))


def _row(entry: "Entry") -> dict[str, Any]:
    """Return what a list shows of a run."""
    identity = entry.identity
    layers = identity["spec"]["layers"]
    return {
        "name": entry.name,
        "framework": identity["framework"],
        "dtype": identity["dtype"],
        "role": identity["role"],
        "seed": identity["seed"],
        "data": _data(identity),
        "layers": " ".join(
            layer if isinstance(layer, str) else next(iter(layer))
            for layer in layers
        ),
        "written": entry.head["written"],
        "bytes": entry.size(),
    }
