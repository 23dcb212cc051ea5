"""Records: the results of a training run."""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Curve: TypeAlias = npt.NDArray[Any]
Tensors: TypeAlias = dict[str, npt.NDArray[Any]]

# A loss this many times its first value has diverged. Saturated units then
# multiply rounding errors by slopes as large.
DIVERGED_LOSS = 1e6

# The final metrics in order of preference.
METRICS = ("test_accuracy", "test_loss", "train_accuracy", "train_loss")


@dataclass
class Record:
    """One training run of one arm in one framework.

    Attributes:
        steps: curves with one entry per step: `loss` of the batch before its
            update, `rate` as the framework used it, and, if requested,
            `gradient_norm` of shape (steps, parameters).
        epochs: curves with one entry per evaluation: `epoch`, and
            `train_loss`, `validation_accuracy` and so on.
        final: the last evaluation by name, with `test_loss` and
            `test_accuracy`, `parameters`, `epochs`, `best_epoch`.
        weights: all tensors at the end, by neutral name.
        parameters: the names of the trainable ones, in the order of the
            columns of `gradient_norm`.
        grid: for one- and two-dimensional data, predictions on
            `common.training.loop.grid`.
        probes: the measurements of `common.spec.probes`, by the name of the
            probe and of the layer or tensor, `representations/dense_1`; the
            first axis is that of the measurements, which were made after
            the epochs in `representations/epoch`.
        seconds: wall time of the steps alone.
    """

    steps: dict[str, Curve]
    epochs: dict[str, Curve]
    final: dict[str, float]
    weights: Tensors
    parameters: tuple[str, ...] = ()
    grid: Curve | None = None
    probes: dict[str, Curve] = field(default_factory=dict)
    seconds: float = field(default=0.0, compare=False)

    @property
    def metric(self) -> str:
        """The name of the preferred final metric."""
        return next(name for name in METRICS if name in self.final)

    @property
    def diverged_at(self) -> int | None:
        """The step at which training diverges, or None.

        It is the first step whose loss or gradient is not finite, or whose
        loss is more than `DIVERGED_LOSS` times that of step 0 in absolute
        value. A gradient that is not finite makes the next loss NaN.
        """
        steps = [loss_divergence_step(self.steps["loss"])]
        for curve in self.steps.values():
            lost = ~np.isfinite(curve.reshape(len(curve), -1)).all(1)
            steps.append(int(lost.argmax()) if lost.any() else None)
        return min((step for step in steps if step is not None), default=None)

    def truncated_at(self, epoch: int) -> "Record":
        """Return the curves up to an epoch, without weights or predictions."""
        shown = int((self.epochs["epoch"] <= epoch).sum())
        share = epoch / self.final["epochs"]
        steps = round(len(self.steps["loss"]) * min(share, 1.0))
        return replace(
            self,
            steps={name: curve[:steps] for name, curve in self.steps.items()},
            epochs={
                name: curve[:shown] for name, curve in self.epochs.items()
            },
            weights={},
            grid=None,
        )

    def digest(self) -> str:
        """Return a hash of all results except the wall time."""
        return digest(
            {
                **{f"steps/{k}": v for k, v in self.steps.items()},
                **{f"epochs/{k}": v for k, v in self.epochs.items()},
                **{f"final/{k}": np.array(v) for k, v in self.final.items()},
                **{f"weights/{k}": v for k, v in self.weights.items()},
                **{f"probes/{k}": v for k, v in self.probes.items()},
                "grid": np.array(0) if self.grid is None else self.grid,
            }
        )


def digest(arrays: dict[str, npt.NDArray[Any]]) -> str:
    """Return a hash of the names, dtypes, shapes and bytes of some arrays.

    >>> digest({"a": np.zeros(2)}) == digest({"a": np.zeros((2, 1))})
    False
    """
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        total.update(array.reshape(-1).view(np.uint8).data)
    return total.hexdigest()[:16]


def loss_divergence_step(loss: Curve) -> int | None:
    """Return the first step at which a loss has diverged, or None.

    Args:
        loss: one value for each step, of shape (steps,).

    >>> loss_divergence_step(np.array([0.5, 4.0, 1e3, 5.1e5]))
    3
    >>> loss_divergence_step(np.array([0.5, np.nan]))
    1
    """
    first = abs(float(loss[0])) or 1.0
    diverged = ~(np.isfinite(loss) & (np.abs(loss) <= DIVERGED_LOSS * first))
    return int(diverged.argmax()) if diverged.any() else None
