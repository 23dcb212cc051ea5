"""Embedding: a vector for each token id."""

import numpy as np

from framework_parity.common.spec.initializers import KernelInitializer
from framework_parity.common.spec.layer import (
    Array,
    LayerSpec,
    Shape,
    TokenShape,
    refused,
)
from framework_parity.common.spec.node import NonNegativeInt, PositiveInt


class Embedding(LayerSpec):
    """Replace each id of a sequence by its row of a table that is learnt.

    A batch may hold an id several times; the derivative of its row is the sum
    over all places. Keras's own layer passes the derivatives of the places
    on one by one, and its optimisers take averages of each by itself, which
    differs by up to 4 % of a weight after 50 steps of Adam.

    Attributes:
        vocabulary: the number of ids, 0 to vocabulary - 1.
        size: the length of a row.
        embeddings_initializer: of the table.
        padding: an id whose row starts at zero and stays there, as PyTorch's
            `padding_idx`; None for none.
        masked_id: an id whose steps are padding, which the layers after the
            embedding leave out: recurrent layers keep their state there,
            attention does not see them, and a mean is that of the other
            steps. Keras's `mask_zero` is the id 0; in PyTorch lengths or
            masks are passed to each layer. None for none.
    """

    takes_tokens = True
    vocabulary: PositiveInt
    size: PositiveInt
    embeddings_initializer: KernelInitializer
    padding: NonNegativeInt | None = None
    masked_id: NonNegativeInt | None = None

    def output_shape(self, shape: Shape) -> Shape:
        """Return (time, size); the samples must be token ids."""
        if not isinstance(shape, TokenShape):
            raise refused(
                f"embedding got samples of shape {shape} that are no token "
                "ids; it must be the first layer, on data that are ids"
            )
        if shape.vocabulary > self.vocabulary:
            raise refused(
                f"embedding has a vocabulary of {self.vocabulary}, but the "
                f"data have ids up to {shape.vocabulary - 1}"
            )
        for name in ("padding", "masked_id"):
            row = getattr(self, name)
            if row is not None and row >= self.vocabulary:
                raise refused(
                    f"embedding has the {name} {row}, expected an id below "
                    f"its vocabulary of {self.vocabulary}"
                )
        return (*shape, self.size)

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shape of the table, (vocabulary, size)."""
        return {"embeddings": (self.vocabulary, self.size)}

    def fans(self, shape: Shape) -> tuple[int, int]:
        """Return the fans that Keras infers from the table's shape."""
        return self.vocabulary, self.size

    def draw(self, name: str, rng: np.random.Generator, shape: Shape) -> Array:
        """Draw the table; the row of the padding is zero."""
        values = super().draw(name, rng, shape)
        if self.padding is not None:
            values[self.padding] = 0.0
        return values
