"""Data: drawn, split and scaled, the same on every run."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.data.spec import Data, Part
from framework_parity.common.data.synthetic import (
    ArchimedeanSpiral,
    Digits,
    Linear,
    MoonsCircles,
    Noise,
    Polynomial,
    Sine,
    Spiral,
    Xor,
)
from framework_parity.common.data.tables import Points
from framework_parity.common.spec.load import parse
from framework_parity.common.spec.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    MeanSquaredError,
)
from framework_parity.common.training.record import digest

LOSSES: dict[str, Any] = {
    "digits": CrossEntropy(),
    "spiral": CrossEntropy(),
    "archimedean_spiral": CrossEntropy(),
    "moons_circles": CrossEntropy(),
    "xor": CrossEntropy(),
    "polynomial": MeanSquaredError(),
    "sine": MeanSquaredError(),
    "linear": MeanSquaredError(),
    "noise": CrossEntropy(),
    "adding_problem": MeanSquaredError(),
    "first_token": CrossEntropy(),
    "token_majority": CrossEntropy(),
    "token_order": CrossEntropy(),
    "embedded_reber": CrossEntropy(),
    "points": MeanSquaredError(),
}
WRITTEN: dict[str, Any] = {
    "digits": {},
    "spiral": {},
    "archimedean_spiral": {},
    "moons_circles": {},
    "xor": {"copies": 25, "noise": 0.1},
    "polynomial": {},
    "sine": {},
    "linear": {},
    "noise": {"scale": 3.0},
    "adding_problem": {},
    "first_token": {},
    "token_majority": {},
    "token_order": {},
    "embedded_reber": {},
    "points": {
        "x": [[float(n), 1.0 / (n + 1)] for n in range(60)],
        "y": [float(n % 7) for n in range(60)],
    },
}

each_source = pytest.mark.parametrize("source", LOSSES)
each_split = pytest.mark.parametrize(
    ("test", "validation"), [(0.2, 0.2), (0.3, 0.0), (0.0, 0.3), (0.0, 0.0)]
)


def parts(source: str, **fields: Any) -> dict[str, Part]:
    data = Data.model_validate({source: WRITTEN[source], **fields})
    return data.parts(LOSSES[source])


def rows(*arrays: Any) -> list[tuple[float, ...]]:
    """Return samples and targets as sorted rows."""
    flat = [np.asarray(a, np.float64).reshape(len(a), -1) for a in arrays]
    return sorted(map(tuple, np.concatenate(flat, axis=1).tolist()))


@each_split
@each_source
def test_parts_hold_all_samples_without_overlap(
    source: str, test: float, validation: float
) -> None:
    fields = {"test": test, "validation": validation, "scaling": "none"}
    data = Data.model_validate({source: WRITTEN[source], **fields})
    result = data.parts(LOSSES[source])
    x, y = data.source.draw(0)
    together = rows(
        np.concatenate([part.x for part in result.values()]),
        np.concatenate([part.y for part in result.values()]),
    )
    assert together == rows(x, y)
    sizes = {name: n for name, n in data.part_sizes().items() if n}
    assert {name: len(part) for name, part in result.items()} == sizes
    assert sum(sizes.values()) == data.source.size


def test_part_sizes_round_the_shares_up() -> None:
    data = Data.model_validate({"spiral": {"samples": 1001}})
    sizes = {"test": 201, "validation": 160, "train": 640}
    assert data.part_sizes() == sizes


@pytest.mark.parametrize(
    "source",
    ["digits", "spiral", "archimedean_spiral", "moons_circles", "xor"],
)
def test_stratified_parts_hold_the_classes_in_equal_shares(
    source: str,
) -> None:
    result = parts(source)
    labels = np.concatenate([part.y for part in result.values()])
    shares = np.bincount(labels) / len(labels)
    for part in result.values():
        counts = np.bincount(part.y, minlength=len(shares))
        # Each of two splits rounds a count to a neighbouring whole number.
        assert np.abs(counts - shares * len(part)).max() < 2


def with_test_part(**fields: Any) -> Data:
    """Return 20 samples, and 5 more that are the source's test part."""
    linear = {"samples": 20, "test_samples": 5}
    return Data.model_validate({"linear": linear, **fields})


