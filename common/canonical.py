"""Canonical forms: one spec of several that mean one live object.

Some specs say the same in other words: a velocity without a momentum, a
decay by half every two steps as one by √½ every step. A live object cannot
tell them apart, so reading gives the form that stands here. What a backend
builds and reads is therefore held to one law, read(build(spec)) ==
canonical(spec), and canonical(canonical(spec)) == canonical(spec).

These are all such cases.
"""

import math
from typing import Any

from common.architecture import Place, places
from common.element import Element
from common.initializers import TruncatedNormal, Zeros
from common.layer import LayerElement, Shape
from common.layers import Concatenate, Dense, Flatten, Residual
from common.optimizers import SGD
from common.schedules import (
    Changing,
    Constant,
    Exponential,
    MultiStep,
    NaturalExponential,
    StepDecay,
)


def canonical(spec: Any, shape: Shape | None = None) -> Any:
    """Return the form of an element that it is read back in.

    Args:
        spec: the element.
        shape: that of one sample that reaches it, if it is a layer and
            that is known.

    >>> canonical(SGD(lr=0.1, velocity="of_steps")).velocity
    'of_gradients'
    >>> canonical(Exponential(by=0.25, every=2)).by
    0.5
    """
    match spec:
        case TruncatedNormal(limits=(-2.0, 2.0)):
            # Two deviations of 1 are the absolute bounds.
            return changed(spec, bounds="absolute")
        case SGD(momentum=0.0):
            return changed(spec, velocity="of_gradients")
        case Changing():
            return _schedule(spec)
        case LayerElement():
            return _layer(spec, shape)
        case _:
            return spec


def canonical_layers(
    layers: tuple[Any, ...], shape: Shape
) -> tuple[LayerElement, ...]:
    """Return the form of a whole network, inside of blocks as well.

    Args:
        layers: the network, input first.
        shape: that of one input sample.
    """
    return tuple(_placed(place) for place in places(layers, shape))


def changed(spec: Element, **fields: Any) -> Any:
    """Return an element with some fields changed, and checked."""
    return type(spec)(**{**dict(spec), **fields})


def _schedule(spec: Changing) -> Changing | Constant:
    match spec:
        case MultiStep(boundary="last_old"):
            return changed(spec, at=spec.milestones, boundary="first_new")
        case Exponential(staircase=True):
            return StepDecay(every=spec.every, by=spec.by, per=spec.per)
        case Exponential(by=1.0):
            return Constant()
        case Exponential():
            return changed(spec, by=spec.by ** (1 / spec.every), every=1)
        case NaturalExponential():
            return _schedule(Exponential(by=math.exp(-spec.k), per=spec.per))
        case _:
            return spec


def _layer(spec: LayerElement, shape: Shape | None) -> LayerElement:
    found: LayerElement = spec
    for name in ("kernel_initializer", "bias_initializer"):
        drawn = getattr(spec, name, None)
        if drawn is not None:
            found = changed(found, **{name: canonical(drawn)})
    match found:
        case Dense(bias=False):
            return changed(found, bias_initializer=Zeros())
        case Flatten() if shape is not None and len(shape) != 3:
            # Without channels there is but one order.
            return changed(found, order="channels_last")
        case Residual(shortcut=()):
            return changed(found, shortcut="identity")
        case _:
            return found


def _placed(place: Place) -> LayerElement:
    spec = place.layer
    blocks = {
        role: tuple(_placed(each) for each in block)
        for role, block in place.blocks.items()
    }
    after = [_placed(each) for each in place.after or ()]
    match spec:
        case Residual():
            spec = Residual(**blocks, activation=after[0] if after else None)
        case Concatenate():
            spec = Concatenate(branches=tuple(blocks.values()))
    return _layer(spec, place.input_shape)
