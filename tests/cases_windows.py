"""The cases of further windows, and of other layers, as a table.

Each row holds the arguments of one `Case`; see `tests.cases`.
"""

from typing import Any, TypeAlias

from tests.cases_ranks import AXES, placed

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


def _norm(kind: str, **fields: Any) -> dict[str, Any]:
    return {kind: {"epsilon": 0.1, **fields}}


# Before a normalisation, the gradient of a bias is only rounding.
BIASLESS = {"dense": {"units": 6, "bias": False}}

NORMS: list[Row] = [
    *(
        placed(
            f"group_norm-{rank}-{groups}{'' if affine else '-plain'}",
            rank,
            *before,
            _norm("group_norm", groups=groups, affine=affine),
            "tanh",
        )
        for rank, before, all_groups in (
            ("vector", [BIASLESS], (1, 2, 3)),
            ("sequence", [], (1, 3)),
            ("image", [], (1, 2)),
        )
        for groups in all_groups
        for affine in (True, False)
    ),
    placed(
        "group_norm-groups",
        "image",
        {"conv2d": {"filters": 6, "size": 1, "bias": False}},
        {"group_norm": {"groups": 3, "epsilon": 1e-5}},
        "tanh",
    ),
    *(
        placed(
            f"rms_norm-{rank}-{axes}{'' if affine else '-plain'}",
            rank,
            _norm("rms_norm", axes=axes, affine=affine),
            "tanh",
        )
        for rank, all_axes in AXES.items()
        for axes in all_axes
        for affine in (True, False)
    ),
    *(
        placed(
            f"rms_norm-{name}-{affine}",
            "sequence",
            {"rms_norm": {"epsilon": epsilon, "affine": affine}},
            "tanh",
        )
        for name, epsilon in (("machine", "machine"), ("keras", 1e-6))
        for affine in (True, False)
    ),
]
"""Normalisations of groups of channels, and by the root mean square."""
ROWS += NORMS

RIMS: dict[str, dict[str, Any]] = {
    "both": {"start": 1},
    "start": {"start": 2, "end": 0},
    "end": {"start": 0, "end": 1},
}

RESIZED: list[Row] = [
    *(
        placed(f"{kind}-{rank}-{name}", rank, "tanh", {kind: fields}, "tanh")
        for kind in ("zero_padding", "cropping")
        for rank in ("sequence", "image")
        for name, fields in RIMS.items()
    ),
    *(
        placed(
            f"{kind}-image-sides",
            "image",
            "tanh",
            {kind: {"start": [1, 0], "end": [1, 2]}},
            {"conv2d": {"filters": 2, "size": 2}},
        )
        for kind in ("zero_padding", "cropping")
    ),
    placed("zero_padding-wide", "image", {"zero_padding": [3, 2]}),
    *(
        placed(f"upsampling-{name}", "image", "tanh", {"upsampling": factor})
        for name, factor in (("even", 2), ("uneven", [1, 3]))
    ),
    *(
        placed(
            f"upsampling-{interpolation}-{name}",
            "image",
            "tanh",
            {"upsampling": {"factor": factor, "interpolation": interpolation}},
        )
        for interpolation in ("bilinear", "bilinear_aligned")
        for name, factor in (("even", 2), ("uneven", [1, 3]))
    ),
]
"""Zeros around samples, parts of them, and repeated pixels."""
ROWS += RESIZED

CUTS: dict[str, dict[str, Any]] = {
    "valid": {},
    "valid-stride": {"stride": 2},
    "valid-apart": {"size": 2, "stride": 3},
    "valid-added": {"stride": 2, "output_padding": 1},
    "same": {"padding": "same"},
    "same-stride": {"padding": "same", "stride": 2},
    "same-even": {"padding": "same", "size": 4, "stride": 2},
    "same-even-odd": {"padding": "same", "size": 2},
    "same-apart": {"padding": "same", "size": [3, 1], "stride": [1, 3]},
    "same-mixed": {"padding": "same", "size": [4, 1], "stride": [3, 2]},
    "symmetric": {"padding": {"symmetric": 1}},
    "symmetric-stride": {"padding": {"symmetric": 1}, "stride": 2},
    "symmetric-added": {
        "padding": {"symmetric": [1, 0]},
        "stride": 2,
        "output_padding": [1, 0],
    },
    "symmetric-twice": {
        "size": 4,
        "padding": {"symmetric": 1},
        "stride": 2,
        "bias": False,
    },
    "plain": {"bias": False},
    "torch": {
        "kernel_initializer": "fan_in_uniform",
        "bias_initializer": "fan_in_uniform",
    },
}

ROWS += [
    {
        "id": f"conv2d_transpose-{name}",
        "layers": [
            {"conv2d": {"filters": 2, "size": 1}},
            {"conv2d_transpose": {"filters": 3, "size": 3, **fields}},
            "tanh",
            "flatten",
            {"dense": 3},
        ],
        "sides": (3, 4, 3),
    }
    for name, fields in CUTS.items()
]


def _arranged(
    id: str,  # noqa: A002 - the column's name
    sides: Any,
    layer: Any,
    *after: Any,
) -> Row:
    """Put a layer behind one with parameters, so that it passes slopes on."""
    first: Any = {"dense": sides[-1]}
    if len(sides) == 3:
        first = {"conv2d": {"filters": sides[-1], "size": 1}}
    return {
        "id": id,
        "layers": [first, layer, "tanh", *after, {"dense": 3}],
        "sides": sides,
    }


ARRANGED: list[Row] = [
    *(
        _arranged(
            f"reshape-{name}-{order}",
            sides,
            {"reshape": {"shape": shape, "order": order}},
            *after,
        )
        for order in ("channels_first", "channels_last")
        for name, sides, shape, after in (
            ("vector-sequence", (6,), [2, 3], [{"dense": 2}, "flatten"]),
            (
                "vector-image",
                (12,),
                [2, 3, 2],
                [{"conv2d": {"filters": 2, "size": 2}}, "flatten"],
            ),
            ("sequence-vector", (4, 3), [12], []),
            ("sequence-sequence", (4, 3), [2, 6], ["flatten"]),
            ("sequence-image", (4, 6), [2, 4, 3], ["global_average_pool"]),
            ("image-sequence", (2, 3, 4), [8, 3], ["global_average_pool"]),
            ("image-image", (2, 3, 4), [4, 2, 3], ["global_average_pool"]),
        )
    ),
    _arranged(
        "permute-sequence",
        (4, 3),
        {"permute": ["channels", "time"]},
        {"dense": 2},
        "flatten",
    ),
    *(
        _arranged(
            f"permute-image-{''.join(axis[0] for axis in axes)}",
            (2, 3, 4),
            {"permute": axes},
            "global_average_pool",
        )
        for axes in (
            ["width", "height", "channels"],
            ["channels", "height", "width"],
            ["height", "channels", "width"],
            ["width", "channels", "height"],
        )
    ),
    _arranged("repeat", (5,), {"repeat": 3}, {"lstm": 2}),
    *(
        _arranged(
            f"pixel_shuffle-{name}-{order}",
            sides,
            {"pixel_shuffle": {"factor": factor, "order": order}},
            {"conv2d": {"filters": 2, "size": 2}},
            "flatten",
        )
        for order in ("channels_first", "channels_last")
        for name, sides, factor in (
            ("one", (2, 3, 4), 2),
            ("two", (2, 3, 8), 2),
            ("thirds", (1, 2, 18), 3),
        )
    ),
]
"""Numbers in another shape or order."""
ROWS += ARRANGED
