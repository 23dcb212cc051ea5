"""What `fit` adds to a live Keras model's training, and no other loop has."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras.src.losses.losses import LossFunctionWrapper

from framework_parity.common.live.loading import called
from framework_parity.common.spec.errors import SpecError
from framework_parity.keras_impl.extensions import ExactL1L2
from framework_parity.keras_impl.live.tensors import from_array, to_array

PENALTIES = (
    keras.regularizers.L1,
    keras.regularizers.L2,
    keras.regularizers.L1L2,
)
"""Regularizers that can be computed without constants in float32."""


def fit_arguments(address: str, functions: Any) -> dict[str, Any]:
    """Return the arguments of `fit` that the user's file gives.

    Args:
        address: of the user's code.
        functions: of the user's file.

    Raises:
        SpecError: if `fit_config` raises, or returns no dictionary.
    """
    if "fit_config" not in functions:
        return {}
    config = called(address, "fit_config", functions["fit_config"])
    if not isinstance(config, dict):
        raise SpecError(
            address,
            f"fit_config returned {type(config).__name__}, expected a "
            "dictionary of arguments of `fit`",
        )
    return config


def fitted_class_weights(address: str, functions: Any) -> dict[int, float]:
    """Return the class weights among those arguments.

    Args:
        address: of the user's code.
        functions: of the user's file.

    Raises:
        SpecError: if the loss is a function of the file, which cannot take
            them.
    """
    weights = fit_arguments(address, functions).get("class_weight") or {}
    if weights and "loss" in functions:
        raise SpecError(
            address,
            "class_weight of fit_config needs the loss of a compiled model; "
            "remove the function `loss`",
        )
    return dict(weights)


def last_part(n: int, fraction: float) -> tuple[range, range]:
    """Return the indices that `validation_split` trains and validates on.

    Args:
        n: number of samples.
        fraction: that is held back.
    """
    cut = math.floor(n * (1.0 - fraction))
    return range(cut), range(cut, n)


def compiled_loss(
    loss: Any, class_weights: dict[int, float], dtype: str
) -> Callable[[Any, Any], Any]:
    """Return the loss of a compiled model as a function.

    Args:
        loss: what the model was compiled with.
        class_weights: of the classes; may be empty.
        dtype: the precision.

    Returns:
        A function of the outputs and the targets.
    """
    compiled = keras.losses.get(loss)
    library = getattr(compiled, "__module__", "").startswith("keras.")
    plain = not isinstance(compiled, keras.losses.Loss)
    if plain and (library or class_weights):
        compiled = LossFunctionWrapper(compiled)  # as `compile` does
    if not class_weights:
        return lambda pred, target: compiled(target, pred)

    def weighted(pred: Any, target: Any) -> Any:
        y = to_array(target)
        if y.ndim > 1:
            y = y.argmax(-1) if y.shape[-1] != 1 else y[..., 0]
        weights = np.ones(y.shape)
        for label, weight in class_weights.items():
            weights[y == label] = weight
        return compiled(target, pred, from_array(weights.astype(dtype)))

    return weighted


def weight_fields(
    class_weights: dict[int, float], classes: int
) -> dict[str, Any]:
    """Return class weights as fields of a loss.

    Args:
        class_weights: by label; 1 for those that are missing.
        classes: number of outputs.
    """
    weights = [class_weights.get(each, 1.0) for each in range(max(classes, 2))]
    return {"class_weights": tuple(map(float, weights)), "mean_of": "samples"}


def with_patience(config: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of `fit`, with the patience of early stopping."""
    values = dict(config)
    for callback in values.pop("callbacks", None) or ():
        if isinstance(callback, keras.callbacks.EarlyStopping):
            values["patience"] = callback.patience
    return values


def penalty_factor(variable: Any) -> float | None:
    """Return the factor of a variable's L2 penalty; 0 without a penalty.

    None for a penalty of another kind.

    Args:
        variable: of the model.
    """
    rule = getattr(variable, "regularizer", None)
    if rule is None:
        return 0.0
    if not isinstance(rule, PENALTIES) or getattr(rule, "l1", None):
        return None
    return float(rule.l2)


@contextmanager
def regularizers_replaced(
    variables: list[Any], factors: dict[int, float] | None
) -> Iterator[None]:
    """Compute penalties without constants in float32, or others.

    Args:
        variables: of the model.
        factors: of L2, by the identity of the variable, which is without a
            penalty if it is not there; None for those that it has.
    """
    before = [getattr(each, "regularizer", None) for each in variables]
    for variable, rule in zip(variables, before, strict=True):
        if factors is not None:
            factor = factors.get(id(variable), 0.0)
            new = ExactL1L2(l1=0.0, l2=factor) if factor else None
        elif isinstance(rule, PENALTIES):
            l1, l2 = getattr(rule, "l1", 0.0), getattr(rule, "l2", 0.0)
            new = ExactL1L2(l1=float(l1), l2=float(l2))
        else:
            new = rule
        if new is not rule:
            variable.regularizer = new
    try:
        yield
    finally:
        for variable, rule in zip(variables, before, strict=True):
            if getattr(variable, "regularizer", None) is not rule:
                variable.regularizer = rule


def copied(model: Any) -> Any:
    """Return an optimiser like that of a compiled model, not yet used.

    Args:
        model: the model.
    """
    own = model.optimizer
    made = type(own).from_config(own.get_config())
    made.exclude_from_weight_decay(
        [v for v in model.variables if not own._use_weight_decay(v)]
    )
    return made
