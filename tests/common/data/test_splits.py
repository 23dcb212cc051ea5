"""Splits: the rows of each part, and their order."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from framework_parity.common.data.spec import Data
from framework_parity.common.data.splits import (
    RowIndices,
    Split,
    count,
    hold_out,
)
from framework_parity.common.spec.errors import SpecError
from framework_parity.common.spec.load import parse
from framework_parity.common.spec.losses import CrossEntropy, MeanSquaredError
from tests.common.written import experiment

SIZES = (*range(2, 40), 50, 99, 100, 150, 1000, 1797)
SHARES = (0.01, 0.07, 0.1, 0.14, 0.15, 0.2, 0.25, 0.3, 1 / 3, 0.5, 0.9, 0.99)
SPLITS: tuple[Split, ...] = ("stratified", "random", "last", "first")


def rows(samples: int) -> RowIndices:
    return np.arange(samples)


@pytest.mark.parametrize("split", ["random", "stratified"])
@pytest.mark.parametrize("seed", [0, 7])
def test_random_split_matches_scikit_learn(split: Split, seed: int) -> None:
    """The same rows, as many, are held out, in file order."""
    for samples, share in product(SIZES, SHARES):
        labels = rows(samples) % 2
        size = count(split, samples, share)
        if min(size, samples - size) < (2 if split == "stratified" else 1):
            continue
        if split == "stratified" and samples < 4:
            continue
        stay, held = train_test_split(
            rows(samples),
            test_size=share,
            random_state=seed,
            stratify=labels if split == "stratified" else None,
        )
        result = hold_out(split, rows(samples), size, seed, labels)
        assert result[0].tolist() == sorted(stay)
        assert result[1].tolist() == sorted(held)


def test_counts_of_the_shares() -> None:
    assert count("random", 50, 0.14) == count("stratified", 50, 0.14) == 8
    assert count("last", 50, 0.14) == count("first", 50, 0.14) == 7
    assert count("last", 10, 0.3) == count("random", 10, 0.3) == 3
    assert {count(split, 10, 0.0) for split in SPLITS} == {0}


def counting(samples: int = 20, **fields: Any) -> Data:
    """Return samples that are their own row numbers, in three classes."""
    points = {
        "x": [[row] for row in range(samples)],
        "y": [row % 3 for row in range(samples)],
        "classes": 3,
    }
    return Data.model_validate({"points": points, "scaling": "none", **fields})


def split_rows(data: Data) -> dict[str, list[int]]:
    parts = data.parts(CrossEntropy())
    return {
        name: part.x[:, 0].astype(int).tolist() for name, part in parts.items()
    }


def test_last_leaves_the_order_train_validation_test() -> None:
    data = counting(split="last", test=0.2, validation=0.25)
    assert split_rows(data) == {
        "train": list(range(12)),
        "validation": list(range(12, 16)),
        "test": list(range(16, 20)),
    }


def test_first_takes_the_test_part_before_the_validation_part() -> None:
    data = counting(split="first", test=0.2, validation=0.25)
    assert split_rows(data) == {
        "train": list(range(8, 20)),
        "validation": list(range(4, 8)),
        "test": list(range(4)),
    }


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("validation", [0.0, 0.2, "test"])
@pytest.mark.parametrize("split", SPLITS)
def test_the_rows_of_each_part_keep_the_order_of_the_source(
    split: str, validation: Any, seed: int
) -> None:
    data = counting(60, split=split, validation=validation, seed=seed)
    result = split_rows(data)
    for part in result.values():
        assert part == sorted(part)
    others = [r for name, r in result.items() if name != "validation"]
    if validation != "test":
        others.append(result.get("validation", []))
    assert sorted(row for part in others for row in part) == list(range(60))
    sizes = {name: n for name, n in data.part_sizes().items() if n}
    assert {name: len(part) for name, part in result.items()} == sizes


def test_targets_stay_beside_their_samples() -> None:
    for split in SPLITS:
        for part in counting(60, split=split).parts(CrossEntropy()).values():
            np.testing.assert_array_equal(part.x[:, 0] % 3, part.y)


def test_stratified_split_without_classes_is_random() -> None:
    fields = {"sine": {}, "scaling": "none"}
    stratified, random = (
        Data.model_validate({**fields, "split": split}).parts(
            MeanSquaredError()
        )
        for split in ("stratified", "random")
    )
    for part in stratified:
        np.testing.assert_array_equal(stratified[part].x, random[part].x)


@pytest.mark.parametrize("test", [0.0, 0.2])
def test_class_with_one_sample_is_refused_before_drawing(
    test: float,
) -> None:
    points = {"x": [[n] for n in range(20)], "y": [0] * 19 + [1], "classes": 2}
    data = {"points": points, "test": test}
    with pytest.raises(SpecError) as caught:
        parse(experiment(data=data))
    assert caught.value.field == "data.split"
    assert "class 1 has a single sample, sample 20" in caught.value.message
    assert "use 'split: random'" in caught.value.message


def test_class_with_one_sample_behind_the_test_part_is_refused() -> None:
    """Two samples of a class are one in the test part and one behind it."""
    points = {
        "x": [[n] for n in range(20)],
        "y": [0] * 18 + [1] * 2,
        "classes": 2,
    }
    data = {"points": points, "test": 0.5, "validation": 0.5}
    with pytest.raises(SpecError, match="single sample behind the test"):
        parse(experiment(data=data))


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("stratify", "'split'"),
        ("validation_split", "'split: last'"),
        ("test_size", "'test'"),
        ("random_state", "'seed'"),
        ("shuffle", "in 'recipe'"),
        ("batch_size", "in 'recipe'"),
    ],
)
def test_fields_of_other_libraries_are_explained(
    field: str, message: str
) -> None:
    with pytest.raises(SpecError) as caught:
        parse(experiment(data={"digits": {}, field: 0}))
    assert caught.value.field == f"data.{field}"
    assert message in caught.value.message


def test_samples_of_a_part_are_of_all_classes_and_in_order() -> None:
    part = counting(60, test=0, validation=0).parts(CrossEntropy())["train"]
    assert part.some(60) is part
    some = part.some(30)
    rows_seen = some.x[:, 0].tolist()
    assert len(some) == 30
    assert rows_seen == sorted(set(rows_seen))
    assert max(rows_seen) > 45
    np.testing.assert_array_equal(some.x[:, 0] % 3, some.y)


def test_a_target_is_scaled_by_the_training_part_alone() -> None:
    fields = {"sine": {"samples": 50}, "split": "last"}
    raw, scaled = (
        Data.model_validate({**fields, "target_scaling": scaling}).parts(
            MeanSquaredError()
        )
        for scaling in ("none", "standardize")
    )
    train = raw["train"].y
    for name, part in scaled.items():
        expected = (raw[name].y - train.mean()) / train.std()
        np.testing.assert_allclose(part.y, expected, rtol=0, atol=1e-14)
        np.testing.assert_array_equal(part.x, raw[name].x)


def test_a_target_of_inputs_is_the_scaled_sample() -> None:
    fields = {"digits": {"samples": 90}, "scaling": "min_max"}
    given = Data.model_validate(fields).parts(MeanSquaredError())
    inputs = Data.model_validate(fields | {"target": "inputs"})
    for name, part in inputs.parts(MeanSquaredError()).items():
        np.testing.assert_array_equal(part.x, given[name].x)
        np.testing.assert_array_equal(part.y, given[name].x)
    # The parts are those of the classes, of which there is none now.
    assert inputs.class_count is None
    assert inputs.target_shape(MeanSquaredError()) == (8, 8, 1)


def test_target_scaling_of_classes_is_refused() -> None:
    with pytest.raises(SpecError, match="the target is a class") as caught:
        parse(experiment(data={"spiral": {}, "target_scaling": "min_max"}))
    assert caught.value.field == "data.target_scaling"


def test_scaling_in_blocks_equals_scaling_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from framework_parity.common.data import scaling

    fields = {"noise": {"samples": 200, "sides": [3, 2, 1]}}
    for word in (
        "standardize",
        "min_max",
        "symmetric",
        {"normalize": {"mean": 0.1, "deviation": 0.3}},
    ):
        data = Data.model_validate({**fields, "scaling": word})
        whole = data.parts(CrossEntropy())
        with monkeypatch.context() as now:
            now.setattr(scaling, "BLOCK", 60)
            pieces = data.parts(CrossEntropy())
        for part in whole:
            np.testing.assert_allclose(
                pieces[part].x, whole[part].x, rtol=0, atol=1e-14
            )


def test_part_is_rounded_once_to_the_type_of_training() -> None:
    data = Data.model_validate({"spiral": {}})
    exact = data.parts(CrossEntropy())
    for name, part in data.parts(CrossEntropy(), dtype="float32").items():
        assert part.x.dtype == np.float32
        np.testing.assert_array_equal(part.x, exact[name].x.astype(np.float32))
