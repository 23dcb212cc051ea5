"""The coverage page: what each element has passed, and what is missing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from framework_parity.common.choices import Dtype, Rung
from framework_parity.comparisons.ladder.verdict import Outcome, worst
from framework_parity.comparisons.workers.worker import LABELS
from tests.common.written import key
from tests.coverage.elements import (
    CONVENTION_VALUES,
    ORDER,
    Choice,
    Kind,
    OnRank,
    choices,
    covered,
    kinds,
    on_ranks,
)
from tests.ladder_jobs import Job, JobResult, counted, outcome, sentence

TITLES = {
    "layer": "Layers",
    "activation": "Activations",
    "padding": "Padding",
    "initializer": "Initialisers",
    "loss": "Losses",
    "penalty": "Penalties",
    "optimizer": "Optimisers",
    "schedule": "Schedules",
    "clipping": "Clipping",
    "recipe": "Recipes",
    "source": "Data sets",
    "data": "Splits and scalings",
}

JUDGED: tuple[Rung, ...] = ("forward", "gradient", "step", "trajectory")

AS_NUMBERS = (
    "not applicable: an initialiser has no output and no gradient. *Built* "
    "means that each framework can draw from it; "
    "`tests/backends/test_drawn.py` tests the distribution. The trajectory "
    "starts from values that `common` draws for both frameworks"
)
AS_A_LOOP = (
    "not applicable: the loop over epochs is in `common`; *built* means that "
    "both frameworks get the same batches"
)
AS_BYTES = (
    "not applicable: the data are drawn in `common`; *built* means that both "
    "frameworks have the same bytes"
)

AFTER_GRADIENT = "not applicable: it is applied after the gradient"

# Why a rung does not apply to a family; the page then shows a dash.
INAPPLICABLE: dict[str, tuple[tuple[str, ...], str]] = {
    "initializer": (("forward", "gradient", "step"), AS_NUMBERS),
    "loss": (
        ("forward",),
        "not applicable: the gradient rung compares the value of the loss",
    ),
    "penalty": (
        ("forward",),
        "not applicable: it changes the gradient, not the outputs",
    ),
    "optimizer": (("forward", "gradient"), AFTER_GRADIENT),
    "schedule": (("forward", "gradient"), AFTER_GRADIENT),
    "clipping": (("forward", "gradient"), AFTER_GRADIENT),
    "recipe": (("emitted", "read", "forward", "gradient"), AS_A_LOOP),
    "source": (("emitted", "read"), AS_BYTES),
    "data": (("emitted", "read"), AS_BYTES),
}

# The part of an arm that a family belongs to; by default, the layers.
PART = {
    "loss": "loss",
    "penalty": "penalty",
    "optimizer": "optimizer",
    "schedule": "schedule",
    "clipping": "clipping",
}

# The largest number of cases that a row names.
NAMED = 4

# An element that is absent in these is not absent itself: it is only not
# emitted, or not read.
ELSEWHERE = ("emit.", "reading.")

Absences = dict[str, dict[str, list[str]]]
"""By backend and by `file.kind`: the status and the reason."""


@cache
def held(job: Job) -> frozenset[Any]:
    """Return the kinds and choices that a job's arm holds."""
    return frozenset(covered(job.arm))


@dataclass
class Row:
    """One job, its result, and the kinds and choices that it holds."""

    job: Job
    result: JobResult
    holds: frozenset[Any]

    @property
    def failed(self) -> bool:
        """Whether no verdict was reached."""
        return "error" in self.result

    def ratio(self, rung: str) -> float:
        """Return the worst ratio to the floor on a rung; infinity if none."""
        verdict = self.result["verdicts"].get(rung)
        value = verdict and verdict["worst_ratio_to_floor"]
        return float("inf") if value is None else float(value)

    def outcome(self, rung: str) -> Outcome:
        """Return the outcome on a rung; disagree where it was not reached."""
        verdict = self.result.get("verdicts", {}).get(rung)
        verdict_outcome: Outcome = (
            verdict["verdict"] if verdict else "disagree"
        )
        return verdict_outcome


