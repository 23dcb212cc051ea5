"""Find experiments: by name in the catalogue, or in a file."""

import ast
import importlib
import inspect
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from framework_parity.common.choices import LessonChoice
from framework_parity.common.spec.errors import SpecError, names, nearest
from framework_parity.comparisons.experiments._lessons import Lesson

if TYPE_CHECKING:
    from framework_parity.common.spec.experiment import Experiment
    from framework_parity.common.spec.two_sided.experiment import TwoSided

# The project's own version, where a lesson is the default.
OWN: LessonChoice = "own"

FOLDER = Path(__file__).parent / "experiments"

# The data sets that scikit-learn does not include.
NEED_FILES = ("mnist", "fashion_mnist", "cifar10")


@dataclass(frozen=True)
class Variant:
    """One version of an experiment of the catalogue.

    Attributes:
        name: the experiment.
        dataset: one of its data sets.
        lesson: the lesson whose numbers it has; None or `own` for the
            project's own.
        default: whether it is what the name alone stands for.
    """

    name: str
    dataset: str
    lesson: LessonChoice | None = None
    default: bool = False

    @property
    def slug(self) -> str:
        """A name that differs between the versions, for a folder."""
        if self.default:
            return self.name
        lesson = {None: "", OWN: f"-{OWN}"}.get(
            self.lesson, f"-lesson{self.lesson}"
        )
        return f"{self.name}{lesson}-{self.dataset}"


def variants(name: str, profile: str = "quick") -> list[Variant]:
    """Return the versions of an experiment that need no files.

    Args:
        name: name of an experiment of the catalogue.
        profile: `quick` or `full`.

    Returns:
        The default version first; two versions with the same function and
        data set are listed once.
    """
    module = _module(name)
    first = _chosen(module, None, profile)
    known: dict[Any, Variant] = {}
    versions: dict[int | None, Lesson] = {
        None: _own(module),
        **_lessons(module),
    }
    order = sorted(versions, key=lambda number: number != first[0])
    for number in order:
        for dataset in versions[number].datasets:
            if dataset in NEED_FILES:
                continue
            # In the full profile a data set stands for the lesson that has it.
            stands = (number, dataset) == _chosen(module, dataset, profile)
            lesson = OWN if number is None and not stands else number
            default = (number, dataset) == first
            key = versions[number].written, dataset
            known.setdefault(key, Variant(name, dataset, lesson, default))
    return sorted(known.values(), key=lambda v: not v.default)


def lessons() -> dict[str, list[int]]:
    """Return the numbers of the lessons that contain each experiment.

    They are read from the source, as in `summaries`.
    """
    found = {}
    for name, source in _sources().items():
        keys = [
            ast.literal_eval(key)
            for statement in source.body
            if isinstance(statement, ast.Assign)
            and ast.unparse(statement.targets[0]) == "LESSONS"
            and isinstance(statement.value, ast.Dict)
            for key in statement.value.keys
            if key is not None
        ]
        found[name] = sorted(keys)
    return found


def summaries() -> dict[str, str]:
    """Return the summary of each experiment of the catalogue, by name.

    It reads the first line of each module's docstring without importing it.
    """
    return {
        name: (ast.get_docstring(source) or "").split("\n")[0]
        for name, source in _sources().items()
    }


@cache
def _sources() -> dict[str, ast.Module]:
    """Return the source of each experiment, by name."""
    files = sorted(FOLDER.glob("[a-z]*.py"))
    return {file.stem: ast.parse(file.read_text("utf-8")) for file in files}


def find(
    name: str,
    dataset: str | None = None,
    profile: str = "quick",
    lesson: LessonChoice | None = None,
) -> "Experiment | TwoSided":
    """Return an experiment of the catalogue, or one read from a file.

    Args:
        name: name of an experiment, or the path of a YAML or JSON file.
        dataset: one of the experiment's data sets; None for the default of
            the profile. Not allowed with a file.
        profile: `quick` or `full`.
        lesson: the lesson whose numbers the experiment has, or `own` for
            the project's own; None for that in the quick profile, and for
            the first lesson that has the data set in the full profile. Not
            allowed with a file.

    Returns:
        The complete specification.

    Raises:
        SpecError: if there is no such experiment, file, data set or lesson,
            or if the specification is invalid.
    """
    from framework_parity.common.spec.two_sided.experiment import parse_sides

    document = written(name, dataset, profile, lesson)
    try:
        return parse_sides(document)
    except SpecError as error:
        raise (error.located(name) if is_file(name) else error) from error


def written(
    name: str,
    dataset: str | None = None,
    profile: str = "quick",
    lesson: LessonChoice | None = None,
) -> Any:
    """Return the document of an experiment, without default values.

    The document of a file is not validated.

    Args:
        name: name of an experiment, or the path of a YAML or JSON file.
        dataset: as in `find`.
        profile: `quick` or `full`.
        lesson: as in `find`.

    Returns:
        The document, usually a dictionary.

    Raises:
        SpecError: if there is no such experiment, file, data set or lesson.
    """
    from framework_parity.common.spec.parsing import read

    if is_file(name):
        for option, value in {"dataset": dataset, "lesson": lesson}.items():
            if value is not None:
                raise SpecError(
                    f"--{option}",
                    f"got {value!r}, but a file specifies its own",
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
    module = _module(name)
    number: int | None
    if lesson is None:
        number, dataset = _chosen(module, dataset, profile)
    elif lesson == OWN:
        number = None
    else:
        number = int(lesson)
    versions: dict[int | None, Lesson] = {
        None: _own(module),
        **_lessons(module),
    }
    if number not in versions:
        has = ", ".join(map(str, _lessons(module))) or "none"
        raise SpecError(
            "--lesson",
            f"got {lesson}, but the lessons of this experiment are: {has} "
            "('own' is the project's own version)",
            name,
        )
    version = versions[number]
    dataset = dataset or version.default(profile)
    if dataset not in version.datasets:
        raise SpecError(
            "--dataset",
            f"got {dataset!r}, expected one of: {names(version.datasets)}"
            + nearest(dataset, version.datasets),
            name,
        )
    return {
        "teaches": inspect.getdoc(module),
        **({} if number is None else {"lesson": number}),
        **version.written(dataset, profile),
    }


def is_file(name: str) -> bool:
    """Return whether a name is the path of a file, not of the catalogue."""
    return Path(name).suffix in (".yaml", ".yml", ".json") or "/" in name


def _module(name: str) -> ModuleType:
    return importlib.import_module(
        f"framework_parity.comparisons.experiments.{name}"
    )


def _lessons(module: ModuleType) -> dict[int | None, Lesson]:
    versions: dict[int | None, Lesson] = getattr(module, "LESSONS", {})
    return versions


def _own(module: ModuleType) -> Lesson:
    """Return the project's own version of an experiment."""
    full = getattr(module, "FULL", "")
    return Lesson(module.written, module.DATASETS, full)


def _chosen(
    module: ModuleType, dataset: str | None, profile: str
) -> tuple[int | None, str]:
    """Return the lesson and the data set that stand for a data set or None.

    In the full profile it is the first lesson that has the data set.
    """
    if profile == "full":
        for number, version in _lessons(module).items():
            if dataset is None or dataset in version.datasets:
                return number, dataset or version.default(profile)
    return None, dataset or _own(module).default(profile)
