"""The settings of a comparison, and its run in workers of its own."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from framework_parity.common.choices import (
    CompareLevel,
    InputKind,
    LadderDtype,
)
from framework_parity.common.live.loading import file_of
from framework_parity.common.spec.counted import counted
from framework_parity.common.spec.errors import SpecError
from framework_parity.comparisons.compare.batches import TargetShape
from framework_parity.comparisons.compare.compare import (
    Sample,
    compare_models,
)
from framework_parity.comparisons.compare.result import PairResult
from framework_parity.comparisons.workers.worker import (
    LABELS,
    WorkerError,
    WorkerPair,
)


@dataclass(frozen=True)
class CompareSettings:
    """What two models are applied to.

    Attributes:
        shapes: the shape of each input, batch first; of images and volumes
            with the channels last.
        kinds: `float` or `int` of each input; by default all are `float`,
            or `int` where a model has an embedding and one input.
        dtype: the precision.
        seed: seed of the inputs and of the models' own draws.
        timeout: seconds after which the comparison ends with an error.
        level: the last rung; None for the furthest that both files allow.
        sample: an .npz file with the inputs, in their order, and the
            targets as `y` or `target`; the shapes are then not needed.
        torch_shapes: PyTorch's shape of each input, where it has the axes in
            another order than `shapes`.
        target: `labels`, or the shape of targets that are numbers.

    Raises:
        SpecError: if a setting has a value that is not allowed.
    """

    shapes: tuple[tuple[int, ...], ...]
    kinds: tuple[InputKind, ...] = ()
    dtype: LadderDtype = "float64"
    seed: int = 0
    timeout: float = 600.0
    level: CompareLevel | None = None
    sample: Path | None = None
    torch_shapes: tuple[tuple[int, ...], ...] = ()
    target: TargetShape | None = None

    def __post_init__(self) -> None:
        if self.kinds and len(self.kinds) != len(self.shapes):
            raise SpecError(
                "--input-dtype",
                f"got {counted(len(self.kinds), 'value')} for "
                f"{counted(len(self.shapes), 'input')}",
            )
        if not self.shapes and self.sample is None:
            raise SpecError(
                "--input-shape", "give it once for each input, or --sample"
            )
        if not self.shapes:
            return
        batches = {shape[0] for shape in self.shapes if shape}
        if len(batches) != 1 or min(map(len, self.shapes)) < 2:
            raise SpecError(
                "--input-shape",
                "expected shapes of two axes or more with the same batch "
                f"size, got {', '.join(map(str, self.shapes))}",
            )

    @property
    def orders(self) -> dict[int, tuple[int, ...]]:
        """The axes of each input in PyTorch's order, where it is given."""
        orders = {}
        pairs = zip(self.shapes, self.torch_shapes, strict=False)
        for place, (shape, wanted) in enumerate(pairs):
            number = len(shape)
            first = (0, number - 1, *range(1, number - 1))
            for order in (range(number), first, *permutations(range(number))):
                if tuple(shape[axis] for axis in order) == wanted:
                    orders[place] = tuple(order)
                    break
            else:
                raise SpecError(
                    "--torch-input-shape",
                    f"{wanted} has not the axes of {shape} in another order",
                )
        return orders


def compare_files(
    torch: Any,
    keras: Any,
    settings: CompareSettings,
    pair: WorkerPair | None = None,
) -> PairResult:
    """Compare two models, each in a process of its own.

    Args:
        torch: PyTorch's `file.py:NAME`, or a model, if the pair runs
            PyTorch in this process.
        keras: likewise.
        settings: what they are applied to.
        pair: workers to use, which are closed if the time is over; None for
            new ones.

    Returns:
        The comparison.

    Raises:
        SpecError: if a model cannot be built or run; the message has the
            user's line.
        WorkerError: if a framework fails, or the time is over.
    """
    for address in (torch, keras):
        if isinstance(address, str):
            file_of(address)
    sample = read_sample(settings.sample) if settings.sample else None
    if pair is None:
        with WorkerPair() as own:
            return compare_files(torch, keras, settings, own)
    with ThreadPoolExecutor(1) as waiting:
        running = waiting.submit(
            compare_models,
            pair,
            (torch, keras),
            settings.shapes,
            settings.kinds,
            settings.dtype,
            settings.seed,
            settings.level,
            sample,
            settings.orders,
            settings.target,
        )
        try:
            return running.result(settings.timeout)
        except TimeoutError:
            busy = [
                f"{LABELS[name]} was in {worker.task}"
                for name, worker in pair.workers.items()
                if getattr(worker, "task", "")
            ]
            for worker in pair.workers.values():
                worker.close()
            raise WorkerError(
                f"no result after {settings.timeout:g} seconds (--timeout); "
                + " and ".join(busy)
            ) from None


def read_sample(file: Path) -> Sample:
    """Return the inputs and the targets of a file.

    Args:
        file: an .npz file; the array `y` or `target` is the targets, the
            others are the inputs in their order.

    Raises:
        SpecError: if it cannot be read, or has no input.
    """
    try:
        with np.load(file) as arrays:
            held = {name: np.asarray(arrays[name]) for name in arrays}
    except (OSError, ValueError, BadZipFile) as error:
        raise SpecError(
            "--sample", f"cannot read '{file}': {error}"
        ) from error
    target = held.pop("y", held.pop("target", None))
    if not held:
        raise SpecError("--sample", f"'{file}' has no array of inputs")
    return Sample(list(held.values()), target)