class Page:
    """The page and its faults.

    Args:
        cases: the jobs of the cases.
        conventions: the jobs of both values of each convention.
        results: the known results of the jobs, by their keys.
        absences: what the backends declare absent.
        header: the versions that were used, in a sentence.
        precisions: the jobs in each precision besides float64.
    """

    def __init__(
        self,
        cases: Sequence[Job],
        conventions: dict[tuple[str, str], Job],
        results: dict[str, JobResult],
        absences: Absences,
        header: str,
        precisions: Mapping[Dtype, Sequence[Job]] | None = None,
    ) -> None:
        self.conventions, self.results = conventions, results
        self.absences, self.header = absences, header
        self.gone = absent_kinds(absences)
        jobs: dict[str, Job] = {}
        for job in (*cases, *conventions.values()):
            jobs.setdefault(job.key, job)
        due = [job for job in jobs.values() if not held(job) & self.gone]
        self.rows = [
            Row(job, results[job.key], held(job))
            for job in due
            if job.key in results
        ]
        self.missing = [job for job in due if job.key not in results]
        self.precise: dict[Dtype, list[Row]] = {}
        for dtype, each in (precisions or {}).items():
            fit = [job for job in each if not held(job) & self.gone]
            self.precise[dtype] = [
                Row(job, results[job.key], held(job))
                for job in fit
                if job.key in results
            ]
            self.missing += [job for job in fit if job.key not in results]
        self.faults: list[str] = []

    def text(self) -> str:
        """Return the page, and collect its faults in `faults`."""
        self.faults = [
            f"{row.job.name}: {outcome(row.result)}: {sentence(row.result)}"
            for row in self.rows
            if outcome(row.result) == "disagree"
        ]
        self.faults += [
            f"{row.job.name} in {dtype}: {sentence(row.result)}"
            for dtype, rows in self.precise.items()
            for row in rows
            if outcome(row.result) == "disagree"
        ]
        self.faults += [f"{job.name} was not run" for job in self.missing]
        parts = [INTRODUCTION.format(header=self.header), self._counts()]
        for family in ORDER:
            parts += self._family(family)
        parts += [
            self._gaps(),
            *self._ranks(),
            *self._choices(),
            *self._conventions(),
            *self.precision_table(),
            *self._undecided(),
            *self._not_run(),
        ]
        return "\n\n".join(parts) + "\n"

    def _counts(self) -> str:
        return counted([row.result for row in self.rows]) + "."

    def _family(self, family: str) -> list[str]:
        dashes, reason = INAPPLICABLE.get(family, ((), ""))
        note = [f"–: {reason}."] if dashes else []
        rows = [
            self._kind(kind, dashes)
            for kind in kinds()
            if kind.family == family
        ]
        head = [family, "built", "emitted", "read", *JUDGED, "worst", "cases"]
        return [f"## {TITLES[family]}", *note, table(head, rows)]

    def _kind(self, kind: Kind, dashes: Sequence[str]) -> list[str]:
        gone = self._absent(kind)
        if gone:
            return [kind.name, gone, *"–" * 6, "", "0"]
        rows = self._holding(kind.cls, kind.name)
        if not rows:
            return [kind.name, NOT_RUN, *"–" * 6, "", "0"]
        part = PART.get(kind.family, "layers")
        cells = {
            "built": self._built(rows),
            "emitted": self._code_cells(rows, part, "emitted", kind.name),
            "read": self._code_cells(rows, part, "read", kind.name),
        }
        cells |= {rung: ratio(rows, rung) for rung in JUDGED}
        cells |= dict.fromkeys(dashes, "–")
        return [kind.name, *cells.values(), *behind(rows, dashes)]

    def _absent(self, kind: Kind) -> str:
        """Return which backends lack a kind, with the status and reason."""
        return "; ".join(
            f"{LABELS[backend]} {status}: {reason}"
            for backend, gaps in self.absences.items()
            for name, (status, reason) in gaps.items()
            if is_named(name, kind)
        )

    def _holding(self, what: Any, name: str) -> list[Row]:
        rows = [r for r in self.rows if what in r.holds and not r.failed]
        cls = what.cls if isinstance(what, Choice | OnRank) else what
        if cls not in self.gone and not any(
            outcome(row.result) == "agree" for row in rows
        ):
            self.faults.append(f"{name}: no case in which both agree")
        return rows

    def _built(self, rows: Sequence[Row]) -> str:
        fine = all(
            row.outcome(rung) == "agree"
            for row in rows
            for rung in ("data", "structure")
        )
        return "✓ ✓" if fine else "disagree"

    def _code_cells(
        self, rows: Sequence[Row], part: str, rung: str, name: str
    ) -> str:
        """Return how often each framework emits, or reads, a part."""
        cells = []
        for backend in LABELS:
            messages = [
                row.result["code"][backend][part].get(rung)
                for row in rows
                if part in row.result["code"].get(backend, {})
            ]
            cells.append(self._share(messages, f"{backend}.{rung}.{name}"))
        return " ".join(cells) if cells != ["·", "·"] else "·"

    def _share(self, messages: Sequence[str | None], what: str) -> str:
        known = [each for each in messages if each is not None]
        if not known:
            return "·"
        wrong = sorted({each for each in known if each})
        for each in wrong:
            if not each.startswith(("notyet:", "notimpl:", "never:")):
                self.faults.append(f"{what}: {each}")
        good = sum(not each for each in known)
        return "✓" if not wrong else f"{good} of {len(known)}"

    def _gaps(self) -> str:
        """Return the absent functions with their status and reason."""
        rows = [
            [LABELS[backend], f"`{name}`", status, reason]
            for backend, gaps in self.absences.items()
            for name, (status, reason) in gaps.items()
        ]
        if not rows:
            return "## Gaps\n\nNo function of either backend is absent."
        head = ["framework", "function", "status", "reason"]
        return f"## Gaps\n\n{table(head, rows)}"

    def _ranks(self) -> list[str]:
        rows = [self._choice(each) for each in on_ranks()]
        head = ["layer and rank", *JUDGED, "worst", "cases"]
        return [
            RANKS,
            table(head, rows),
        ]

    def _choices(self) -> list[str]:
        rows = [self._choice(choice) for choice in choices()]
        head = ["value", *JUDGED, "worst", "cases"]
        title = "Each value of each field with a fixed set of values."
        return [f"## Values\n\n{title}", table(head, rows)]

    def _choice(self, choice: Choice | OnRank) -> list[str]:
        rows = self._holding(choice, choice.name)
        name = f"`{choice.name}`"
        if not rows:
            return [name, NOT_RUN, *"–" * (len(JUDGED) - 1), "", "0"]
        return [name, *(ratio(rows, r) for r in JUDGED), *behind(rows, ())]

    def _conventions(self) -> list[str]:
        rows = []
        for row, dialect, value in CONVENTION_VALUES:
            matching = [
                each
                for each in self.rows
                if each.job.key == self.conventions[row.name, dialect].key
                and not each.failed
            ]
            cells = [row.name, f"`{row.field} = {value}`", LABELS[dialect]]
            judged = [ratio(matching, rung) for rung in JUDGED]
            rows.append(
                [*cells, *(judged if matching else [NOT_RUN] * len(JUDGED))]
            )
        head = ["convention", "value", "by default", *JUDGED]
        title = "## Conventions\n\nBoth values of each convention."
        return [title, table(head, rows)]

    def precision_table(self) -> list[str]:
        """Return the table of all kinds in the precisions below float64."""
        if not self.precise:
            return []
        rows = [
            [
                kind.name,
                *(
                    ratio([r for r in rows if kind.cls in r.holds], dtype)
                    for dtype, rows in self.precise.items()
                ),
            ]
            for kind in kinds()
            if kind.cls not in self.gone
        ]
        return [PRECISIONS, table(["element", *self.precise], rows)]

    def _undecided(self) -> list[str]:
        rows = [
            [row.job.name, sentence(row.result)]
            for row in self.rows
            if outcome(row.result) == "undecided"
        ]
        if not rows:
            return []
        return ["## Undecided", table(["case", "verdict"], rows)]

    def _not_run(self) -> list[str]:
        """Return the cases that had not run when the page was written."""
        if not self.missing:
            return []
        names = ", ".join(f"{job.name} ({job.dtype})" for job in self.missing)
        paragraph = (
            "## Not run\n\nThis page was written before every case had run. "
            f"{len(self.missing)} cases are missing: {names}."
        )
        return [paragraph]