@pytest.mark.parametrize("validation", [0.0, 0.25])
def test_own_test_part_is_the_last_samples(
    validation: float,
) -> None:
    data = with_test_part(validation=validation, scaling="none")
    result = data.parts(MeanSquaredError())
    x, y = data.source.draw(0)
    np.testing.assert_array_equal(result["test"].x, x[20:])
    np.testing.assert_array_equal(result["test"].y[:, 0], y[20:])
    others = [part for name, part in result.items() if name != "test"]
    together = rows(
        *(
            np.concatenate(arrays)
            for arrays in zip(
                *((part.x, part.y) for part in others), strict=True
            )
        )
    )
    assert together == rows(x[:20], y[:20])
    sizes = {name: n for name, n in data.part_sizes().items() if n}
    assert {name: len(part) for name, part in result.items()} == sizes
    assert sizes.get("validation", 0) == 20 * validation


@pytest.mark.parametrize("source", ["spiral", "linear"])
def test_validation_part_may_be_the_test_part(source: str) -> None:
    data = (
        with_test_part(validation="test")
        if source == "linear"
        else Data.model_validate({"spiral": {}, "validation": "test"})
    )
    result = data.parts(LOSSES[source])
    np.testing.assert_array_equal(result["validation"].x, result["test"].x)
    np.testing.assert_array_equal(result["validation"].y, result["test"].y)
    sizes = data.part_sizes()
    assert {name: len(part) for name, part in result.items()} == sizes
    assert sizes["train"] + sizes["test"] == data.source.size


def test_drawn_samples_may_be_passed_in() -> None:
    data = with_test_part(validation=0, scaling="none")
    x, y = np.arange(125.0).reshape(25, 5), np.arange(25.0)
    result = data.parts(MeanSquaredError(), (x, y))
    np.testing.assert_array_equal(result["train"].x, x[:20])
    np.testing.assert_array_equal(result["test"].y, y[20:, np.newaxis])


def test_scaler_is_not_fitted_on_an_own_test_part() -> None:
    raw = with_test_part(scaling="none").parts(MeanSquaredError())
    shift, scale = by_hand("standardize", raw["train"].x)
    scaled = with_test_part().parts(MeanSquaredError())["test"].x
    expected = (raw["test"].x - shift) / scale
    np.testing.assert_allclose(scaled, expected, rtol=0, atol=1e-12)


def test_test_share_has_no_effect_with_an_own_test_part() -> None:
    assert with_test_part(test=0.4) == with_test_part()
    assert with_test_part(test=0.4).test == 0.0


def test_claims_may_use_an_own_test_part() -> None:
    spec = parse(
        {
            "name": "example",
            "dialect": "torch",
            "data": {"linear": {"test_samples": 9}, "test": 0.0},
            "recipe": {
                "loss": "mean_squared_error",
                "optimizer": "adam",
                "epochs": 1,
            },
            "arms": {"only": ["relu", {"dense": 1}]},
            "claims": ["only.test_loss < 1"],
            "probes": {"representations": {"part": "test"}},
        }
    )
    assert spec.data.part_sizes()["test"] == 9


def test_unstratified_parts_are_a_different_split() -> None:
    plain, stratified = parts("digits", split="random"), parts("digits")
    assert digest({"y": plain["test"].y}) != digest(
        {"y": stratified["test"].y}
    )


def by_hand(scaling: str, train: Any) -> tuple[Any, Any]:
    """Return what is subtracted and what is divided by, per feature."""
    low, high = train.min(0), train.max(0)
    shift, scale = {
        "standardize": (train.mean(0), train.std(0)),
        "min_max": (low, high - low),
        "symmetric": ((low + high) / 2, (high - low) / 2),
    }[scaling]
    return shift, np.where(scale == 0, 1.0, scale)


