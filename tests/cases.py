"""The table of cases that both backends are tested with.

A case has only the fields that matter for it; the rest is a small classifier
trained by plain gradient descent. Every test runs this table on each backend.
"""

from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Literal

import pytest
from pydantic import TypeAdapter

from framework_parity.common.data.spec import Data
from framework_parity.common.data.synthetic import Noise
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.layer import Shape
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.node import defaults_from
from framework_parity.common.spec.recipe import Recipe
from tests import (
    cases_freezing,
    cases_images,
    cases_ranks,
    cases_sequences,
    cases_windows,
)

LAYERS_OF: TypeAdapter[tuple[Layer, ...]] = TypeAdapter(tuple[Layer, ...])


def arm(
    layers: list[Any],
    sides: Shape = (5,),
    classes: int | None = 3,
    samples: int = 64,
    tokens: int | None = None,
    target: Literal["given", "inputs"] = "given",
    **recipe: Any,
) -> Arm:
    """Return an arm on `Noise`, with Keras's defaults."""
    defaults = {
        "loss": "cross_entropy",
        "optimizer": {"sgd": 0.1},
        "batch_size": 16,
        "epochs": 10,
    }
    with defaults_from("keras"):
        data = Data(
            source=Noise(
                sides=sides, classes=classes, samples=samples, tokens=tokens
            ),
            test=0.25,
            validation=0.0,
            split="random",
            scaling="none",
            target=target,
            seed=0,
        )
        return Arm(
            "example",
            LAYERS_OF.validate_python(layers),
            data,
            Recipe.model_validate(defaults | recipe),
        )


@dataclass(frozen=True)
class Case:
    """One network and recipe that the backends must agree on.

    Attributes:
        id: of the tests.
        layers: as they are written.
        sides: shape of one sample.
        classes: of the target; None for a number.
        tokens: the number of token ids; None for samples of numbers.
        target: of the data.
        recipe: the fields that differ from the plain recipe of `arm`.
        smooth: whether the loss is differentiable along the training, so
            that finite differences measure its gradient.
    """

    id: str
    layers: list[Any]
    sides: Shape = (5,)
    classes: int | None = 3
    recipe: dict[str, Any] = field(default_factory=dict)
    smooth: bool = True
    tokens: int | None = None
    target: Literal["given", "inputs"] = "given"

    @cached_property
    def arm(self) -> Arm:
        """The case as an arm."""
        return arm(
            self.layers,
            self.sides,
            self.classes,
            tokens=self.tokens,
            target=self.target,
            **self.recipe,
        )


MLP = [{"dense": 6}, "tanh", {"dense": 3}]
ZERO = {"dense": {"units": 6, "kernel_initializer": "zeros"}}
# Before a normalisation, where the gradient of a bias is only rounding.
BIASLESS = {"dense": {"units": 6, "bias": False}}
STEPS = {"step_decay": {"every": 3, "by": 0.7}}


