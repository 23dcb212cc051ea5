"""The cases of further windows, and of other layers, as a table.

Each row holds the arguments of one `Case`; see `tests.cases`.
"""

from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]

SIDES = (7, 4)


def _over(id: str, *layers: Any, **more: Any) -> Row:  # noqa: A002
    """Put layers over a sequence (7, 4) between two with parameters."""
    return {
        "id": id,
        "layers": [{"dense": 4}, *layers, "flatten", {"dense": 3}],
        "sides": SIDES,
        **more,
    }


CONVOLUTIONS: dict[str, dict[str, Any]] = {
    "valid": {},
    "same": {"padding": "same"},
    "same-stride": {"padding": "same", "stride": 2},
    "same-even": {"padding": "same", "size": 4},
    "causal": {"padding": "causal"},
    "causal-stride": {"padding": "causal", "stride": 2},
    "causal-dilation": {"padding": "causal", "dilation": 2},
    "half": {"padding": "half"},
    "half-stride": {"padding": "half", "stride": 2},
    "symmetric": {"padding": {"symmetric": 2}},
    "stride": {"stride": 3},
    "dilation": {"dilation": 2},
    "groups": {"groups": 2},
    "groups-causal": {"groups": 2, "padding": "causal"},
    "channels": {"groups": 4},
    "plain": {"bias": False},
    "pointwise": {"size": 1},
    "torch": {
        "kernel_initializer": "fan_in_uniform",
        "bias_initializer": "fan_in_uniform",
    },
}

POOLS: dict[str, dict[str, Any]] = {
    "plain": {},
    "overlapping": {"size": 3, "stride": 1},
    "apart": {"size": 2, "stride": 3},
    "same": {"size": 3, "padding": "same"},
    "same-even": {"size": 2, "padding": "same"},
    "half": {"size": 3, "padding": "half"},
    "symmetric": {"size": 4, "stride": 2, "padding": {"symmetric": 2}},
}

ROWS: list[Row] = [
    *(
        _over(
            f"conv1d-{name}",
            {"conv1d": {"filters": 4, "size": 3, **fields}},
            "tanh",
        )
        for name, fields in CONVOLUTIONS.items()
    ),
    *(
        _over(f"max_pool1d-{name}", {"max_pool1d": {"size": 2, **fields}})
        for name, fields in POOLS.items()
    ),
    _over(
        "max_pool1d-ties",
        {"dense": {"units": 3, "kernel_initializer": "zeros"}},
        {"max_pool1d": {"size": 3, "stride": 2}},
        smooth=False,
    ),
    *(
        _over(
            f"average_pool1d-{name}-{counted}",
            {
                "average_pool1d": {
                    "size": 2,
                    "count_padding": counted == "counted",
                    **fields,
                }
            },
        )
        for name, fields in POOLS.items()
        for counted in ("counted", "uncounted")
    ),
]
"""Windows over sequences."""