@pytest.mark.parametrize("scaling", ["standardize", "min_max", "symmetric"])
@pytest.mark.parametrize(
    "source", ["spiral", "moons_circles", "xor", "polynomial", "points"]
)
def test_scalers_are_fitted_on_the_training_part_alone(
    source: str, scaling: str
) -> None:
    raw = parts(source, scaling="none")
    shift, scale = by_hand(scaling, raw["train"].x)
    for name, part in parts(source, scaling=scaling).items():
        expected = (raw[name].x - shift) / scale
        np.testing.assert_allclose(part.x, expected, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(part.y, raw[name].y)


@pytest.mark.parametrize("scaling", ["standardize", "min_max", "symmetric"])
def test_scaling_keeps_image_shapes_and_constant_pixels_finite(
    scaling: str,
) -> None:
    for part in parts("digits", scaling=scaling).values():
        assert part.x.shape[1:] == (8, 8, 1)
        assert np.isfinite(part.x).all()


@each_source
def test_the_same_spec_draws_the_same_bytes(source: str) -> None:
    def digests() -> list[str]:
        return [
            digest({"x": part.x, "y": part.y})
            for part in parts(source).values()
        ]

    assert digests() == digests()


@each_source
def test_different_seeds_split_differently(source: str) -> None:
    first, second = parts(source, seed=0), parts(source, seed=1)
    assert digest({"x": first["train"].x}) != digest({"x": second["train"].x})


@pytest.mark.parametrize(
    ("loss", "kind", "shape"),
    [
        (CrossEntropy(), "i8", (64,)),
        (BinaryCrossEntropy(), "f8", (64, 1)),
    ],
    ids=["cross_entropy", "binary_cross_entropy"],
)
def test_targets_have_the_type_and_shape_of_the_loss(
    loss: Any, kind: str, shape: Any
) -> None:
    data = Data.model_validate({"xor": {"copies": 25}})
    y = data.parts(loss)["train"].y
    assert y.dtype == np.dtype(kind)
    assert y.shape == shape
    assert set(y.ravel().tolist()) == {0, 1}


def test_regression_targets_are_one_column() -> None:
    part = parts("polynomial")["train"]
    assert part.y.shape == (len(part), 1)
    assert part.y.dtype == np.float64


def test_digits_are_the_known_images() -> None:
    x, y = Digits().draw(0)
    assert x.shape == (1797, 8, 8, 1)
    assert (x.min(), x.max()) == (0, 16)
    # Counts as the data set's own description gives them.
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(y).tolist() == counts


@pytest.mark.parametrize("samples", [300, 301, 302])
def test_spiral_shares_its_samples_between_the_arms(samples: int) -> None:
    x, y = Spiral(classes=3, samples=samples, noise=0.2).draw(0)
    assert x.shape == (samples, 2)
    assert np.ptp(np.bincount(y)) <= 1


def test_spiral_without_noise_follows_its_formula() -> None:
    x, y = Spiral(classes=2, samples=200, noise=0.0).draw(0)
    radius = np.tile(np.linspace(0, 1, 100), 2)
    angle = 4 * (radius + y)
    np.testing.assert_allclose(x[:, 0], radius * np.sin(angle), atol=1e-15)
    np.testing.assert_allclose(x[:, 1], radius * np.cos(angle), atol=1e-15)


def test_spiral_noise_changes_the_angle_only() -> None:
    x, _ = Spiral(noise=0.5).draw(0)
    still, _ = Spiral(noise=0.0).draw(0)
    lengths = np.linalg.norm(x, axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(still, axis=1))
    assert np.abs(x - still).max() > 0.1


def test_an_archimedean_spiral_without_noise_follows_its_formula() -> None:
    source = ArchimedeanSpiral(classes=3, samples=300, turns=2.0, noise=0.0)
    x, y = source.draw(0)
    assert np.bincount(y).tolist() == [100, 100, 100]
    radius = np.tile(np.linspace(0, 1, 100), 3)
    angle = 4 * np.pi * radius + 2 * np.pi * y / 3
    np.testing.assert_allclose(x[:, 0], radius * np.cos(angle), atol=1e-14)
    np.testing.assert_allclose(x[:, 1], radius * np.sin(angle), atol=1e-14)


def test_the_noise_of_an_archimedean_spiral_is_on_its_coordinates() -> None:
    quiet = ArchimedeanSpiral(samples=30_000, noise=0.0)
    noise = ArchimedeanSpiral(samples=30_000, noise=0.2).draw(1)[0]
    noise = noise - quiet.draw(1)[0]
    # Five standard errors of a deviation from 30,000 samples.
    far = 5 / np.sqrt(2 * 30_000)
    np.testing.assert_allclose(noise.std(0) / 0.2, 1, atol=far)
    # In contrast to noise on the angle, it does not vanish at the centre.
    near = noise[np.linalg.norm(quiet.draw(1)[0], axis=1) < 0.05]
    assert 0.15 < near.std() < 0.25


def test_the_noise_of_an_archimedean_spiral_is_that_of_a_script() -> None:
    # First coordinates of the first arm, then its second ones, and so on.
    draws = np.random.RandomState(42).randn(3, 2, 333)
    x, _ = ArchimedeanSpiral(samples=999, noise=0.2).draw(42)
    quiet, _ = ArchimedeanSpiral(samples=999, noise=0.0).draw(42)
    expected = 0.2 * draws.transpose(0, 2, 1).reshape(999, 2)
    np.testing.assert_allclose(x - quiet, expected, atol=1e-15)
    # The first number after numpy.random.seed(42).
    assert abs(x[0, 0] - 0.2 * 0.4967141530112327) < 1e-15


def test_moons_and_circles_without_noise_lie_on_their_lines() -> None:
    still = MoonsCircles(moons_noise=0.0, circles_noise=0.0, factor=0.5)
    x, y = still.draw(0)
    assert np.bincount(y).tolist() == [250, 250, 250, 250]
    centres = np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 2.0], [2.0, 2.0]])
    radii = np.linalg.norm(x - centres[y], axis=1)
    np.testing.assert_allclose(radii, np.array([1, 1, 2, 1])[y], atol=1e-12)
    assert x[y == 0][:, 1].min() >= 0
    assert x[y == 1][:, 1].max() <= 0.5


