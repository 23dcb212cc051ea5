"""Faults to plant in a worker; an external test has to detect each.

They use the tools of `tests.faults`. A worker with `install` as its setup
has a task, `plant_external`, which removes one fault and plants the next.
"""

import sys
from typing import Any

from framework_parity.common.spec.padding import Valid
from framework_parity.comparisons.workers import tasks
from tests import faults
from tests.external import calculations, plain_optimizers
from tests.faults import _around, _misread, _module

OTHER = {
    "erf": "tanh",
    "tanh": "erf",
    "channels_first": "channels_last",
    "channels_last": "channels_first",
    "epsilon": "epsilon_hat",
    "epsilon_hat": "epsilon",
    "of_steps": "of_gradients",
    "of_gradients": "of_steps",
}


def install(backend: str) -> None:
    """Add the task that changes this process's fault."""

    def plant_external(
        trainer_class: Any, name: str, progress: Any = None
    ) -> None:
        faults.patches.undo()
        tasks._last.cache_clear()
        if name:
            getattr(sys.modules[__name__], name)(backend)

    calculations.add_tasks(backend)
    plain_optimizers.add_tasks(backend)
    setattr(tasks, plant_external.__name__, plant_external)


def gelu_form_swapped(backend: str) -> None:
    """Compute the other form of GELU."""
    _misread(backend, "gelu", form=lambda s: OTHER[s.form])


def batch_norm_epsilon(backend: str) -> None:
    """Give batch normalisation ten times its epsilon."""
    _misread(backend, "batch_norm", epsilon=lambda s: 10 * s.epsilon)


def batch_norm_running_decay(backend: str) -> None:
    """Exchange the kept and the replaced share of the running mean."""
    _misread(
        backend, "batch_norm", running_decay=lambda s: 1 - s.running_decay
    )


def layer_norm_epsilon(backend: str) -> None:
    """Give layer normalisation ten times its epsilon."""
    _misread(backend, "layer_norm", epsilon=lambda s: 10 * s.epsilon)


def group_norm_epsilon(backend: str) -> None:
    """Give group normalisation ten times its epsilon."""
    _misread(backend, "group_norm", epsilon=lambda s: 10 * s.epsilon)


def rms_norm_epsilon(backend: str) -> None:
    """Give the division by the root mean square ten times its epsilon."""
    _misread(backend, "rms_norm", epsilon=lambda s: 10 * s.epsilon)


def lstm_forward(backend: str) -> None:
    """Run an LSTM forward that should run backward."""
    _misread(backend, "lstm", direction=lambda _: "forward")


def causality_dropped(backend: str) -> None:
    """Let each step of an attention see all others."""
    _misread(backend, "multi_head_attention", causal=lambda _: False)


def padding_counted(backend: str) -> None:
    """Count padding in an average pool that excludes it, and vice versa."""
    _misread(
        backend,
        "average_pool",
        count_padding=lambda s: not s.count_padding,
    )


def padding_dropped(backend: str) -> None:
    """Do not pad the image of a convolution."""
    _misread(backend, "conv2d", padding=lambda _: Valid())


def flatten_order_swapped(backend: str) -> None:
    """Flatten in the other order of axes."""
    _misread(backend, "flatten", order=lambda s: OTHER[s.order])


def dropout_not_scaled(backend: str) -> None:
    """Do not divide what dropout keeps by the share that it keeps."""
    masked = _module(backend, "random_extensions").MaskedDropout
    name = "forward" if backend == "torch_impl" else "call"

    largest = faults._operations(backend).max

    @_around(masked, name)
    def unscaled(apply: Any, layer: Any, *rest: Any, **more: Any) -> Any:
        given = layer.mask
        layer.mask = given / largest(given)
        try:
            return apply(layer, *rest, **more)
        finally:
            layer.mask = given


def l2_not_halved(backend: str) -> None:
    """Add the whole square where the spec has half of it."""
    _misread(backend, "penalty", form=lambda _: "whole")


def nesterov_dropped(backend: str) -> None:
    """Use plain momentum where the spec has Nesterov's."""
    _misread(backend, "sgd", nesterov=lambda _: False)


def epsilon_placement_swapped(backend: str) -> None:
    """Place Adam's epsilon as the other framework does."""
    _misread(
        backend,
        "adam",
        epsilon_placement=lambda s: OTHER[s.epsilon_placement],
    )


def smoothing_doubled(backend: str) -> None:
    """Smooth the labels twice as much as the spec says."""
    _misread(
        backend,
        "cross_entropy",
        label_smoothing=lambda s: 2 * s.label_smoothing,
    )


def weights_too_wide(backend: str) -> None:
    """Draw normal weights with a deviation 10 percent too large."""
    _misread(backend, "normal", stddev=lambda s: 1.1 * s.stddev)
