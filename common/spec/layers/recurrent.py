"""Recurrent layers over sequences of shape (time, channels)."""

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import model_validator

from framework_parity.common.spec.initializers import (
    BiasInitializer,
    KernelInitializer,
    UnitsUniform,
)
from framework_parity.common.spec.layer import (
    Array,
    LayerSpec,
    Shape,
    expect_sequence,
)
from framework_parity.common.spec.node import Number, PositiveInt

Returns = Literal["last", "last_step", "sequence"]
Direction = Literal["forward", "backward", "both"]
StateActivation = Literal["tanh", "relu", "sigmoid", "hard_sigmoid", "linear"]


class Recurrent(LayerSpec):
    """The base class of recurrent layers, whose first state is zero.

    A kernel is (inputs, gates · units) and a recurrent kernel (units, gates ·
    units), with the gates in the order that a subclass describes.

    Attributes:
        units: the number of units of one direction.
        returns: the `last` output (Keras's `return_sequences=False`; of both
            directions, that of each after its last step, PyTorch's `h_n`);
            the whole `sequence`; or that of the `last_step` in time
            (PyTorch's `output[:, -1]`), at which the second direction has
            made one step only.
        direction: `forward`, `backward` or `both`. The outputs of `backward`
            are in the order in which they are computed, as Keras's
            `go_backwards`; those of `both` stand side by side, at the same
            time in the sequence.
        activation: of the new state.
        padded_outputs: the outputs of a sequence at the steps that are
            padding: `zero` (PyTorch's packed sequences, and Keras's
            `Bidirectional`) or `repeated`, those of the step computed before
            (Keras), which are zero at the first. None where the `last`
            outputs are returned: those of the last step that is no padding.
    """

    shorthand_field = "units"
    gates: ClassVar[int] = 1
    units: PositiveInt
    returns: Returns = "last"
    direction: Direction = "forward"
    activation: StateActivation = "tanh"
    kernel_initializer: KernelInitializer
    recurrent_initializer: KernelInitializer
    bias_initializer: BiasInitializer
    padded_outputs: Literal["zero", "repeated"] | None

    @model_validator(mode="before")
    @classmethod
    def _of_both_directions(cls, written: Any) -> Any:
        """Both frameworks have zeros at the padding of both directions."""
        return cls._completed(
            written, ("direction", "both"), ("padded_outputs", "zero")
        )

    @classmethod
    def _completed(
        cls, written: Any, where: tuple[str, str], what: tuple[str, str]
    ) -> Any:
        """Return what is written, with a value for a field that is left out.

        Args:
            written: the layer as it is written.
            where: the field and its value of the layers that are completed.
            what: the field that may be left out, and its value then.
        """
        if isinstance(written, cls):
            return written
        fields = cls._fields_of(written)
        unsaid = isinstance(fields, dict) and what[0] not in fields
        if unsaid and fields.get(where[0]) == where[1]:
            return fields | dict([what])
        return written

    @model_validator(mode="after")
    def _one_output(self) -> "Recurrent":
        if self.returns == "last":
            self.__dict__["padded_outputs"] = None
        elif self.padded_outputs is None:
            raise ValueError(
                f"{self.kind()} returns the '{self.returns}' and has no "
                "padded_outputs, expected 'zero' or 'repeated'"
            )
        return self

    def takes_padding(self) -> bool:
        """Return true, since steps of padding are left out."""
        return True

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The beginnings of the names of the tensors, by direction."""
        return ("forward_", "backward_") if self.direction == "both" else ("",)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (time, units) or (units,), for both directions twice."""
        expect_sequence(self.kind(), shape)
        width = self.units * len(self.prefixes)
        return (shape[0], width) if self.returns == "sequence" else (width,)

    def parameters(self, shape: Shape) -> dict[str, Shape]:
        """Return the shapes of the tensors of each direction."""
        wide = self.gates * self.units
        kernels = {
            "kernel": (shape[-1], wide),
            "recurrent_kernel": (self.units, wide),
        }
        return {
            f"{prefix}{name}": size
            for prefix in self.prefixes
            for name, size in (kernels | self.biases_of(wide)).items()
        }

    def biases_of(self, wide: int) -> dict[str, Shape]:
        """Return the shapes of the biases of one direction.

        Args:
            wide: the number of gates times that of units.
        """
        known: dict[str, dict[str, Shape]] = {
            "none": {},
            "one": {"bias": (wide,)},
            "two": {"bias": (wide,), "recurrent_bias": (wide,)},
            "stacked": {"bias": (2, wide)},
        }
        return known[getattr(self, "biases", "none")]

    def fans(self, shape: Shape) -> tuple[int, int]:
        """Return the fans of the kernel: inputs and gates · units."""
        return shape[-1], self.gates * self.units

    def initializer_field(self, name: str) -> str:
        """Return the field with the initialiser of a tensor."""
        fields = {
            "kernel": "kernel_initializer",
            "recurrent_kernel": "recurrent_initializer",
        }
        return fields.get(split_direction(name)[1], "bias_initializer")

    def fans_of(self, name: str, shape: Shape) -> tuple[int, int]:
        """Return the fans of a tensor.

        Args:
            name: the tensor's own name.
            shape: the input shape of one sample, without the batch.
        """
        if isinstance(self.initializer_of(name), UnitsUniform):
            return self.units, self.units
        fan_in, fan_out = self.fans(shape)
        kernel = split_direction(name)[1] == "kernel"
        return (fan_in if kernel else self.units), fan_out


