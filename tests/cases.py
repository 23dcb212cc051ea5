"""The cases that both backends are held to, as a table.

A case says only what matters for it; the rest is a small classifier trained
by plain gradient descent. Every test multiplies this table by the backends.
"""

from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from common.data import Data
from common.datasets import Dataset, Labels
from common.element import Count, speaking
from common.experiment import Arm
from common.layer import Array, Shape
from common.layers import Layer
from common.randomness import stream
from common.recipe import Recipe
from tests import cases_images


class Noise(Dataset):
    """Samples and targets without meaning, of any shape: for tests alone.

    No data set of the language has three channels, or 784 numbers.
    """

    sides: tuple[Count, ...] = (5,)
    classes: Count | None = 3
    samples: Count = 64

    @property
    def shape(self) -> Shape:
        return self.sides

    @property
    def class_count(self) -> int | None:
        return self.classes

    @property
    def size(self) -> int:
        return self.samples

    def draw(self, seed: int) -> tuple[Array, Labels]:
        rng = stream(seed, "noise")
        x = rng.normal(size=(self.samples, *self.sides))
        if self.classes is None:
            return x, rng.normal(size=self.samples)
        return x, rng.integers(self.classes, size=self.samples)


def arm(
    layers: list[Any],
    sides: Shape = (5,),
    classes: int | None = 3,
    samples: int = 64,
    **recipe: Any,
) -> Arm:
    """Return an arm on `Noise`, with what is unsaid in Keras's words."""
    unsaid = {
        "loss": "cross_entropy",
        "optimizer": {"sgd": 0.1},
        "batch_size": 16,
        "epochs": 10,
    }
    with speaking("keras"):
        # Not validated: `Noise` is no word of the language.
        data = Data.model_construct(
            source=Noise(sides=sides, classes=classes, samples=samples),
            test=0.25,
            validation=0.0,
            stratify=False,
            scaling="none",
            seed=0,
        )
        return Arm(
            "example",
            TypeAdapter(tuple[Layer, ...]).validate_python(layers),
            data,
            Recipe.model_validate(unsaid | recipe),
        )


@dataclass(frozen=True)
class Case:
    """One network and recipe that the backends must agree on.

    Attributes:
        id: what the tests are called by.
        layers: as they are written.
        sides: shape of one sample.
        classes: of the target; None for a number.
        recipe: what differs from the plain recipe of `arm`.
        smooth: whether the loss has a slope everywhere on its way, so that
            finite differences measure it.
    """

    id: str
    layers: list[Any]
    sides: Shape = (5,)
    classes: int | None = 3
    recipe: dict[str, Any] = field(default_factory=dict)
    smooth: bool = True

    @property
    def arm(self) -> Arm:
        """The case as something that can be trained."""
        return arm(self.layers, self.sides, self.classes, **self.recipe)


MLP = [{"dense": 6}, "tanh", {"dense": 3}]
ZERO = {"dense": {"units": 6, "kernel_initializer": "zeros"}}
# Before a normalisation, where a bias has no slope but rounding.
BIASLESS = {"dense": {"units": 6, "bias": False}}
STEPS = {"step_decay": {"every": 3, "by": 0.7}}


def _wide(stddev: float, units: int) -> dict[str, Any]:
    normal = {"normal": stddev}
    return {"dense": {"units": units, "kernel_initializer": normal}}


def _sgd(**fields: Any) -> dict[str, Any]:
    return {"sgd": {"lr": 0.1, **fields}}


def _adam(**fields: Any) -> dict[str, Any]:
    return {"adam": {"lr": 0.01, **fields}}


