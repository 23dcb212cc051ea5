"""Recipes: how a network is trained."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.clipping import Clipping
from framework_parity.common.spec.losses import Loss
from framework_parity.common.spec.node import (
    MOST,
    DialectFilled,
    NonNegativeInt,
    NotNegative,
    Number,
    PositiveInt,
    StrictBool,
)
from framework_parity.common.spec.optimizers import Optimizer
from framework_parity.common.spec.penalties import Penalty
from framework_parity.common.spec.schedules import Constant, Schedule

Monitor = Literal["validation_loss", "validation_accuracy"]
Counting = Literal["exceeds", "reaches"]


class EarlyStopping(DialectFilled):
    """Stop when the watched value has not improved for a while.

    An epoch improves when its value beats the best so far by more than
    `min_delta`; otherwise it is bad. A value that is not a number improves
    nothing. The first epoch never ends a training. Keras's callback, with
    `counting: reaches`, is this to the letter but where the very first value
    is not a number: nothing ever beats that in Keras.

    Attributes:
        monitor: the curve to watch; a loss falls, an accuracy rises.
        patience: how many epochs in a row may be bad.
        counting: whether training stops when the bad epochs exceed the
            patience, as hand-written loops mostly count, or as soon as they
            reach it, as Keras does; patience 0 then means what 1 does.
        min_delta: by how much a value must beat the best.
        restore_best: whether the best epoch's weights are put back at the
            end, also when nothing stopped early.
        start_from_epoch: so many epochs are not looked at.
        baseline: a value that an improvement must beat as well, or it ends
            no row of bad epochs; None asks for nothing.
    """

    monitor: Monitor = "validation_loss"
    patience: NonNegativeInt
    counting: Counting
    min_delta: NotNegative = 0.0
    restore_best: StrictBool = False
    start_from_epoch: NonNegativeInt = 0
    baseline: Number | None = None


class Plateau(DialectFilled):
    """Reduce the rate when the watched value has not improved for a while.

    ReduceLROnPlateau, as either framework has it. The schedule's factor
    multiplies what is left of the rate, so the two can be combined.

    Attributes:
        monitor: the curve to watch; a loss falls, an accuracy rises.
        by: what the rate is multiplied by.
        patience: how many epochs in a row may be bad.
        counting: whether the rate falls when the bad epochs exceed the
            patience (PyTorch) or as soon as they reach it (Keras).
        threshold: by how much a value must beat the best.
        threshold_mode: whether `threshold` is a share of the best value
            (PyTorch) or a difference (Keras).
        cooldown: epochs after a reduction in which none is bad.
        last_cooldown: whether the last of them is ignored, too (PyTorch), or
            counted (Keras, where a cooldown of 1 is therefore none).
        min_lr: no reduction goes below this rate.
        least_change: a reduction by no more than this is not made.
    """

    monitor: Monitor = "validation_loss"
    by: Annotated[float, Field(strict=True, gt=0, lt=1)] = 0.1
    patience: NonNegativeInt = 10
    counting: Counting
    threshold: NotNegative = 1e-4
    threshold_mode: Literal["relative", "absolute"]
    cooldown: NonNegativeInt = 0
    last_cooldown: Literal["ignored", "counted"]
    min_lr: NotNegative = 0.0
    least_change: NotNegative

    @model_validator(mode="after")
    def _can_be_beaten(self) -> Self:
        if self.threshold_mode == "relative" and self.threshold >= 1:
            raise PydanticCustomError(
                "never_better",
                "{text}",
                {
                    "text": f"got threshold {self.threshold}, but no loss "
                    "falls by the whole of itself; expected less than 1"
                },
            )
        return self


class Accumulation(DialectFilled):
    """Move the parameters once for several batches.

    A step is still one batch, with its own loss and gradient norm. Every
    `batches` steps, the gradients since the last update are clipped and
    handed to the optimiser, at that step's rate; the optimiser counts
    updates, not steps. An epoch's end changes nothing: what is left over
    goes on into the next epoch, and at the end of training it is dropped
    (Keras's `gradient_accumulation_steps`).

    Attributes:
        batches: how many make an update.
        reduction: their gradients' `mean` (Keras) or `sum` (PyTorch, where
            `backward()` adds to what is there).
    """

    batches: Annotated[int, Field(strict=True, ge=2, le=MOST)]
    reduction: Literal["mean", "sum"]


class Recipe(DialectFilled):
    """Everything about training but the network and the data.

    Attributes:
        loss: what is minimised, averaged over a batch.
        optimizer: how a gradient moves a parameter.
        penalty: what large weights cost beside the loss.
        clipping: how large a gradient the optimiser may see.
        accumulation: how many batches make an update, if more than one.
        schedule: the rate over the steps, as a factor of the optimiser's.
        batch_size: samples a step, or `full` for the whole training part,
            which no batch exceeds.
        epochs: passes over the training part.
        last_batch: what becomes of a last batch that is not full.
        shuffle: a new order for each epoch, one order for all, or the
            data's own.
        plateau: when to reduce the rate, beside the schedule.
        early_stopping: when to stop before the last epoch.
        checkpoint: the curve whose best epoch's weights the training ends
            with, whatever stopped it; None keeps the last epoch's. The
            first of equal epochs is the best. Beside `restore_best` it
            needs no patience and knows no `min_delta`.
        evaluate_every: epochs between evaluations on the training and the
            validation part; 0 evaluates once, at the end.
        precision: what layers compute in, unless a run says otherwise;
            `bfloat16` is mixed. The ladder's is always float64.
    """

    loss: Loss
    optimizer: Optimizer
    penalty: Penalty | None = None
    clipping: Clipping | None = None
    accumulation: Accumulation | None = None
    schedule: Schedule = Constant()
    batch_size: PositiveInt | Literal["full"]
    epochs: PositiveInt
    last_batch: Literal["keep", "drop"] = "keep"
    shuffle: Literal["each_epoch", "once", "never"]
    plateau: Plateau | None = None
    early_stopping: EarlyStopping | None = None
    checkpoint: Monitor | None = None
    evaluate_every: NonNegativeInt = 1
    precision: Dtype = "float32"


def batch_sizes(recipe: Recipe, samples: int) -> list[int]:
    """Return how many samples a full batch has, and then the last, if less.

    >>> from framework_parity.common.spec.node import speaking
    >>> with speaking("keras"):
    ...     recipe = Recipe(
    ...         loss="cross_entropy", optimizer="sgd", batch_size=4, epochs=1
    ...     )
    >>> batch_sizes(recipe, 10)
    [4, 2]
    """
    size = samples
    if recipe.batch_size != "full":
        size = min(recipe.batch_size, samples)
    rest = samples % size
    return [size, rest] if rest and recipe.last_batch == "keep" else [size]
