"""Probes: what is written down of a network while it is trained.

They only look: training comes to the same bits with them and without. All
but the gradient's norms look at the network as it is in evaluation, at the
end of an epoch: batch normalisation uses its running averages, so that a
sample has a gradient of its own, and dropout does nothing. Where early
stopping puts the best weights back, `last` sees those.
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
"""After how many epochs to look; 0 is before training."""

Places: TypeAlias = Annotated[tuple[str, ...], Field(min_length=1)]
PartName: TypeAlias = Literal["train", "validation", "test"]


class DeadRelu(Model):
    """The share of each `relu`'s units that are dead.

    A unit is a number of a vector, or a channel of an image. It is dead on
    a part of the data if it puts out 0 for every sample, and everywhere in
    the image. Beside what is measured stands what the weights alone say: a
    unit whose incoming weights and bias are all 0 or less puts out 0 for
    *every* input that is nowhere negative. That share is given where a
    `dense` layer stands right before the `relu`, and only what is nowhere
    negative can reach it (the data are not, or another `relu`, `sigmoid` or
    `softmax` is before it). It is never more than what is measured.

    Attributes:
        every: epochs between two looks; the last epoch is always seen.
        part: of the data.
    """

    every: PositiveInt = 1
    part: PartName = "train"


class Dropped(Model):
    """What each dropout, by itself, makes of some numbers in training.

    After the last epoch, standard normal numbers that have nothing to do
    with the network enter a layer of the framework's own, which drops by a
    mask of its own, also where training shares its masks. What leaves it
    tells which were dropped.

    Attributes:
        samples: how many of the shape that the dropout takes.
    """

    samples: PositiveInt = 100


class PerSampleGradients(Model):
    """The loss's gradient by some layers' tensors, of each sample alone.

    A penalty on the weights has no samples and is left out.

    Attributes:
        places: the layers, such as `dense_1`; an arm without one is not
            looked at there.
        epochs: when to look.
        samples: how many of the training part's, drawn once for all, in
            their order; all of them where there are no more.
    """

    places: Places
    epochs: Epochs = ("last",)
    samples: PositiveInt = 32


class Representations(Model):
    """What leaves some layers.

    Attributes:
        places: the layers, such as `dense_1`, or `all`.
        epochs: when to look.
        samples: how many of the part's, drawn once for all, in their
            order; all of them where there are no more.
        part: of the data.
    """

    places: Literal["all"] | Places = "all"
    epochs: Epochs = ("last",)
    samples: PositiveInt = 100
    part: PartName = "train"


class Weights(Model):
    """Some layers' tensors themselves.

    Attributes:
        places: the layers, or `all`.
        every: epochs between two looks; the first and the last are seen.
        largest: tensors of more numbers than this are left out, if it is
            said; beside a small network, a large one is not kept.
    """

    places: Literal["all"] | Places = "all"
    every: PositiveInt = 1
    largest: PositiveInt | None = None


class Probes(Model):
    """Everything that is looked at.

    Attributes:
        gradient_norm: the Euclidean norm of the loss's gradient by each
            tensor, at each step.
        dead_relu: dead units.
        dropped: what the dropouts make of given numbers.
        per_sample_gradients: gradients of samples.
        representations: what leaves the layers.
        weights: the tensors on their way.
    """

    gradient_norm: StrictBool = False
    dead_relu: DeadRelu | None = None
    dropped: Dropped | None = None
    per_sample_gradients: PerSampleGradients | None = None
    representations: Representations | None = None
    weights: Weights | None = None
