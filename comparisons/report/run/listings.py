"""Tables of the report: metrics of each part, and layers of each arm."""

from dataclasses import dataclass

from framework_parity.common.metrics.words import curve_words
from framework_parity.common.spec.architecture import LayerNode
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.counted import counted
from framework_parity.comparisons.report.run.curves import has_curves
from framework_parity.comparisons.report.run.text import four_digits
from framework_parity.comparisons.report.style import shown
from framework_parity.comparisons.run.result import ArmResult, Result
from framework_parity.comparisons.workers.worker import LABELS

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class MetricTable:
    """A metric of each part, for each arm and framework.

    Attributes:
        groups: the headers, each above one column for each framework.
        frameworks: the labels of these columns.
        rows: the arm, and a cell for each column.
    """

    groups: list[str]
    frameworks: list[str]
    rows: list[tuple[str, ...]]


def metric_table(result: Result) -> MetricTable | None:
    """Return the final metric of training, validation and test by arm.

    It is the accuracy of a classifier, and otherwise the loss; the mean over
    the seeds. The last columns have the gap between training and test.

    Args:
        result: of the experiment.

    Returns:
        The table; None if the networks are not trained to fit data: they
        were evaluated once, on training samples alone.
    """
    metric = result.metric.partition("_")[2]
    finals = [
        records[0].final
        for arm in result.arms
        for records in arm.records.values()
    ]
    names = [
        f"{part}_{metric}"
        for part in PARTS
        if any(f"{part}_{metric}" in final for final in finals)
    ]
    groups = [curve_words(name) for name in names]
    if len(names) == 1 and not has_curves(result):
        return None
    has_gap = {f"train_{metric}", f"test_{metric}"} <= set(names)
    if has_gap:
        ends = ("training", "test")
        first, second = ends if metric == "accuracy" else ends[::-1]
        groups.append(f"gap: {first} minus {second}")
    rows = []
    for arm in result.arms:
        cells = [
            four_digits(arm.mean(backend, name))
            for name in names
            for backend in result.backends
        ]
        if has_gap:
            cells += [_gap(arm, b, metric) for b in result.backends]
        rows.append((shown(arm.arm.name), *cells))
    return MetricTable(groups, [LABELS[b] for b in result.backends], rows)


def metric_caption(result: Result) -> str:
    """Return the description of the table of metrics."""
    seeds = result.settings.seeds
    of = "the one seed that was run" if seeds == 1 else counted(seeds, "seed")
    mean = f"mean of {of}" if seeds > 1 else of
    replayed = result.settings.randomness == "replay"
    drew = ", with the random draws of PyTorch" if replayed else ""
    return f"At the end of training, in {result.dtype}{drew}; {mean}."


def _gap(arm: ArmResult, backend: str, metric: str) -> str:
    train = arm.mean(backend, f"train_{metric}")
    test = arm.mean(backend, f"test_{metric}")
    if train is None or test is None:
        return "—"
    gap = train - test if metric == "accuracy" else test - train
    return four_digits(gap)


@dataclass(frozen=True)
class LayerTable:
    """The layers of a network, as in the summary of a Keras model.

    Attributes:
        arms: the names of the arms that have these layers.
        rows: layer, output shape and parameters; inner layers are
            indented.
        total: the number of trainable parameters.
    """

    arms: str
    rows: list[tuple[str, str, str]]
    total: str


def layer_tables(result: Result) -> list[LayerTable]:
    """Return a table for each different network of the experiment.

    Args:
        result: of the experiment.
    """
    by_rows: dict[tuple[tuple[str, str, str], ...], list[str]] = {}
    for arm in result.arms:
        several = len(set(map(_rows, arm.sides.values()))) > 1
        sides = arm.sides if several else {"": arm.arm}
        for backend, side in sides.items():
            name = shown(arm.arm.name)
            label = f"{name} in {LABELS[backend]}" if backend else name
            by_rows.setdefault(_rows(side), []).append(label)
    return [
        LayerTable(", ".join(names), list(rows[:-1]), rows[-1][2])
        for rows, names in by_rows.items()
    ]


def _rows(arm: Arm) -> tuple[tuple[str, str, str], ...]:
    """Return the rows of the layers, and one of the total."""
    shape = _shape(arm.data.source.shape)
    rows = [("input", shape, "0")]
    for node in arm.nodes:
        rows += _of_node(node, 0)
    return (*rows, ("total", "", f"{arm.parameter_count:,}"))


def _of_node(node: LayerNode, depth: int) -> list[tuple[str, str, str]]:
    """Return the row of a layer, and those of its inner layers below it."""
    indent = "\u2003" * depth
    rows = [
        (
            f"{indent}{node.name}",
            _shape(node.output_shape),
            f"{node.parameter_count:,}",
        )
    ]
    for role, block in node.blocks.items():
        if block:
            rows.append((f"{indent}\u2003{role}:", "", ""))
        for inner in block:
            rows += _of_node(inner, depth + 2)
    for inner in node.after or ():
        rows += _of_node(inner, depth + 1)
    return rows


def _shape(shape: tuple[int, ...]) -> str:
    """Return the shape of a sample, without the batch.

    >>> _shape((3,)), _shape((8, 8, 1))
    ('3', '8 × 8 × 1')
    """
    return " × ".join(map(str, shape))
