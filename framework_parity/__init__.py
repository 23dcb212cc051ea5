"""Train one experiment in PyTorch and in Keras, and compare the two.

An experiment is described once, in a file or a dictionary, independently of
either framework. The names below are the public interface; everything else
may change.

    from framework_parity import run

    result = run("shallow_vs_deep", seeds=3)
    result.verdict  # "agree", "disagree" or "undecided"

Importing this package imports neither framework: each runs in a process of
its own.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from framework_parity.api.audit import audit
    from framework_parity.api.check import check
    from framework_parity.api.compare import compare
    from framework_parity.api.emit import emit
    from framework_parity.api.run import run
    from framework_parity.common.codegen.scripts.script import Script
    from framework_parity.common.spec.errors import SpecError
    from framework_parity.common.spec.experiment import Experiment
    from framework_parity.common.spec.load import load, parse, schema
    from framework_parity.comparisons.audit.result import AuditResult
    from framework_parity.comparisons.catalogue import summaries
    from framework_parity.comparisons.compare.result import PairResult
    from framework_parity.comparisons.fuzz.fuzz import fuzz
    from framework_parity.comparisons.ladder.verdict import Verdict
    from framework_parity.comparisons.run.result import Result
    from framework_parity.comparisons.workers.worker import WorkerError
    from framework_parity.testing import assert_equivalent

__all__ = [
    "AuditResult",
    "Experiment",
    "PairResult",
    "Result",
    "Script",
    "SpecError",
    "Verdict",
    "WorkerError",
    "assert_equivalent",
    "audit",
    "check",
    "compare",
    "emit",
    "fuzz",
    "load",
    "parse",
    "run",
    "schema",
    "summaries",
]

_MODULES = {
    "testing": ("assert_equivalent",),
    "api.audit": ("audit",),
    "api.check": ("check",),
    "api.compare": ("compare",),
    "api.emit": ("emit",),
    "api.run": ("run",),
    "common.codegen.scripts.script": ("Script",),
    "common.spec.errors": ("SpecError",),
    "common.spec.experiment": ("Experiment",),
    "common.spec.load": ("load", "parse", "schema"),
    "comparisons.audit.result": ("AuditResult",),
    "comparisons.catalogue": ("summaries",),
    "comparisons.compare.result": ("PairResult",),
    "comparisons.fuzz.fuzz": ("fuzz",),
    "comparisons.ladder.verdict": ("Verdict",),
    "comparisons.run.result": ("Result",),
    "comparisons.workers.worker": ("WorkerError",),
}
_MODULE_OF = {
    name: module for module, names in _MODULES.items() for name in names
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
