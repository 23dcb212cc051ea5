"""The mutants of training code: rows of the conventions, and DeepCrime's."""

from pathlib import Path

import pytest

from framework_parity.comparisons.workers.worker import WorkerPair
from tests.comparisons.compare.recipe_mutants import Mutant, judged, mutants
from tests.comparisons.compare.recipe_pairs import Pair, compared, sound

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "files", [pytest.param(files, id=name) for name, files in sound()]
)
def test_a_sound_pair_agrees(
    both: WorkerPair, tmp_path: Path, files: Pair
) -> None:
    result = compared(both, tmp_path, files)
    assert result.verdict == "agree", result.rungs
    assert result.level == "trajectory"


@pytest.mark.parametrize(
    "mutant", [pytest.param(each, id=each.name) for each in mutants()]
)
def test_a_mutant_is_caught_and_named(
    both: WorkerPair, tmp_path: Path, mutant: Mutant
) -> None:
    result = compared(both, tmp_path, mutant.pair)
    caught, first, named = judged(mutant, result)
    causes = [each.slug for each in result.causes]
    assert caught
    assert first, (result.first_training, result.outputs)
    assert named, causes
