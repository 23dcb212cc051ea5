"""Compare two models of the user's own."""

from collections.abc import Sequence
from pathlib import Path

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


def compare(
    torch: str | Path,
    keras: str | Path,
    *,
    input_shapes: Sequence[Sequence[int]] = (),
    input_kinds: Sequence[InputKind] = (),
    dtype: LadderDtype = "float64",
    seed: int = 0,
    timeout: float = 600.0,
    level: CompareLevel | None = None,
    sample: str | Path | None = None,
    torch_input_shapes: Sequence[Sequence[int]] = (),
    target: TargetShape | None = None,
) -> PairResult:
    """Compare a PyTorch model and a Keras model, and their training.

    The operations of both are paired, PyTorch's weights are copied, and both
    are applied to the same inputs, in evaluation mode. If both files define
    `loss`, `make_optimizer` or `train_step`, their gradients, a training step
    and ten training steps are compared as well. Each model is built in
    a process of its own, with the folder of its file on the path.

    Args:
        torch: `file.py:NAME`, a class, a function that builds the model, or
            a model.
        keras: `file.py:NAME`.
        input_shapes: the shape of each input, batch first; of images and
            volumes with the channels last.
        input_kinds: `float` or `int` (ids) of each input; by default all are
            `float`, or `int` where a model has an embedding and one input.
        dtype: the precision.
        seed: seed of the inputs and of the models' own draws.
        timeout: seconds after which the comparison ends with an error.
        level: the last rung; by default the furthest for which both files
            have the functions.
        sample: an .npz file with the inputs, and the targets as `y`.
        torch_input_shapes: PyTorch's shape of each input, where it has the
            axes in another order.
        target: `labels`, or the shape of targets that are numbers; by
            default what the loss takes.

    Returns:
        The comparison, with the causes of a disagreement.

    Raises:
        SpecError: if a model cannot be built or run.
        WorkerError: if a framework fails, or the time is over.
    """
    settings = CompareSettings(
        shapes=tuple(tuple(shape) for shape in input_shapes),
        kinds=tuple(input_kinds),
        dtype=dtype,
        seed=seed,
        timeout=timeout,
        level=level,
        sample=Path(sample) if sample is not None else None,
        torch_shapes=tuple(map(tuple, torch_input_shapes)),
        target=target,
    )
    return compare_files(str(torch), str(keras), settings)