def split_direction(name: str) -> tuple[str, str]:
    """Return the direction of a tensor and its name in that direction.

    Args:
        name: the tensor's own name.

    >>> split_direction("backward_recurrent_kernel")
    ('backward', 'recurrent_kernel')
    >>> split_direction("bias")
    ('', 'bias')
    """
    for direction in ("forward", "backward"):
        if name.startswith(f"{direction}_"):
            return direction, name.removeprefix(f"{direction}_")
    return "", name


class SimpleRnn(Recurrent):
    """h ← f(x K + b + h R), as Elman 1990.

    Attributes:
        biases: `two`, one for each product (PyTorch); `one` (Keras); or
            `none`. Two biases move twice as fast as one.
    """

    biases: Literal["two", "one", "none"]


class Lstm(Recurrent):
    """Long short-term memory, with a gate to forget; Gers et al. 2000::

        c ← σ(f) c + σ(i) g(z)
        h ← σ(o) g(c)

    where i, f, z and o are x K + b + h R, in this order in the kernels.

    Attributes:
        recurrent_activation: σ, of the gates.
        biases: `two`, one for each product (PyTorch); `one` (Keras); or
            `none`. Two biases move twice as fast as one.
        forget_bias: the initial value of the bias of f (Keras's
            `unit_forget_bias` is 1.0), of two biases that of the first; None
            for that of the other gates.
    """

    gates = 4
    recurrent_activation: StateActivation = "sigmoid"
    biases: Literal["two", "one", "none"]
    forget_bias: Number | None

    @model_validator(mode="after")
    def _without_effect(self) -> "Lstm":
        if self.biases == "none":
            self.__dict__["forget_bias"] = None
        return self

    def draw(self, name: str, rng: np.random.Generator, shape: Shape) -> Array:
        """Draw a tensor; the bias of the forget gate may be a constant."""
        values = super().draw(name, rng, shape)
        first = name.endswith("bias") and not name.endswith("recurrent_bias")
        if first and self.forget_bias is not None:
            values[self.units : 2 * self.units] = self.forget_bias
        return values


class Gru(Recurrent):
    """A gated recurrent unit; Cho et al. 2014::

        h ← σ(z) h + (1 - σ(z)) g(n)

    The gates are r (reset), z (update) and n, in this order in the kernels.
    The reset gate multiplies the recurrent product of n, with its bias
    (`after`), or the state before that product (`before`).

    Attributes:
        recurrent_activation: σ, of the gates.
        reset: `after`, the default of both frameworks and cuDNN's form, or
            `before`, that of the first paper; PyTorch has only the first.
        biases: after the product, `two` (PyTorch), or `stacked` in one tensor
            (2, gates · units) (Keras), which differ only where a tensor is
            treated as a whole, as by a norm; before the product, `one`; or
            `none`.
    """

    gates = 3
    recurrent_activation: StateActivation = "sigmoid"
    reset: Literal["after", "before"] = "after"
    biases: Literal["two", "stacked", "one", "none"]

    @model_validator(mode="before")
    @classmethod
    def _one_bias_before(cls, written: Any) -> Any:
        return cls._completed(written, ("reset", "before"), ("biases", "one"))

    @model_validator(mode="after")
    def _biases_fit(self) -> "Gru":
        known = {"after": ("two", "stacked"), "before": ("one",)}[self.reset]
        if self.biases not in (*known, "none"):
            raise ValueError(
                f"gru has reset '{self.reset}' and biases '{self.biases}', "
                f"expected {' or '.join(map(repr, (*known, 'none')))}"
            )
        return self
