"""The cases of layers over sequences, as a table; see `tests.cases`.

Ids are few, so that a batch holds each of them several times.
"""

from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]

TOKENS = 4


def of_tokens(id: str, *layers: Any, **more: Any) -> Row:  # noqa: A002
    """Put layers between an embedding of six ids and a dense layer.

    Args:
        id: of the case.
        *layers: of sequences (6, 3) to vectors.
        **more: other fields of the case.
    """
    embedding = {
        "embedding": {
            "vocabulary": TOKENS,
            "size": 3,
            "embeddings_initializer": {"normal": 1.0},
        }
    }
    return {
        "id": id,
        "layers": [embedding, *layers, {"dense": 3}],
        "sides": (6,),
        "tokens": TOKENS,
        **more,
    }


def _embedded(**fields: Any) -> Any:
    return {"embedding": {"vocabulary": TOKENS + 1, "size": 3, **fields}}


ROWS: list[Row] = [
    of_tokens("embedding", "flatten"),
    of_tokens("embedding-mean", "global_average_pool"),
    *(
        {
            "id": f"embedding-{name}",
            "layers": [_embedded(**fields), "tanh", "flatten", {"dense": 3}],
            "sides": (6,),
            "tokens": TOKENS,
        }
        for name, fields in (
            ("padding", {"padding": 0}),
            ("padding-last", {"padding": 3}),
            ("uniform", {}),
        )
    ),
    # Averages of squares notice whether derivatives of one row are summed.
    of_tokens(
        "embedding-adam",
        "flatten",
        recipe={"optimizer": {"adam": {"lr": 0.01}}},
    ),
    {
        "id": "dense-sequence",
        "layers": [
            {"dense": 4},
            "tanh",
            {"dense": 2},
            "flatten",
            {"dense": 3},
        ],
        "sides": (4, 3),
    },
]
"""Embeddings, and layers that are applied to each step in time."""


def _recurrent(kind: str, **fields: Any) -> list[Any]:
    """Return a recurrent layer, and what makes a vector of its output."""
    after = ["flatten"] if fields.get("returns") == "sequence" else []
    return [{kind: {"units": 3, **fields}}, *after, {"dense": 3}]


DRAWN = {
    "kernel_initializer": "units_uniform",
    "recurrent_initializer": "units_uniform",
    "bias_initializer": "units_uniform",
}
"""PyTorch's initial values, among which no bias is zero."""

FORMS: dict[str, dict[str, Any]] = {
    "last": {},
    "sequence": {"returns": "sequence"},
    "backward": {"direction": "backward"},
    "backward-sequence": {"direction": "backward", "returns": "sequence"},
    "both": {"direction": "both"},
    "both-sequence": {"direction": "both", "returns": "sequence"},
    "both-last_step": {"direction": "both", "returns": "last_step"},
}
"""What every recurrent layer may return, and in which directions."""

BIASES = {
    "simple_rnn": ("two", "one", "none"),
    "lstm": ("two", "one", "none"),
    "gru": ("two", "stacked", "none"),
}

SECOND_BIASES = {
    f"{kind}-{form}-{biases[1]}"
    for kind, biases in BIASES.items()
    for form in FORMS
    if form not in ("last", "both")
}
"""The ids of the cases below that differ from another in the biases."""

