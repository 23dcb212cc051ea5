"""All runs of an arm: those that are trained together are in their places."""

from dataclasses import replace

import pytest

from framework_parity.common.spec.arm import Arm
from framework_parity.comparisons.ladder.thresholds import NUDGES
from framework_parity.comparisons.run import training
from framework_parity.comparisons.run.settings import RunSettings
from framework_parity.comparisons.run.training import ArmTraining
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.cases import MLP, arm
from tests.tolerances import TRAINED, assert_close

SMALL = arm(MLP, epochs=3, precision="float64")


def arm_training(
    pair: WorkerPair, each: Arm, seeds: int, **settings: str
) -> ArmTraining:
    chosen = replace(RunSettings(seeds=seeds), **settings)  # type: ignore[arg-type]
    sides = dict.fromkeys(pair.workers, each)
    return ArmTraining(pair, sides, chosen, lambda _: None, None)


def test_runs_trained_together_are_in_their_places(
    pair: WorkerPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds, compared = arm_training(pair, SMALL, 13).train()
    monkeypatch.setattr(training, "is_batched", lambda *_: False)
    alone, compared_alone = arm_training(pair, SMALL, 13).train()
    for name in pair.workers:
        assert len(seeds[name]) == 13
        assert len(compared[name]) == 1 + len(NUDGES)
        assert seeds[name][0] is compared[name][0]
        for runs, expected in (
            (seeds[name], alone[name]),
            (compared[name], compared_alone[name]),
        ):
            for record, other in zip(runs, expected, strict=True):
                assert_close(record.steps, other.steps, TRAINED)
                assert_close(record.weights, other.weights, TRAINED)
        # The run that is judged is the plain one of the framework.
        assert seeds[name][0].digest() == alone[name][0].digest()


@pytest.mark.parametrize(
    ("seeds", "settings", "layers", "expected"),
    [
        (13, {}, MLP, True),
        (12, {}, MLP, False),
        (13, {"randomness": "native"}, MLP, False),
        (13, {"dtype": "bfloat16"}, MLP, False),
        (13, {}, [{"reshape": [5, 1]}, {"lstm": 3}], False),
    ],
    ids=["many", "few", "native", "mixed", "recurrent"],
)
def test_many_runs_are_trained_together(
    seeds: int,
    settings: dict[str, str],
    layers: list[object],
    expected: bool,
    pair: WorkerPair,
) -> None:
    asked = arm_training(pair, arm(layers), seeds, **settings)
    assert asked._is_batched() == expected
