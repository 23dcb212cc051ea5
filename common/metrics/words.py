"""Statistics in words, for captions and the labels of axes."""

from typing import Any

from framework_parity.common.metrics.run import read_statistic

PARTS = {"train": "training", "validation": "validation", "test": "test"}

# In braces: the arguments of the statistic, in their order.
WORDS = {
    "parameters": "number of parameters",
    "live_parameters": "number of parameters, counted in the built model",
    "epochs": "number of epochs until training ended",
    "best_epoch": "best epoch",
    "gap": "test loss minus training loss",
    "accuracy_gap": "training accuracy minus test accuracy",
    "diverged": "share of the runs that diverge",
    "diverged_at": "step at which training diverges",
    "first_epoch": "first epoch at which the {0} reaches {1}",
    "lowest": "lowest {0}",
    "last": "{0} of the last epoch",
    "variance": "variance of the {0}",
    "step_loss": "loss of the batch of step {0}",
    "gradient_norm": "gradient norm of {0} at step {1}",
    "gradient_ratio": (
        "gradient norm of the first layer, divided by that of the last"
    ),
    "steps": "number of steps",
    "gradient_noise": "change of the gradient norm from step to step",
    "near_zero": "share of the weights between -{0} and {0}",
    "weight_norm": "norm of all weights",
    "weight": "final value of a weight of {0}",
    "unit_spread": "standard deviation of the weights of {0} over its units",
    "rate_error": "relative error of the learning rate",
    "rate": "learning rate of step {0}",
    "dead_share": "share of dead units",
    "dead_by_weights": "share of dead units, by the signs of the weights",
    "nonpositive_units": "share of ReLU units without a positive weight",
    "dropout_error": "error of the dropout against its formula",
    "dropout_kept": "share of the units that dropout keeps",
    "sample_gradient": "gradient of one sample by {0}",
    "output": "output of {0} for one sample",
    "value_error": "error of the value of {0} against its formula",
    "slope_error": "error of the slope of {0} against its formula",
    "steepest": "largest slope of {0}",
    "separability": "share of the variance between the classes, in {0}",
    "second_moment": "mean square of the outputs of {0}",
    "nearest_mean": "share of samples nearest to the mean of their class, "
    "in {0}",
}


def in_words(statistic: str) -> str:
    """Return a statistic in words.

    A statistic that has no entry in `WORDS` is named by its own words.

    >>> in_words('first_epoch("train_loss", 0.3)')
    'first epoch at which the training loss reaches 0.3'
    >>> in_words('variance("train_loss", 10)')
    'variance of the training loss after epoch 10'
    >>> in_words("test_accuracy")
    'test accuracy'
    """
    read, arguments = read_statistic(statistic)
    given = [_argument(value) for value in arguments]
    template = WORDS.get(read.name)
    if template is None:
        return ", ".join([curve_words(read.name), *given])
    text = template.format(*given)
    if read.name == "variance" and arguments[1:] and arguments[1]:
        text += f" after epoch {given[1]}"
    return text


def curve_words(name: str) -> str:
    """Return the name of a curve or of a metric in words.

    >>> curve_words("train_loss"), curve_words("epoch")
    ('training loss', 'epoch')
    """
    part, _, metric = name.partition("_")
    if part in PARTS and metric:
        return f"{PARTS[part]} {metric.replace('_', ' ')}"
    return name.replace("_", " ")


def _argument(value: Any) -> str:
    if isinstance(value, str):
        part, _, metric = value.partition("_")
        is_curve = part in PARTS and metric in ("loss", "accuracy")
        return curve_words(value) if is_curve else value
    return f"{value:g}"
