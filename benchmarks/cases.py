"""Three networks, in the project's language and as plain numbers."""

from dataclasses import dataclass

from pydantic import TypeAdapter

from framework_parity.common.data.spec import Data, Part
from framework_parity.common.data.synthetic import Noise
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.node import Dialect, defaults_from
from framework_parity.common.spec.recipe import Recipe


@dataclass(frozen=True)
class Case:
    """A network of dense layers, and its training.

    Attributes:
        name: a slug.
        inputs: the number of features of a sample.
        hidden: the number of units of each hidden layer.
        activation: the activation after each hidden layer; its name is the
            same in the project's language and both frameworks.
        classes: the number of classes, with cross-entropy, or None for
            regression to one number, with mean squared error. The optimiser
            is always Adam.
        samples: the number of samples.
        batch: the batch size; if it is `samples`, batches are full.
        epochs: the number of epochs of one timed run.
    """

    name: str
    inputs: int
    hidden: tuple[int, ...]
    activation: str
    classes: int | None
    samples: int
    batch: int
    epochs: int

    @property
    def full(self) -> bool:
        """Whether all samples are one batch."""
        return self.batch == self.samples

    @property
    def steps(self) -> int:
        """The number of steps of one timed run."""
        return self.epochs * -(-self.samples // self.batch)

    def arm(self, dialect: Dialect) -> Arm:
        """Return the case as an arm, with one framework's defaults."""
        loss = "cross_entropy" if self.classes else "mean_squared_error"
        words = [
            word
            for units in self.hidden
            for word in ({"dense": units}, self.activation)
        ]
        with defaults_from(dialect):
            layers = TypeAdapter(tuple[Layer, ...]).validate_python(
                [*words, {"dense": self.classes or 1}]
            )
            recipe = Recipe.model_validate(
                {
                    "loss": loss,
                    "optimizer": {"adam": 0.001},
                    "batch_size": "full" if self.full else self.batch,
                    "epochs": self.epochs,
                    "evaluate_every": 0,
                }
            )
        source = Noise(
            sides=(self.inputs,), classes=self.classes, samples=self.samples
        )
        data = Data(source=source, test=0.0, validation=0.0)
        return Arm(self.name, layers, data, recipe)

    def part(self) -> Part:
        """Return the samples, ready for a network."""
        arm = self.arm("torch")
        return arm.data.parts(arm.recipe.loss)["train"]


CASES = (
    Case("deep", 1, (128,) * 9, "tanh", None, 200, 200, epochs=40),
    Case("mnist", 784, (128, 64), "relu", 10, 60_000, 32, epochs=1),
    Case("digits", 64, (128, 64), "relu", 10, 1_797, 32, epochs=5),
)