NOT_RUN = "not run"

RANKS = """\
## Ranks

Each layer on each rank of samples that it accepts: vectors (channels), two
axes (height, channels), images (height, width, channels). Other ranks are
rejected before training."""

INTRODUCTION = """\
# Coverage

Generated by `make coverage`; do not edit. {header}

Each element of the language, in both frameworks, in float64, with its results
over all cases that contain it.

- **built**: both frameworks have the same data and tensors; a tick for each
  framework, PyTorch's first.
- **emitted**: the emitted code runs on its own and builds the same object.
- **read**: the specification that is read from the built object equals the
  original. A dot means that reading is not implemented.
- **forward, gradient, step, trajectory**: the largest difference between the
  two frameworks in units of the noise floor; up to 10 they agree. A
  trajectory has 500 steps, or fewer if it becomes chaotic.
- **worst**: the case with the largest ratio; **cases**: the number of cases
  that contain the element, and the first of them."""


PRECISIONS = """\
## Precisions

Each element, trained for 20 steps in each precision other than float64: the
largest difference between the frameworks in units of the noise floor, over
all curves and, if training is not chaotic, the final weights. In bfloat16
training may be chaotic too early to be judged; it is then undecided.
`tests/backends/test_precision.py` tests the precision of each layer."""


def is_named(name: str, kind: Kind) -> bool:
    """Whether a backend's `file.function` is that of a kind."""
    if name.startswith(ELSEWHERE):
        return False
    word = key(kind.cls)
    return name == word if "." in word else name.endswith(f".{word}")


