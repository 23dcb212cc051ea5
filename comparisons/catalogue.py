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
    """Return the summary of each experiment of the catalogue, by name.

    It reads the first line of each module's docstring without importing it.
    """
    lessons = {}
    for file in sorted(FOLDER.glob("[a-z]*.py")):
        docstring = ast.get_docstring(ast.parse(file.read_text("utf-8")))
        lessons[file.stem] = (docstring or "").split("\n")[0]
    return lessons


def find(
    name: str, dataset: str | None = None, profile: str = "quick"
) -> "Experiment | TwoSided":
    """Return an experiment of the catalogue, or one read from a file.

    Args:
        name: name of an experiment, or the path of a YAML or JSON file.
        dataset: one of the experiment's data sets; None for its first, or in
            the full profile for its `FULL`. Not allowed with a file.
        profile: `quick` or `full`.

    Returns:
        The complete specification.

    Raises:
        SpecError: if there is no such experiment, file or data set, or if
            the specification is invalid.
    """
    from framework_parity.common.spec.two_sided.experiment import parse_sides

    document = written(name, dataset, profile)
    try:
        return parse_sides(document)
    except SpecError as error:
        raise (error.located(name) if is_file(name) else error) from error


def written(
    name: str, dataset: str | None = None, profile: str = "quick"
) -> Any:
    """Return the document of an experiment, without default values.

    The document of a file is not validated.

    Args:
        name: name of an experiment, or the path of a YAML or JSON file.
        dataset: as in `find`.
        profile: `quick` or `full`.

    Returns:
        The document, usually a dictionary.

    Raises:
        SpecError: if there is no such experiment, file or data set.
    """
    from framework_parity.common.spec.parsing import read

    if is_file(name):
        if dataset is not None:
            raise SpecError(
                "--dataset",
                f"got {dataset!r}, but a file specifies its own",
                name,
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
    """Return whether a name is the path of a file, not of the catalogue."""
    return Path(name).suffix in (".yaml", ".yml", ".json") or "/" in name