# Every kind of schedule; those that end do so before the thirtieth step.
SCHEDULES: dict[str, Any] = {
    "constant": "constant",
    "step_decay": STEPS,
    "step_decay-compounded": {
        "step_decay": {"every": 6, "by": 0.9, "applied_to": "current"}
    },
    "multi_step-first_new": {
        "multi_step": {"at": [4, 11], "by": 0.5, "boundary": "first_new"}
    },
    "multi_step-last_old": {
        "multi_step": {"at": [4, 11], "by": 0.5, "boundary": "last_old"}
    },
    "exponential": {"exponential": {"by": 0.9}},
    "exponential-slow": {"exponential": {"by": 0.5, "every": 6}},
    "exponential-stairs": {
        "exponential": {"by": 0.5, "every": 6, "staircase": True}
    },
    "natural_exponential": {"natural_exponential": {"k": 0.07}},
    "inverse_time": {"inverse_time": {"k": 0.3, "every": 2}},
    "inverse_time-stairs": {
        "inverse_time": {"k": 0.3, "every": 4, "staircase": True}
    },
    "polynomial_decay": {
        "polynomial_decay": {"steps": 20, "power": 2.0, "end": 0.0}
    },
    "polynomial_decay-end": {"polynomial_decay": {"steps": 20, "end": 0.01}},
    "cosine-stays": {
        "cosine": {"steps": 22, "final": 0.1, "past_end": "stays"}
    },
    "cosine-rises": {
        "cosine": {"steps": 22, "final": 0.1, "past_end": "rises"}
    },
    "cosine_restarts-once": {"cosine_restarts": {"first": 9, "times": 1}},
    "cosine_restarts-twice": {
        "cosine_restarts": {"first": 6, "times": 2, "final": 0.1}
    },
    "cosine_restarts-lower": {
        "cosine_restarts": {"first": 6, "times": 2, "peak": 0.6}
    },
    "warmup_cosine": {"warmup_cosine": {"warmup": 5, "steps": 20}},
    "warmup_cosine-start": {
        "warmup_cosine": {
            "warmup": 5,
            "steps": 20,
            "start": 0.2,
            "final": 0.05,
        }
    },
    "one_cycle": {"one_cycle": {"steps": 64, "rise": 0.3}},
}


def _wide(stddev: float, units: int) -> dict[str, Any]:
    normal = {"normal": stddev}
    return {"dense": {"units": units, "kernel_initializer": normal}}


# Each activation as it is written; those with a parameter also with a value
# that is no framework's default.
SMOOTH: dict[str, Any] = {
    "leaky_relu": {"leaky_relu": 0.1},
    "leaky_relu-torch": {"leaky_relu": 0.01},
    "leaky_relu-keras": {"leaky_relu": 0.3},
    "relu6": "relu6",
    "elu": "elu",
    "elu-alpha": {"elu": 0.7},
    "selu": "selu",
    "gelu-erf": {"gelu": "erf"},
    "gelu-tanh": {"gelu": "tanh"},
    "silu": "silu",
    "swish": {"swish": 1.7},
    "mish": "mish",
    "softplus": "softplus",
    "softsign": "softsign",
    "hard_sigmoid": "hard_sigmoid",
    "hard_swish": "hard_swish",
    "custom": {"custom": "x * tanh(sqrt(softplus(x)))"},
}

# Activations that have separate cases on vectors.
PLAIN: dict[str, Any] = {
    "relu": "relu",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "linear": "linear",
    "gelu": "gelu",
}

# Activations with a kink, and its place. With kernels of zero, x is exactly
# there.
KINKED: dict[str, tuple[Any, tuple[float, ...]]] = {
    "leaky_relu": ({"leaky_relu": 0.1}, (0,)),
    "relu6": ("relu6", (0, 6)),
    "elu": ({"elu": 0.7}, (0,)),
    "selu": ("selu", (0,)),
    "hard_sigmoid": ("hard_sigmoid", (-3, 3)),
    "hard_swish": ("hard_swish", (-3, 3)),
    "custom-abs": ({"custom": "abs(x) + x"}, (0,)),
    "custom-relu": ({"custom": "relu(0.1 - x) + x"}, (0.1,)),
    "custom-maximum": ({"custom": "maximum(x, 0.3)"}, (0.3,)),
    "custom-maximum_turned": ({"custom": "maximum(0.3, x)"}, (0.3,)),
    "custom-minimum": ({"custom": "minimum(2 * x, 0.3 + x)"}, (0.3,)),
    "custom-minimum_turned": ({"custom": "minimum(0.3, x)"}, (0.3,)),
    "custom-power": ({"custom": "x ** 3 + 2 * x ** 1"}, (0,)),
    "custom-power_of_zero": ({"custom": "abs(x) ** (1.5 + x / 9)"}, (0,)),
    "custom-tie_all_along": ({"custom": "maximum(x, x) + x"}, (0,)),
}

