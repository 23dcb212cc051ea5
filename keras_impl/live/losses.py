"""The loss functions of Keras that a user's function calls."""

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from framework_parity.common.live.losses import LossCall
from framework_parity.common.live.sites import user_site
from framework_parity.keras_impl.live.trace import LIBRARY


@contextmanager
def watched_losses() -> Iterator[list[LossCall]]:
    """Note the loss functions that are called.

    Yields:
        A list, to which each call is appended, those within another left
        out.
    """
    watcher = _Watcher()
    with watcher:
        yield watcher.calls


class _Watcher:
    def __init__(self) -> None:
        self.calls: list[LossCall] = []
        self.inside = 0
        self.saved: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> "_Watcher":
        plain = keras.losses.Loss.__call__
        self._patch(keras.losses.Loss, "__call__", self._of_class(plain))
        for place in (keras.losses, keras.ops, keras.metrics, tf.nn):
            for name in LOSSES.keys() & vars(place).keys():
                function = getattr(place, name)
                self._patch(place, name, self._of_function(function, name))
        return self

    def __exit__(self, *error: object) -> None:
        for place, name, plain in reversed(self.saved):
            setattr(place, name, plain)

    def _patch(self, place: Any, name: str, replaced: Any) -> None:
        self.saved.append((place, name, getattr(place, name)))
        setattr(place, name, replaced)

    def _of_class(self, plain: Any) -> Any:
        def call(live: Any, *args: Any, **kwargs: Any) -> Any:
            function = getattr(live, "fn", None)
            name = getattr(function, "__name__", type(live).__name__)
            given = dict(getattr(live, "_fn_kwargs", {}))
            given["reduction"] = REDUCTIONS.get(live.reduction, live.reduction)
            self._note(name, given)
            return self._whole(plain, live, *args, **kwargs)

        return call

    def _of_function(self, plain: Any, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            bound = inspect.signature(plain).bind(*args, **kwargs)
            bound.apply_defaults()
            self._note(name, dict(bound.arguments) | {"reduction": "none"})
            return self._whole(plain, *args, **kwargs)

        return call

    def _whole(self, plain: Any, *args: Any, **kwargs: Any) -> Any:
        self.inside += 1
        try:
            return plain(*args, **kwargs)
        finally:
            self.inside -= 1

    def _note(self, name: str, given: dict[str, Any]) -> None:
        if self.inside or name not in LOSSES:
            return
        kind, fields, form = LOSSES[name](given)
        if kind not in ("cross_entropy", "binary_cross_entropy"):
            sums = fields["reduction"] == "sum"
            fields["reduction"] = "sum_of_means" if sums else "mean"
        site = user_site(sys._getframe(1), LIBRARY)
        self.calls.append(LossCall(kind, fields, form, site))


REDUCTIONS = {
    "sum_over_batch_size": "mean",
    "mean": "mean",
    "auto": "mean",
    None: "none",
    "none": "none",
}

Read = Callable[[dict[str, Any]], tuple[str, dict[str, Any], str]]


def _of(given: dict[str, Any]) -> dict[str, Any]:
    fields = {
        "input": "logits" if given.get("from_logits") else "probabilities",
        "label_smoothing": float(given.get("label_smoothing", 0.0)),
        "reduction": given["reduction"],
    }
    if not given.get("from_logits"):
        fields["clip"] = keras.config.epsilon()
    return fields


def _sparse(given: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    fields = _of(given)
    if fields["input"] == "probabilities":
        fields["clipped_first"] = True
    return "cross_entropy", fields, "labels"


def _categorical(given: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    return "cross_entropy", _of(given), "one_hot"


def _binary(given: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    return "binary_cross_entropy", _of(given), "values"


def _squared(given: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    fields = {"reduction": given["reduction"]}
    return "mean_squared_error", fields, "values"


def _absolute(given: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    fields = {"reduction": given["reduction"]}
    return "mean_absolute_error", fields, "values"


def _huber(given: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    fields = {
        "delta": float(given.get("delta", 1.0)),
        "divisor": 1.0,
        "reduction": given["reduction"],
    }
    return "huber", fields, "values"


def _of_tensorflow(
    kind: str, form: str
) -> Callable[[dict[str, Any]], tuple[str, dict[str, Any], str]]:
    def read(given: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
        fields = {
            "input": "logits",
            "label_smoothing": 0.0,
            "reduction": given["reduction"],
        }
        if given.get("pos_weight") is not None:
            fields["positive"] = float(given["pos_weight"])
        return kind, fields, form

    return read


LOSSES: dict[str, Read] = {
    "sigmoid_cross_entropy_with_logits": _of_tensorflow(
        "binary_cross_entropy", "values"
    ),
    "weighted_cross_entropy_with_logits": _of_tensorflow(
        "binary_cross_entropy", "values"
    ),
    "softmax_cross_entropy_with_logits": _of_tensorflow(
        "cross_entropy", "one_hot"
    ),
    "sparse_softmax_cross_entropy_with_logits": _of_tensorflow(
        "cross_entropy", "labels"
    ),
    "sparse_categorical_crossentropy": _sparse,
    "categorical_crossentropy": _categorical,
    "binary_crossentropy": _binary,
    "mean_squared_error": _squared,
    "mean_absolute_error": _absolute,
    "huber": _huber,
}
"""Readers of the functions, which the classes call as well."""
