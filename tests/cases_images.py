"""The cases on images, as a table; see `tests.cases`.

Each row holds the arguments of one `Case`.
"""

from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]

# A layer with parameters before one without, so that the gradient that the
# latter passes on is tested. Sides of 8 and 7: one even and one odd.
POINT = {"conv2d": {"filters": 2, "size": 1}}
# With two channels, a normalisation leaves only which is the larger: a step
# function, which depends on rounding.
BIASLESS_POINT = {"conv2d": {"filters": 5, "size": 1, "bias": False}}
EVEN_AND_ODD = (8, 7, 3)


def _row(
    id: str,  # noqa: A002 - the column's name
    layers: list[Any],
    smooth: bool = True,
) -> Row:
    return {
        "id": id,
        "layers": layers,
        "sides": EVEN_AND_ODD,
        "smooth": smooth,
    }


def _image(
    id: str,  # noqa: A002 - the column's name
    *layers: Any,
    before: Any = POINT,
    smooth: bool = True,
) -> Row:
    """Put layers between one with parameters and a dense one, on images."""
    whole = [before, *layers, "flatten", {"dense": 3}]
    return _row(id, whole, smooth)


def _conv(**fields: Any) -> dict[str, Any]:
    return {"conv2d": {"filters": 4, "size": 3, **fields}}


def _depthwise(**fields: Any) -> dict[str, Any]:
    return {"depthwise_conv2d": {"size": 3, **fields}}


def _pool(kind: str, **fields: Any) -> dict[str, Any]:
    return {kind: {"size": 3, "stride": 2, **fields}}


PADDINGS: dict[str, Any] = {
    "valid": "valid",
    "same": "same",
    "half": "half",
    "symmetric": {"symmetric": [0, 1]},
}


ROWS: list[Row] = [
    *(
        _image(
            f"conv2d-{name}-stride{stride}",
            _conv(padding=padding, stride=stride),
        )
        for name, padding in PADDINGS.items()
        for stride in (1, 2)
    ),
    _image("conv2d-even", _conv(size=2, padding="same")),
    _image("conv2d-even-half", _conv(size=[4, 2], padding="half")),
    _image(
        "conv2d-sides",
        _conv(size=[2, 3], stride=[3, 1], padding={"symmetric": [2, 0]}),
    ),
    _image("conv2d-dilation", _conv(dilation=[2, 1])),
    _image("conv2d-dilation-same", _conv(dilation=2, padding="same")),
    _image("conv2d-dilation-half", _conv(dilation=[1, 2], padding="half")),
    _image("conv2d-groups", _conv(groups=2, stride=2, padding="same")),
    _image("conv2d-groups-half", _conv(groups=2, bias=False, padding="half")),
    _image(
        "conv2d-drawn",
        _conv(
            kernel_initializer="fan_in_uniform",
            bias_initializer="fan_in_uniform",
        ),
    ),
    *(
        _image(
            f"depthwise_conv2d-{name}-stride{stride}",
            _depthwise(padding=padding, stride=stride, fan_in=fan_in),
        )
        for name, padding, stride, fan_in in (
            ("valid", "valid", 1, "per_channel"),
            ("same", "same", 2, "all_channels"),
            ("half", "half", 2, "per_channel"),
            ("symmetric", {"symmetric": 1}, 1, "all_channels"),
        )
    ),
    _image(
        "depthwise_conv2d-multiplier",
        _depthwise(size=[3, 2], multiplier=3, bias=False, padding="same"),
    ),
    _image(
        "depthwise_conv2d-dilation",
        _depthwise(dilation=[2, 1], multiplier=2),
    ),
    _image(
        "depthwise_conv2d-dilation-stride",
        _depthwise(dilation=2, stride=2, padding="same"),
    ),
    _image(
        "depthwise_conv2d-dilation-half",
        _depthwise(dilation=2, stride=3, padding="half"),
    ),
    *(
        _image(f"max_pool-{name}", _pool("max_pool", padding=padding))
        for name, padding in PADDINGS.items()
    ),
    _image("max_pool-plain", {"max_pool": 2}),
    _image("max_pool-even", _pool("max_pool", size=[2, 4], padding="same")),
    # The zeros of a rectified image are ties; no layer before has parameters.
    _row(
        "max_pool-ties",
        ["relu", {"max_pool": 2}, "flatten", {"dense": 3}],
    ),
    *(
        _image(
            f"average_pool-{name}-{'all' if count else 'real'}",
            _pool("average_pool", padding=padding, count_padding=count),
        )
        for name, padding in PADDINGS.items()
        for count in (True, False)
    ),
    _image("average_pool-plain", {"average_pool": [2, 3]}),
    _row(
        "global_average_pool",
        [POINT, "tanh", "global_average_pool", {"dense": 3}],
    ),
    _row(
        "global_max_pool",
        [POINT, "tanh", "global_max_pool", {"dense": 3}],
    ),
    # All numbers of a channel are equal, so each gets a share of the gradient.
    _row(
        "global_max_pool-ties",
        [
            {
                "conv2d": {
                    "filters": 2,
                    "size": 1,
                    "kernel_initializer": "zeros",
                }
            },
            "global_max_pool",
            {"dense": 3},
        ],
        smooth=False,
    ),
    *(
        _image(
            f"layer_norm-{axes}{'' if affine else '-plain'}",
            {"layer_norm": {"axes": axes, "affine": affine}},
            "tanh",
            before=BIASLESS_POINT,
        )
        for axes in ("channels", "all")
        for affine in (True, False)
    ),
    # After a layer with parameters, so that the gradient has to pass through;
    # and before one that is not the same for every pixel.
    _image("random_flip", "random_flip", "tanh"),
    _image("random_crop", {"random_crop": 1}),
    _image("random_crop-filled", {"random_crop": {"padding": 3, "fill": 0.7}}),
    _image("random_crop-random_flip", {"random_crop": 2}, "random_flip"),
    # The parts of a small residual network on images.
    _row(
        "residual-image",
        [
            _conv(padding="same", stride=2, bias=False),
            "batch_norm",
            "tanh",
            {
                "residual": {
                    "body": [
                        _conv(padding="half", bias=False),
                        "batch_norm",
                    ],
                    "shortcut": [{"conv2d": {"filters": 4, "size": 1}}],
                    "activation": "tanh",
                }
            },
            "global_average_pool",
            {"dense": 3},
        ],
    ),
]
"""Each layer that takes images."""
