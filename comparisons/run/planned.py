"""How long several experiments will take, from the steps that they train."""

import time
from collections.abc import Sequence

from framework_parity.common.data.image_cache import reading
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.two_sided.arms import sides_of
from framework_parity.common.spec.two_sided.experiment import TwoSided
from framework_parity.common.training.batches import steps_per_epoch
from framework_parity.comparisons.ladder.thresholds import NUDGES
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.run.training import held_epochs, nudges_of


def planned_steps(
    experiment: Experiment | TwoSided, settings: RunSettings
) -> int:
    """Return the number of steps that one framework trains.

    Early stopping is not taken into account.

    Args:
        experiment: the experiment.
        settings: the settings of the run.

    Returns:
        The steps of all arms: each seed, the perturbed runs of seed 0, and
        the trajectories of the ladder.
    """
    both = len(settings.backends) == 2
    compared = both and settings.randomness != "native"
    total = 0
    with reading(settings.images):
        for name in experiment.arms:
            side = next(iter(sides_of(experiment.arm(name)).values()))
            samples = side.data.part_sizes()["train"]
            each = steps_per_epoch(side.recipe, samples)
            epochs = side.recipe.epochs
            total += settings.seeds * epochs * each
            if compared:
                nudges = nudges_of(settings.dtype or side.recipe.precision)
                held = held_epochs(side, settings.held_steps) or epochs
                total += len(nudges) * held * each
            if both:
                total += (1 + len(NUDGES)) * settings.trajectory_steps
    return total


class Outlook:
    """The titles of several experiments, with the time that is left.

    The time is estimated from the steps of the experiments before. A step of
    one network takes longer than that of another, so it is a rough figure.

    Args:
        steps: the planned steps of each experiment.
    """

    def __init__(self, steps: Sequence[int]) -> None:
        self.steps = steps
        self._began = time.monotonic()

    def title(self, name: str, place: int) -> str:
        """Return the title of an experiment that begins now.

        Args:
            name: its name.
            place: its index.

        Returns:
            The name, and where there are several experiments its number and,
            from the second on, the estimated time until all are done.
        """
        if len(self.steps) == 1:
            return name
        number = f"{place + 1} of {len(self.steps)}"
        done = sum(self.steps[:place])
        if not done:
            return f"{name} ({number})"
        each = (time.monotonic() - self._began) / done
        left = each * sum(self.steps[place:])
        return f"{name} ({number}, about {_duration(left)} left)"


def _duration(seconds: float) -> str:
    """Return a rough duration.

    >>> _duration(40), _duration(600), _duration(9000)
    ('1 min', '10 min', '2 h 30 min')
    """
    minutes = max(1, round(seconds / 60))
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"
