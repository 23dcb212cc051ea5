"""Scripts: their options, their sections, and their files."""

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from framework_parity.common.choices import Dtype
from framework_parity.common.codegen.printing import (
    WIDTH,
    Vocabulary,
    merged_imports,
    preamble,
)
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.conventions import defaults_of
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.node import Dialect
from framework_parity.common.spec.schedules import Changing
from framework_parity.common.training.record import Tensors

# A line that imports something, at the margin.
IMPORT = re.compile(r"(import|from) \w")


@dataclass(frozen=True)
class ScriptOptions:
    """What a script is for.

    Attributes:
        experiment: the name of the experiment.
        summary: what it shows, in one sentence.
        exact: whether the script reads its random draws from a file, so that
            it repeats the run of this project.
        arrays: the name of the file of arrays, in the folder of the script.
        seed: the seed of the run.
        dtype: the precision; see `Recipe.precision`.
    """

    experiment: str
    summary: str = ""
    exact: bool = False
    arrays: str = "draws.npz"
    seed: int = 0
    dtype: Dtype = "float32"


@dataclass(frozen=True)
class Section:
    """A part of a script: a heading, which becomes a comment, and code."""

    title: str
    code: str


def section(title: str, *code: str | Iterable[str]) -> Section:
    """Return a section of lines and of lists of lines.

    Args:
        title: the heading.
        *code: statements, or sequences of statements.
    """
    lines: list[str] = []
    for entry in code:
        lines += [entry] if isinstance(entry, str) else entry
    return Section(title, "\n".join(lines))


