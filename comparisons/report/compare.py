"""The comparison of two models, for the terminal and as JSON."""

from typing import Any

from rich.console import Console
from rich.text import Text

from framework_parity.comparisons.compare.result import Difference, PairResult
from framework_parity.comparisons.numbers import finite
from framework_parity.comparisons.report.table import STYLES, print_table

SCHEMA = "framework-parity/compare/1"


def headline(result: PairResult) -> str:
    """Return the verdict in one sentence."""
    size = (
        f"the outputs differ by {result.difference:.2g} of their size, "
        f"{result.outputs:.2g} times the noise floor ({result.dtype})"
    )
    if result.verdict == "agree":
        return (
            f"the outputs agree within {result.outputs:.2g} times the noise "
            f"floor ({result.dtype}, evaluation mode)"
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
        console.print(
            Text(
                "Causes: each is needed, and without them the outputs agree "
                f"within {result.remaining:.2g} times the floor."
            )
        )
        _show(console, result.causes)
    _titled(console, "Differences without an effect here:", result.tried)
    agrees = result.verdict == "agree"
    title = (
        "Differences that show only in training, which is not compared:"
        if agrees or result.causes
        else "Differences; no set of them that could be tried restores "
        "agreement:"
    )
    _titled(console, title, result.not_decided)
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
    for each in differences:
        console.print(Text(f"- {each.slug}: {each.sentence}; {each.change}."))


def as_document(result: PairResult) -> dict[str, Any]:
    """Return the document that `--json` prints."""
    first = result.first
    disagrees = result.verdict == "disagree"
    rung = "structure" if result.structural else "forward"
    return {
        "schema": SCHEMA,
        "command": "compare",
        "torch": result.addresses[0],
        "keras": result.addresses[1],
        "dtype": result.dtype,
        "level": "forward",
        "verdict": result.verdict,
        "first_rung": rung if disagrees else None,
        "first_place": {"torch": first.torch.label, "keras": first.keras.label}
        if first
        else None,
        "ratio_to_floor": finite(result.outputs),
        "relative_difference": finite(result.difference),
        "causes": [each.as_json() for each in result.causes],
        "remaining_ratio_to_floor": result.remaining,
        "tried": [each.as_json() for each in result.tried],
        "not_decided": [each.as_json() for each in result.not_decided],
        "pairing": [
            {
                "torch": each.torch.label,
                "keras": each.keras.label,
                "kind": each.torch.kind,
                "own_ratio_to_floor": None
                if each.own is None
                else finite(each.own),
                "arrived_ratio_to_floor": finite(each.arrived),
            }
            for each in result.ratios
        ],
        "inputs": result.inputs,
        "notes": result.notes,
    }
