"""How much of an image do eight numbers hold?

An autoencoder learns to produce its input after a layer of few units. With
linear layers alone it cannot do better than the principal components (Baldi
and Hornik 1989), whose error on these data is known; nonlinear layers can. A
decoder makes an image of few numbers again: a transposed convolution spreads
each pixel over a window, and "resize and convolve" repeats each pixel and
convolves the result, which leaves no pattern of a checkerboard (Odena et al.
2016).
"""

from typing import Any

from framework_parity.comparisons.experiments._words import claim

DATASETS = ("digits",)

CODE = 8

# The mean squared error of the first eight principal components on the
# training part, computed with `sklearn.decomposition.PCA`.
COMPONENTS = 0.02358

_ENCODER: list[Any] = [
    {"conv2d": {"filters": 8, "size": 3, "stride": 2, "padding": "same"}},
    "relu",
    "flatten",
    {"dense": CODE},
    {"dense": 128},
    "relu",
    {"reshape": [4, 4, 8]},
]


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one profile."""
    transposed = {
        "filters": 1,
        "size": 4,
        "stride": 2,
        "padding": "same",
    }
    resized = {"filters": 1, "size": 3, "padding": "same"}
    return {
        "name": "autoencoder",
        "dialect": "keras",
        "data": {
            "digits": {},
            "scaling": {"normalize": {"mean": 0.0, "deviation": 1.0}},
            "target": "inputs",
        },
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": {"adam": 0.003},
            "batch_size": 32,
            "epochs": 20 if profile == "quick" else 200,
            "shuffle": "each_epoch",
        },
        "arms": {
            "linear": [
                "flatten",
                {"dense": CODE},
                {"dense": 64},
                {"reshape": [8, 8, 1]},
            ],
            "dense": [
                *("flatten", {"dense": 64}, "relu", {"dense": CODE}),
                *({"dense": 64}, "relu", {"dense": 64}),
                {"reshape": [8, 8, 1]},
            ],
            "transposed": [*_ENCODER, {"conv2d_transpose": transposed}],
            "resized": [*_ENCODER, {"upsampling": 2}, {"conv2d": resized}],
        },
        "claims": [
            claim(
                "linear_is_no_better_than_principal_components",
                "In training the linear one is no better than the principal "
                "components.",
                f"linear.train_loss > {COMPONENTS}",
            ),
            claim(
                "linear_is_nearly_the_principal_components",
                "Its error in training is at most a fifth larger.",
                f"linear.train_loss < 1.2 * {COMPONENTS}",
            ),
            claim(
                "dense_is_better_than_linear",
                "Layers with ReLU reproduce the test images better.",
                "dense.test_loss < linear.test_loss",
            ),
            claim(
                "transposed_is_better_than_linear",
                "A convolution and a transposed convolution reproduce them "
                "better, too.",
                "transposed.test_loss < linear.test_loss",
            ),
            claim(
                "resized_is_no_worse_than_transposed",
                "Resizing and convolving is at most 5 % worse than a "
                "transposed convolution.",
                "resized.test_loss < 1.05 * transposed.test_loss",
            ),
        ],
        "plots": [{"bars": "test_loss"}],
    }
