"""The comparison of two models, for the terminal and as JSON."""

import json
import math
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from framework_parity.common.live.graph import Node
from framework_parity.comparisons.compare.result import (
    Difference,
    OperationRatio,
    PairResult,
)
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR
from framework_parity.comparisons.report.files import ReportFiles
from framework_parity.comparisons.report.render import render
from framework_parity.comparisons.report.table import STYLES, print_table

RUNGS = {
    "loss": "the losses",
    "gradient": "the gradients",
    "step": "the tensors after one training step",
    "trajectory": "the losses and tensors over ten training steps",
    "preprocess": "the preprocessed images",
    "split": "the splits",
    "evaluate": "the evaluations",
    "fit_config": "the arguments of training",
}


def headline(result: PairResult) -> str:
    """Return the verdict in one sentence."""
    if result.verdict == "agree":
        ratio = max([*result.rungs.values(), *_outputs(result)], default=0.0)
        what = {
            "forward": "the outputs agree",
            "gradient": "outputs, losses and gradients agree",
        }.get(result.level, "outputs and training agree")
        return f"{what} within {ratio:.2g} times the noise floor " + (
            f"({result.dtype})"
            if result.rungs
            else f"({result.dtype}, evaluation mode)"
        )
    if result.verdict == "undecided" and result.unknown:
        return "; ".join(result.unknown)
    if result.outputs <= TIMES_FLOOR or (result.excused and not result.causes):
        return _about_training(result)
    size = (
        f"the outputs differ by {result.difference:.2g} of their size, "
        f"{result.outputs:.2g} times the noise floor ({result.dtype})"
    )
    if result.causes:
        return size
    counts = [len(graph.outputs) for graph in result.graphs]
    if counts[0] != counts[1]:
        return f"PyTorch returns {counts[0]} tensors and Keras {counts[1]}"
    first = result.first
    if first is None:
        return f"{size}; every pair of operations agrees for the same input"
    return (
        f"{size}; the first pair that differs for the same input is "
        f"{first.torch.label} and {first.keras.label}"
    )


def _outputs(result: PairResult) -> list[float]:
    return [] if result.excused else [result.outputs]


def _about_training(result: PairResult) -> str:
    """Return where training differs first, in one sentence."""
    assert result.first_training is not None
    name, place = result.first_training
    ratio = result.rungs[name]
    size = f" by {ratio:.2g} times the noise floor" if ratio < math.inf else ""
    where = ""
    if place.torch:
        where = f", first in {place.torch} and {place.keras}"
    cost = ""
    if result.cost is not None:
        cost = (
            f"; after the last step the losses are {result.cost:.2g} of their "
            "size apart"
        )
    return f"the outputs agree; {RUNGS[name]} differ{size}{where}{cost}"


def show_comparison(result: PairResult) -> None:
    """Print the verdict, the causes and the pairs of operations."""
    console = Console()
    verdict = Text(result.verdict.upper(), STYLES[result.verdict])
    console.print(Text.assemble(verdict, ": ", headline(result), "."))
    for line in result.inputs:
        console.print(Text(f"Input: {line}."))
    for line in result.notes:
        console.print(Text(f"Note: {line}."))
    if result.causes:
        console.print()
        title = "Causes:"
        if result.remaining is not None and result.training_explained:
            title = (
                "Causes: each is needed, and without them the models agree "
                f"within {result.remaining:.2g} times the floor."
            )
        console.print(Text(title))
        _show(console, result.causes)
    _titled(
        console,
        "The last activation is on one side only; the losses make up for it:",
        result.excused,
    )
    if result.inherent:
        console.print()
        console.print(Text(_inherent(result)))
        for line in dict.fromkeys(e.sentence for e in result.inherent):
            console.print(Text(f"- {line}."))
    _titled(console, "Differences without an effect here:", result.tried)
    agrees = result.verdict == "agree"
    title = (
        "Differences that show only in training, which is not compared:"
        if (agrees or result.causes) and result.level == "forward"
        else "Differences that were not decided:"
        if agrees or (result.causes and result.training_explained)
        else "Differences; no set of them that could be tried restores "
        "agreement:"
    )
    _titled(console, title, result.not_decided)
    _titled(
        console,
        "Initial weights that each draws differently (the comparison uses "
        "PyTorch's):",
        result.draws,
    )
    if result.rungs:
        console.print()
        print_table(
            console,
            ("rung", "ratio to the floor"),
            [
                ("forward", f"{_forward(result):.2g}"),
                *((name, f"{r:.2g}") for name, r in result.rungs.items()),
            ],
            numbers=False,
        )
    rows = [
        (
            each.torch.label,
            each.keras.label,
            each.torch.kind,
            "" if each.own is None else f"{each.own:.2g}",
            f"{each.arrived:.2g}",
        )
        for each in result.ratios
    ]
    heads = ("PyTorch", "Keras", "operation", "own", "arrived")
    print_table(console, heads, rows, numbers=False)
    console.print(
        Text(
            "own: ratio to the noise floor for the same input; arrived: in "
            "the two models. At most 10 agree."
        )
    )


