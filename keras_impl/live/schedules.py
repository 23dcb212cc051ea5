"""What changes the learning rate of a live Keras model's training."""

from typing import Any

from framework_parity.common.live.loading import called
from framework_parity.keras_impl.live.fit import fit_arguments


class LiveSchedule:
    """The callbacks of the user's `fit_config`, if the file defines it.

    Each step is an epoch to them.

    Args:
        address: of the user's code.
        functions: of the user's file.
        model: the user's model.
        optimizer: the optimiser.
    """

    def __init__(
        self, address: str, functions: Any, model: Any, optimizer: Any
    ) -> None:
        self.address = address
        config = fit_arguments(address, functions)
        self.callbacks: list[Any] = list(config.get("callbacks") or ())
        fitted = _Fitted(model, optimizer)
        for callback in self.callbacks:
            callback.set_params({})
            callback.set_model(fitted)
            called(address, "a callback", callback.on_train_begin, {})

    def before(self, step: int) -> None:
        """Set the rate of a step, before it."""
        for callback in self.callbacks:
            begin = callback.on_epoch_begin
            called(self.address, "a callback", begin, step, {})

    def after(self, step: int, loss: float) -> None:
        """Set the rate of the next step.

        Args:
            step: the step that is over.
            loss: its loss.
        """
        logs = {"loss": loss, "val_loss": loss}
        for callback in self.callbacks:
            end = callback.on_epoch_end
            called(self.address, "a callback", end, step, dict(logs))


class _Fitted:
    """A model with the optimiser that trains it, as callbacks see it."""

    def __init__(self, model: Any, optimizer: Any) -> None:
        self._model, self.optimizer = model, optimizer
        self.stop_training = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)
