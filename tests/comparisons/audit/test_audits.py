"""Audits of real trainings: ten without a difference that matters, ten with.

Each planted difference is a value that the specification writes for each
framework, beside others whose effect does not matter. The rule itself is
tested on simulated tables in `test_causes.py`.
"""

from typing import Any

import pytest

from framework_parity.api.audit import audit
from framework_parity.comparisons.report.audit.document import document

pytestmark = pytest.mark.slow

SPIRAL = {"spiral": {"classes": 3, "samples": 600}, "test": 0.5}
DIGITS = {"digits": {}, "test": 0.5}
MOONS = {"moons_circles": {}, "test": 0.5}


def spec(
    data: dict[str, Any],
    layers: list[Any],
    optimizer: Any,
    epochs: int | dict[str, Any] = 10,
    **recipe: Any,
) -> dict[str, Any]:
    """Return an experiment of one arm, in Keras's dialect."""
    return {
        "name": "audited",
        "dialect": "keras",
        "data": data,
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": optimizer,
            "batch_size": 32,
            "epochs": epochs,
            **recipe,
        },
        "arms": {"net": layers},
    }


def sides(torch: Any, keras: Any) -> dict[str, Any]:
    """Return a value that differs by framework on purpose."""
    return {"torch": torch, "keras": keras}


FLAT = [{"flatten": "channels_last"}, {"dense": 32}, "relu", {"dense": 10}]
PLANE = [{"dense": 32}, "relu", {"dense": 3}]
TWO = [{"dense": 16}, "tanh", {"dense": 4}]

ADAM = {"adam": {"lr": 0.01}}

# Differences of defaults alone, or of values whose effect does not matter.
SAME = {
    "digits-adam": spec(DIGITS, FLAT, {"adam": 0.002}),
    "digits-sgd": spec(DIGITS, FLAT, {"sgd": 0.1}),
    "moons-adam": spec(MOONS, TWO, ADAM, 20),
    "spiral-adam": spec(SPIRAL, PLANE, ADAM, 40),
    "epsilon": spec(
        DIGITS, FLAT, {"adam": {"lr": 0.002, "epsilon": sides(1e-8, 1e-6)}}
    ),
    "smoothing": spec(
        DIGITS,
        FLAT,
        {"adam": 0.002},
        loss={"cross_entropy": {"label_smoothing": sides(0.0, 0.01)}},
    ),
    "rate": spec(DIGITS, FLAT, {"adam": {"lr": sides(0.002, 0.0021)}}),
    "order": spec(DIGITS, FLAT, {"adam": 0.002}, shuffle="each_epoch"),
    "penalty": spec(
        DIGITS, FLAT, {"sgd": 0.1}, penalty={"l2": sides(1e-6, 2e-6)}
    ),
    "clipping": spec(
        DIGITS, FLAT, {"sgd": 0.1}, clipping={"by_norm": sides(1e3, 1e4)}
    ),
}

CAUSED = {
    "rate": (
        spec(DIGITS, FLAT, {"sgd": {"lr": sides(0.1, 0.001)}}),
        {"recipe.optimizer.sgd.lr"},
    ),
    "adam-rate": (
        spec(SPIRAL, PLANE, {"adam": {"lr": sides(0.01, 0.0001)}}, 20),
        {"recipe.optimizer.adam.lr"},
    ),
    "epsilon": (
        spec(
            DIGITS,
            FLAT,
            {"adam": {"lr": 0.001, "epsilon": sides(1e-8, 1.0)}},
            5,
        ),
        {"recipe.optimizer.adam.epsilon"},
    ),
    "batch": (
        spec(DIGITS, FLAT, {"sgd": 0.05}, 5, batch_size=sides(32, "full")),
        {"recipe.batch_size"},
    ),
    "epochs": (
        spec(DIGITS, FLAT, {"sgd": 0.02}, sides(10, 1)),
        {"recipe.epochs"},
    ),
    "decay": (
        spec(
            DIGITS,
            FLAT,
            {"adam": {"lr": 0.002}},
            penalty={"l2": sides(1e-6, 0.3)},
        ),
        {"recipe.penalty.l2"},
    ),
    "activation": (
        spec(
            SPIRAL,
            [{"dense": 32}, sides("relu", "linear"), {"dense": 3}],
            ADAM,
            40,
        ),
        {"arms.net[1]"},
    ),
    "width": (
        spec(
            SPIRAL,
            [{"dense": sides(32, 1)}, "relu", {"dense": 3}],
            ADAM,
            40,
        ),
        {"arms.net[0].dense"},
    ),
    "scaling": (
        spec(
            {**DIGITS, "scaling": sides("standardize", "none")},
            FLAT,
            {"sgd": 0.5},
            3,
        ),
        {"data.scaling"},
    ),
    "momentum-and-rate": (
        spec(
            DIGITS,
            FLAT,
            {
                "sgd": {
                    "lr": sides(0.1, 0.002),
                    "momentum": sides(0.0, 0.1),
                    "velocity": "of_gradients",
                }
            },
            5,
        ),
        {"recipe.optimizer.sgd.lr"},
    ),
}


@pytest.mark.parametrize("name", list(SAME))
def test_no_cause_is_named_where_no_difference_matters(name: str) -> None:
    result = document(audit(SAME[name], jobs=1))
    assert result["verdict"] == "agree"
    assert not result.get("gap_is_real")
    assert result["amplifiers"] == []
    several = len(result["conventions"]) > 1
    assert not (several and result["makes"])


@pytest.mark.parametrize("name", list(CAUSED))
def test_a_planted_cause_is_named(name: str) -> None:
    written, cause = CAUSED[name]
    result = document(audit(written, jobs=1))
    assert result["verdict"] == "agree"
    assert result["gap_is_real"]
    assert [set(mix) for mix in result["makes"]] == [cause]
