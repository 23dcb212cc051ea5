"""Record the random values of PyTorch, to replay them in both frameworks."""

from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.experiment import Experiment
from framework_parity.common.spec.layers.augmentation import (
    RandomCrop,
    RandomFlip,
)
from framework_parity.common.spec.replay import RecordedDraws
from framework_parity.common.spec.two_sided.experiment import TwoSided
from framework_parity.comparisons.workers.worker import WorkerPair


def demand_replayable(experiment: Experiment | TwoSided) -> None:
    """Raise an error for an experiment that cannot be replayed.

    Args:
        experiment: the experiment.

    Raises:
        SpecError: if the batch order is drawn only once, if images are
            augmented at random, or if a value has two sides.
    """
    if isinstance(experiment, TwoSided):
        raise SpecError(
            experiment.values[0].name,
            "has a value for each framework, but '--randomness replay' needs "
            "the same specification in both",
        )
    for arm in map(experiment.arm, experiment.arms):
        if arm.recipe.shuffle == "once":
            raise SpecError(
                "recipe.shuffle",
                "is 'once', as written or as the dialect fills it in, but "
                "'--randomness replay' uses the draws of PyTorch, and a "
                "DataLoader draws an order for each epoch; use 'each_epoch' "
                "or 'never'",
            )
        for node in arm.all_nodes:
            if isinstance(node.layer, RandomCrop | RandomFlip):
                raise SpecError(
                    f"arms.{arm.name}",
                    f"has a '{node.layer.kind()}', but '--randomness "
                    "replay' records only initial weights and dropout masks",
                )


def recorded(pair: WorkerPair, arm: Arm, run: int) -> RecordedDraws:
    """Return the random values that PyTorch draws in one run of an arm.

    Where Keras runs alone, a PyTorch worker is started for this.

    Args:
        pair: the workers.
        arm: the arm.
        run: index of the run, which is added to the seed of the replay.

    Returns:
        The data, weights, batch order and masks.
    """
    if "torch" not in pair.workers:
        options = pair.options | {"store": None}
        with WorkerPair(("torch",), **options) as alone:
            return recorded(alone, arm, run)
    seed = arm.replay.seed + run
    future = pair.workers["torch"].submit("record", arm=arm, seed=seed)
    drawn: RecordedDraws = future.result()
    return drawn
