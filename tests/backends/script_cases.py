"""Specifications whose scripts are run: each uses other parts of a script.

Together they use every section of a script and every branch of the loop.
"""

from typing import Any

from framework_parity.common.spec.load import parse

SMALL = {"noise": {"sides": [6], "classes": 3, "samples": 60}}
IMAGES = {"noise": {"sides": [6, 6, 2], "classes": 3, "samples": 40}}
TOKENS = {"noise": {"sides": [6], "tokens": 7, "classes": 3, "samples": 40}}
NUMBERS = {"noise": {"sides": [4], "classes": None, "samples": 40}}
HIDDEN: list[Any] = [{"dense": 8}, "relu", {"dense": 3}]
RECIPE = {
    "loss": "cross_entropy",
    "optimizer": {"sgd": 0.1},
    "batch_size": 8,
    "epochs": 4,
    "shuffle": "each_epoch",
}


def case(
    layers: list[Any] | None = None,
    data: dict[str, Any] | None = None,
    dialect: str = "keras",
    **recipe: Any,
) -> dict[str, Any]:
    """Return a specification with one arm, `net`."""
    return {
        "name": "scripted",
        "dialect": dialect,
        "data": data or SMALL,
        "recipe": RECIPE | recipe,
        "arms": {"net": layers or HIDDEN},
    }


def moved(**fields: Any) -> dict[str, Any]:
    """Return the fields of Adam with a schedule that changes."""
    return {"optimizer": {"adam": 0.01}, "schedule": fields}


CONV = [{"conv2d": {"filters": 4, "size": 3}}, "batch_norm", "relu"]
REGULAR: dict[str, Any] = {
    "loss": "mean_squared_error",
    "optimizer": {"adam": 0.01},
}

EMBEDDED = {"embedding": {"vocabulary": 7, "size": 4, "masked_id": 0}}

EMBEDDED_PLAIN = {
    "embedding": {
        "vocabulary": 7,
        "size": 3,
        "padding": 0,
        "embeddings_initializer": "ones",
    }
}
FIRST_SLOWLY = [
    {"layers": ["dense_1"], "lr_factor": 0.1},
    {
        "layers": ["dense_2"],
        "parameters": "others",
        "lr_factor": 3.0,
        "weight_decay": 0.0,
    },
]

