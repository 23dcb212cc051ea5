"""A worker without a framework, for tests of the processes themselves.

It is started in place of `framework_parity.comparisons.workers.entry`, and
runs the same code with backends that do nothing.
"""

import runpy
import sys
from types import ModuleType
from typing import Any

from framework_parity.comparisons.workers.worker import ENTRY, PACKAGES


def start(threads: int, device: str) -> None:
    """Configure nothing."""


def add_module(name: str, **names: Any) -> None:
    module = ModuleType(name)
    vars(module).update(names)
    sys.modules[name] = module


if __name__ == "__main__":
    for package in PACKAGES.values():
        add_module(f"framework_parity.{package}.engine", start=start)
        add_module(f"framework_parity.{package}.trainer", Trainer=object)
    runpy.run_module(ENTRY, run_name="__main__")
