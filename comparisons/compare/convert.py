"""Convert trained weights between a PyTorch and a Keras model."""

from contextlib import nullcontext
from pathlib import Path

from framework_parity.common.live.graph import Graph
from framework_parity.common.spec.errors import SpecError
from framework_parity.comparisons.compare.compare import open_pair
from framework_parity.comparisons.compare.forward import Forward
from framework_parity.comparisons.compare.pairing import Pairing
from framework_parity.comparisons.compare.result import PairResult
from framework_parity.comparisons.compare.settings import (
    CompareSettings,
    read_sample,
)
from framework_parity.comparisons.workers.worker import LABELS, WorkerPair

SUFFIXES = {
    "torch": (".pt", ".pth", ".bin", ".safetensors"),
    "keras": (".keras", ".h5"),
}


def convert_weights(
    torch: str,
    keras: str,
    settings: CompareSettings,
    source: Path,
    target: Path,
    pair: WorkerPair | None = None,
) -> PairResult:
    """Convert a file of weights, and verify it by a forward pass.

    The file is written only if the outputs of both models agree.

    Args:
        torch: PyTorch's `file.py:NAME`.
        keras: Keras's `file.py:NAME`.
        settings: what the models are applied to; the precision is float32.
        source: a file of one framework: `.pt`, `.pth`, `.bin` (a state_dict,
            read without executing code) or `.safetensors`; `.keras` or
            `.weights.h5`.
        target: a file of the other.
        pair: workers to use; None for new ones.

    Returns:
        The comparison of the outputs.

    Raises:
        SpecError: if a file or a model cannot be read, or a tensor has no
            partner.
        WorkerError: if a framework fails.
    """
    side, other = side_of(source), side_of(target)
    if side == other:
        raise SpecError(
            str(target),
            f"both files are {LABELS[side]}'s; expected one of each framework",
        )
    if not source.is_file():
        raise SpecError(str(source), "there is no such file")
    if not target.parent.is_dir():
        raise SpecError(str(target), "there is no such folder")
    sample = read_sample(settings.sample) if settings.sample else None
    with nullcontext(pair) if pair else WorkerPair() as pair:
        result, inputs, _ = open_pair(
            pair,
            (torch, keras),
            settings.shapes,
            settings.kinds,
            "float32",
            settings.seed,
            sample,
            settings.orders,
        )
        workers = pair.workers
        workers[side].submit("load_weights", file=source.resolve()).result()
        held = workers[side].submit("live_weights").result()
        values = _partnered(held, result.pairing, result.graphs, side)
        whole, read = workers[other].submit("weight_sizes").result()
        if whole != read:
            raise SpecError(
                str(target),
                f"{whole - read} of the {whole} numbers of "
                f"{LABELS[other]}'s tensors belong to layers that cannot be "
                "read, or that the outputs do not depend on",
            )
        workers[other].submit("set_live_weights", values=values).result()
        Forward(pair, result, inputs).judge()
        if result.verdict == "agree":
            workers[other].submit(
                "save_weights", file=target.resolve()
            ).result()
    return result


def side_of(file: Path) -> str:
    """Return the framework that a file of weights belongs to.

    Raises:
        SpecError: if the name says neither.
    """
    for side, endings in SUFFIXES.items():
        if file.suffix in endings:
            return side
    known = ", ".join((*SUFFIXES["torch"], ".keras", ".weights.h5"))
    raise SpecError(str(file), f"expected a name that ends with {known}")


def _partnered(
    held: dict[int, dict[str, object]],
    pairing: Pairing,
    graphs: tuple[Graph, Graph],
    side: str,
) -> dict[int, dict[str, object]]:
    """Return the tensors by the nodes of the other model.

    Raises:
        SpecError: if a tensor of the other model has no partner.
    """
    other = 1 if side == "torch" else 0
    label = LABELS["torch" if other == 0 else "keras"]
    partners = pairing.torch_of if side == "torch" else pairing.keras_of
    values: dict[int, dict[str, object]] = {}
    for node in graphs[other].with_tensors():
        found = held.get(partners.get(node.index, -1), {})
        for name, shape in node.tensors.items():
            value = found.get(name)
            if value is None or tuple(value.shape) != tuple(shape):  # type: ignore[attr-defined]
                raise SpecError(
                    f"{name} of {node.label}",
                    f"this tensor of {label}'s model has no partner",
                )
            values.setdefault(node.index, {})[name] = value
    return values