# Together they have each function, each operator, and numbers that float32
# cannot represent.
FORMULAS = {
    "growing": "exp(x / 3) + expm1(-0.1 * x) + sinh(x / 4) - cosh(x / pi)",
    "roots": "log(2.1 + x ** 2) + log1p(x * x) + sqrt(0.1 + x ** 2) ** -0.7",
    "bounded": "erf(0.3 * x) + sin(x) * cos(x / e) + arctan(+x) + tanh(-x)",
    "gates": "sigmoid(x) * softplus(9 * x) + relu(x - 0.1) + abs(x) / 7",
    "choices": "maximum(0.3, x) + minimum(-0.1, x ** 3) + minimum(2 * x, x)",
    "powers": "1.1 ** x + (2 + sin(x)) ** (x / 3) - -x - 3 / (1.3 + x ** 4)",
    "steep_root": "x * tanh(sqrt(softplus(5 * x)))",
}


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
                        "running_decay": 0.8,
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
    *(
        Case(f"{name}-{where}", [_wide(size, 6), written, {"dense": 3}])
        for name, written in SMOOTH.items()
        for where, size in (("near", 0.5), ("wide", 10.0))
    ),
    # Every activation on every rank; the cases above are on vectors.
    *(
        Case(**cases_ranks.placed(f"{name}-{rank}", rank, written))
        for name, written in (SMOOTH | PLAIN).items()
        for rank in ("sequence", "image")
        if "-" not in name
    ),
    *(Case(**row) for row in cases_freezing.ROWS),
    *(Case(**row) for row in cases_ranks.ROWS),
    *(Case(**row) for row in cases_sequences.ROWS),
    *(Case(**row) for row in cases_windows.ROWS),
    *(
        Case(
            f"{name}-at_{kink:g}",
            [ZERO, {"custom": f"x + {kink}"}, written, {"dense": 3}],
            smooth=False,
        )
        for name, (written, kinks) in KINKED.items()
        for kink in kinks
    ),
    *(
        Case(
            f"custom-{name}",
            [_wide(0.7, 6), {"custom": formula}, {"dense": 3}],
        )
        for name, formula in FORMULAS.items()
    ),
]
"""Each layer and activation; the loss is cross-entropy."""

SINGLE = [{"dense": 6}, "tanh", {"dense": 1}]

PLAIN_NORM = {"epsilon": 0.1, "affine": False}

