"""For each convention, a network and a recipe in which it matters."""

from collections.abc import Callable
from typing import Any

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.conventions import CONVENTIONS, Convention
from tests.cases import STEPS, arm

RECURRENT = ("simple_rnn", "lstm", "gru")

# The other fields that a field needs to have an effect.
EFFECTIVE: dict[str, dict[str, Any]] = {
    "sgd.velocity": {"momentum": 0.9},
    "sgd.decay": {"momentum": 0.9, "weight_decay": 0.1},
    "rmsprop.velocity": {"momentum": 0.9},
    "adamax.epsilon": {"lr": 0.05},
    "nadam.epsilon": {"lr": 0.05},
    **{
        f"{kind}.padded_outputs": {"returns": "sequence"} for kind in RECURRENT
    },
    **{
        row.field: {"weight_decay": 0.1}
        for row in CONVENTIONS
        if row.field.endswith(".decay") and row.field != "sgd.decay"
    },
}


def dense(**fields: Any) -> list[Any]:
    return [{"dense": {"units": 3, **fields}}]


def scheduled(kind: str, **fields: Any) -> Arm:
    return arm(dense(), schedule={kind: fields})


def watched(layers: list[Any], **recipe: Any) -> Arm:
    """Return an arm with a validation part."""
    plain = arm(layers, **recipe)
    data = plain.data.model_copy(update={"validation": 0.25})
    return Arm(plain.name, plain.layers, data, plain.recipe)


def drawn(initializer: Any) -> Arm:
    """Return an arm with a kernel large enough to test its distribution."""
    return arm(dense(kernel_initializer=initializer), (100,))


def image(*layers: Any, sides: Any = (4, 5, 3)) -> Arm:
    return arm([*layers, "flatten", *dense()], sides)


def conv(kind: str, **fields: Any) -> dict[str, Any]:
    filters = {} if kind == "depthwise_conv2d" else {"filters": 2}
    return {kind: {**filters, "size": 3, **fields}}


def _initialized(kind: str, tensor: str) -> Callable[[Any], Arm]:
    return lambda value: image(conv(kind, **{f"{tensor}_initializer": value}))


def _over_time(tensor: str) -> Callable[[Any], Arm]:
    """Return a convolution of sequences, with one initialiser."""

    def example(value: Any) -> Arm:
        fields = {"filters": 2, "size": 3, f"{tensor}_initializer": value}
        return arm([{"conv1d": fields}, "flatten", *dense()], (6, 3))

    return example


def _normed(field: str) -> Callable[[Any], Arm]:
    return lambda value: arm([{"batch_norm": {field: value}}, *dense()])


def recurrent(kind: str, units: int = 4, **fields: Any) -> list[Any]:
    return [{kind: {"units": units, **fields}}, *dense()]


def _recurrent(kind: str, tensor: str) -> Callable[[Any], Arm]:
    """Return an example of initial values, of which there are many."""
    field = f"{tensor}_initializer"
    return lambda value: arm(recurrent(kind, 16, **{field: value}), (4, 16))


def _padded(kind: str) -> Callable[[Any], Arm]:
    """Return an example whose last step is padding in some samples."""
    embedding = {"vocabulary": 4, "size": 3, "masked_id": 0}
    fields = {"units": 4, "returns": "last_step"}

    def example(value: Any) -> Arm:
        layer = {kind: {**fields, "padded_outputs": value}}
        return arm([{"embedding": embedding}, layer, *dense()], (6,), tokens=4)

    return example


def attention(**fields: Any) -> list[Any]:
    layer = {"multi_head_attention": {"heads": 2, **fields}}
    return [layer, "flatten", *dense()]


