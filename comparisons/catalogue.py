"""Find experiments: by name in the catalogue, or in a file."""

import ast
import importlib
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framework_parity.common.spec.errors import SpecError, names, nearest

if TYPE_CHECKING:
    from framework_parity.common.spec.experiment import Experiment
    from framework_parity.common.spec.two_sided.experiment import TwoSided

FOLDER = Path(__file__).parent / "experiments"


def summaries() -> dict[str, str]:
    """Return what each experiment of the catalogue teaches, by name.

    It reads the files' first lines and imports nothing.
    """
    found = {}
    for file in sorted(FOLDER.glob("[a-z]*.py")):
        docstring = ast.get_docstring(ast.parse(file.read_text("utf-8")))
        found[file.stem] = (docstring or "").split("\n")[0]
    return found


def find(
    name: str, dataset: str | None = None, profile: str = "quick"
) -> "Experiment | TwoSided":
    """Return an experiment of the catalogue, or one read from a file.

    Args:
        name: of an experiment, or the path of a YAML or JSON file.
        dataset: which of the experiment's data sets; None for its first,
            or in the full profile for the one it names. A file says its own.
        profile: `quick` or `full`.

    Raises:
        SpecError: if there is no such experiment, file or data set, or if
            the file cannot be meant.
    """
    from framework_parity.common.spec.two_sided.experiment import parse_sides

    found = written(name, dataset, profile)
    try:
        return parse_sides(found)
    except SpecError as error:
        raise (error.located(name) if is_file(name) else error) from error


def written(
    name: str, dataset: str | None = None, profile: str = "quick"
) -> Any:
    """Return an experiment as somebody wrote it, before anything is filled.

    Arguments and errors are those of `find`; what a file says may yet turn
    out to have no meaning.
    """
    from framework_parity.common.spec.parsing import read

    if is_file(name):
        if dataset is not None:
            raise SpecError(
                "--dataset", f"got {dataset!r}, but a file says its own", name
            )
        return read(name)
    known = summaries()
    if name not in known:
        raise SpecError(
            name,
            "is no experiment of the catalogue and no .yaml or .json file; "
            f"the catalogue has: {names(known)}{nearest(name, known)}",
        )
    module = importlib.import_module(
        f"framework_parity.comparisons.experiments.{name}"
    )
    if dataset is None:
        first = module.DATASETS[0]
        dataset = (
            getattr(module, "FULL", first) if profile == "full" else first
        )
    if dataset not in module.DATASETS:
        raise SpecError(
            "--dataset",
            f"got {dataset!r}, expected one of: {names(module.DATASETS)}"
            + nearest(dataset, module.DATASETS),
            name,
        )
    lesson = inspect.getdoc(module)
    return {"teaches": lesson, **module.written(dataset, profile)}


def is_file(name: str) -> bool:
    """Whether a name is a file's, or one of the catalogue."""
    return Path(name).suffix in (".yaml", ".yml", ".json") or "/" in name
