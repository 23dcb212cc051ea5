"""Tables of measured numbers and their expected values."""

from functools import partial
from typing import Any

import numpy as np

from framework_parity.common.metrics.registry import Run
from framework_parity.common.spec.claims import Asked
from framework_parity.common.spec.plots import Table
from framework_parity.comparisons.report.style import TextTable
from framework_parity.comparisons.run.result import Result
from framework_parity.comparisons.workers.worker import LABELS


def table(result: Result, spec: Table) -> TextTable:
    """Return a table of measured and expected numbers.

    Args:
        result: of the experiment.
        spec: the rows, and the header of the column of expected values.

    Returns:
        Rows of a name, the expected value and each framework's value.
    """
    head = ("", spec.expected, *(LABELS[b] for b in result.backends))
    rows = []
    for name, row in spec.claims.items():
        expected = row.expression.rpartition("==")[2].strip()
        means = [_mean(result, row, backend) for backend in result.backends]
        rows.append((name, expected, *(f"{mean:.6g}" for mean in means)))
    return TextTable(head, rows)


def _mean(result: Result, row: Any, backend: str) -> float:
    """Return the mean of the left side of the relation over the seeds."""
    seeds = range(len(result.arms[0].records[backend]))
    lookups = [partial(_look_up, result, backend, seed) for seed in seeds]
    return float(np.mean([row.sides(lookup)[0] for lookup in lookups]))


def _look_up(result: Result, backend: str, seed: int, asked: Asked) -> float:
    """Return the value of a statistic for one framework and seed."""
    statistic, names, arguments = asked
    arms = {arm.arm.name: arm for arm in result.arms}
    runs = [
        Run(arms[name].arm, arms[name].records[backend][seed])
        for name in names
    ]
    return float(statistic(tuple(runs), arguments))
