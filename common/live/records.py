"""What a worker returns about training a live model, and what it is asked."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from framework_parity.common.layouts import Array, Layout
from framework_parity.common.live.elements import Described
from framework_parity.common.live.graph import Graph
from framework_parity.common.live.losses import LossCall
from framework_parity.common.live.replay import StandIns

Tensors = dict[int, dict[str, Array]]
"""By node and name, in neutral layout."""


Flags: TypeAlias = dict[int, dict[str, bool]]
"""By node and name of a tensor."""

Parameter: TypeAlias = tuple[int, str, Layout | None, list[Any]]
"""Node, name and layout of a tensor that may be trained, and the framework's
own tensors."""

PER_TENSOR = ("lr", "decay_applies_to")
"""Fields of an optimiser of which each tensor has its own."""


@dataclass(frozen=True)
class OptimizerRead:
    """An optimiser of the user's, in neutral terms.

    Attributes:
        described: its kind and its fields without the rate; None if it
            cannot be read.
        clipping: of the gradients, its kind and its fields; None without.
        step_clipping: the same, where the user's training step clips.
        rate: the learning rate of the first step.
        accumulation: number of batches whose gradients make one update.
        decayed: whether weight decay is applied to each tensor.
        stepped: whether each tensor is given to the optimiser.
        factors: the rate of each tensor, relative to `rate`.
        base: node and name of the tensor whose rate is `rate`, if it is
            another one than the framework's own choice.
    """

    described: Described | None
    clipping: Described | None
    rate: float
    accumulation: int = 1
    decayed: Flags = field(default_factory=dict)
    stepped: Flags = field(default_factory=dict)
    factors: dict[int, dict[str, float]] = field(default_factory=dict)
    step_clipping: Described | None = None
    base: tuple[int, str] | None = None


@dataclass(frozen=True)
class TrainingFound:
    """What a user's file has for training.

    Attributes:
        graph: the model in training mode.
        defined: the functions of the file, with file and line of each.
        losses: the loss functions that are called.
        loss_read: whether `losses` has one, and in NumPy it has the same
            value.
        optimizer: as read; None without one.
        trained: whether each tensor is trained.
        form: of the targets: `labels`, `one_hot` or `values`.
        forms: all forms that the loss takes.
        known: whether a loss function that was called says the form.
        modes: whether each dropout and batch normalisation runs in training
            mode in a training step, by its node in evaluation.
        pass_modes: the same for a pass of the model in training mode.
        penalties: whether the model adds penalties to the loss.
        penalized: the factor of each tensor's L2 penalty; empty if there are
            penalties of other kinds.
        shared: nodes that use the same tensors.
        cleared: whether a step starts without the gradients of the last.
    """

    graph: Graph
    defined: dict[str, str]
    losses: list[LossCall]
    loss_read: bool
    optimizer: OptimizerRead | None
    trained: dict[int, dict[str, bool]]
    form: str
    forms: tuple[str, ...]
    known: bool
    modes: dict[int, bool]
    pass_modes: dict[int, bool]
    penalties: bool
    penalized: dict[int, dict[str, float]]
    shared: list[tuple[int, ...]]
    cleared: bool


@dataclass(frozen=True)
class Changes:
    """What of the user's training is replaced.

    Attributes:
        standins: operations of the model.
        loss: kind and fields of the loss.
        loss_standins: operations of the user's loss that are replaced.
        loss_factor: what the loss is multiplied by.
        optimizer: kind and fields of the optimiser, without its rate.
        clipping: kind and fields of the clipping, if `optimizer` is given.
        rates: the learning rate of each step; if empty, the user's.
        trained: whether a tensor is trained, where that is replaced.
        penalties: whether the model's own penalties count.
        penalized: factors of L2 penalties in the place of its own.
        single_biases: whether only one of two biases that are added is
            trained.
        single_rate: whether all parameters have one rate, that of the base.
        base: node and name of the tensor whose rate is that of a step.
        padding_rows: whether an embedding has a row that is not trained.
        fitted: whether targets get the shape of the outputs.
        accumulation: number of batches of an update, if `optimizer` is given.
        decayed: whether weight decay is applied, where that is replaced.
        stepped: whether the optimiser gets a tensor, where it does not.
        flat: whether targets are given without their last axis.
        dense: whether the gradients of an embedding are added up by id
            before the optimiser gets them.
        cleared: whether gradients are cleared before each step.
        plain_step: whether a step gives the optimiser the gradients of the
            loss, whatever the user's own does.
        exact: whether they are computed without constants in float32.
        modes: whether a dropout or a batch normalisation runs in training
            mode in steps, where that is replaced.
        pass_modes: the same for a pass of the model.
    """

    standins: StandIns = field(default_factory=dict)
    loss: Described | None = None
    loss_standins: StandIns | None = None
    loss_factor: float = 1.0
    optimizer: Described | None = None
    clipping: Described | None = None
    rates: tuple[float, ...] = ()
    trained: dict[int, dict[str, bool]] = field(default_factory=dict)
    penalties: bool = True
    penalized: dict[int, dict[str, float]] | None = None
    exact: bool = False
    single_biases: bool = False
    single_rate: bool = False
    base: tuple[int, str] | None = None
    padding_rows: bool = True
    fitted: bool = False
    flat: bool = False
    dense: bool = False
    cleared: bool = False
    plain_step: bool = False
    accumulation: int = 1
    decayed: Flags = field(default_factory=dict)
    stepped: Flags = field(default_factory=dict)
    modes: dict[int, bool] = field(default_factory=dict)
    pass_modes: dict[int, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Batches:
    """The data of a run.

    Attributes:
        inputs: for each step the arrays that the model takes.
        targets: for each step the targets, in the form of this side.
        keys: names of the dropouts, in the order in which they run.
        seed: of the masks.
    """

    inputs: list[list[Array]]
    targets: list[Array]
    keys: list[str]
    seed: int


@dataclass(frozen=True)
class TrainingRun:
    """What happened in some steps of training.

    Attributes:
        loss: of the first batch, before the first step; None without one.
        gradients: of that loss.
        given: the gradients that the optimiser gets in the first step.
        losses: what the training steps return; NaN where that is nothing.
        rates: the learning rate before each step.
        first: all tensors after one step.
        last: all tensors after the last step.
    """

    loss: float | None
    gradients: Tensors
    given: Tensors
    losses: list[float]
    rates: list[float]
    first: Tensors
    last: Tensors
