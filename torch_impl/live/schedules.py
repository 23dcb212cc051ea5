"""What changes the learning rate of a live PyTorch model's training."""

from typing import Any

from torch.optim.lr_scheduler import ReduceLROnPlateau

from framework_parity.common.live.loading import called


class LiveSchedule:
    """The scheduler of the user's file, if it defines one.

    Args:
        address: of the user's code.
        functions: of the user's file.
        model: the user's model.
        optimizer: the optimiser.
    """

    def __init__(
        self, address: str, functions: Any, model: Any, optimizer: Any
    ) -> None:
        self.address, self.scheduler = address, None
        if "make_scheduler" in functions:
            make = functions["make_scheduler"]
            self.scheduler = called(address, "make_scheduler", make, optimizer)

    def before(self, step: int) -> None:
        """Set the rate of a step, before it."""

    def after(self, step: int, loss: float) -> None:
        """Set the rate of the next step.

        Args:
            step: the step that is over.
            loss: its loss.
        """
        if self.scheduler is None:
            return
        given = [loss] if isinstance(self.scheduler, ReduceLROnPlateau) else []
        called(self.address, "the scheduler", self.scheduler.step, *given)
