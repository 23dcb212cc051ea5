"""Why do sigmoids keep the first layers of a deep network from learning?

On the way back through a layer, a gradient is multiplied by the slope of the
activation: at most 1/4 for a sigmoid, 1 for an active ReLU (Hochreiter 1991;
Glorot and Bengio 2010). Ten layers, nine of them of 64 units (full: 128),
learn a polynomial of degree nine: lesson 0, with PyTorch's initial weights.

With sigmoid, the gradient of the first layer is 1.5e-10 of that of the last
(median over the steps), with tanh 2e-8, and with ReLU 0.44 of it; with five
layers of sigmoids it is 5e-4. The gradients of all ten layers of ReLUs are
within a factor of 6 to 14. There is another effect that is usually not
mentioned: the sigmoid and tanh networks end as a constant, the mean (their
loss is the variance of the targets, 11.2, where that of ReLU is 5.3), and from
then on the gradient of the last layer decreases, too. Batch normalisation
before each sigmoid is a cure for the gradient, 0.17, but 300 epochs do not
show that the network learns with it: one of five seeds ends with a loss of
17.6, the others with 5.9 to 7.0.

The notebook warns where the gradient of the last layer is less than 0.01 of
the first, which is the wrong way round. For a sigmoid network of its size it
computes 5.6e8, and prints that gradients flow reasonably.
"""

from typing import Any

from framework_parity.comparisons.experiments._lesson_data import polynomial
from framework_parity.comparisons.experiments._lessons import Lesson
from framework_parity.comparisons.experiments._words import claim, hidden

DATASETS = ("polynomial",)

