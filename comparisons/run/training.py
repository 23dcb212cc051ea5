"""Train all runs of one arm in every framework."""

from collections.abc import Callable
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
from framework_parity.comparisons.run.finished import FinishedRuns
from framework_parity.comparisons.run.replay import recorded
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.workers.worker import Progress, WorkerPair

Records = dict[str, list[Record]]


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
        finished: where the records of finished runs are stored, or None.
    """

    pair: WorkerPair
    sides: dict[str, Arm]
    settings: RunSettings
    at: Callable[[str], Progress | None]
    finished: FinishedRuns | None

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
        return {name: _held(side, steps) for name, side in self.sides.items()}

    @property
    def compared(self) -> bool:
        """Whether the frameworks start from the same weights."""
        both = len(self.sides) == 2
        return both and self.settings.randomness != "native"

    def train(self) -> tuple[Records, Records]:
        """Train, or load the records of what has been trained.

        Returns:
            Of each framework, the record of each seed; and that of seed 0
            followed by those of its perturbed runs, if they are compared.
        """
        if self._is_batched():
            return self._together()
        seeds: Records = {name: [] for name in self.sides}
        first: Records = {}
        for seed in range(self.settings.seeds):
            trained = self._alone(seed, perturbed=seed == 0 and self.compared)
            first = first or trained
            for name, records in trained.items():
                seeds[name].append(records[0])
        return seeds, first

    def _is_batched(self) -> bool:
        """Return whether all runs but the judged one are trained together."""
        others = self.settings.seeds - 1
        return self.settings.randomness == "shared" and any(
            is_batched(side, self.dtypes[name], others)
            for name, side in self.sides.items()
        )

    def _together(self) -> tuple[Records, Records]:
        alone = self._alone(0, perturbed=False)
        others = range(1, self.settings.seeds)
        nudges = {
            name: _nudges(self.dtypes[name]) if self.compared else ()
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
        rest = self._trained("train_together", "others", own, stage)
        seeds = {n: r + rest[n][len(nudges[n]) :] for n, r in alone.items()}
        first = {n: r + rest[n][: len(nudges[n])] for n, r in alone.items()}
        return seeds, first

    def _alone(self, seed: int, perturbed: bool) -> Records:
        native = self.settings.randomness == "native"
        own: dict[str, dict[str, Any]] = {
            name: {
                "seed": seed,
                "nudges": _nudges(self.dtypes[name]) if perturbed else (),
                "nudged_epochs": self.held[name],
                "native": native,
            }
            for name in self.sides
        }
        return self._trained("train", f"seed{seed}", own, f"seed {seed}")

    def _trained(
        self, task: str, key: str, own: dict[str, dict[str, Any]], stage: str
    ) -> Records:
        """Return the records of a task of both frameworks, by its name."""
        dtypes = self.dtypes
        arguments = {
            name: {"arm": side, "dtype": dtypes[name], **own[name]}
            for name, side in self.sides.items()
        }
        known = self._finished(key, arguments)
        if known is not None:
            return known
        if self.settings.randomness == "replay":
            for name, side in self.sides.items():
                given = arguments[name]
                given["drawn"] = recorded(self.pair, side, given["seed"])
        precisions = " and ".join(dict.fromkeys(dtypes.values()))
        trained: Records = self.pair.ask_each(
            task, arguments, self.at(f"{precisions}, {stage}")
        )
        if self.finished is not None:
            for name, records in trained.items():
                self.finished.save(name, key, arguments[name], records)
        return trained

    def _finished(
        self, key: str, arguments: dict[str, dict[str, Any]]
    ) -> Records | None:
        """Return the records of both frameworks, if both have finished."""
        if self.finished is None:
            return None
        known: Records = {}
        for name, given in arguments.items():
            records = self.finished.load(name, key, given)
            if records is None:
                return None
            known[name] = records
        return known


def _nudges(dtype: Dtype) -> tuple[int, ...]:
    return NUDGES if dtype == "float64" else NUDGES_FLOAT32


def _held(arm: Arm, steps: int) -> int | None:
    total = arm.recipe.epochs
    every = arm.recipe.evaluate_every or total
    epochs = -(-epochs_of(arm, steps) // every) * every
    return epochs if epochs < total else None
