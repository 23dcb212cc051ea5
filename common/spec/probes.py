"""Probes: what is recorded of a network during training.

Probes have no side effects: training is bit-identical with and without them.
All but the gradient norms use the network in evaluation mode at the end of an
epoch: batch normalisation uses its running averages, so that the gradient of
a sample does not depend on the others, and dropout is inactive. If early
stopping restores the best weights, `last` refers to these.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from framework_parity.common.spec.node import (
    Model,
    NonNegativeInt,
    PositiveInt,
    StrictBool,
)

Epochs: TypeAlias = Annotated[
    tuple[NonNegativeInt | Literal["last"], ...], Field(min_length=1)
]
"""The epochs after which to record; 0 is before training."""

Places: TypeAlias = Annotated[tuple[str, ...], Field(min_length=1)]
PartName: TypeAlias = Literal["train", "validation", "test"]


class DeadRelu(Model):
    """The share of dead units of each `relu`.

    A unit is an element of a vector, or a channel of an image. It is dead on
    a part of the data if its output is 0 for every sample and at every
    position. A second share follows from the weights alone: a unit whose
    incoming weights and bias are all non-positive has the output 0 for
    *every* non-negative input. This share is recorded where a `dense` layer
    directly precedes the `relu` and its input is non-negative (the data are
    non-negative, or it follows another `relu`, `sigmoid` or `softmax`). It is
    never larger than the measured share.

    Attributes:
        every: the number of epochs between two records; the last epoch is
            always recorded.
        part: the part of the data.
    """

    every: PositiveInt = 1
    part: PartName = "train"


class Dropped(Model):
    """The output of each dropout layer alone for random input.

    After the last epoch, standard normal numbers, independent of the network,
    are passed to the framework's own dropout layer in training mode. The
    layer draws its own mask, also where training uses shared masks. The
    output shows which numbers were dropped.

    Attributes:
        samples: the number of samples of the dropout's input shape.
    """

    samples: PositiveInt = 100


class PerSampleGradients(Model):
    """The gradients of single samples' losses by the tensors of some layers.

    A penalty on the weights does not depend on a sample and is excluded.

    Attributes:
        places: the layers, such as `dense_1`; layers that an arm does not
            have are skipped.
        epochs: the epochs to record.
        samples: the number of samples of the training part, drawn once, in
            the order of the data; all of them if there are no more.
    """

    places: Places
    epochs: Epochs = ("last",)
    samples: PositiveInt = 32


class Representations(Model):
    """The outputs of some layers.

    Attributes:
        places: the layers, such as `dense_1`, or `all`.
        epochs: the epochs to record.
        samples: the number of samples of the part, drawn once, in the order
            of the data; all of them if there are no more.
        part: the part of the data.
    """

    places: Literal["all"] | Places = "all"
    epochs: Epochs = ("last",)
    samples: PositiveInt = 100
    part: PartName = "train"


class Weights(Model):
    """The tensors of some layers.

    Attributes:
        places: the layers, or `all`.
        every: the number of epochs between two records; the first and the
            last epoch are always recorded.
        largest: tensors with more elements than this are skipped, so that
            large networks are not stored; None records all.
    """

    places: Literal["all"] | Places = "all"
    every: PositiveInt = 1
    largest: PositiveInt | None = None


class Probes(Model):
    """All probes of an experiment.

    Attributes:
        gradient_norm: whether to record the Euclidean norm of the loss's
            gradient by each tensor, at each step.
        dead_relu: the share of dead units.
        dropped: the output of the dropout layers for random input.
        per_sample_gradients: the gradients of single samples.
        representations: the outputs of layers.
        weights: the tensors during training.
    """

    gradient_norm: StrictBool = False
    dead_relu: DeadRelu | None = None
    dropped: Dropped | None = None
    per_sample_gradients: PerSampleGradients | None = None
    representations: Representations | None = None
    weights: Weights | None = None