# For each row, a network and a recipe in which the row's value is `value`.
EXAMPLES: dict[str, Callable[[Any], Arm]] = {
    "dense_kernel_initializer": lambda value: drawn(value),
    "dense_bias_initializer": lambda value: arm(dense(bias_initializer=value)),
    **{
        f"{kind}_{tensor}_initializer": _initialized(kind, tensor)
        for kind in ("conv2d", "depthwise_conv2d", "conv2d_transpose")
        for tensor in ("kernel", "bias")
    },
    "frozen_batch_norm": lambda value: arm(
        [
            *dense(),
            {"frozen": {"layers": ["batch_norm"], "batch_norm": value}},
            *dense(),
        ]
    ),
    "depthwise_conv2d_fan_in": lambda value: image(
        conv("depthwise_conv2d", fan_in=value, kernel_initializer="he_uniform")
    ),
    "average_pool_padding": lambda value: image(
        {
            "average_pool": {
                "size": 3,
                "padding": "same",
                "count_padding": value,
            }
        }
    ),
    **{
        f"{kind}_{tensor}_initializer": _recurrent(kind, tensor)
        for kind in RECURRENT
        for tensor in ("kernel", "recurrent", "bias")
    },
    "simple_rnn_biases": lambda value: arm(
        recurrent("simple_rnn", biases=value), (4, 3)
    ),
    "lstm_biases": lambda value: arm(recurrent("lstm", biases=value), (4, 3)),
    # The norm of both biases together is not that of each.
    "gru_biases": lambda value: arm(
        recurrent("gru", biases=value),
        (4, 3),
        clipping={"by_norm": {"limit": 1e-3}},
    ),
    "lstm_forget_bias": lambda value: arm(
        recurrent("lstm", forget_bias=value), (4, 3)
    ),
    **{f"{kind}_padded_outputs": _padded(kind) for kind in RECURRENT},
    # A convolution sees which pixels are beside each other.
    "reshape_order": lambda value: arm(
        [
            {"dense": 18},
            {"reshape": {"shape": [3, 3, 2], "order": value}},
            conv("conv2d"),
            "flatten",
            *dense(),
        ]
    ),
    "pixel_shuffle_order": lambda value: image(
        {"conv2d": {"filters": 8, "size": 1}},
        {"pixel_shuffle": {"factor": 2, "order": value}},
    ),
    "weighted_cross_entropy_apply_to": lambda value: arm(
        dense(),
        loss={
            "weighted_cross_entropy": {
                "class_weights": [0.5, 1.0, 3.0],
                "apply_to": value,
            }
        },
    ),
    # One kernel is drawn with three times as many outputs.
    "multi_head_attention_projections": lambda value: arm(
        attention(projections=value), (4, 16)
    ),
    "multi_head_attention_kernel_initializer": lambda value: arm(
        attention(kernel_initializer=value), (4, 16)
    ),
    "multi_head_attention_output_initializer": lambda value: arm(
        attention(output_initializer=value), (4, 16)
    ),
    **{
        f"conv1d_{tensor}_initializer": _over_time(tensor)
        for tensor in ("kernel", "bias")
    },
    "average_pool1d_padding": lambda value: arm(
        [
            {
                "average_pool1d": {
                    "size": 3,
                    "padding": "same",
                    "count_padding": value,
                }
            },
            "flatten",
            *dense(),
        ],
        (5, 3),
    ),
    "embedding_initializer": lambda value: arm(
        [
            {
                "embedding": {
                    "vocabulary": 40,
                    "size": 8,
                    "embeddings_initializer": value,
                }
            },
            "flatten",
            *dense(),
        ],
        (6,),
        tokens=40,
    ),
    "flatten_order": lambda value: arm(
        [{"flatten": value}, *dense()], (4, 5, 3)
    ),
    **{
        f"batch_norm_{field}": _normed(field)
        for field in ("epsilon", "running_decay", "running_variance")
    },
    "leaky_relu_slope": lambda value: arm(
        [{"dense": 6}, {"leaky_relu": value}, *dense()]
    ),
    "layer_norm_epsilon": lambda value: arm(
        [{"layer_norm": {"epsilon": value}}, *dense()]
    ),
    "layer_norm_axes": lambda value: image({"layer_norm": {"axes": value}}),
    "group_norm_epsilon": lambda value: image(
        {"group_norm": {"groups": 3, "epsilon": value}}
    ),
    # Its inputs are small, until the layer before it has been trained.
    "rms_norm_epsilon": lambda value: arm(
        [
            {"dense": {"units": 6, "kernel_initializer": {"normal": 1e-3}}},
            {"rms_norm": {"epsilon": value}},
            *dense(),
        ]
    ),
    "prelu_slopes": lambda value: arm(
        [*dense(), {"prelu": {"slopes": value}}, *dense()]
    ),
    "prelu_initial": lambda value: arm(
        [{"prelu": {"initial": value}}, *dense()]
    ),
    # Its inputs are zeros, until the layer before it has been trained.
    "prelu_at_zero": lambda value: arm(
        [
            *dense(kernel_initializer="zeros"),
            {"prelu": {"at_zero": value, "initial": 0.25}},
            *dense(),
        ]
    ),
    "normal_stddev": lambda value: drawn({"normal": value}),
    "truncated_normal_stddev": lambda value: drawn(
        {"truncated_normal": value}
    ),
    # So wide that few values of one are within the bounds of the other.
    "truncated_normal_bounds": lambda value: drawn(
        {"truncated_normal": {"stddev": 4.0, "bounds": value}}
    ),
    "uniform_low": lambda value: drawn({"uniform": {"low": value}}),
    "uniform_high": lambda value: drawn({"uniform": {"high": value}}),
    "glorot_normal_truncation": lambda value: drawn(
        {"glorot_normal": {"truncated": value}}
    ),
    "he_normal_truncation": lambda value: drawn(
        {"he_normal": {"truncated": value}}
    ),
    "lecun_normal_truncation": lambda value: drawn(
        {"lecun_normal": {"truncated": value}}
    ),
    "sgd_learning_rate": lambda value: arm(dense(), optimizer={"sgd": value}),
    # The two velocities differ only when the rate changes.
    "sgd_velocity": lambda value: arm(
        dense(),
        optimizer={"sgd": {"lr": 0.1, "momentum": 0.9, "velocity": value}},
        schedule=STEPS,
    ),
    "sgd_decay": lambda value: arm(
        dense(),
        optimizer={
            "sgd": {
                "lr": 0.1,
                "momentum": 0.9,
                "weight_decay": 0.1,
                "decay": value,
            }
        },
    ),
    # Keras's sum of squares starts at 0.1, beside which epsilon has no effect.
    "adagrad_epsilon": lambda value: arm(
        dense(),
        optimizer={"adagrad": {"initial_accumulator": 0.0, "epsilon": value}},
    ),
    "penalty_form": lambda value: arm(
        dense(), penalty={"l2": 0.1, "form": value}
    ),
    "penalty_reported": lambda value: arm(
        dense(), penalty={"l2": 0.1, "reported": value}
    ),
    "penalty_weights": lambda value: arm(
        dense(bias_initializer="fan_in_uniform"),
        penalty={"l2": 0.1, "weights": value},
    ),
    "clip_by_norm_epsilon": lambda value: arm(
        dense(), clipping={"by_norm": {"limit": 1e-2, "epsilon": value}}
    ),
    "clip_by_global_norm_epsilon": lambda value: arm(
        dense(), clipping={"by_global_norm": {"limit": 1e-2, "epsilon": value}}
    ),
    "accumulation_reduction": lambda value: arm(
        dense(), accumulation={"batches": 2, "reduction": value}
    ),
    "multi_step_boundary": lambda value: scheduled(
        "multi_step", at=[2, 5], by=0.5, boundary=value
    ),
    "polynomial_decay_end": lambda value: scheduled(
        "polynomial_decay", steps=10, end=value
    ),
    "cosine_past_its_end": lambda value: scheduled(
        "cosine", steps=10, past_end=value
    ),
    "cosine_restarts_times": lambda value: scheduled(
        "cosine_restarts", first=5, times=value
    ),
    "early_stopping_counting": lambda value: watched(
        dense(),
        early_stopping={"patience": 2, "min_delta": 9.0, "counting": value},
    ),
    "plateau_counting": lambda value: watched(
        dense(), plateau={"patience": 2, "threshold": 9.0, "counting": value}
    ),
    # The loss falls by more than 0.1, and by less than a tenth of itself.
    "plateau_threshold_mode": lambda value: watched(
        dense(kernel_initializer={"normal": 5.0}),
        plateau={"patience": 1, "threshold": 0.1, "threshold_mode": value},
    ),
    "plateau_last_cooldown": lambda value: watched(
        dense(),
        plateau={
            "patience": 1,
            "threshold": 9.0,
            "cooldown": 2,
            "last_cooldown": value,
        },
    ),
    # With weights that start at zero, even such a small rate has an effect.
    "plateau_least_change": lambda value: watched(
        dense(kernel_initializer="zeros"),
        optimizer={"sgd": 1e-8},
        plateau={"patience": 1, "threshold": 9.0, "least_change": value},
    ),
    "shuffle": lambda value: arm(dense(), shuffle=value),
    "batch_size": lambda value: arm(dense(), batch_size=value),
}


# 1 - β has to lose digits in float32. With Adam's default betas it does;
# Adamax corrects by the first alone, and where Nadam corrects by the second,
# the same rounding in its average nearly cancels it.
NEAR_1 = {"adamax": {"beta_1": 0.999}, "nadam": {"beta_2": 0.99999}}


def example(row: Convention, value: Any) -> Arm:
    """Return the row's example, or the optimiser's with a large epsilon."""
    if row.name in EXAMPLES:
        return EXAMPLES[row.name](value)
    kind, field = row.field.split(".")
    if field == "bias_correction":
        # With weights that start at zero, and large steps.
        return arm(
            dense(kernel_initializer="zeros"),
            optimizer={
                kind: {"lr": 0.1, field: value, **NEAR_1.get(kind, {})}
            },
        )
    fields = {"epsilon": 1e-3} | EFFECTIVE.get(row.field, {})
    return arm(
        dense(),
        optimizer={kind: fields | {field: value}},
        schedule=STEPS,
    )
