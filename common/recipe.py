"""Recipes: how a network is trained."""

from typing import Annotated, Literal

from pydantic import Field

from common.clipping import Clipping
from common.element import MOST, Count, Filled, Flag, Model, NotNegative, Whole
from common.losses import Loss
from common.optimizers import Optimizer
from common.penalties import Penalty
from common.schedules import Constant, Schedule


class EarlyStopping(Model):
    """Stop when the watched value has not improved for a while.

    An epoch improves when its value beats the best so far by more than
    `min_delta`. Training stops at the end of the first epoch that is the
    `patience`-th in a row without improvement (Keras's counting). A value
    that is not a number improves nothing.

    Attributes:
        monitor: the curve to watch; a loss falls, an accuracy rises.
        patience: epochs without improvement that end the training.
        min_delta: by how much a value must beat the best.
        restore_best: whether the best epoch's weights are put back at the
            end, also when nothing stopped early.
    """

    monitor: Literal["validation_loss", "validation_accuracy"] = (
        "validation_loss"
    )
    patience: Count
    min_delta: NotNegative = 0.0
    restore_best: Flag = False


class Accumulation(Filled):
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


class Recipe(Filled):
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
        early_stopping: when to stop before the last epoch.
        evaluate_every: epochs between evaluations on the training and the
            validation part; 0 evaluates once, at the end.
    """

    loss: Loss
    optimizer: Optimizer
    penalty: Penalty | None = None
    clipping: Clipping | None = None
    accumulation: Accumulation | None = None
    schedule: Schedule = Constant()
    batch_size: Count | Literal["full"]
    epochs: Count
    last_batch: Literal["keep", "drop"] = "keep"
    shuffle: Literal["each_epoch", "once", "never"] = "each_epoch"
    early_stopping: EarlyStopping | None = None
    evaluate_every: Whole = 1
