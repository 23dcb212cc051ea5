"""Train all runs of one arm in every framework."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from framework_parity.common.choices import Dtype
from framework_parity.common.spec.arm import Arm
from framework_parity.common.training.ensembles import is_batched
from framework_parity.common.training.record import Record
from framework_parity.comparisons.ladder.ladder import epochs_of
from framework_parity.comparisons.ladder.thresholds import (
    NUDGES,
    NUDGES_FLOAT32,
)
from framework_parity.comparisons.run.replay import recorded
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.workers.worker import (
    Progress,
    WorkerPair,
    results_of,
)

Records = dict[str, list[Record]]

Pending = dict[str, "Future[list[Record]]"]


@dataclass
class Submitted:
    """The runs of one arm, while the workers train them.

    Neither framework waits for the other between two runs.

    Attributes:
        pending: the records of each task, by framework.
        placed: from the records of all tasks to the records of each seed,
            and those of seed 0 followed by its perturbed runs.
    """

    pending: list[Pending]
    placed: Callable[[list[Records]], tuple[Records, Records]]

    def wait(self) -> tuple[Records, Records]:
        """Return the records when all runs have ended.

        Returns:
            Of each framework, the record of each seed; and that of seed 0
            followed by those of its perturbed runs, if they are compared.

        Raises:
            WorkerError: as soon as a framework fails.
        """
        records = [results_of(futures) for futures in self.pending]
        return self.placed(records)

    def cancel(self) -> None:
        """Cancel the runs that have not begun, after an error.

        Raises:
            WorkerError: if a run failed, which is then the cause.
        """
        futures = [each for task in self.pending for each in task.values()]
        for future in futures:
            future.cancel()
        for future in futures:
            if future.done() and not future.cancelled():
                future.result()


@dataclass
class ArmTraining:
    """The runs of one arm: each seed, and seed 0 with perturbed weights.

    The run of seed 0, which is judged, is trained by the plain loop of each
    framework. The others can be trained together, as one batched model.

    Attributes:
        pair: the workers.
        sides: the arm of each framework.
        settings: the settings of the experiment.
        at: from the name of a stage to the function that reports its
            progress.
    """

    pair: WorkerPair
    sides: dict[str, Arm]
    settings: RunSettings
    at: Callable[[str], Progress | None]

    @property
    def dtypes(self) -> dict[str, Dtype]:
        """The precision of each framework."""
        return {
            name: self.settings.dtype or side.recipe.precision
            for name, side in self.sides.items()
        }

    @property
    def held(self) -> dict[str, int | None]:
        """The number of epochs compared with the floor; None for all.

        The last of them ends with an evaluation, and the perturbed runs end
        there to save time.
        """
        steps = self.settings.held_steps
        return {
            name: held_epochs(side, steps) for name, side in self.sides.items()
        }

    @property
    def compared(self) -> bool:
        """Whether the frameworks start from the same weights."""
        both = len(self.sides) == 2
        return both and self.settings.randomness != "native"

    def submit(self) -> Submitted:
        """Submit all runs."""
        if self._is_batched():
            return self._together()
        pending = [
            self._alone(seed, perturbed=seed == 0 and self.compared)
            for seed in range(self.settings.seeds)
        ]

        def placed(records: list[Records]) -> tuple[Records, Records]:
            seeds = {
                name: [trained[name][0] for trained in records]
                for name in self.sides
            }
            return seeds, records[0]

        return Submitted(pending, placed)

    def _is_batched(self) -> bool:
        """Return whether all runs but the judged one are trained together."""
        others = self.settings.seeds - 1
        return self.settings.randomness == "shared" and any(
            is_batched(side, self.dtypes[name], others)
            for name, side in self.sides.items()
        )

    def _together(self) -> Submitted:
        alone = self._alone(0, perturbed=False)
        others = range(1, self.settings.seeds)
        nudges = {
            name: nudges_of(self.dtypes[name]) if self.compared else ()
            for name in self.sides
        }
        runs = {
            name: (
                *((0, nudge) for nudge in nudges[name]),
                *((seed, None) for seed in others),
            )
            for name in self.sides
        }
        own = {
            name: {
                "runs": runs[name],
                "batched": is_batched(
                    side, self.dtypes[name], len(runs[name])
                ),
                "nudged_epochs": self.held[name],
            }
            for name, side in self.sides.items()
        }
        stage = "perturbed runs and other seeds"
        rest = self._task("train_together", own, stage)

        def placed(records: list[Records]) -> tuple[Records, Records]:
            judged, others = records
            seeds = {
                name: first + others[name][len(nudges[name]) :]
                for name, first in judged.items()
            }
            compared = {
                name: first + others[name][: len(nudges[name])]
                for name, first in judged.items()
            }
            return seeds, compared

        return Submitted([alone, rest], placed)

    def _alone(self, seed: int, perturbed: bool) -> Pending:
        native = self.settings.randomness == "native"
        own: dict[str, dict[str, Any]] = {
            name: {
                "seed": seed,
                "nudges": nudges_of(self.dtypes[name]) if perturbed else (),
                "nudged_epochs": self.held[name],
                "native": native,
            }
            for name in self.sides
        }
        return self._task("train", own, f"seed {seed}")

    def _task(
        self, task: str, own: dict[str, dict[str, Any]], stage: str
    ) -> Pending:
        """Submit a task to each framework."""
        dtypes = self.dtypes
        precisions = " and ".join(dict.fromkeys(dtypes.values()))
        progress = self.at(f"{precisions}, {stage}")
        pending: Pending = {}
        for name, side in self.sides.items():
            given = {"arm": side, "dtype": dtypes[name], **own[name]}
            if self.settings.randomness == "replay":
                given["drawn"] = recorded(self.pair, side, given["seed"])
            worker = self.pair.workers[name]
            pending[name] = worker.submit(task, progress, **given)
        return pending


def nudges_of(dtype: Dtype) -> tuple[int, ...]:
    """Return the seeds of the perturbed runs in a precision."""
    return NUDGES if dtype == "float64" else NUDGES_FLOAT32


def held_epochs(arm: Arm, steps: int) -> int | None:
    """Return the number of epochs that are compared with the floor.

    Args:
        arm: the arm.
        steps: the number of steps that are compared at least.

    Returns:
        The epochs up to the first evaluation behind these steps; None for
        all.
    """
    total = arm.recipe.epochs
    every = arm.recipe.evaluate_every or total
    epochs = -(-epochs_of(arm, steps) // every) * every
    return epochs if epochs < total else None