DEPTH = 10
WIDTHS = {"quick": 64, "full": 128}
EPOCHS = {"quick": 300, "full": 10_000}
ACTIVATIONS = ("sigmoid", "tanh", "relu")
LOOKS = ("dense_1", "dense_5", "dense_10")


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one profile."""
    epochs = EPOCHS[profile]
    return {
        "name": "vanishing_gradients",
        "dialect": "torch",
        "data": polynomial(),
        "recipe": {
            "loss": "mean_squared_error",
            "optimizer": {"adam": 0.005},
            "batch_size": "full",
            "epochs": epochs,
            "shuffle": "never",
            "evaluate_every": epochs // 20,
        },
        "arms": _arms(profile),
        "claims": [
            *_layers(),
            *_samples(),
            *_remedies(),
            *([] if profile == "quick" else [SCALED]),
        ],
        "probes": {
            "gradient_norm": True,
            "per_sample_gradients": {
                "places": LOOKS,
                "epochs": [1, epochs // 2, "last"],
            },
        },
        "notebook": [
            {
                "says": "The gradient vanishes if the last layer's gradient "
                "norm, divided by the first layer's, is below 0.01.",
                "correction": "A vanishing gradient is small in the first "
                "layers, so that this ratio is large: for the sigmoid "
                "network it is 5.6e8 after 1,000 epochs, and the notebook "
                "prints 'Gradients flowing reasonably through all layers'. "
                "The test should be on first over last.",
                "claims": ["the_notebooks_test_warns", "sigmoid_vanishes"],
            },
            {
                "says": "In the first epoch all activations show reasonable "
                "gradients, and in the last sigmoid's have collapsed.",
                "correction": "With sigmoid the gradients of the first layer "
                "are already tiny in the first epoch: they vanish by the "
                "product of slopes, which training does not cause.",
                "claims": ["sigmoid_starts_healthy", "sigmoid_collapses"],
            },
        ],
        "plots": [
            "gradient_norms",
            {"gradient_table": {"step": "last"}},
            "sample_gradients",
            "fit",
            {"bars": {"statistic": "gradient_ratio", "log": True}},
            {"bars": "gap"},
        ],
    }


def _layers() -> list[dict[str, str]]:
    """Return claims about the gradients of all layers."""
    last, first = (
        f'sigmoid.gradient_norm("dense_{n}/kernel", -1)' for n in (DEPTH, 1)
    )
    return [
        claim(
            "sigmoid_vanishes",
            "With sigmoid, less than a hundredth of the last layer's "
            "gradient reaches the first.",
            "sigmoid.gradient_ratio < 0.01",
        ),
        claim(
            "tanh_vanishes",
            "With tanh, less than a hundredth does, too.",
            "tanh.gradient_ratio < 0.01",
        ),
        claim(
            "tanh_vanishes_less",
            "With tanh, a larger share does than with sigmoid.",
            "tanh.gradient_ratio > sigmoid.gradient_ratio",
        ),
        claim(
            "relu_does_not_vanish",
            "With ReLU, more than a hundredth does.",
            "relu.gradient_ratio >= 0.01",
        ),
        claim(
            "relu_is_stable_in_all_layers",
            "With ReLU, the gradient norms of all layers are within a factor "
            "of 10.",
            "relu.gradient_spread < 10",
        ),
        claim(
            "fewer_layers_vanish_less",
            "With sigmoid and half the layers, a larger share does.",
            "sigmoid_5.gradient_ratio > sigmoid.gradient_ratio",
        ),
        claim(
            "the_notebooks_test_warns",
            "With sigmoid, the last layer's gradient is less than a "
            "hundredth of the first layer's at the end, as the notebook "
            "tests.",
            f"{last} < 0.01 * {first}",
        ),
    ]


def _samples() -> list[dict[str, str]]:
    """Return claims about the gradients of single samples in layer 1."""

    def deviation(arm: str, record: int) -> str:
        return f'{arm}.gradient_deviation("dense_1/kernel", {record})'

    return [
        claim(
            "sigmoid_starts_healthy",
            "After one epoch, the samples' gradients by the first kernel "
            "deviate with sigmoid at least a hundredth as much as with ReLU.",
            f"{deviation('sigmoid', 0)} >= 0.01 * {deviation('relu', 0)}",
        ),
        claim(
            "sigmoid_collapses",
            "With sigmoid, they deviate less than a tenth as much at the end "
            "as after one epoch.",
            f"{deviation('sigmoid', -1)} < 0.1 * {deviation('sigmoid', 0)}",
        ),
        claim(
            "relu_does_not_collapse",
            "With ReLU, they deviate at least a tenth as much.",
            f"{deviation('relu', -1)} >= 0.1 * {deviation('relu', 0)}",
        ),
    ]


def _remedies() -> list[dict[str, str]]:
    return [
        claim(
            "batch_norm_is_a_cure",
            "With batch normalisation before each sigmoid, more than a "
            "hundredth of the last layer's gradient reaches the first.",
            "sigmoid_batch_norm.gradient_ratio >= 0.01",
        ),
        claim(
            "batch_norm_lets_sigmoid_learn",
            "With batch normalisation, the sigmoid network has a lower "
            "training loss than without.",
            "sigmoid_batch_norm.train_loss < sigmoid.train_loss",
        ),
    ]


SCALED = claim(
    "scaled_inputs_are_better",
    "With ReLU and inputs in [-1, 1], the test loss is lower than with inputs "
    "in [0, 10].",
    "relu.test_loss < relu_unscaled.test_loss",
)


def _arms(profile: str) -> dict[str, Any]:
    """Return networks of `DEPTH` layers, of other depths, and remedies.

    The quick profile has fewer, and no `relu_unscaled`.
    """
    others: dict[str, tuple[int, ...]] = dict.fromkeys(ACTIVATIONS, (5, 15))
    normed: tuple[str, ...] = ("sigmoid", "relu")
    if profile == "quick":
        others, normed = {"sigmoid": (5,)}, ("sigmoid",)
    width = WIDTHS[profile]
    unscaled = {
        "layers": _network("relu", width, DEPTH),
        "data": polynomial() | {"scaling": "none"},
    }
    return {
        **{name: _network(name, width, DEPTH) for name in ACTIVATIONS},
        **{
            f"{name}_{depth}": _network(name, width, depth)
            for name, depths in others.items()
            for depth in depths
        },
        **{
            f"{name}_batch_norm": _network(name, width, DEPTH, "batch_norm")
            for name in normed
        },
        **({} if profile == "quick" else {"relu_unscaled": unscaled}),
    }


def _network(
    activation: str, width: int, depth: int, *before: str
) -> list[Any]:
    """Return `depth` dense layers, the last of which has one unit."""
    widths = [width] * (depth - 1)
    return [
        *hidden(*widths, activation=activation, before=before),
        {"dense": 1},
    ]


LESSONS = {0: Lesson(written, DATASETS)}
