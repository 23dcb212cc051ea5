"""What is trained: three networks, in our language and in plain numbers."""

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
    """A network with nothing but dense layers, and how it is trained.

    Attributes:
        name: a slug.
        inputs: how many numbers a sample has.
        hidden: units of each hidden layer.
        activation: after each hidden layer, by its name in all languages.
        classes: to tell apart by cross-entropy, or None for one number to
            predict by mean squared error. The optimiser is always Adam.
        samples: how many there are.
        batch: samples a step; if it is `samples`, batches are full.
        epochs: how many are timed at a time.
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
        """How many steps are timed at a time."""
        return self.epochs * -(-self.samples // self.batch)

    def arm(self, dialect: Dialect) -> Arm:
        """Return the case in our language, with one framework's defaults."""
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