def _titled(
    console: Console, title: str, differences: list[Difference]
) -> None:
    if differences:
        console.print()
        console.print(Text(title))
        _show(console, differences)


def _show(console: Console, differences: list[Difference]) -> None:
    for lines in alike(differences):
        console.print(Text(f"- {lines}."))


def explained(result: PairResult) -> str:
    """Return the verdict, the causes and the changes as lines of text."""
    lines = [f"{result.verdict}: {headline(result)}."]
    if result.causes:
        lines += ["Causes:", *(f"- {line}." for line in alike(result.causes))]
    elif result.not_decided:
        lines.append("Differences that could not be tried, or did not help:")
        lines += [f"- {line}." for line in alike(result.not_decided)]
    return "\n".join(lines)


def _inherent(result: PairResult) -> str:
    """Return the title of the differences that no argument changes."""
    title = (
        "Differences of the frameworks that no argument changes; they were "
        "removed before training was compared"
    )
    if result.verdict == "agree" and result.cost is not None:
        title += (
            f". With them the losses are {result.cost:.2g} of their size "
            "apart after the last step"
        )
    return f"{title}:"


def _forward(result: PairResult) -> float:
    """Return the ratio of the outputs, before an excused activation."""
    return 0.0 if result.excused else result.outputs


def alike(differences: list[Difference]) -> list[str]:
    """Return a line for each kind of difference.

    Several of one kind that say the same, such as the epsilons of fifty
    normalisations, are one line.

    Args:
        differences: in any order.
    """
    groups: dict[tuple[str, str], list[Difference]] = {}
    for each in differences:
        # Standard deviations depend on the size of the layer.
        says = "" if each.part == "draws" else each.sentence
        groups.setdefault((each.slug, says), []).append(each)
    lines = []
    for (slug, _), group in groups.items():
        first, cost = group[0], ""
        if first.cost is not None:
            cost = (
                f"; left alone, the losses are {first.cost:.2g} of their size "
                "apart after the last step"
            )
        where = "" if first.places is None else f" ({first.places.torch}; "
        where += "" if first.places is None else f"{first.places.keras})"
        several = f", and {len(group) - 1} more" if len(group) > 1 else ""
        lines.append(
            f"{slug}: {first.sentence}{where}; {first.change}{several}{cost}"
        )
    return lines


def write_pair(folder: Path, result: PairResult) -> None:
    """Write the report of a pair, `report.html` and `result.json`.

    Args:
        folder: it is created if it does not exist.
        result: the comparison.
    """
    with ReportFiles(folder) as files:
        page = render(
            "compare.html",
            result=result,
            headline=headline(result),
            lists=[
                ("Causes", alike(result.causes)),
                ("Made up for by the losses", alike(result.excused)),
                (
                    "Differences that no argument changes",
                    list(dict.fromkeys(e.sentence for e in result.inherent)),
                ),
                ("Differences without an effect here", alike(result.tried)),
                ("Not decided", alike(result.not_decided)),
                (
                    "Initial weights that each draws differently",
                    alike(result.draws),
                ),
            ],
            rungs=_rungs(result),
            rows=_rows(result),
        )
        files.path("report.html").write_text(page, "utf-8")
        text = json.dumps(result.as_json(), indent=2)
        files.path("result.json").write_text(text + "\n", "utf-8")


def _rungs(result: PairResult) -> list[tuple[str, str, bool]]:
    """Return name, ratio and whether it differs, of each rung."""
    if not result.rungs:
        return []
    ratios = {"forward": _forward(result), **result.rungs}
    return [
        (name, f"{ratio:.2g}", ratio > TIMES_FLOOR)
        for name, ratio in ratios.items()
    ]


def _rows(result: PairResult) -> list[dict[str, Any]]:
    """Return a row for each pair, and for each operation without a partner.

    They are in PyTorch's order; Keras's own are before the pair that follows.
    """
    torch, keras = result.graphs
    ratios = {each.torch.index: each for each in result.ratios}
    partners = result.pairing.keras_of
    waiting = [i for i in result.pairing.keras_alone if i in keras.used()]
    rows: list[dict[str, Any]] = []

    def alone(before: float) -> None:
        while waiting and waiting[0] < before:
            node = keras.nodes[waiting.pop(0)]
            if node.kind != "constant":
                rows.append(_row(None, node, None))

    for node in torch:
        if (
            node.kind in ("input", "constant")
            or node.index not in torch.used()
        ):
            continue
        other = partners.get(node.index)
        if other is not None:
            alone(other)
        partner = None if other is None else keras.nodes[other]
        rows.append(_row(node, partner, ratios.get(node.index)))
    alone(math.inf)
    return rows


def _row(
    torch: Node | None, keras: Node | None, ratio: OperationRatio | None
) -> dict[str, Any]:
    own = None if ratio is None else ratio.own
    colour = "alone"
    if torch is not None and keras is not None:
        colour = ""
        if own is not None:
            colour = "over" if own > TIMES_FLOOR else "under"
    return {
        "torch": torch,
        "keras": keras,
        "own": "" if own is None else f"{own:.2g}",
        "arrived": "" if ratio is None else f"{ratio.arrived:.2g}",
        "colour": colour,
    }