def absent_kinds(absences: Absences) -> set[Any]:
    """Return the classes that some backend lacks."""
    names = {name for gaps in absences.values() for name in gaps}
    return {
        kind.cls
        for kind in kinds()
        if any(is_named(name, kind) for name in names)
    }


def ratio(rows: Sequence[Row], rung: str) -> str:
    """Return the worst ratio of the rows that the judge decided on."""
    if not rows:
        return "absent"
    verdict = worst([row.outcome(rung) for row in rows])
    if verdict == "disagree":
        return "disagree"
    decided = [r.ratio(rung) for r in rows if r.outcome(rung) == "agree"]
    return f"{max(decided):.2g}" if decided else "undecided"


def behind(rows: Sequence[Row], dashes: Sequence[str]) -> list[str]:
    """Return the name of the worst case, and the cases with their number."""
    judged = [rung for rung in JUDGED if rung not in dashes]

    def largest(row: Row) -> float:
        agreed = [r for r in judged if row.outcome(r) == "agree"]
        return max((row.ratio(rung) for rung in agreed), default=0.0)

    if not rows:
        return ["", "0"]
    names = [f"`{row.job.name}`" for row in rows]
    more = ", …" if len(names) > NAMED else ""
    shown = f"{len(names)}: {', '.join(names[:NAMED])}{more}"
    return [f"`{max(rows, key=largest).job.name}`", shown]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown.

    >>> print(table(["a", "b"], [["1", "x | y"]]))
    | a | b |
    |---|---|
    | 1 | x \\| y |
    """
    lines = [head, *rows]
    shown = [
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |"
        for line in lines
    ]
    return "\n".join([shown[0], "|" + "---|" * len(head), *shown[1:]])
