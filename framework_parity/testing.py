"""Assertions for tests of ports between the frameworks.

No framework is imported into the process of the tests: each side runs in a
worker, which is started once and kept until the process ends.
"""

import atexit
import inspect
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from framework_parity.common.choices import (
    CompareLevel,
    InputKind,
    LadderDtype,
)
from framework_parity.comparisons.compare.batches import TargetShape
from framework_parity.comparisons.compare.result import PairResult
from framework_parity.comparisons.compare.settings import (
    CompareSettings,
    compare_files,
)
from framework_parity.comparisons.report.compare import explained
from framework_parity.comparisons.workers.local import LocalPair
from framework_parity.comparisons.workers.worker import WorkerPair

_pairs: list[WorkerPair] = []


def assert_equivalent(
    torch: Any,
    keras: Any,
    *,
    inputs: Sequence[int] | Sequence[Sequence[int]],
    input_kinds: Sequence[InputKind] = (),
    level: CompareLevel | None = None,
    dtype: LadderDtype = "float64",
    seed: int = 0,
    timeout: float = 600.0,
    torch_inputs: Sequence[int] | Sequence[Sequence[int]] = (),
    sample: str | Path | None = None,
    target: TargetShape | None = None,
) -> PairResult:
    """Assert that a PyTorch model and a Keras model agree.

    Args:
        torch: `file.py:NAME`, a class or a function that builds the model; a
            relative path starts at the folder of the calling file, or at the
            current one.
        keras: `file.py:NAME`. One of the two may be a live model instead,
            of the framework that the process of the tests has; it is
            compared up to its outputs, and a Keras model in float32.
        inputs: the shape of each input, or of the only one, batch first; of
            images and volumes with the channels last.
        input_kinds: `float` or `int` (ids) of each input.
        level: the last rung: `forward`, `gradient`, `step` or `trajectory`;
            by default the furthest for which both files define `loss`,
            `make_optimizer` or `train_step`.
        dtype: the precision.
        seed: seed of the inputs and of the models' own draws.
        timeout: seconds after which it fails.
        torch_inputs: PyTorch's shapes, where it has the axes in another
            order.
        sample: an .npz file with the inputs, and the targets as `y`.
        target: `labels`, or the shape of targets that are numbers; by
            default what the loss takes.

    Returns:
        The comparison.

    Raises:
        AssertionError: if the models do not agree; the message names the
            first rung and place that differ, the causes, and the changes.
        SpecError: if a model cannot be built or run.
        WorkerError: if a framework fails, or the time is over.
    """
    __tracebackhide__ = True
    frame = inspect.stack()[1]
    settings = CompareSettings(
        shapes=_shapes(inputs),
        kinds=tuple(input_kinds),
        dtype=dtype,
        seed=seed,
        timeout=timeout,
        level=level,
        torch_shapes=_shapes(torch_inputs),
        sample=Path(sample) if sample is not None else None,
        target=target,
    )
    for side, model in (("torch", torch), ("keras", keras)):
        if not isinstance(model, str | Path):
            return _with_live(side, torch, keras, settings)
    caller = Path(frame.filename).parent
    addresses = [_found(str(each), caller) for each in (torch, keras)]
    return _agreeing(
        compare_files(addresses[0], addresses[1], settings, _pair())
    )


def _shapes(given: Any) -> tuple[tuple[int, ...], ...]:
    """Return the shapes of the inputs, or of the only one."""
    if given and isinstance(given[0], int):
        given = [given]
    return tuple(tuple(shape) for shape in given)


def _with_live(
    side: str, torch: Any, keras: Any, settings: CompareSettings
) -> PairResult:
    """Compare a live model in this process with one in a worker."""
    __tracebackhide__ = True
    settings = replace(settings, level="forward")
    if side == "keras":
        settings = replace(settings, dtype="float32")
    addresses = [
        str(each) if isinstance(each, Path) else each
        for each in (torch, keras)
    ]
    with LocalPair(side) as pair:
        return _agreeing(compare_files(*addresses, settings, pair))


def _agreeing(result: PairResult) -> PairResult:
    """Return a comparison, if the models agree."""
    __tracebackhide__ = True
    if result.verdict != "agree":
        raise AssertionError(explained(result))
    return result


def _found(address: str, folder: Path) -> str:
    """Return an address whose file is looked for beside the caller first."""
    path, colon, name = address.rpartition(":")
    beside = folder / path
    return f"{beside}{colon}{name}" if beside.is_file() else address


def _pair() -> WorkerPair:
    """Return the workers of this process, started if they do not run."""
    if _pairs and not _pairs[0].alive():
        close()
    if not _pairs:
        _pairs.append(WorkerPair())
    return _pairs[0]


def close() -> None:
    """End the workers, if they run."""
    while _pairs:
        _pairs.pop().__exit__(None, None, None)


atexit.register(close)