@dataclass(frozen=True)
class Script:
    """A complete script.

    Attributes:
        title: the first line of its docstring.
        summary: the rest of it.
        head: the imports, and the classes and functions that it needs.
        sections: its code.
        arrays: what its file of arrays holds; empty if it needs none.
    """

    title: str
    summary: tuple[str, ...]
    head: tuple[str, ...]
    sections: tuple[Section, ...]
    arrays: Tensors = field(default_factory=dict, repr=False)

    @property
    def modules(self) -> set[str]:
        """The names of the packages that the script imports."""
        return {
            line.split()[1].partition(".")[0]
            for line in self.head[0].split("\n")
            if line
        }

    @property
    def python(self) -> str:
        """The script, as the text of a `.py` file."""
        words = [self.title, *(textwrap.fill(p, WIDTH) for p in self.summary)]
        end = "\n" if len(words) > 1 else ""
        docstring = '"""' + "\n\n".join(words) + f'{end}"""'
        imports, *definitions = self.head
        blocks = [f"{docstring}\n\n{imports}", *definitions]
        gap = "\n\n\n" if definitions else "\n\n"
        texts = [f"# {part.title}\n{part.code}" for part in self.sections]
        text = gap.join(["\n\n\n".join(blocks), "\n\n".join(texts)])
        text = re.sub(r"\n{4,}", "\n\n\n", text)
        # An assignment stands one line below the imports.
        text = re.sub(
            r"^((?:import|from) .*)\n{3}(?=\w+ = )",
            r"\1\n\n",
            text,
            flags=re.M,
        )
        return f"{text}\n"

    @property
    def notebook(self) -> str:
        """The script as a Jupyter notebook, a cell for each section."""
        words = "\n\n".join([f"# {self.title}", *self.summary])
        cells = [_cell("markdown", words)]
        cells.append(_cell("code", "\n\n\n".join(self.head)))
        for part in self.sections:
            cells.append(_cell("markdown", f"## {part.title}"))
            cells.append(_cell("code", part.code))
        document = {
            "cells": cells,
            "metadata": {"language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 4,
        }
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def assemble(
    title: str,
    summary: Iterable[str],
    sections: Iterable[Section],
    vocabulary: Vocabulary,
    arrays: Tensors,
) -> Script:
    """Return a script with the imports and definitions that it needs.

    Args:
        title: the first line of its docstring.
        summary: the other paragraphs of the docstring.
        sections: its code; empty ones are left out, and the import lines in
            them are moved to the beginning.
        vocabulary: the framework's names.
        arrays: the content of its file of arrays.
    """
    kept, moved = [], []
    for part in sections:
        lines = part.code.split("\n")
        imports = [line for line in lines if IMPORT.match(line)]
        moved += imports
        code = "\n".join(line for line in lines if line not in imports)
        if code.strip():
            kept.append(Section(part.title, code.strip("\n")))
    imported, *definitions = preamble(
        "\n".join(part.code for part in kept), vocabulary
    )
    lines = merged_imports(filter(None, [*imported.split("\n"), *moved]))
    head = ("\n".join(lines), *definitions)
    return Script(
        title, tuple(filter(None, summary)), head, tuple(kept), arrays
    )


def annotated(
    lines: Sequence[str], notes: Iterable[tuple[str, str]]
) -> list[str]:
    """Add a comment to the first line that matches each pattern.

    The comment is at the end of the line if it fits, else on lines of its
    own before it.

    Args:
        lines: statements; an entry may have several lines.
        notes: pairs of a regular expression and a comment.

    >>> print(*annotated(["a = f(1)"], [(r"f\\(", "f counts from 1")]))
    a = f(1)  # f counts from 1
    """
    result = "\n".join(lines).split("\n")
    for pattern, comment in notes:
        place = next(
            (
                index
                for index, line in enumerate(result)
                if not line.lstrip().startswith("#")
                and re.search(pattern, line)
            ),
            None,
        )
        if place is None:
            continue
        line = result[place]
        if len(line) + len(comment) + 4 <= WIDTH and "  # " not in line:
            result[place] = f"{line}  # {comment}"
        else:
            margin = line[: len(line) - len(line.lstrip())]
            wrapped = textwrap.wrap(comment, WIDTH - len(margin) - 2)
            result[place:place] = [f"{margin}# {text}" for text in wrapped]
    return result


# Up to this size it does not matter where an optimiser adds its epsilon.
SMALL_EPSILON = 1e-6


def check_script(arm: Arm) -> None:
    """Raise a `SpecError` for an arm that has no script.

    Args:
        arm: the network, its data and its recipe.
    """
    recipe = arm.recipe
    if recipe.evaluation_mode == "training":
        raise SpecError(
            "recipe.evaluation_mode",
            "got 'training', which no script can have: Keras's evaluate() "
            "has no such mode",
        )
    if recipe.plateau and isinstance(recipe.schedule, Changing):
        raise SpecError(
            "recipe.plateau",
            "got a plateau beside a schedule, which no script can have: the "
            "frameworks' own classes would overwrite each other's rate",
        )


def epsilon_note(optimizer: Any, dialect: Dialect) -> str:
    """Return a comment on an epsilon, with the default of the framework.

    Args:
        optimizer: the optimiser of the specification.
        dialect: the framework.
    """
    other: Dialect = "keras" if dialect == "torch" else "torch"
    kind, names = optimizer.kind(), {"torch": "PyTorch", "keras": "Keras"}
    own = defaults_of(dialect).get(kind, {}).get("epsilon")
    theirs = defaults_of(other).get(kind, {}).get("epsilon")
    if own is None or optimizer.epsilon == own:
        return "the default of both frameworks"
    if optimizer.epsilon == theirs:
        return f"{names[other]}'s default; {names[dialect]}'s is {own}"
    return f"{names[dialect]}'s default is {own}"


def selected(of: str, places: Sequence[int]) -> str:
    """Return the expression of some elements of a list.

    Args:
        of: the name of the list.
        places: the places of the elements, in ascending order.

    >>> selected("variables", [2, 3]), selected("variables", [0, 3])
    ('variables[2:4]', '[variables[i] for i in (0, 3)]')
    """
    if not places:
        return "[]"
    first, last = places[0], places[-1] + 1
    if last - first == len(places):
        return f"{of}[{first}:{last}]"
    return f"[{of}[i] for i in {tuple(places)}]"


def layers_note(names: Iterable[str]) -> str:
    """Return a comment on the layers of some parameters, if there are any.

    >>> layers_note(["dense_1/kernel", "dense_1/bias", "dense_2/bias"])
    '# dense_1, dense_2'
    """
    layers = dict.fromkeys(name.partition("/")[0] for name in names)
    return f"# {', '.join(layers) or 'with the rate of the optimiser'}"


def with_usual_optimizer(arm: Arm, dialect: Dialect, exact: bool) -> Arm:
    """Return an arm whose optimiser is the framework's own, where it can be.

    A velocity of gradients and one of steps are the same at a constant rate.
    Unless the script is exact, differences that are as small as rounding
    are left out, too: where a small epsilon is added, the precision of the
    bias correction, and whether decay is subtracted or multiplied.

    Args:
        arm: the network, its data and its recipe.
        dialect: the framework.
        exact: whether the script repeats the run of this project.
    """
    recipe = arm.recipe
    optimizer = recipe.optimizer
    fields = type(optimizer).model_fields
    own = defaults_of(dialect).get(optimizer.kind(), {})
    names: list[str] = []
    if not isinstance(recipe.schedule, Changing) and recipe.plateau is None:
        names.append("velocity")
    update: dict[str, Any] = {}
    if not exact:
        names.append("bias_correction")
        if getattr(optimizer, "epsilon", 1.0) <= SMALL_EPSILON:
            names.append("epsilon_placement")
        if optimizer.weight_decay and optimizer.decay != "coupled":
            torch = dialect == "torch"
            update["decay"] = "factored" if torch else "decoupled"
    update |= {n: own[n] for n in names if n in fields and n in own}
    changed = optimizer.model_copy(update=update)
    new = recipe.model_copy(update={"optimizer": changed})
    return replace(arm, recipe=new)


def _cell(kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "metadata": {},
        "source": text.splitlines(keepends=True),
    }
    return cell | (
        {"outputs": [], "execution_count": None} if kind == "code" else {}
    )
