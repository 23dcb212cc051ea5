"""The code of a data set makes exactly the samples that it draws."""

from typing import Any

import numpy as np
import pytest

from framework_parity.common.codegen.scripts.sources import (
    is_drawn,
    source_code,
)
from framework_parity.common.data.synthetic import Source
from framework_parity.common.spec.load import parse
from framework_parity.common.spec.node import members

SOURCES: dict[str, Any] = {
    "digits": {"samples": 100},
    "spiral": {"samples": 90, "noise": 0.3},
    "archimedean_spiral": {},
    "moons_circles": {"samples": 50},
    "polynomial": {"samples": 100},
    "sine": {"samples": 50},
    "sine-grid": {"samples": 50, "placement": "grid"},
    "linear": {"test_samples": 20},
    "xor": {"copies": 20, "noise": 0.1},
    "adding_problem": {"samples": 40},
    "first_token": {"samples": 40},
    "token_majority": {"samples": 40},
    "token_order": {"samples": 40},
    "embedded_reber": {"samples": 40},
    "noise": {"classes": 3},
    "noise-tokens": {"classes": 3, "sides": [6], "tokens": 5},
    "noise-regression": {"classes": None, "sides": [4, 4, 2]},
    "points": {"x": [[0, 1], [1, 2.5]] * 20, "y": [1, 0] * 20, "classes": 2},
    "points-regression": {"x": [[0.5]] * 20, "y": [1.5] * 20},
}

IDS = ("first_token", "token_majority", "token_order", "embedded_reber")


def source_of(name: str) -> Any:
    kind, fields = name.partition("-")[0], SOURCES[name]
    classes = kind not in ("polynomial", "sine", "linear", "adding_problem")
    regression = name.endswith("regression") or not classes
    loss = "mean_squared_error" if regression else "cross_entropy"
    spec = {
        "name": "source",
        "dialect": "keras",
        "data": {kind: fields, "validation": 0.0, "split": "random"},
        "recipe": {
            "loss": loss,
            "optimizer": "sgd",
            "batch_size": 8,
            "shuffle": "never",
            "epochs": 1,
        },
        "arms": {"net": ["flatten", {"dense": 1 if regression else 10}]},
    }
    if kind in ("spiral", "archimedean_spiral", "noise") and not regression:
        spec["arms"] = {"net": ["flatten", {"dense": 3}]}
    if kind == "moons_circles":
        spec["arms"] = {"net": ["flatten", {"dense": 4}]}
    if kind in ("xor", "points") and not regression:
        spec["arms"] = {"net": ["flatten", {"dense": 2}]}
    if kind in IDS or "tokens" in fields:
        embedding = {"embedding": {"vocabulary": 25, "size": 3}}
        units = 2 if kind in IDS else 3
        spec["arms"] = {"net": [embedding, "flatten", {"dense": units}]}
    return parse(spec).data.source


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("seed", [0, 3])
def test_the_code_makes_what_is_drawn(name: str, seed: int) -> None:
    source = source_of(name)
    names: dict[str, Any] = {"np": np}
    exec("\n".join(source_code(source, seed, exact=True)), names)  # noqa: S102
    x, y = source.draw(seed)
    np.testing.assert_array_equal(names["x"], x)
    np.testing.assert_array_equal(names["y"], y)
    assert names["y"].dtype == y.dtype


@pytest.mark.parametrize("name", SOURCES)
def test_plain_code_has_no_private_generator(name: str) -> None:
    lines = source_code(source_of(name), 0, exact=False)
    text = "\n".join(lines)
    assert "Philox" not in text
    assert "self" not in text
    assert "stream" not in text


def test_every_source_has_code_or_is_read_from_a_file() -> None:
    covered = {name.partition("-")[0] for name in SOURCES}
    read = {"mnist", "fashion_mnist", "cifar10", "table"}
    kinds = {kind.kind() for kind in members(Source)}
    assert kinds - read == covered
    assert all(is_drawn(source_of(name)) for name in SOURCES)