# Layers without parameters, one after another: trained together, they show
# what training each of them alone would.
CHAINS = [
    Case(
        "chain-vector",
        [
            {"dense": 6},
            *("tanh", "relu", "sigmoid", "linear"),
            {"dense": 6},
            *({"leaky_relu": 0.1}, "elu", "selu", {"gelu": "erf"}),
            {"dense": 6},
            *("silu", {"swish": 1.7}, "mish", "softplus"),
            {"dense": 6},
            *("softsign", "hard_sigmoid", "hard_swish", "relu6"),
            {"dense": 6},
            *(SMOOTH["custom"], "softmax"),
            {"dense": 3},
            "log_softmax",
        ],
    ),
    Case(
        "chain-sequence",
        [
            {"prelu": {"slopes": "per_number", "initial": 0.2}},
            "sinusoidal_positions",
            *({"max_pool1d": 2}, {"average_pool1d": 2}),
            *("flatten", {"repeat": 4}, {"permute": ["channels", "time"]}),
            *({"reshape": [8, 6]}, {"rms_norm": PLAIN_NORM}),
            "flatten",
            {"dense": 3},
        ],
        (8, 6),
    ),
    Case(
        "chain-image",
        [
            {"conv2d": {"filters": 8, "size": 3}},
            *({"zero_padding": 1}, {"upsampling": 2}, {"cropping": 1}),
            {"pixel_shuffle": 2},
            *({"max_pool": 2}, {"average_pool": 2}),
            {"group_norm": {"groups": 1, **PLAIN_NORM}},
            {"layer_norm": PLAIN_NORM},
            "global_average_pool",
            {"dense": 3},
        ],
        (8, 7, 3),
    ),
]

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
        "cross_entropy-smoothed",
        MLP,
        recipe={"loss": {"cross_entropy": {"label_smoothing": 0.1}}},
    ),
    Case(
        "cross_entropy-smoothed_extreme",
        [_wide(100.0, 3)],
        recipe={"loss": {"cross_entropy": {"label_smoothing": 0.3}}},
    ),
    Case(
        "binary_cross_entropy-smoothed",
        [{"dense": 6}, "tanh", {"dense": 1}],
        classes=2,
        recipe={"loss": {"binary_cross_entropy": {"label_smoothing": 0.1}}},
    ),
    Case(
        "mean_absolute_error",
        [{"dense": 6}, "tanh", {"dense": 1}],
        classes=None,
        recipe={"loss": "mean_absolute_error"},
    ),
    *(
        Case(
            f"huber-{delta}",
            [{"dense": 6}, "tanh", {"dense": 1}],
            classes=None,
            recipe={"loss": {"huber": delta}},
        )
        for delta in (0.3, 1.0)
    ),
    Case(
        "mean_squared_error",
        [{"dense": 6}, "tanh", {"dense": 1}],
        classes=None,
        recipe={"loss": "mean_squared_error"},
    ),
    *(
        Case(
            f"weighted_cross_entropy-{kind}{'-smoothed' if alpha else ''}",
            MLP,
            recipe={
                "loss": {
                    "weighted_cross_entropy": {
                        "class_weights": [0.5, 1.0, 3.0],
                        "apply_to": kind,
                        "label_smoothing": alpha,
                    }
                }
            },
        )
        for kind in ("classes", "samples")
        for alpha in (0.0, 0.2)
    ),
    *(
        Case(
            f"binary_cross_entropy-weighted{name}",
            layers,
            classes=2,
            recipe={"loss": {"binary_cross_entropy": fields}},
        )
        for name, layers, fields in (
            ("", SINGLE, {"positive_weight": 3.0}),
            (
                "-smoothed",
                SINGLE,
                {"positive_weight": 0.3, "label_smoothing": 0.1},
            ),
            ("-extreme", [_wide(100.0, 1)], {"positive_weight": 3.0}),
        )
    ),
    *(
        Case(
            f"binary_focal-{name}",
            layers,
            classes=2,
            recipe={"loss": {"binary_focal": fields}},
        )
        for name, layers, fields in (
            ("plain", SINGLE, {}),
            ("balanced", SINGLE, {"gamma": 0.7, "balance": 0.25}),
            ("extreme", [_wide(100.0, 1)], {}),
        )
    ),
    *(
        Case(
            f"smooth_l1-{beta}",
            SINGLE,
            classes=None,
            recipe={"loss": {"smooth_l1": beta}},
        )
        for beta in (0.3, 2.0)
    ),
    *(
        Case(
            f"{loss}-inputs-{rank}",
            layers,
            sides,
            recipe={"loss": loss},
            target="inputs",
        )
        for loss, rank, sides, layers in (
            ("mean_squared_error", "vector", (5,), [{"dense": 5}]),
            ("huber", "sequence", (4, 3), [{"dense": 3}]),
            (
                "mean_squared_error",
                "image",
                (4, 5, 3),
                [
                    cases_images.POINT,
                    "tanh",
                    {"conv2d": {"filters": 3, "size": 1}},
                ],
            ),
            (
                "log_cosh",
                "image",
                (4, 5, 1),
                ["flatten", {"dense": 20}, {"reshape": [4, 5, 1]}],
            ),
        )
    ),
    Case("log_cosh", SINGLE, classes=None, recipe={"loss": "log_cosh"}),
    *(Case(**row) for row in cases_ranks.MISTAKES),
]

