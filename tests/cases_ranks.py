"""The cases of sequences, and of every axis, as a table.

Each row holds the arguments of one `Case`; see `tests.cases`. A sample
of two axes is a sequence, (time, channels). Its sides differ from each other
and from the batch, so that exchanged axes are noticed; cases whose batch is as
large as the channels have `-square` in their names.
"""

from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]

VECTOR, TWO, IMAGE = (5,), (4, 3), (4, 5, 3)

# Layers with parameters, one for each rank, before one without, so that the
# gradient that the latter passes on is tested.
_SLOPES = {"slopes": "per_number", "initial": 0.2, "at_zero": "slope"}
LEARNING: dict[str, tuple[tuple[int, ...], Any]] = {
    "vector": (VECTOR, {"dense": 6}),
    "sequence": (TWO, {"prelu": _SLOPES}),
    "image": (IMAGE, {"conv2d": {"filters": 2, "size": 1, "bias": False}}),
}

# The axes that each rank has.
AXES = {
    "vector": ("channels", "all"),
    "sequence": ("channels", "time", "positions", "all"),
    "image": ("channels", "height", "width", "positions", "all"),
}


def placed(
    id: str,  # noqa: A002 - the column's name
    rank: str,
    *layers: Any,
    smooth: bool = True,
) -> Row:
    """Put layers between one with parameters and a dense one, on a rank."""
    sides, before = LEARNING[rank]
    after = [] if rank == "vector" else ["flatten"]
    return {
        "id": id,
        "layers": [before, *layers, *after, {"dense": 3}],
        "sides": sides,
        "smooth": smooth,
    }


def _norm(kind: str, **fields: Any) -> dict[str, Any]:
    return {kind: {"epsilon": 0.1, **fields}}


ROWS: list[Row] = [
    *(
        placed(f"{kind}-{rank}-{axis}", rank, {kind: axis})
        for kind in ("softmax", "log_softmax")
        for rank, axes in AXES.items()
        for axis in axes
    ),
    # Large inputs, at which a sum of exponentials would overflow.
    *(
        {
            "id": f"{kind}-extreme",
            "layers": [
                {"dense": {"units": 6, "kernel_initializer": {"normal": 300}}},
                kind,
                {"dense": 3},
            ],
        }
        for kind in ("softmax", "log_softmax")
    ),
    *(
        placed(f"flatten-sequence-{order}", "sequence", {"flatten": order})
        for order in ("channels_first", "channels_last")
    ),
    *(
        placed(
            f"batch_norm-sequence-{variance}{'' if affine else '-plain'}",
            "sequence",
            _norm(
                "batch_norm",
                running_decay=0.8,
                running_variance=variance,
                affine=affine,
            ),
            "tanh",
        )
        for variance, affine in (
            ("biased", True),
            ("unbiased", True),
            ("biased", False),
        )
    ),
    *(
        placed(
            f"batch_norm-{rank}-{axis}-{variance}",
            rank,
            _norm(
                "batch_norm",
                running_decay=0.8,
                running_variance=variance,
                axis=axis,
            ),
            "tanh",
        )
        for rank, axis in (
            ("sequence", "time"),
            ("image", "height"),
            ("image", "width"),
        )
        for variance in ("biased", "unbiased")
    ),
    *(
        placed(
            f"layer_norm-{rank}-{axes}{'' if affine else '-plain'}",
            rank,
            _norm("layer_norm", axes=axes, affine=affine),
            "tanh",
        )
        for rank in ("sequence", "image")
        for axes in AXES[rank]
        for affine in (True, False)
    ),
    *(
        {
            "id": f"prelu-{slopes}-{at_zero}-sequence{square}",
            "layers": [
                {"layer_norm": {"axes": "all"}},
                {
                    "prelu": {
                        "slopes": slopes,
                        "initial": 0.2,
                        "at_zero": at_zero,
                    }
                },
                "flatten",
                {"dense": 3},
            ],
            "sides": TWO,
            **more,
        }
        for slopes in ("one", "per_channel", "per_number")
        for at_zero in ("slope", "zero")
        for square, more in (
            ("", {}),
            ("-square", {"recipe": {"batch_size": 3}}),
        )
    ),
    placed("dropout-sequence", "sequence", {"dropout": 0.3}, "tanh"),
    placed("spatial_dropout-sequence", "sequence", {"spatial_dropout": 0.4}),
    *(
        {
            "id": f"{kind}-sequence",
            "layers": [LEARNING["sequence"][1], "tanh", kind, {"dense": 3}],
            "sides": TWO,
        }
        for kind in ("global_average_pool", "global_max_pool")
    ),
    placed(
        "residual-sequence",
        "sequence",
        {
            "residual": {
                "body": [_norm("layer_norm", axes="time"), "tanh"],
                "activation": {"softmax": "time"},
            }
        },
    ),
    # Branches of different length along the axis of concatenation.
    *(
        placed(
            f"concatenate-{rank}-{axis}",
            rank,
            {
                "concatenate": {
                    "branches": [
                        [],
                        ["tanh"],
                        [
                            {
                                "concatenate": {
                                    "branches": [["sigmoid"], []],
                                    "axis": axis,
                                }
                            }
                        ],
                    ],
                    "axis": axis,
                }
            },
        )
        for rank, axes in AXES.items()
        for axis in axes
        if axis not in ("all", "positions")
    ),
]
"""Each layer with an axis, on each rank that has the axis."""

# The mistakes that cause warnings: allowed, and the same in both frameworks.
_HIDDEN = [{"dense": 6}, "tanh"]
MISTAKES: list[Row] = [
    *(
        {
            "id": f"cross_entropy-after_{kind}{'-smoothed' * bool(alpha)}",
            "layers": [*_HIDDEN, {"dense": 3}, kind],
            "recipe": {"loss": {"cross_entropy": {"label_smoothing": alpha}}},
        }
        for kind in ("softmax", "log_softmax", "sigmoid")
        for alpha in (0.0, 0.1)
    ),
    {
        "id": "cross_entropy-after_softmax_passed_on",
        "layers": [{"dense": 3}, "softmax", {"dropout": 0.0}, "linear"],
    },
    {
        "id": "cross_entropy-after_softmax_in_a_residual",
        "layers": [
            {"residual": {"body": [{"dense": 5}], "activation": "softmax"}},
            {"dense": 3},
            {
                "residual": {
                    "body": [{"dense": 3}, "softmax"],
                    "activation": "softmax",
                }
            },
        ],
    },
    *(
        {
            "id": f"binary_cross_entropy-after_{kind}",
            "layers": [*_HIDDEN, {"dense": 1}, kind],
            "classes": 2,
            "recipe": {
                "loss": {"binary_cross_entropy": {"label_smoothing": alpha}}
            },
        }
        for kind, alpha in (("sigmoid", 0.0), ("tanh", 0.1))
    ),
    *(
        {
            "id": f"{name}-classes-{last}",
            "layers": [*_HIDDEN, {"dense": classes}, last],
            "classes": classes,
            "recipe": {"loss": loss},
        }
        for name, loss in (
            ("mean_squared_error", "mean_squared_error"),
            ("mean_absolute_error", "mean_absolute_error"),
            ("huber", {"huber": 0.3}),
        )
        for last, classes in (("linear", 3), ("softmax", 3), ("sigmoid", 2))
    ),
]
"""Probabilities before a loss from logits, and distances of classes."""
