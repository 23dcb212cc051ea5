"""Emission: the code builds the same objects as the backend.

It runs in its own namespace, without access to this project's packages.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framework_parity.common.spec.node import SpecNode
from framework_parity.comparisons.workers.worker import ENVIRONMENT, WorkerPair
from tests.backends import alone
from tests.backends.examples import EMITTED, examples, representative
from tests.cases import LAYERS
from tests.cases_images import EVEN_AND_ODD

WIDEST = 79

# Fewest items of a kind; each is built twice, and run.
ENOUGH = 4

on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])
each_kind = pytest.mark.parametrize("kind", EMITTED, ids=lambda k: k.kind())


@on_each_backend
@each_kind
def test_emitted_code_makes_what_is_built(
    kind: type[SpecNode], backend: str, pair: WorkerPair
) -> None:
    items = representative(examples(kind), ENOUGH)
    future = pair.workers[backend].submit("emit_and_run", items=items)
    for item, seen in zip(items, future.result(), strict=True):
        assert len(seen.built) > 1
        assert_same(seen.executed, seen.built, str(item))
        assert seen.again == seen.text
        assert_fits(seen.text)


def assert_same(actual: Any, expected: Any, where: str) -> None:
    """Compare bit by bit; the message names where the two differ."""
    if isinstance(expected, dict):
        assert actual.keys() == expected.keys(), where
        for key, value in expected.items():
            assert_same(actual[key], value, f"{where}: {key}")
    else:
        np.testing.assert_array_equal(actual, expected, where)


def assert_fits(text: str) -> None:
    """A line may be too wide only if it is one word."""
    for line in text.splitlines():
        assert len(line) <= WIDEST or " " not in line.strip(), line


# Together they have nested blocks, random layers, and classes of this project.
ALONE = (
    "average_pool-plain",
    "batch_norm-biased-image",
    "batch_norm-unbiased-image",
    "concatenate-image",
    "conv2d-even",
    "conv2d-dilation-same",
    "depthwise_conv2d-multiplier",
    "flatten-channels_first",
    "flatten-channels_last",
    "gelu-image",
    "random_crop-filled",
    "random_flip",
    "spatial_dropout",
)


@on_each_backend
def test_emitted_networks_run_without_this_project(
    backend: str, pair: WorkerPair, tmp_path: Path
) -> None:
    cases = [case for case in LAYERS if case.id in ALONE]
    assert len(cases) == len(ALONE)
    future = pair.workers[backend].submit(
        "emit_networks",
        networks=[case.arm.layers for case in cases],
        shape=EVEN_AND_ODD,
    )
    x, seen = future.result()
    np.save(tmp_path / "x.npy", x)
    for number, (text, _) in enumerate(seen):
        assert_fits(text)
        (tmp_path / f"{number}.py").write_text(text)
    subprocess.run(
        [sys.executable, "-I", alone.__file__, backend, str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, **ENVIRONMENT},
        check=True,
        capture_output=True,
    )
    for number, (_, outputs) in enumerate(seen):
        result = np.load(tmp_path / f"{number}.npy")
        np.testing.assert_array_equal(result, outputs, cases[number].id)