DRAWN_BIAS = [
    {"dense": {"units": 6, "bias_initializer": "fan_in_uniform"}},
    "tanh",
    {"dense": {"units": 3, "bias_initializer": "fan_in_uniform"}},
]

PENALTIES = [
    Case(f"penalty-{name}", DRAWN_BIAS, recipe={"penalty": fields})
    for name, fields in {
        "l1": {"l1": 0.03},
        "l1-all": {"l1": 0.03, "weights": "all"},
        "l2-whole": {"l2": 0.1},
        "l2-half": {"l2": 0.1, "form": "half"},
        "l2-half-all": {"l2": 0.1, "form": "half", "weights": "all"},
        "both": {"l1": 0.03, "l2": 0.1},
    }.items()
]
"""Each penalty with `reported`, so that the reported loss includes it."""

UNREPORTED = [
    Case(
        "penalty-unreported",
        DRAWN_BIAS,
        recipe={"penalty": {"l1": 0.03, "l2": 0.1, "reported": False}},
    ),
    Case(
        "penalty-clipped",
        DRAWN_BIAS,
        recipe={
            "penalty": {"l2": 0.5},
            "clipping": {"by_global_norm": 0.1},
            "optimizer": {"sgd": {"lr": 0.1, "weight_decay": 0.5}},
        },
    ),
]

CLIPPING = [
    *(
        Case(f"{kind}-{name}-{rate}", MLP, recipe=recipe)
        for kind, limits in {
            "by_value": {"tight": {"limit": 0.02}},
            "by_norm": {
                "torch": {"limit": 0.05, "epsilon": 1e-6},
                "keras": {"limit": 0.05, "epsilon": 0.0},
                "soft": {"limit": 0.05, "epsilon": 0.01},
                "loose": {"limit": 50.0, "epsilon": 1e-6},
            },
            "by_global_norm": {
                "torch": {"limit": 0.1, "epsilon": 1e-6},
                "keras": {"limit": 0.1, "epsilon": 0.0},
                "soft": {"limit": 0.1, "epsilon": 0.01},
                "loose": {"limit": 50.0, "epsilon": 0.0},
            },
        }.items()
        for name, fields in limits.items()
        for rate, recipe in (
            ("plain", {"clipping": {kind: fields}}),
            (
                "adam",
                {"clipping": {kind: fields}, "optimizer": {"adam": 0.01}},
            ),
        )
    ),
    *(
        Case(
            f"{kind}-no_gradient",
            [ZERO, "relu", {"dense": 3}],
            recipe={"clipping": {kind: 0.1}},
            smooth=False,
        )
        for kind in ("by_value", "by_norm", "by_global_norm")
    ),
]

# Each form of the decay, and each way in which a parameter gets a rate.
OWN_RATES = [
    {"layers": ["dense_1"], "lr_factor": 0.3},
    {
        "layers": ["dense_2"],
        "parameters": "others",
        "lr_factor": 3.0,
        "weight_decay": 0.3,
    },
]
# No parameter has the optimiser's own options.
EVERY_RATE = [
    {"layers": ["dense_1"], "lr_factor": 0.3},
    {"layers": ["dense_2"], "lr_factor": 3.0},
]
ADAMW = {"lr": 0.01, "weight_decay": 0.1, "decay_applies_to": "kernels"}
GROUPED: dict[str, dict[str, Any]] = {
    **{
        f"{decay}-{kind}": {"optimizer": own(weight_decay=0.1, decay=decay)}
        for decay in ("coupled", "decoupled", "factored")
        for kind, own in (
            ("sgd", partial(_sgd, momentum=0.9)),
            ("adam", _adam),
        )
    },
    "whole-adam": {
        "optimizer": _adam(bias_correction="parameter"),
        "groups": EVERY_RATE,
    },
    "whole-adagrad": {"optimizer": {"adagrad": 0.01}, "groups": EVERY_RATE},
    "whole-nadam": {"optimizer": {"nadam": 0.01}, "groups": EVERY_RATE},
    "kernels": {"optimizer": {"adamw": ADAMW}},
    "clipped": {
        "optimizer": _sgd(weight_decay=0.1),
        "clipping": {"by_global_norm": 0.1},
    },
    "accumulated": {
        "optimizer": _adam(weight_decay=0.1),
        "accumulation": {"batches": 2},
        "clipping": {"by_global_norm": 0.1},
    },
}
GROUPS = [
    Case(
        f"groups-{name}",
        MLP,
        recipe={"groups": OWN_RATES, "schedule": STEPS, **recipe},
    )
    for name, recipe in GROUPED.items()
]