CASES: dict[str, dict[str, Any]] = {
    "padded": case(
        [
            EMBEDDED,
            "position_embedding",
            {"residual": [{"multi_head_attention": 2}, {"dropout": 0.2}]},
            {"gru": {"units": 3, "returns": "sequence"}},
            "global_average_pool",
            {"dense": 1},
        ],
        {"noise": {"sides": [6], "tokens": 7, "classes": 2, "samples": 40}},
        penalty={"l2": 0.01, "weights": "all"},
        loss={"binary_focal": {"balance": 0.25}},
    ),
    "weighted": case(
        loss={
            "weighted_cross_entropy": {
                "class_weights": [0.5, 1.0, 3.0],
                "apply_to": "samples",
            }
        },
    ),
    "frozen": case(
        [
            {"frozen": [{"dense": 8}, "relu"]},
            {"dense": 8},
            {
                "frozen": {
                    "layers": ["batch_norm", {"dense": 4}],
                    "batch_norm": "training",
                }
            },
            {"frozen": {"layers": ["batch_norm"], "batch_norm": "evaluation"}},
            {"dense": 3},
        ],
        penalty={"l2": 0.01, "weights": "all"},
    ),
    "inputs": case(
        ["tanh", {"conv2d": {"filters": 2, "size": 3, "padding": "same"}}],
        IMAGES | {"target": "inputs", "scaling": "min_max"},
        **REGULAR,
    ),
    "plain": case(),
    "torch_dialect": case(dialect="torch", optimizer={"adam": 0.01}),
    "keras_adam": case(optimizer={"adam": 0.01}),
    "images": case(
        [*CONV, {"max_pool": 2}, "flatten", {"dense": 3}],
        IMAGES | {"scaling": "min_max"},
        optimizer={"sgd": {"lr": 0.05, "momentum": 0.9}},
    ),
    "residual_dropout": case(
        [
            {"dense": 8},
            {"residual": {"body": [{"dense": 8}, {"dropout": 0.3}]}},
            "relu",
            {"dropout": 0.2},
            {"dense": 3},
        ]
    ),
    "image_dropout": case(
        [*CONV, {"spatial_dropout": 0.3}, "flatten", {"dense": 3}],
        IMAGES,
        last_batch="drop",
    ),
    "moved_images": case(
        [{"random_crop": 1}, "random_flip", "flatten", {"dense": 3}], IMAGES
    ),
    "lstm": case(
        [
            {"embedding": {"vocabulary": 7, "size": 3, "padding": 0}},
            {"lstm": {"units": 4, "direction": "both", "returns": "sequence"}},
            {"dropout": 0.2},
            {"gru": 3},
            {"dense": 3},
        ],
        TOKENS,
        dialect="torch",
        optimizer={"adam": 0.01},
    ),
    "transformer": case(
        [
            {"embedding": {"vocabulary": 7, "size": 4}},
            "sinusoidal_positions",
            "position_embedding",
            {
                "residual": [
                    "layer_norm",
                    {"multi_head_attention": {"heads": 2, "causal": True}},
                ]
            },
            {"dense": 5},
            "global_average_pool",
            {"dense": 3},
        ],
        TOKENS,
        optimizer={"adam": 0.01},
    ),
    "stopped": case(
        optimizer={"adam": 0.05},
        epochs=20,
        early_stopping={"patience": 1, "restore_best": True},
    ),
    "stopped_torch": case(
        dialect="torch",
        optimizer={"adam": 0.05},
        epochs=20,
        early_stopping={
            "monitor": "validation_accuracy",
            "patience": 2,
            "min_delta": 0.01,
            "start_from_epoch": 1,
            "restore_best": True,
        },
    ),
    "checkpoint": case(optimizer={"adam": 0.05}, checkpoint="validation_loss"),
    "plateau_keras": case(
        epochs=8, plateau={"patience": 1, "by": 0.5, "cooldown": 2}
    ),
    "plateau_torch": case(
        dialect="torch",
        epochs=8,
        plateau={"patience": 1, "by": 0.5, "threshold": 0.05},
    ),
    "epoch_cosine": case(**moved(cosine={"steps": 4, "per": "epoch"})),
    "step_decay": case(**moved(step_decay={"every": 5, "by": 0.5})),
    "clip_value": case(clipping={"by_value": 0.01}),
    "clip_norm": case(clipping={"by_norm": 0.1}, dialect="torch"),
    "clip_global": case(clipping={"by_global_norm": 0.1}),
    "accumulated": case(accumulation={"batches": 3}),
    "accumulated_torch": case(accumulation={"batches": 2}, dialect="torch"),
    "penalty": case(penalty={"l2": 0.01}),
    # Validation and test parts are more than one batch of Keras's default,
    # and not a multiple of it.
    "penalty_unreported": case(
        data={"noise": {"sides": [6], "classes": 3, "samples": 220}},
        penalty={"l1": 0.001, "l2": 0.01, "reported": False, "weights": "all"},
        early_stopping={"patience": 2, "restore_best": True},
    ),
    "decay": case(
        optimizer={
            "adamw": {"lr": 0.01, "decay_applies_to": "kernels"},
        }
    ),
    "groups": case(
        optimizer={"adamw": {"lr": 0.01, "weight_decay": 0.1}},
        groups=FIRST_SLOWLY,
        clipping={"by_global_norm": 0.1},
    ),
    "groups_torch": case(
        dialect="torch",
        optimizer={"sgd": {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1}},
        groups=FIRST_SLOWLY,
        schedule={"step_decay": {"every": 5, "by": 0.5}},
    ),
    # Rates whose end is a rate, not a factor.
    "groups_cosine": case(
        optimizer={"sgd": {"lr": 0.05, "momentum": 0.9}},
        groups=[{"lr_factor": 0.3}],
        schedule={"cosine": {"steps": 20, "final": 0.1, "past_end": "rises"}},
    ),
    "groups_plateau": case(
        dialect="torch",
        epochs=8,
        optimizer={"adamw": 0.01},
        groups=[
            {"layers": ["dense_1"], "lr_factor": 0.5},
            {"layers": ["dense_2"], "weight_decay": 0},
        ],
        plateau={"patience": 1, "by": 0.5, "min_lr": 0.004},
    ),
    "padding_row": case(
        [
            EMBEDDED_PLAIN,
            "global_average_pool",
            {"dense": 2},
        ],
        {"noise": {"sides": [6], "tokens": 7, "classes": 2, "samples": 40}},
    ),
    "dropped_batch": case(last_batch="drop"),
    "full": case(batch_size="full", shuffle="never"),
    "full_dropout": case(
        [{"dense": 8}, {"dropout": 0.5}, {"dense": 3}], batch_size="full"
    ),
    "once": case(shuffle="once"),
    "in_order": case(shuffle="never", data=SMALL | {"split": "last"}),
    "binary": case(
        [{"dense": 4}, "tanh", {"dense": 1}],
        {"xor": {"copies": 20, "noise": 0.2}},
        loss="binary_cross_entropy",
    ),
    "one_hot": case(loss="mean_squared_error"),
    "regression": case(
        [{"dense": 4}, "tanh", {"dense": 1}],
        {"sine": {"samples": 50}, "target_scaling": "standardize"},
        **REGULAR,
    ),
    "test_watched": case(
        [{"dense": 1}],
        {"linear": {"test_samples": 50}, "validation": "test"},
        **REGULAR,
    ),
    "sometimes": case(
        evaluate_every=3, epochs=7, shuffle="once", last_batch="drop"
    ),
    "never": case(evaluate_every=0),
    "without_validation": case(data=SMALL | {"validation": 0.0}),
    "normalized": case(
        ["flatten", {"dense": 10}],
        {
            "digits": {"samples": 200},
            "scaling": {"normalize": {"mean": 0.13, "deviation": 0.3}},
        },
    ),
    "softmax_inside": case([{"dense": 3}, "softmax"]),
}

# Keras computes these schedules in float32; the relative error is 1e-7.
COARSE = {"epoch_cosine", "step_decay", "groups_torch", "groups_cosine"}


def arm_of(name: str) -> Any:
    """Return the arm of a case."""
    return parse(CASES[name]).arm("net")