RECURRENT: list[Row] = [
    *(
        {
            "id": f"{kind}-{form}-{biases}",
            "layers": _recurrent(kind, biases=biases, **DRAWN, **fields),
            "sides": (5, 4),
        }
        for kind, all_biases in BIASES.items()
        for form, fields in FORMS.items()
        for biases in (
            all_biases if form in ("last", "both") else all_biases[:2]
        )
    ),
    *(
        {
            "id": f"{kind}-keras",
            "layers": _recurrent(kind, returns="sequence"),
            "sides": (5, 4),
        }
        for kind in BIASES
    ),
    *(
        {
            "id": f"gru-before-{biases}",
            "layers": _recurrent(
                "gru", reset="before", biases=biases, **DRAWN
            ),
            "sides": (5, 4),
        }
        for biases in ("one", "none")
    ),
    *(
        {
            "id": f"{kind}-{field}-{name}",
            "layers": _recurrent(kind, **{field: name}, **DRAWN),
            "sides": (5, 4),
        }
        for kind in BIASES
        for field in ("activation", "recurrent_activation")
        for name in ("tanh", "relu", "sigmoid", "hard_sigmoid", "linear")
        if (kind, field) != ("simple_rnn", "recurrent_activation")
        if (field, name) != ("activation", "tanh")
        if (field, name) != ("recurrent_activation", "sigmoid")
    ),
    *(
        {
            "id": f"lstm-forget-{value}",
            "layers": _recurrent("lstm", forget_bias=value, biases=biases),
            "sides": (5, 4),
        }
        for value, biases in (
            (0.5, "one"),
            (1.0, "two"),
            (2.0, "two"),
            (None, "one"),
        )
    ),
    of_tokens(
        "lstm-stacked",
        {"lstm": {"units": 3, "returns": "sequence", "direction": "both"}},
        {"dropout": 0.3},
        {"gru": 4},
    ),
]
"""Recurrent layers."""
ROWS += RECURRENT

_ATTENTION_DRAWN = {
    "kernel_initializer": {"normal": 0.5},
    "output_initializer": {"normal": 0.5},
    "bias_initializer": {"normal": 0.5},
}


def _attention(id: str, **fields: Any) -> Row:  # noqa: A002
    """Put attention behind a dense layer, so that it passes slopes on."""
    attention = {"multi_head_attention": {"heads": 2, **fields}}
    return {
        "id": id,
        "layers": [{"dense": 4}, attention, "flatten", {"dense": 3}],
        "sides": (5, 3),
    }


ATTENTION: list[Row] = [
    *(
        _attention(
            f"attention-{projections}-{name}",
            projections=projections,
            **_ATTENTION_DRAWN,
            **fields,
        )
        for projections in ("packed", "separate")
        for name, fields in (
            ("plain", {}),
            ("causal", {"causal": True}),
            ("size", {"size": 3}),
            ("size-whole", {"size": 2}),
            ("no_bias", {"bias": False}),
        )
    ),
    _attention("attention-keras"),
    *(
        {
            "id": f"positions-{name}",
            "layers": [{"dense": 4}, layer, "tanh", "flatten", {"dense": 3}],
            "sides": (5, 3),
        }
        for name, layer in (
            ("learnt", "position_embedding"),
            (
                "normal",
                {
                    "position_embedding": {
                        "embeddings_initializer": {"normal": 1.0}
                    }
                },
            ),
            ("interleaved", "sinusoidal_positions"),
            (
                "concatenated",
                {
                    "sinusoidal_positions": {
                        "order": "concatenated",
                        "base": 100.0,
                    }
                },
            ),
        )
    ),
    of_tokens(
        "transformer",
        "position_embedding",
        {
            "residual": [
                "layer_norm",
                {
                    "multi_head_attention": {
                        "heads": 1,
                        "causal": True,
                        "projections": "packed",
                    }
                },
                {"dropout": 0.2},
            ]
        },
        {"residual": ["layer_norm", {"dense": 5}, "gelu", {"dense": 3}]},
        "layer_norm",
        "global_average_pool",
    ),
]
"""Attention, positions, and a small transformer of both."""
ROWS += ATTENTION


def of_padded(id: str, *layers: Any, **more: Any) -> Row:  # noqa: A002
    """Put layers behind an embedding with padding, before a dense layer.

    The id of the padding is anywhere in a sequence, and some begin with it.

    Args:
        id: of the case.
        *layers: of sequences (6, 3) to vectors.
        **more: other fields of the case.
    """
    row = of_tokens(f"padded-{id}", *layers, **more)
    row["layers"][0]["embedding"]["masked_id"] = 1
    return row