ACCUMULATION = [
    Case(
        f"accumulation-{reduction}-{batches}-{name}",
        MLP,
        recipe={
            "accumulation": {"batches": batches, "reduction": reduction},
            "schedule": STEPS,
            **recipe,
        },
    )
    for reduction in ("mean", "sum")
    for batches in (2, 7)
    for name, recipe in (
        ("sgd", {"optimizer": _sgd(momentum=0.9)}),
        (
            "adam",
            {"optimizer": _adam(), "clipping": {"by_global_norm": 0.1}},
        ),
    )
]

# Each optimiser's conventions, with values whose effects differ clearly.
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "rmsprop": {
        f"{placement}-{name}": {
            "lr": 0.01,
            "rho": rho,
            "epsilon": 1e-3,
            "epsilon_placement": placement,
            **fields,
        }
        for placement in ("outside_root", "inside_root")
        for name, rho, fields in (
            ("plain", 0.99, {}),
            ("centered", 0.9, {"centered": True}),
            (
                "of_steps",
                0.9,
                {"momentum": 0.9, "velocity": "of_steps", "centered": True},
            ),
            (
                "of_gradients",
                0.9,
                {"momentum": 0.9, "velocity": "of_gradients"},
            ),
        )
    },
    **{
        kind: {
            f"{placement}-{correction}{'-amsgrad' * amsgrad}": {
                "lr": 0.01,
                "epsilon": 1e-3,
                "epsilon_placement": placement,
                "bias_correction": correction,
                "amsgrad": amsgrad,
                **fields,
            }
            for placement in ("epsilon", "epsilon_hat")
            for correction in ("double", "parameter")
            for amsgrad in (False, True)
        }
        for kind, fields in (
            ("adam", {"weight_decay": 0.1, "decay": "coupled"}),
            ("adamw", {"weight_decay": 0.1}),
        )
    },
    "adagrad": {
        f"{placement}-{start}": {
            "lr": 0.05,
            "initial_accumulator": start,
            "epsilon": 1e-2,
            "epsilon_placement": placement,
        }
        for placement in ("outside_root", "inside_root")
        for start in (0.0, 0.1)
    },
    "adadelta": {
        "torch": {"lr": 1.0, "rho": 0.9, "epsilon": 1e-6},
        "keras": {"lr": 0.1, "rho": 0.95, "epsilon": 1e-7},
    },
    "adamax": {
        f"{placement}-{correction}": {
            "lr": 0.01,
            "epsilon": 1e-3,
            "epsilon_placement": placement,
            "bias_correction": correction,
        }
        for placement in ("in_maximum", "after_maximum")
        for correction in ("double", "parameter")
    },
    "nadam": {
        f"{speed}-{correction}": {
            "lr": 0.01,
            "epsilon": 1e-3,
            "momentum_decay": speed,
            "bias_correction": correction,
        }
        for speed in (0.004, 1.0)
        for correction in ("double", "parameter")
    },
}

CONVENTIONAL = [
    Case(
        f"{kind}-{name}-{rate}",
        MLP,
        recipe={"optimizer": {kind: fields}, "schedule": schedule},
    )
    for kind, variants in VARIANTS.items()
    for name, fields in variants.items()
    for rate, schedule in (("decay", STEPS), ("constant", "constant"))
]

