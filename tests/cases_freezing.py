"""The cases of frozen layers, as a table; see `tests.cases`."""

from typing import Any

from tests.cases_images import BIASLESS_POINT
from tests.cases_sequences import TOKENS, Row

BIASLESS: Any = {"dense": {"units": 6, "bias": False}}
MASKED: Any = {
    "embedding": {
        "vocabulary": TOKENS,
        "size": 3,
        "masked_id": 0,
        "embeddings_initializer": {"normal": 1.0},
    }
}


def _normal(variance: str = "biased") -> Any:
    return {"batch_norm": {"epsilon": 1e-3, "running_variance": variance}}


def _frozen(layers: list[Any], batch_norm: str = "training") -> Any:
    return {"frozen": {"layers": layers, "batch_norm": batch_norm}}


ROWS: list[Row] = [
    {
        "id": "frozen-first",
        "layers": [_frozen([{"dense": 6}, "tanh"]), {"dense": 3}],
    },
    {
        "id": "frozen-middle",
        "layers": [
            {"dense": 4},
            _frozen([{"dense": 6}, "tanh"]),
            {"dense": 3},
        ],
    },
    *(
        {
            "id": f"frozen-batch_norm-{mode}-{variance}",
            "layers": [
                BIASLESS,
                _frozen([_normal(variance)], mode),
                "tanh",
                {"dense": 3},
            ],
        }
        for mode in ("training", "evaluation")
        for variance in ("biased", "unbiased")
    ),
    *(
        {
            "id": f"frozen-image-{mode}",
            "layers": [
                BIASLESS_POINT,
                _frozen(
                    [_normal(), "tanh", {"conv2d": {"filters": 2, "size": 3}}],
                    mode,
                ),
                "flatten",
                {"dense": 3},
            ],
            "sides": (4, 5, 3),
        }
        for mode in ("training", "evaluation")
    ),
    *(
        {
            "id": f"frozen-in_frozen-{outer}-{inner}",
            "layers": [
                BIASLESS,
                _frozen(
                    [_normal(), _frozen([_normal(), {"dense": 4}], inner)],
                    outer,
                ),
                "tanh",
                {"dense": 3},
            ],
        }
        for outer, inner in (
            ("training", "evaluation"),
            ("evaluation", "training"),
        )
    ),
    {
        "id": "frozen-blocks",
        "layers": [
            {"dense": 4},
            _frozen(
                [
                    {
                        "residual": {
                            "body": [{"dense": 4}, {"dropout": 0.3}],
                            "activation": {"prelu": {"initial": 0.2}},
                        }
                    },
                    {"concatenate": [[], [_normal("unbiased")]]},
                ]
            ),
            "tanh",
            {"dense": 3},
        ],
    },
    {
        "id": "frozen-in_residual",
        "layers": [
            {"residual": [_frozen([{"dense": 5}]), "tanh"]},
            {"dense": 3},
        ],
    },
    {
        "id": "frozen-sequence",
        "layers": [
            {"dense": 4},
            _frozen(
                [
                    "position_embedding",
                    {"multi_head_attention": 2},
                    {
                        "lstm": {
                            "units": 3,
                            "direction": "both",
                            "returns": "sequence",
                        }
                    },
                    {"gru": 3},
                ]
            ),
            {"dense": 3},
        ],
        "sides": (5, 3),
    },
    {
        "id": "frozen-embedding",
        "layers": [
            _frozen([MASKED]),
            {"gru": {"units": 3, "returns": "sequence"}},
            "global_average_pool",
            {"dense": 3},
        ],
        "sides": (6,),
        "tokens": TOKENS,
    },
    {
        "id": "padded-frozen",
        "layers": [
            MASKED,
            _frozen([{"dense": 4}, {"lstm": 3}]),
            {"dense": 3},
        ],
        "sides": (6,),
        "tokens": TOKENS,
    },
    {
        "id": "frozen-decay",
        "layers": [{"dense": 4}, _frozen([{"dense": 4}]), {"dense": 3}],
        "recipe": {
            "optimizer": {"adamw": {"lr": 0.01, "weight_decay": 0.3}},
            "penalty": {"l2": 0.1, "weights": "all"},
            "clipping": {"by_global_norm": 0.1},
        },
    },
]