_OUTPUTS = ("zero", "repeated")
_PADDED_FORMS: dict[str, dict[str, Any]] = {
    "last": {},
    "backward": {"direction": "backward"},
    "both": {"direction": "both"},
    **{
        f"{name}-{outputs}": {**fields, "padded_outputs": outputs}
        for name, fields in (
            ("sequence", {"returns": "sequence"}),
            (
                "backward-sequence",
                {"direction": "backward", "returns": "sequence"},
            ),
            ("both-sequence", {"direction": "both", "returns": "sequence"}),
            ("last_step", {"returns": "last_step"}),
            ("both-last_step", {"direction": "both", "returns": "last_step"}),
        )
        for outputs in _OUTPUTS
    },
}

_EACH_STEP: dict[str, tuple[Any, ...]] = {
    "smooth": ("tanh", {"gelu": "erf"}, "silu", "mish", {"gelu": "tanh"}),
    "kinked": (
        "leaky_relu",
        {"elu": {"alpha": 0.5}},
        "hard_swish",
        {"prelu": {"slopes": "per_number", "initial": 0.2}},
        "relu6",
    ),
    "formulas": (
        {"swish": 1.5},
        {"custom": "x + tanh(x)"},
        "softsign",
        "selu",
        "linear",
        "softplus",
    ),
    "gates": ("log_softmax", "hard_sigmoid", "softmax", "sigmoid", "relu"),
    "normalized": (
        {"layer_norm": {"epsilon": 0.1}},
        {"dense": 4},
        {"rms_norm": {"epsilon": 0.1}},
    ),
    "plain": ({"layer_norm": {"affine": False}}, "rms_norm"),
    "random": ({"dropout": 0.3}, {"spatial_dropout": 0.3}),
    "positions": (
        "position_embedding",
        {"dense": 4},
        "sinusoidal_positions",
    ),
}
"""Layers that compute each step by itself."""

PADDED: list[Row] = [
    of_padded("mean", "tanh", "global_average_pool"),
    *(
        of_padded(
            f"{kind}-{form}",
            {kind: {"units": 3, **DRAWN, **fields}},
            *(
                ["global_average_pool"]
                if fields.get("returns") == "sequence"
                else []
            ),
        )
        for kind in BIASES
        for form, fields in _PADDED_FORMS.items()
    ),
    *(
        of_padded(
            f"attention-{projections}-{name}",
            {
                "multi_head_attention": {
                    "heads": 1,
                    "projections": projections,
                    **_ATTENTION_DRAWN,
                    **fields,
                }
            },
            "global_average_pool",
        )
        for projections in ("packed", "separate")
        for name, fields in (
            ("plain", {}),
            ("causal", {"causal": True}),
            ("size", {"size": 2, "heads": 2}),
        )
    ),
    *(
        of_padded(f"each_step-{name}", *layers, {"lstm": 3}, smooth=False)
        for name, layers in _EACH_STEP.items()
    ),
    # Blocks that end in a vector, which has no padding.
    of_padded(
        "blocks-end",
        {
            "residual": {
                "body": [{"lstm": 3}],
                "shortcut": [{"dense": 3}, "global_average_pool"],
                "activation": {"residual": ["log_softmax"]},
            }
        },
        {"concatenate": [["softmax"], []]},
    ),
    of_padded(
        "branches-end",
        {"concatenate": [["global_average_pool"], [{"gru": 2}]]},
        {"residual": ["softmax"]},
    ),
    of_padded(
        "blocks",
        {
            "residual": {
                "body": [
                    {"residual": [{"multi_head_attention": 1}]},
                    {"lstm": {"units": 3, "returns": "sequence"}},
                ],
                "activation": "tanh",
            }
        },
        {"concatenate": [[], [{"gru": {"units": 2, "returns": "sequence"}}]]},
        "global_average_pool",
    ),
]
"""Layers behind an embedding whose padding is left out."""
ROWS += PADDED