DECAYS = [
    Case(
        f"{name}-{decay}-{decay_applies_to}",
        DRAWN_BIAS,
        recipe={
            "optimizer": {
                kind: {
                    **fields,
                    "weight_decay": 0.3,
                    "decay": decay,
                    "decay_applies_to": decay_applies_to,
                }
            },
            "schedule": STEPS,
        },
    )
    for name, kind, fields in (
        ("sgd", "sgd", {"lr": 0.1}),
        ("momentum", "sgd", {"momentum": 0.9, "velocity": "of_steps"}),
        ("velocity", "sgd", {"momentum": 0.9, "velocity": "of_gradients"}),
        ("rmsprop", "rmsprop", {"lr": 0.01}),
        ("adam", "adam", {"lr": 0.01}),
        ("adamw", "adamw", {"lr": 0.01}),
        ("adagrad", "adagrad", {"lr": 0.05}),
        ("adadelta", "adadelta", {"lr": 1.0}),
        ("adamax", "adamax", {"lr": 0.01}),
        ("nadam", "nadam", {"lr": 0.01}),
    )
    for decay in ("coupled", "decoupled", "factored")
    for decay_applies_to in ("all", "kernels")
    if not (kind == "adamw" and decay == "coupled")
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
    *(
        Case(f"schedule-{name}", MLP, recipe={"schedule": schedule})
        for name, schedule in SCHEDULES.items()
    ),
    Case(
        "schedule-per_epoch",
        MLP,
        recipe={"schedule": {"exponential": {"by": 0.6, "per": "epoch"}}},
    ),
    Case("shuffle-each_epoch", MLP, recipe={"shuffle": "each_epoch"}),
    Case("batch-single", MLP, recipe={"batch_size": 1}),
    *CONVENTIONAL,
    *DECAYS,
    Case("batch-full", MLP, recipe={"batch_size": "full"}),
]

LOSSES += PENALTIES

RECIPES = UNREPORTED + CLIPPING + ACCUMULATION + GROUPS

CASES = LAYERS + CHAINS + LOSSES + OPTIMIZERS + RECIPES


def _repeating(cases: list[Case]) -> set[str]:
    """Return the ids of cases that add nothing to the cases before them.

    A case adds a value of an optimiser's field. Rates that change show what
    a constant rate does, and to which parameters a decay applies is the same
    in each optimiser.
    """
    seen: set[tuple[str, str, str]] = set()
    result = set()
    for case in cases:
        [(kind, fields)] = case.recipe["optimizer"].items()
        values = {
            ("all" if name == "decay_applies_to" else kind, name, str(v))
            for name, v in fields.items()
        }
        if values <= seen:
            result.add(case.id)
        seen |= values
    return result


# A trainer is given the rate of each step, not the schedule, so that one
# schedule whose rate changes stands for all. An optimiser is given clipped
# gradients, so that one kind of clipping by a norm stands for all. Each number
# of accumulated batches is tested with each reduction and each optimiser. The
# biases of a recurrent layer are computed alike, whatever the layer returns.
REPEATING = (
    _repeating(CONVENTIONAL + DECAYS)
    | {f"schedule-{name}" for name in SCHEDULES if name != "step_decay"}
    | {
        f"{kind}-{name}-adam"
        for kind in ("by_norm", "by_global_norm")
        for name in ("keras", "soft", "loose")
    }
    | {
        f"accumulation-{rest}"
        for rest in ("mean-2-adam", "mean-7-sgd", "sum-2-sgd", "sum-7-adam")
    }
    | cases_sequences.SECOND_BIASES
)


def marked(cases: list[Case], slow: set[str]) -> list[Any]:
    """Return parameters of a test; the cases with some ids are slow."""
    return [
        pytest.param(
            case,
            id=case.id,
            marks=pytest.mark.slow if case.id in slow else (),
        )
        for case in cases
    ]