LAYERS = [
    Case("dense", [{"dense": 3}]),
    Case("dense-nobias", [{"dense": {"units": 3, "bias": False}}]),
    Case("dense-deep", [{"dense": 7}, "tanh", *MLP]),
    Case(
        "dense-bias_drawn",
        [{"dense": {"units": 3, "bias_initializer": "fan_in_uniform"}}],
    ),
    *(Case(**row) for row in cases_images.ROWS),
    Case("flatten-vector", ["flatten", {"dense": 3}]),
    Case("flatten-grey", ["flatten", {"dense": 3}], (4, 5, 1)),
    Case(
        "flatten-channels_first",
        [{"flatten": "channels_first"}, {"dense": 3}],
        (4, 5, 3),
    ),
    Case(
        "flatten-channels_last",
        [{"flatten": "channels_last"}, {"dense": 3}],
        (4, 5, 3),
    ),
    Case("dropout", [{"dense": 8}, "tanh", {"dropout": 0.5}, {"dense": 3}]),
    Case("dropout-none", [{"dropout": 0.0}, {"dense": 3}]),
    Case(
        "dropout-twice",
        [{"dropout": 0.2}, {"dense": 8}, {"dropout": 0.4}, {"dense": 3}],
    ),
    Case(
        "dropout-image",
        [{"dropout": 0.3}, {"flatten": "channels_first"}, {"dense": 3}],
        (4, 5, 3),
    ),
    Case(
        "spatial_dropout",
        [{"spatial_dropout": 0.4}, "flatten", {"dense": 3}],
        (4, 5, 3),
    ),
    *(
        Case(
            f"batch_norm-{variance}-{name}",
            [
                *before,
                {
                    "batch_norm": {
                        "epsilon": 1e-3,
                        "kept": 0.8,
                        "running_variance": variance,
                        "affine": affine,
                    }
                },
                *after,
                {"dense": 3},
            ],
            sides,
        )
        for variance in ("biased", "unbiased")
        for name, affine, sides, before, after in (
            ("vector", True, (5,), [BIASLESS], ["tanh"]),
            ("plain", False, (5,), [BIASLESS], ["tanh"]),
            ("image", True, (4, 5, 3), [], ["tanh", "flatten"]),
        )
    ),
    Case("batch_norm-last", [{"dense": 3}, "tanh", "batch_norm"]),
    Case(
        "layer_norm-vector",
        [BIASLESS, {"layer_norm": {"epsilon": 0.1}}, "tanh", {"dense": 3}],
    ),
    *(
        Case(
            f"prelu-{slopes}-{at_zero}-{name}",
            [
                *before,
                {
                    "prelu": {
                        "slopes": slopes,
                        "initial": 0.2,
                        "at_zero": at_zero,
                    }
                },
                *after,
                {"dense": 3},
            ],
            sides,
        )
        for slopes in ("one", "per_channel", "per_number")
        for at_zero in ("slope", "zero")
        for name, sides, before, after in (
            ("vector", (5,), [{"dense": 7}], []),
            ("image", (4, 5, 3), [cases_images.POINT], ["flatten"]),
        )
    ),
    *(
        Case(
            f"prelu-at_zero-{at_zero}",
            [
                ZERO,
                {"prelu": {"at_zero": at_zero, "initial": 0.2}},
                {"dense": 3},
            ],
            smooth=False,
        )
        for at_zero in ("slope", "zero")
    ),
    Case(
        "residual-identity",
        [
            {"residual": [{"dense": 5}, "tanh", {"dense": 5}]},
            {"dense": 3},
        ],
    ),
    Case(
        "residual-projection",
        [
            {
                "residual": {
                    "body": [BIASLESS, "batch_norm", "tanh"],
                    "shortcut": [{"dense": 6}],
                    "activation": "sigmoid",
                }
            },
            {"dense": 3},
        ],
    ),
    Case(
        "residual-nested",
        [
            {
                "residual": [
                    {"residual": {"body": [{"dense": 5}, {"dropout": 0.3}]}},
                    "tanh",
                    {"concatenate": [[], ["batch_norm", {"dense": 2}]]},
                    {"dense": 5},
                ]
            },
            {"dense": 3},
        ],
    ),
    Case(
        "concatenate",
        [
            {"concatenate": [[{"dense": 2}], [], ["tanh", {"dense": 4}]]},
            {"dense": 3},
        ],
    ),
    Case(
        "concatenate-image",
        [{"concatenate": [[], ["tanh"]]}, "flatten", {"dense": 3}],
        (4, 5, 3),
    ),
    Case("relu", [{"dense": 6}, "relu", {"dense": 3}]),
    Case("relu-image", ["relu", "flatten", {"dense": 3}], (4, 5, 3)),
    Case(
        "relu-at_zero",
        [ZERO, "relu", {"dense": 3}],
        smooth=False,
    ),
    Case("tanh", MLP),
    Case("tanh-wide", [_wide(2.0, 6), "tanh", {"dense": 3}]),
    Case("sigmoid", [{"dense": 6}, "sigmoid", {"dense": 3}]),
    Case("sigmoid-wide", [_wide(5.0, 6), "sigmoid", {"dense": 3}]),
    Case("linear", [{"dense": 6}, "linear", {"dense": 3}]),
]
"""Each layer and activation; the loss is cross-entropy."""

LOSSES = [
    Case("cross_entropy-extreme", [_wide(100.0, 3)]),
    Case(
        "binary_cross_entropy",
        [{"dense": 1}],
        classes=2,
        recipe={"loss": "binary_cross_entropy"},
    ),
    Case(
        "binary_cross_entropy-extreme",
        [_wide(100.0, 1)],
        classes=2,
        recipe={"loss": "binary_cross_entropy"},
    ),
    Case(
        "mean_squared_error",
        [{"dense": 6}, "tanh", {"dense": 1}],
        classes=None,
        recipe={"loss": "mean_squared_error"},
    ),
]

OPTIMIZERS = [
    *(
        Case(
            f"sgd-{velocity}{'-nesterov' * nesterov}-{rate}",
            MLP,
            recipe={
                "optimizer": _sgd(
                    momentum=0.9, nesterov=nesterov, velocity=velocity
                ),
                "schedule": schedule,
            },
        )
        for velocity in ("of_gradients", "of_steps")
        for nesterov in (False, True)
        for rate, schedule in (("constant", "constant"), ("decay", STEPS))
    ),
    *(
        Case(
            f"adam-{placement}-{size}",
            MLP,
            recipe={
                "optimizer": _adam(epsilon=value, epsilon_placement=placement)
            },
        )
        for placement in ("epsilon", "epsilon_hat")
        for size, value in (("small", 1e-8), ("large", 1e-2))
    ),
    Case(
        "adam-other_betas",
        MLP,
        recipe={"optimizer": _adam(beta_1=0.7, beta_2=0.9)},
    ),
    Case(
        "adam-no_memory",
        MLP,
        recipe={"optimizer": _adam(beta_1=0.0, beta_2=0.0, epsilon=1e-3)},
    ),
    Case(
        "adam-no_gradient",
        [ZERO, "relu", {"dense": 3}],
        recipe={"optimizer": _adam()},
        smooth=False,
    ),
    Case(
        "cosine-past_its_end",
        MLP,
        recipe={
            "optimizer": _adam(),
            "schedule": {"cosine": {"steps": 12, "final": 0.0}},
        },
    ),
    Case("batch-full", MLP, recipe={"batch_size": "full"}),
]

CASES = LAYERS + LOSSES + OPTIMIZERS
