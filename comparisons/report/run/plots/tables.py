"""Tables: numbers beside what was expected."""

from functools import partial
from typing import Any

import numpy as np

from framework_parity.common.metrics.registry import Run
from framework_parity.common.spec.claims import Asked
from framework_parity.common.spec.plots import Table
from framework_parity.comparisons.report.style import Rows
from framework_parity.comparisons.run.result import Result
from framework_parity.comparisons.workers.pool import LABELS


def table(result: Result, spec: Table) -> Rows:
    """Return a row a number: its name, the expectation, each framework's."""
    head = ("", spec.expected, *(LABELS[b] for b in result.backends))
    rows = []
    for name, row in spec.claims.items():
        expected = row.expression.rpartition("==")[2].strip()
        found = [_mean(result, row, backend) for backend in result.backends]
        rows.append((name, expected, *(f"{value:.6g}" for value in found)))
    return Rows(head, rows)


def _mean(result: Result, row: Any, backend: str) -> float:
    """Return the left side's mean over the seeds."""
    seeds = range(len(result.arms[0].records[backend]))
    lookups = [partial(_look_up, result, backend, seed) for seed in seeds]
    return float(np.mean([row.sides(lookup)[0] for lookup in lookups]))


def _look_up(result: Result, backend: str, seed: int, asked: Asked) -> float:
    statistic, named, arguments = asked
    found = {arm.arm.name: arm for arm in result.arms}
    runs = [
        Run(found[name].arm, found[name].records[backend][seed])
        for name in named
    ]
    return float(statistic(tuple(runs), arguments))
