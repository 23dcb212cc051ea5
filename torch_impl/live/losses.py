"""The loss functions of PyTorch that a user's function calls."""

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from framework_parity.common.live.losses import LossCall
from framework_parity.common.live.sites import user_site
from framework_parity.torch_impl.live.tensors import to_array
from framework_parity.torch_impl.live.trace import LIBRARY


@contextmanager
def watched_losses() -> Iterator[list[LossCall]]:
    """Note the loss functions that are called.

    Yields:
        A list, to which each call is appended, those within another left
        out.
    """
    with _Watcher() as watcher:
        yield watcher.calls


class _Watcher(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[LossCall] = []

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(function, "__name__", "")
        known = vars(functional).get(name)
        if name in LOSSES and known is not None and function is known:
            given = inspect.signature(known).bind(*args, **kwargs)
            given.apply_defaults()
            kind, fields = LOSSES[name](given.arguments)
            pred, target = given.arguments["input"], given.arguments["target"]
            form = "values"
            if kind == "cross_entropy":
                form = "one_hot" if target.shape == pred.shape else "labels"
            site = user_site(sys._getframe(1), LIBRARY)
            self.calls.append(LossCall(kind, fields, form, site))
        return function(*args, **kwargs)


Read = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]


def _reduced(given: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return the fields, with the reduction and weights of classes."""
    labels = given["target"].dtype == torch.int64
    weights = None
    if given.get("weight") is not None:
        weights = to_array(given["weight"]).tolist()
    ignored = given.get("ignore_index", -1)
    if labels and 0 <= ignored < given["input"].shape[1]:
        weights = weights or [1.0] * given["input"].shape[1]
        weights[ignored] = 0.0
    if weights is not None:
        fields["class_weights"] = tuple(weights)
        fields["mean_of"] = "weights" if labels else "samples"
    return fields | {"reduction": given["reduction"]}


def _cross_entropy(given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "cross_entropy", _reduced(
        given, input="logits", label_smoothing=given["label_smoothing"]
    )


def _nll(given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "cross_entropy", _reduced(
        given, input="log_probabilities", label_smoothing=0.0
    )


def _binary(given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "binary_cross_entropy", _reduced(
        given, input="probabilities", label_smoothing=0.0
    )


def _binary_of_logits(given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    fields = _reduced(given, input="logits", label_smoothing=0.0)
    if given["pos_weight"] is not None:
        fields["positive"] = float(given["pos_weight"].reshape(-1)[0])
    return "binary_cross_entropy", fields


def _squared(given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "mean_squared_error", _reduced(given)


def _absolute(given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "mean_absolute_error", _reduced(given)


def _huber(given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "huber", _reduced(given, delta=given["delta"], divisor=1.0)


def _smooth(given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    beta = given["beta"]
    return "huber", _reduced(given, delta=beta, divisor=beta)


LOSSES: dict[str, Read] = {
    "cross_entropy": _cross_entropy,
    "nll_loss": _nll,
    "binary_cross_entropy": _binary,
    "binary_cross_entropy_with_logits": _binary_of_logits,
    "mse_loss": _squared,
    "l1_loss": _absolute,
    "huber_loss": _huber,
    "smooth_l1_loss": _smooth,
}
"""Readers of the functions, which the classes call as well."""