def test_the_noise_of_circles_is_doubled_with_them() -> None:
    quiet = MoonsCircles(samples=5000, moons_noise=0.0, circles_noise=0.0)
    noisy = MoonsCircles(samples=5000, moons_noise=0.15, circles_noise=0.1)
    (x, y), (still, _) = noisy.draw(3), quiet.draw(3)
    # The same seed shuffles and draws alike, so they differ only in noise.
    spreads = [(x - still)[y // 2 == shape].std() for shape in (0, 1)]
    np.testing.assert_allclose(spreads, [0.15, 0.2], rtol=0.05)


def test_polynomial_without_noise_is_its_polynomial() -> None:
    source = Polynomial(coefficients=(1.0, -2.0, 3.0), noise=0.0, low=-1.0)
    x, y = source.draw(0)
    np.testing.assert_allclose(y, 1 - 2 * x + 3 * x**2, rtol=1e-12)
    assert x.min() >= -1
    assert x.max() <= 10


def test_polynomial_noise_has_the_given_deviation() -> None:
    noise: dict[str, Any] = {"samples": 20_000, "noise": 2.5}
    residual = Polynomial(**noise).draw(0)[1]
    residual = residual - Polynomial(**(noise | {"noise": 0.0})).draw(0)[1]
    # Five standard errors of a deviation from 20,000 samples.
    assert abs(residual.std() / 2.5 - 1) < 5 / np.sqrt(2 * 20_000)


def test_xor_labels_its_corners_by_exclusive_or() -> None:
    x, y = Xor(copies=3).draw(0)
    assert x.shape == (12, 2)
    assert y.tolist() == [0, 1, 1, 0] * 3
    assert rows(x[:4]) == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_sine_is_a_sine_with_the_given_noise() -> None:
    x, y = Sine(samples=20_000, noise=0.3).draw(0)
    assert (np.floor(x.min()), np.ceil(x.max())) == (-4, 4)
    assert np.abs(x).max() <= np.pi
    assert abs(x.mean()) < 5 * x.std() / np.sqrt(20_000)
    residual = y - np.sin(x)
    assert abs(residual.std() / 0.3 - 1) < 5 / np.sqrt(2 * 20_000)
    assert Sine(low=2.0, high=2.5).draw(0)[0].min() >= 2.0


def test_sine_on_a_grid_has_equal_steps_and_a_frequency() -> None:
    sine = Sine(
        samples=5,
        noise=0.0,
        low=-2.0,
        high=2.0,
        frequency=3.14,
        placement="grid",
    )
    x, y = sine.draw(0)
    assert x.ravel().tolist() == [-2.0, -1.0, 0.0, 1.0, 2.0]
    np.testing.assert_allclose(y, np.sin(3.14 * x))


def test_linear_is_a_plane_with_the_given_noise() -> None:
    source = Linear(features=4, samples=20_000, test_samples=500, noise=0.3)
    x, y = source.draw(0)
    assert (x.shape, y.shape) == ((20_500, 4), (20_500,))
    w, residual, *_ = np.linalg.lstsq(x[:20_000], y[:20_000], rcond=None)
    spread = float(np.sqrt(residual[0] / 20_000))
    assert abs(spread / 0.3 - 1) < 5 / np.sqrt(2 * 20_000)
    # The test part has the same weights.
    left = y[20_000:] - x[20_000:] @ w
    assert abs(left.std() / 0.3 - 1) < 5 / np.sqrt(2 * 500)


def test_longer_test_part_of_linear_keeps_the_other_samples() -> None:
    x, y = Linear(samples=20).draw(0)
    longer_x, longer_y = Linear(samples=20, test_samples=7).draw(0)
    np.testing.assert_array_equal(longer_x[:20], x)
    np.testing.assert_allclose(longer_y[:20], y, rtol=0, atol=1e-14)


@pytest.mark.parametrize("classes", [None, 3])
def test_noise_is_scaled_and_its_target_is_not(classes: int | None) -> None:
    (x, y), (wide, same) = (
        Noise(sides=(4, 3, 2), classes=classes, scale=scale).draw(0)
        for scale in (1.0, 0.01)
    )
    np.testing.assert_array_equal(wide, 0.01 * x)
    np.testing.assert_array_equal(same, y)


@pytest.mark.parametrize(
    ("classes", "kind"), [(None, np.float64), (3, np.int64)]
)
def test_points_are_the_given_values(classes: int | None, kind: type) -> None:
    x, y = ((1.0, 2.0), (3.0, 4.0), (5.0, 6.0)), (0.0, 2.0, 1.0)
    source = Points(x=x, y=y, classes=classes)
    drawn = source.draw(0)
    assert (source.shape, source.size) == ((2,), 3)
    assert drawn[0].tolist() == [list(row) for row in x]
    assert drawn[1].tolist() == list(y)
    assert drawn[1].dtype == kind


def test_normalize_scales_all_features_alike_by_the_training_part() -> None:
    scaling = {"normalize": {"mean": 0.25, "deviation": 0.5}}
    data = {"noise": {"sides": [2, 2, 1], "samples": 40}, "validation": 0}
    plain = Data.model_validate(data | {"scaling": "none"})
    scaled = Data.model_validate(data | {"scaling": scaling})
    raw, result = (
        variant.parts(CrossEntropy()) for variant in (plain, scaled)
    )
    low, high = raw["train"].x.min(), raw["train"].x.max()
    for part in ("train", "test"):
        expected = ((raw[part].x - low) / (high - low) - 0.25) / 0.5
        np.testing.assert_allclose(result[part].x, expected, rtol=1e-14)
    assert result["train"].x.min() == -0.5
    assert result["train"].x.max() == 1.5
