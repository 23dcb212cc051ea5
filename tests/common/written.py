"""Every kind of the language, as a user would write it."""

from pathlib import Path
from typing import Any

from framework_parity.common.data.synthetic import Source
from framework_parity.common.spec.clipping import Clipping
from framework_parity.common.spec.initializers import KernelInitializer
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.losses import Loss
from framework_parity.common.spec.node import Model, SpecNode, members
from framework_parity.common.spec.optimizers import Optimizer
from framework_parity.common.spec.padding import CausalPadding
from framework_parity.common.spec.schedules import Schedule

FAMILIES: dict[str, Any] = {
    "layer": Layer,
    "padding": CausalPadding,
    "initializer": KernelInitializer,
    "loss": Loss,
    "optimizer": Optimizer,
    "clipping": Clipping,
    "schedule": Schedule,
    "source": Source,
}

ELEMENTS: list[type[SpecNode]] = [
    kind for family in FAMILIES.values() for kind in members(family)
]

# Two features, and the classes 0, 1 and 2.
TABLE = Path(__file__).with_name("table.npz")

# 24 images of 3 channels, 6 rows and 5 columns, channels first.
IMAGES = Path(__file__).with_name("images.npz")

# Fields without a default in any framework, which must be written.
DEMANDED: dict[str, dict[str, Any]] = {
    "dense": {"units": 3},
    "multi_head_attention": {"heads": 1},
    "simple_rnn": {"units": 3},
    "lstm": {"units": 3},
    "gru": {"units": 3},
    "embedding": {"vocabulary": 7, "size": 3},
    "conv1d": {"filters": 2, "size": 3},
    "conv2d": {"filters": 2, "size": 3},
    "depthwise_conv2d": {"size": 3},
    "conv2d_transpose": {"filters": 2, "size": 3},
    "max_pool1d": {"size": 2},
    "max_pool": {"size": 2},
    "average_pool1d": {"size": 2},
    "average_pool": {"size": 2},
    "symmetric": {"by": 1},
    "group_norm": {"groups": 1},
    "reshape": {"shape": [2, 3]},
    "weighted_cross_entropy": {"class_weights": [0.5, 1.0, 3.0]},
    "permute": {"axes": ["channels", "time"]},
    "repeat": {"times": 3},
    "pixel_shuffle": {"factor": 2},
    "zero_padding": {"start": 1},
    "cropping": {"start": 1},
    "upsampling": {"factor": 2},
    "dropout": {"rate": 0.5},
    "spatial_dropout": {"rate": 0.5},
    "random_crop": {"padding": 1},
    "residual": {"body": ["relu"]},
    "concatenate": {"branches": [[], ["relu"]]},
    "frozen": {"layers": ["relu"]},
    "custom": {"formula": "x * tanh(sqrt(softplus(x)))"},
    "initializers.constant": {"value": 0.1},
    "by_value": {"limit": 1.0},
    "by_norm": {"limit": 1.0},
    "by_global_norm": {"limit": 1.0},
    "step_decay": {"every": 2, "by": 0.5},
    "multi_step": {"at": [2, 5], "by": 0.5},
    "exponential": {"by": 0.9},
    "natural_exponential": {"k": 0.1},
    "inverse_time": {"k": 0.1},
    "polynomial_decay": {"steps": 10},
    "cosine": {"steps": 10},
    "cosine_restarts": {"first": 5},
    "warmup_cosine": {"warmup": 3, "steps": 10},
    "one_cycle": {"steps": 10},
    "table": {"file": str(TABLE)},
    "points": {"x": [[0.0, 1.0], [1.0, 0.0]], "y": [0.5, 2.0]},
}


def key(kind: type[Model]) -> str:
    """Return the name of a kind: its word, with its file if two share it.

    An initialiser and a schedule are both called `constant`.
    """
    word = kind.kind()
    same_word = [element for element in ELEMENTS if element.kind() == word]
    file = kind.__module__.rpartition(".")[2]
    return word if len(same_word) == 1 else f"{file}.{word}"


def written(kind: type[SpecNode]) -> dict[str, Any]:
    """Return an element with its required fields only."""
    return {kind.kind(): DEMANDED.get(key(kind), {})}


def experiment(**fields: Any) -> dict[str, Any]:
    """Return a short experiment, with some fields as given."""
    defaults = {
        "name": "example",
        "dialect": "keras",
        "data": {"spiral": {}},
        "recipe": {"loss": "cross_entropy", "optimizer": "adam", "epochs": 2},
        "arms": {"only": [{"dense": 4}, "relu", {"dense": 3}]},
    }
    return defaults | fields


RICH = experiment(
    teaches="everything at once",
    data={
        "spiral": {"classes": 2, "samples": 200, "noise": 0.1},
        "test": 0.25,
        "validation": 0.1,
        "scaling": "min_max",
        "split": "random",
        "seed": 3,
    },
    recipe={
        "loss": "cross_entropy",
        "optimizer": {"sgd": {"lr": 0.1, "momentum": 0.9, "nesterov": True}},
        "penalty": {"l1": 0.1, "l2": 0.2},
        "clipping": {"by_global_norm": 1.0},
        "accumulation": {"batches": 2},
        "schedule": {"cosine": {"steps": 100, "final": 0.1}},
        "batch_size": "full",
        "epochs": 3,
        "last_batch": "drop",
        "shuffle": "once",
        "plateau": {"by": 0.5, "patience": 1},
        "early_stopping": {"patience": 2, "baseline": 0.7},
        "checkpoint": "validation_accuracy",
    },
    arms={
        "wide": [
            "flatten",
            {
                "dense": {
                    "units": 8,
                    "bias": False,
                    "kernel_initializer": {"he_normal": {"truncated": True}},
                }
            },
            "tanh",
            {"dropout": 0.3},
            {"dense": {"units": 2, "kernel_initializer": {"normal": 0.1}}},
            "linear",
        ],
        "small": ["sigmoid", {"dense": 2}],
        "odd": [
            {"leaky_relu": 0.1},
            {"gelu": {"form": "tanh"}},
            {"elu": {"alpha": 0.5}},
            {"custom": "maximum(x, 0.1 * x)"},
            {"swish": None},
            {"dense": 2},
        ],
    },
    claims=[
        "wide.test_accuracy > small.test_accuracy",
        {
            "expression": "wide.parameters >= 20",
            "name": "size",
            "sentence": "Big.",
        },
    ],
    probes={
        "gradient_norm": True,
        "per_sample_gradients": {
            "places": ["dense_1", "dense_2"],
            "epochs": [0, 2, "last"],
            "samples": 8,
        },
        "representations": {"places": "all", "part": "test"},
    },
)
"""An experiment that uses most of the language."""
