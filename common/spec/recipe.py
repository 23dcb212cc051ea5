"""Recipes: how a network is trained."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.clipping import Clipping
from framework_parity.common.spec.groups import ParameterGroup
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
from framework_parity.common.spec.schedules import ConstantRate, Schedule

Monitor = Literal["validation_loss", "validation_accuracy"]
Counting = Literal["exceeds", "reaches"]


class EarlyStopping(DialectFilled):
    """Stop when the monitored value has not improved for a while.

    An epoch is an improvement if its value is better than the best so far by
    more than `min_delta`; otherwise it is bad. NaN is never an improvement.
    Training never stops after the first epoch. With `counting: reaches` this
    is exactly Keras's callback, except where the first value is NaN: in
    Keras no later value is then an improvement.

    Attributes:
        monitor: the curve to monitor; a loss is minimised, an accuracy
            maximised.
        patience: how many epochs in a row may be bad.
        counting: whether training stops when the bad epochs exceed the
            patience, as in most hand-written loops, or as soon as they
            reach it, as in Keras, where patience 0 is the same as 1.
        min_delta: by how much a value must be better than the best.
        restore_best: whether the best epoch's weights are restored at the
            end, also when training did not stop early.
        start_from_epoch: the number of first epochs that are ignored.
        baseline: the count of bad epochs restarts only if an improvement
            is also better than this value; None sets no such condition.
    """

    monitor: Monitor = "validation_loss"
    patience: NonNegativeInt
    counting: Counting
    min_delta: NotNegative = 0.0
    restore_best: StrictBool = False
    start_from_epoch: NonNegativeInt = 0
    baseline: Number | None = None


class Plateau(DialectFilled):
    """Reduce the rate when the monitored value has not improved for a while.

    This is ReduceLROnPlateau of either framework. The schedule's factor
    multiplies the reduced rate, so the two can be combined.

    Attributes:
        monitor: the curve to monitor; a loss is minimised, an accuracy
            maximised.
        by: the factor of each reduction.
        patience: how many epochs in a row may be bad.
        counting: whether the rate falls when the bad epochs exceed the
            patience (PyTorch) or as soon as they reach it (Keras).
        threshold: by how much a value must be better than the best.
        threshold_mode: whether `threshold` is relative to the best value
            (PyTorch) or absolute (Keras).
        cooldown: the number of epochs after a reduction that do not count
            as bad.
        last_cooldown: whether the last of these epochs is `ignored` too
            (PyTorch) or `counted` (Keras, where a cooldown of 1 has
            therefore no effect).
        min_lr: the lower bound of the rate.
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
    """Update the parameters once for several batches.

    A step is still one batch, with its own loss and gradient norm. Every
    `batches` steps, the gradients accumulated since the last update are
    clipped and passed to the optimiser, with that step's rate; the optimiser
    counts updates, not steps. Accumulation continues across the end of an
    epoch, and incomplete accumulations are dropped at the end of training
    (Keras's `gradient_accumulation_steps`).

    Attributes:
        batches: the number of batches of an update.
        reduction: the `mean` of their gradients (Keras) or the `sum`
            (PyTorch, where `backward()` adds to `grad`).
    """

    batches: Annotated[int, Field(strict=True, ge=2, le=MOST)]
    reduction: Literal["mean", "sum"]


