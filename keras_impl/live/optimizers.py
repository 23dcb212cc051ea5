"""A user's optimiser in neutral terms, read from Keras, and others instead."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import keras
import tensorflow as tf

from framework_parity.common.live.elements import Described
from framework_parity.common.live.records import (
    PER_TENSOR,
    Changes,
    OptimizerRead,
    Parameter,
)
from framework_parity.common.spec.clipping import Clipping
from framework_parity.common.spec.node import members
from framework_parity.common.spec.optimizers import Optimizer
from framework_parity.keras_impl import introspect
from framework_parity.keras_impl.updates import optimizer_call

LIBRARY = ("keras.", "framework_parity.")
"""Modules whose optimisers do what their arguments say."""

OPTIMIZERS: dict[str, Any] = {each.kind(): each for each in members(Optimizer)}
CLIPPINGS: dict[str, Any] = {each.kind(): each for each in members(Clipping)}


def read_optimizer(
    optimizer: Any,
    parameters: Iterable[Parameter],
    clipping: Described | None,
) -> OptimizerRead:
    """Return an optimiser in neutral terms.

    Args:
        optimizer: the optimiser; None without one.
        parameters: the tensors that may be trained.
        clipping: not used.

    Translation: clipping and accumulation are arguments of the optimiser, and
    tensors are excluded from weight decay by a method.
    """
    described: Described | None = None
    try:
        plain = optimizer.loss_scale_factor is None
        if type(optimizer).__module__.startswith(LIBRARY) and plain:
            spec = introspect.read(_with_a_rate(optimizer))
            fields = {k: v for k, v in spec if k not in PER_TENSOR}
            kind = spec.kind()
            if kind == "adam" and fields["weight_decay"]:
                kind = "adamw"  # the decay of every optimiser is decoupled
            described = kind, fields
    except (AttributeError, LookupError):
        pass
    try:
        clip = introspect.read_clipping(optimizer)
        clipping = clip.kind(), dict(clip)
    except LookupError:
        clipping = None
    steps = getattr(optimizer, "gradient_accumulation_steps", None)
    rate = float("nan")
    if optimizer is not None:
        rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
    read = OptimizerRead(described, clipping, rate, steps or 1)
    decay = getattr(optimizer, "weight_decay", None)
    for index, name, _, own in parameters:
        read.stepped.setdefault(index, {})[name] = True
        read.decayed.setdefault(index, {})[name] = bool(
            decay and optimizer._use_weight_decay(own[0])
        )
        read.factors.setdefault(index, {})[name] = 1.0
    return read


def _with_a_rate(optimizer: Any) -> Any:
    """Return an optimiser whose rate is not 0, as that of a warm-up is."""
    if float(keras.ops.convert_to_numpy(optimizer.learning_rate)) > 0:
        return optimizer
    config = optimizer.get_config() | {"learning_rate": 1.0}
    return type(optimizer).from_config(config)


def replaced_optimizer(
    own: Any, changes: Changes, parameters: list[Parameter]
) -> Any:
    """Return the user's optimiser with changes, or another one.

    Args:
        own: the user's, which has not been built.
        changes: what is replaced.
        parameters: the tensors that may be trained.
    """
    made = own
    if changes.optimizer is not None:
        kind, fields = changes.optimizer
        rate = next((each for each in changes.rates if each > 0), 1e-3)
        clip, number = changes.clipping, changes.accumulation
        recipe: Any = SimpleNamespace(
            optimizer=OPTIMIZERS[kind](**fields, lr=rate),
            clipping=clip and CLIPPINGS[clip[0]](**clip[1]),
            accumulation=SimpleNamespace(batches=number, reduction="mean")
            if number > 1
            else None,
        )
        made = optimizer_call(recipe).construct()
    elif changes.rates:
        config = own.get_config() | {"learning_rate": changes.rates[0]}
        made = type(own).from_config(config)
    if made is not own or changes.decayed:
        # A pattern of names of the user's own is among these.
        excluded = [
            variable
            for index, name, _, variables in parameters
            for variable in variables
            if not changes.decayed.get(index, {}).get(
                name, own._use_weight_decay(variable)
            )
        ]
        made.exclude_from_weight_decay(var_list=excluded)
    skipped = {
        id(variable)
        for index, name, _, variables in parameters
        for variable in variables
        if not changes.stepped.get(index, {}).get(name, True)
    }
    if changes.dense or skipped:
        plain = made.apply

        def apply(grads: Any, variables: Any) -> Any:
            pairs = [
                (tf.convert_to_tensor(grad), variable)
                for grad, variable in zip(grads, variables, strict=True)
                if grad is not None and id(variable) not in skipped
            ]
            return plain(*zip(*pairs, strict=True))

        object.__setattr__(made, "apply", apply)
    return made
