"""A user's optimiser in neutral terms, read from Keras, and others instead."""

import math
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
from framework_parity.common.spec.clipping import ByGlobalNorm, Clipping
from framework_parity.common.spec.groups import ParameterGroup
from framework_parity.common.spec.node import members
from framework_parity.common.spec.optimizers import Optimizer
from framework_parity.keras_impl import introspect
from framework_parity.keras_impl.optimizer_extensions import ParameterGroups
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
    tensors are excluded from weight decay by a method. A rate of its own is
    that of one of the optimisers in a `MultiOptimizer`.
    """
    parameters = list(parameters)
    updaters = _updaters(optimizer, parameters)
    distinct = list({id(each): each for each in updaters.values()}.values())
    read = OptimizerRead(
        _described(distinct),
        _clipping_of(distinct),
        rate_of(optimizer, parameters),
        getattr(first_of(distinct), "gradient_accumulation_steps", None) or 1,
    )
    for index, name, _, own in parameters:
        each: Any = updaters.get(id(own[0]))
        decay = getattr(each, "weight_decay", None)
        read.stepped.setdefault(index, {})[name] = True
        read.decayed.setdefault(index, {})[name] = bool(
            decay and each._use_weight_decay(own[0])
        )
        factor = 1.0
        if each is not None and (rate := _rate(each)) != read.rate:
            factor = rate / read.rate if read.rate else math.inf
        if isinstance(each, ParameterGroups):
            factor *= each.own(own[0])[0]
        read.factors.setdefault(index, {})[name] = factor
    return read


def rate_of(optimizer: Any, parameters: Iterable[Parameter]) -> float:
    """Return the rate of the first parameter that an optimiser updates.

    Args:
        optimizer: the optimiser; None without one.
        parameters: the tensors that may be trained.
    """
    updater = first_of(_updaters(optimizer, parameters).values())
    return float("nan") if updater is None else _rate(updater)


def set_rate(
    optimizer: Any, rate: float, parameters: Iterable[Parameter]
) -> None:
    """Set the rate of the first parameter, and the others in proportion.

    Args:
        optimizer: the optimiser.
        rate: the rate of the next step.
        parameters: the tensors that may be trained.
    """
    updaters = _updaters(optimizer, parameters).values()
    before = _rate(first_of(updaters))
    for each in {id(each): each for each in updaters}.values():
        own = _rate(each)
        each.learning_rate = rate if own == before else rate * own / before


def first_of(updaters: Iterable[Any]) -> Any:
    """Return the optimiser of the first parameter, or None without one."""
    return next(iter(updaters), None)


def _rate(updater: Any) -> float:
    return float(keras.ops.convert_to_numpy(updater.learning_rate))


def _updaters(
    optimizer: Any, parameters: Iterable[Parameter]
) -> dict[int, Any]:
    """Return the optimiser that updates each variable, by its identity."""
    variables = [v for *_, own in parameters for v in own]
    if optimizer is None:
        return {}
    if not isinstance(optimizer, keras.optimizers.MultiOptimizer):
        return {id(variable): optimizer for variable in variables}
    optimizer.build([v for v in variables if v.trainable])
    places = optimizer._var_to_optimizer_idx
    return {
        id(v): optimizer.optimizers[places[optimizer._var_key(v)]]
        for v in variables
        if v.trainable
    }


def _described(updaters: list[Any]) -> Described | None:
    """Return the kind and the fields that all optimisers share.

    They may have rates of their own, and no weight decay.
    """
    found = [each for each in map(_one_described, updaters) if each]
    decays = {fields.get("weight_decay", 0.0) for _, fields in found} - {0.0}
    if not found or len(found) < len(updaters) or len(decays) > 1:
        return None
    for _, fields in found:
        if "weight_decay" in fields:
            fields["weight_decay"] = max(decays, default=0.0)
    return found[0] if all(each == found[0] for each in found) else None


def _one_described(optimizer: Any) -> Described | None:
    try:
        plain = optimizer.loss_scale_factor is None
        if type(optimizer).__module__.startswith(LIBRARY) and plain:
            spec = introspect.read(_with_a_rate(optimizer))
            fields = {k: v for k, v in spec if k not in PER_TENSOR}
            kind = spec.kind()
            if kind == "adam" and fields["weight_decay"]:
                kind = "adamw"  # the decay of every optimiser is decoupled
            return kind, fields
    except (AttributeError, LookupError):
        pass
    return None


def _clipping_of(updaters: list[Any]) -> Described | None:
    """Return how all optimisers clip gradients, or None.

    A clip by the norm of all gradients is one by that of each group's, which
    is another clipping, if there are several optimisers.
    """
    try:
        clips = [introspect.read_clipping(each) for each in updaters]
    except LookupError:
        return None
    if not clips or any(each != clips[0] for each in clips):
        return None
    if len(clips) > 1 and isinstance(clips[0], ByGlobalNorm):
        return None
    return clips[0].kind(), dict(clips[0])


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
    made, updaters = own, _updaters(own, parameters)
    read = read_optimizer(own, parameters, None)
    groups = not changes.single_rate and any(
        factor != 1 for of in read.factors.values() for factor in of.values()
    )
    chosen, clip = changes.optimizer, changes.clipping
    number = changes.accumulation
    several = isinstance(own, keras.optimizers.MultiOptimizer)
    changed = changes.rates or changes.single_rate or changes.decayed
    if chosen is None and several and changed:
        chosen, clip, number = read.described, read.clipping, read.accumulation
    if chosen is not None:
        kind, fields = chosen
        rate = next((each for each in changes.rates if each > 0), 1e-3)
        recipe: Any = SimpleNamespace(
            optimizer=OPTIMIZERS[kind](**fields, lr=rate),
            # The factors follow; any group makes the optimiser take them.
            groups=[ParameterGroup(lr_factor=0.0)] if groups else [],
            clipping=clip and CLIPPINGS[clip[0]](**clip[1]),
            accumulation=SimpleNamespace(batches=number, reduction="mean")
            if number > 1
            else None,
        )
        made = optimizer_call(recipe).construct()
        for index, name, _, variables in parameters if groups else ():
            made.add_group(variables, read.factors[index][name])
    elif changes.rates and not several:
        config = own.get_config() | {"learning_rate": changes.rates[0]}
        made = type(own).from_config(config)
    if made is not own or changes.decayed:
        # A pattern of names of the user's own is among these.
        excluded = [
            variable
            for index, name, _, variables in parameters
            for variable in variables
            if not changes.decayed.get(index, {}).get(
                name,
                updaters.get(id(variable), own)._use_weight_decay(variable),
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