class Recipe(DialectFilled):
    """All settings of training other than the network and the data.

    Attributes:
        loss: the loss, averaged over a batch.
        optimizer: the optimiser.
        groups: parameters with a learning rate or a weight decay of their
            own. No parameter may be in two groups.
        penalty: the penalty on the weights that is added to the loss.
        clipping: how gradients are clipped before the optimiser.
        accumulation: the number of batches of an update, if more than one.
        schedule: the learning rate as a factor of the optimiser's rate.
        batch_size: the number of samples of a step, or `full` for the whole
            training part. A batch is never larger than the training part.
        epochs: the number of passes over the training part.
        last_batch: whether an incomplete last batch is kept or dropped.
        shuffle: whether the samples are shuffled in each epoch, once for
            all epochs, or never.
        plateau: when to reduce the rate, in addition to the schedule.
        early_stopping: when to stop before the last epoch.
        checkpoint: the curve whose best epoch's weights are restored at the
            end of training, for whatever reason it ended; None keeps the
            last epoch's weights. Of equal epochs the first is the best. In
            contrast to `restore_best` it has no patience and no
            `min_delta`.
        evaluate_every: the number of epochs between evaluations on the
            training and the validation part; 0 evaluates once, at the end.
        evaluation_mode: the mode of the layers in which the losses and
            accuracies of the parts are measured. In `training` mode dropout
            drops units, batch normalisation uses the statistics of the part
            and updates its running averages, and augmentation changes the
            samples: so it is in PyTorch if `model.eval()` is forgotten, and
            in Keras with `training=True`. Probes always use the evaluation
            mode.
        precision: the precision of the layers, unless a run overrides it;
            `bfloat16` is mixed precision. The ladder always uses float64.
    """

    loss: Loss
    optimizer: Optimizer
    groups: tuple[ParameterGroup, ...] = ()
    penalty: Penalty | None = None
    clipping: Clipping | None = None
    accumulation: Accumulation | None = None
    schedule: Schedule = ConstantRate()
    batch_size: PositiveInt | Literal["full"]
    epochs: PositiveInt
    last_batch: Literal["keep", "drop"] = "keep"
    shuffle: Literal["each_epoch", "once", "never"]
    plateau: Plateau | None = None
    early_stopping: EarlyStopping | None = None
    checkpoint: Monitor | None = None
    evaluate_every: NonNegativeInt = 1
    evaluation_mode: Literal["evaluation", "training"] = "evaluation"
    precision: Dtype = "float32"

    @model_validator(mode="after")
    def _has_a_form_of_decay(self) -> Self:
        decays = any(group.weight_decay for group in self.groups)
        if decays and self.optimizer.weight_decay == 0:
            raise PydanticCustomError(
                "no_form_of_decay",
                "a group has a weight_decay, but the optimizer has none; give "
                "the optimizer a weight_decay, whose form (coupled, "
                "decoupled) the group's has, too, and the other parameters a "
                "group with weight_decay 0",
            )
        return self

    def lr_factor_of(self, name: str) -> float:
        """Return the factor of a parameter's rate, by its neutral name."""
        group = self._group_of(name)
        return 1.0 if group is None else group.lr_factor

    def weight_decay_of(self, name: str) -> float:
        """Return the weight decay of a parameter, by its neutral name."""
        group = self._group_of(name)
        if group is not None and group.weight_decay is not None:
            return group.weight_decay
        rule = self.optimizer
        return rule.weight_decay if rule.decays(name) else 0.0

    def grouped(
        self, parameters: Iterable[str]
    ) -> dict[tuple[float, float], list[str]]:
        """Return parameters by the factor of their rate and their decay.

        Args:
            parameters: neutral names.

        Returns:
            The names by (lr_factor, weight_decay). The optimiser's own
            options are the first key, also if no parameter has them.
        """
        own = 1.0, self.optimizer.weight_decay
        groups: dict[tuple[float, float], list[str]] = {own: []}
        for name in parameters:
            options = self.lr_factor_of(name), self.weight_decay_of(name)
            groups.setdefault(options, []).append(name)
        return groups

    def _group_of(self, name: str) -> ParameterGroup | None:
        return next((g for g in self.groups if g.contains(name)), None)


def batch_sizes(recipe: Recipe, samples: int) -> list[int]:
    """Return the different batch sizes of an epoch.

    Args:
        recipe: the recipe.
        samples: the number of samples of the training part.

    Returns:
        The size of a full batch and, if it is smaller, that of the last.

    >>> from framework_parity.common.spec.node import defaults_from
    >>> with defaults_from("keras"):
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
