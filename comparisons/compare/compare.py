"""Compare a live PyTorch model with a live Keras model.

The operations of both are read and paired, PyTorch's weights are copied to
Keras, and both models are applied to the same inputs. Where the outputs
differ by more than the noise floor allows, the differences between paired
operations are replaced by the other side's meaning, and the smallest set that
restores agreement is the cause.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from framework_parity.common.choices import CompareLevel, LadderDtype
from framework_parity.common.layouts import Array
from framework_parity.common.live.graph import OPAQUE, Graph
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.training.randomness import stream
from framework_parity.comparisons.compare.batches import TargetShape
from framework_parity.comparisons.compare.differences import (
    FLOAT32,
    found_differences,
    in_one_place,
    squeezed,
)
from framework_parity.comparisons.compare.draws import drawn_differently
from framework_parity.comparisons.compare.forward import Forward
from framework_parity.comparisons.compare.pairing import (
    paired,
)
from framework_parity.comparisons.compare.removal import is_testable
from framework_parity.comparisons.compare.result import (
    PairResult,
)
from framework_parity.comparisons.compare.training import Training
from framework_parity.comparisons.ladder.thresholds import TIMES_FLOOR
from framework_parity.comparisons.workers.worker import LABELS, WorkerPair

Tensors = dict[int, dict[str, Array]]

ATTEMPTS = 4
"""Times that weights are drawn: again where an activation is 0 for all inputs,
or where the models differ in an operation and agree in the outputs."""


DRAWN = ("gamma", "beta", "bias", "running_mean", "slope", "value")
"""Ends of the names of tensors that are moved away from their first value."""

MOST_TRIED = 8
"""Combinations of ids and numbers that are tried for several inputs."""


class Sample(NamedTuple):
    """What the models are applied to.

    Attributes:
        inputs: batch first; of images and volumes with the channels last.
        target: labels or values; None where they are drawn.
    """

    inputs: list[Array]
    target: Array | None


def drawn_inputs(
    shapes: Sequence[tuple[int, ...]],
    kinds: Sequence[str],
    ids: int,
    seed: int,
) -> list[Array]:
    """Return random inputs.

    Id 0 is at the end of the first sample and at the beginning of the last
    one, as masks take it for padding.

    Args:
        shapes: of each input, batch first, channels last.
        kinds: `float` (standard normal) or `int` (ids) of each input.
        ids: ids are smaller.
        seed: the seed.
    """
    rng = stream(seed, "compare", "inputs")
    inputs: list[Array] = []
    for shape, kind in zip(shapes, kinds, strict=True):
        if kind == "int":
            drawn = rng.integers(ids, size=shape)
            rows = drawn.reshape(len(drawn), -1)
            rows[0, -1] = rows[-1, 0] = 0
            inputs.append(drawn)
        else:
            inputs.append(rng.normal(size=shape))
    return inputs


def compare_models(
    pair: WorkerPair,
    addresses: tuple[Any, Any],
    shapes: Sequence[tuple[int, ...]],
    kinds: Sequence[str] = (),
    dtype: LadderDtype = "float64",
    seed: int = 0,
    level: CompareLevel | None = None,
    sample: Sample | None = None,
    orders: dict[int, tuple[int, ...]] | None = None,
    target: TargetShape | None = None,
) -> PairResult:
    """Compare two models, and the training that their files define.

    Args:
        pair: a worker for each framework.
        addresses: PyTorch's and Keras's `file.py:NAME`, or a model of the
            framework that runs in this process.
        shapes: the shape of each input, batch first; of images and volumes
            with the channels last.
        kinds: `float` or `int` of each input; by default all are `float`,
            or `int` where a model has an embedding and one input.
        dtype: the precision.
        seed: seed of the inputs and of the models' own draws.
        level: the last rung; by default the furthest for which both files
            define the functions.
        sample: inputs and targets; by default they are drawn.
        orders: for inputs whose axes PyTorch has in another order, the axes
            of Keras's input in PyTorch's order.
        target: `labels`, or the shape of targets that are numbers; by
            default what the loss takes.

    Returns:
        The comparison.

    Raises:
        SpecError: if a model cannot be built or run; the message has the
            user's line.
        WorkerError: if a framework fails.
    """
    result, inputs, given = open_pair(
        pair, addresses, shapes, kinds, dtype, seed, sample, orders
    )
    graphs = dict(zip(pair.workers, result.graphs, strict=True))
    training = Training(pair, result, inputs, given, target, seed)
    last = training.level(level)
    held = pair.ask("live_weights")
    result.draws = drawn_differently(held["torch"], held["keras"], result)
    suspects = _suspects(result)
    first: int | None = None
    for attempt in range(ATTEMPTS):
        scale = 1.0 if first is None else 4.0 ** (attempt - first)
        _share_weights(pair, result, held["torch"], seed, attempt, scale)
        if attempt + 1 < ATTEMPTS and _is_dead(pair, graphs["torch"], inputs):
            continue
        Forward(pair, result, inputs).judge()
        first = attempt if first is None else first
        if result.outputs > TIMES_FLOOR or not suspects:
            break
    if result.outputs <= TIMES_FLOOR and first != attempt:
        # Training with larger kernels would diverge.
        _share_weights(pair, result, held["torch"], seed, first or 0)
    comparable = result.outputs <= TIMES_FLOOR or bool(result.causes)
    if result.verdict == "disagree" and not result.causes:
        result.unknown += _not_copied(pair)
        finite = np.isfinite(result.outputs)
        if dtype == "float64" and finite and result.difference < FLOAT32:
            result.unknown.append(
                f"the outputs differ by {result.difference:.1g} of their "
                "size, as numbers that were rounded to float32 do; compare "
                "in float32 (--dtype float32)"
            )
    if comparable and (last != "forward" or training.has_functions):
        training.judge(last)
    result.causes = in_one_place(result.causes)
    return result


def open_pair(
    pair: WorkerPair,
    addresses: tuple[Any, Any],
    shapes: Sequence[tuple[int, ...]],
    kinds: Sequence[str],
    dtype: LadderDtype,
    seed: int,
    sample: Sample | None,
    orders: dict[int, tuple[int, ...]] | None = None,
) -> tuple[PairResult, list[Array], Array | None]:
    """Build both models, record them, and pair their operations.

    The arguments are those of `compare_models`.

    Returns:
        The result so far, the inputs, and the targets if they are given.
    """
    limits = pair.ask_each(
        "open_model",
        {
            name: {
                "address": address,
                "dtype": dtype,
                "seed": seed,
                "orders": orders if name == "torch" else None,
            }
            for name, address in zip(
                ("torch", "keras"), addresses, strict=True
            )
        },
    )
    ids = min([*limits["torch"], *limits["keras"]], default=0)
    if sample is None:
        sample, graphs, drawn = _recorded(pair, shapes, kinds, ids, seed)
    else:
        drawn = [f"the sample's, of shape {x.shape}" for x in sample.inputs]
        graphs = pair.ask("record_model", inputs=sample.inputs)
    inputs = sample.inputs
    for name, graph in graphs.items():
        if not graph.outputs:
            at = dict(zip(("torch", "keras"), addresses, strict=True))
            raise SpecError(str(at[name]), "the model returns no tensor")
    torch, keras = graphs["torch"], graphs["keras"]
    pairing = paired(torch, keras)
    named = tuple(
        each if isinstance(each, str) else type(each).__name__
        for each in addresses
    )
    result = PairResult((named[0], named[1]), dtype, (torch, keras), pairing)
    result.inputs = drawn
    result.notes = [
        note for notes in pair.ask("live_notes").values() for note in notes
    ]
    return result, inputs, sample.target


def _recorded(
    pair: WorkerPair,
    shapes: Sequence[tuple[int, ...]],
    kinds: Sequence[str],
    ids: int,
    seed: int,
) -> tuple[Sample, dict[str, Graph], list[str]]:
    """Draw inputs, and record both models on them.

    Of several inputs of models with an embedding, it is tried which of them
    are ids, if that is not said.

    Returns:
        The inputs, the graph of each side, and what was drawn.
    """
    choices = [tuple(kinds)]
    if not kinds:
        choices = [("float",) * len(shapes)]
        if ids:
            every = product(("int", "float"), repeat=len(shapes))
            choices = sorted(every, key=lambda each: each.count("float"))
            if len(shapes) > 1:
                choices = choices[::-1]
    problem: SpecError | None = None
    for chosen in choices[:MOST_TRIED]:
        inputs = drawn_inputs(shapes, chosen, ids or 1, seed)
        try:
            graphs = pair.ask("record_model", inputs=inputs)
        except SpecError as error:
            problem = problem or error
            continue
        drawn = [
            f"{'ids below ' + str(ids) if kind == 'int' else 'normal numbers'}"
            f" of shape {tuple(shape)}"
            for shape, kind in zip(shapes, chosen, strict=True)
        ]
        return Sample(inputs, None), graphs, drawn
    assert problem is not None
    raise problem


def _not_copied(pair: WorkerPair) -> list[str]:
    """Return a sentence for each side with tensors that cannot be copied."""
    return [
        f"{all_of_them - read} of the {all_of_them} numbers of "
        f"{LABELS[side]}'s model are in layers whose tensors have no known "
        "layout, and were not copied"
        for side, (all_of_them, read) in pair.ask("weight_sizes").items()
        if all_of_them != read
    ]


def _share_weights(
    pair: WorkerPair,
    result: PairResult,
    values: Tensors,
    seed: int,
    attempt: int,
    scale: float = 1.0,
) -> None:
    """Give both models PyTorch's tensors, made generic.

    Scales and shifts start at 1 and 0 in both frameworks, where a
    difference in what is done with them would not show. After the first
    attempt, kernels are drawn anew, too; with a larger scale, activations
    differ that are equal near 0.
    """
    pairing = result.pairing
    graphs = dict(zip(pair.workers, result.graphs, strict=True))
    generic: Tensors = {}
    # A constant of Keras's code does not follow the tensor it stands for.
    fixed = {
        one
        for one, other in pairing.pairs
        if graphs["keras"].nodes[other].kind == "constant"
        and not graphs["keras"].nodes[other].tensors
    }
    for index, held in values.items():
        if index in fixed:
            generic[index] = held
            continue
        rng = stream(seed, "compare", str(index), attempt)
        generic[index] = {
            name: _generic(name, value, rng)
            if attempt == 0 or "kernel" not in name
            else scale * value.std() * rng.normal(size=value.shape)
            for name, value in held.items()
        }
    workers = pair.workers
    workers["torch"].submit("set_live_weights", values=generic).result()
    # A tensor that several operations share has the value written last.
    for source, index in (("torch", 0), ("keras", 1)):
        other = "keras" if source == "torch" else "torch"
        held = workers[source].submit("live_weights").result()
        copied = {}
        for edge in pairing.pairs:
            node = graphs[other].nodes[edge[1 - index]]
            theirs = node.tensors
            same = {
                name: value.reshape(theirs[name])
                for name, value in held.get(edge[index], {}).items()
                if name in theirs
                and squeezed(theirs[name]) == squeezed(value.shape)
            }
            if other == "keras" and node.kind != OPAQUE:
                # What only Keras has starts at 0, where it has no effect.
                rng = stream(seed, "compare", "keras", str(node.index))
                same |= {
                    name: _generic(name, np.zeros(theirs[name]), rng)
                    for name in theirs
                    if name.endswith(("bias", "beta"))
                    and name not in held.get(edge[index], {})
                }
            if same:
                copied[edge[1 - index]] = same
        workers[other].submit("set_live_weights", values=copied).result()


def _suspects(result: PairResult) -> bool:
    """Return whether a difference may show with other weights."""
    torch, keras = result.graphs
    return any(
        is_testable(each, keras)
        for each in found_differences(torch, keras, result.pairing)
    )


def _is_dead(pair: WorkerPair, graph: Graph, inputs: list[Array]) -> bool:
    """Return whether an activation is 0 for all inputs, which hides faults."""
    outputs = (
        pair.workers["torch"].submit("live_outputs", inputs=inputs).result()
    )
    return any(
        node.kind in ("relu", "relu6") and not np.any(outputs[node.index][0])
        for node in graph
    )


def _generic(name: str, value: Array, rng: np.random.Generator) -> Array:
    if name == "running_variance":
        return value * rng.uniform(0.5, 1.5, value.shape)
    if name.endswith(DRAWN):
        return value + 0.1 * rng.normal(size=value.shape)
    return value
