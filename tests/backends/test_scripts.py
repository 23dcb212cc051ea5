"""Scripts: an exact one repeats the run; all are plain code that runs."""

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framework_parity.common.codegen.scripts.script import (
    Script,
    ScriptOptions,
)
from framework_parity.common.spec.arm import Arm
from framework_parity.common.spec.penalties import Penalty
from framework_parity.common.spec.two_sided.arms import sides_of
from framework_parity.common.training.record import Record
from framework_parity.comparisons import catalogue
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.backends import script_cases
from tests.backends.running_scripts import COARSE, CURVES, run_alone
from tests.cases import LAYERS
from tests.coverage.rows import case_jobs

# The same numbers in another order of additions, over at most 150 steps.
SAME = 1e-9

NAMES = set(script_cases.CASES)

# Together these have every section of a script; the others are slow.
FAST = {
    "images",
    "stopped",
    "plateau_torch",
    "penalty_unreported",
    "accumulated_torch",
    "sometimes",
    "groups",
    "padded",
}


on_each_backend = pytest.mark.parametrize("backend", ["torch", "keras"])
each_case = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in FAST else [pytest.mark.slow])
        for name in script_cases.CASES
    ],
)


def made(
    pair: WorkerPair,
    backend: str,
    exact: bool,
    dtype: Any,
    names: Iterable[str] = script_cases.CASES,
) -> dict[str, Script]:
    """Return the script of each case."""
    options = ScriptOptions("scripted", exact=exact, dtype=dtype)
    worker = pair.workers[backend]
    futures = {
        name: worker.submit(
            "script", arm=script_cases.arm_of(name), options=options
        )
        for name in names
    }
    return {name: future.result() for name, future in futures.items()}


@pytest.fixture(scope="module")
def results(
    request: pytest.FixtureRequest,
    pair: WorkerPair,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """Return a function from a backend to the results of all scripts.

    They are the exact scripts of the cases that are tested, and the plain
    ones, with the folder of each; one process runs them all.
    """
    items = request.session.items
    calls = (getattr(item, "callspec", None) for item in items)
    params = [call.params for call in calls if call]
    asked = {call["name"] for call in params if call.get("name") in NAMES}
    plain = [call["trained"] for call in params if "trained" in call]

    @cache
    def ask(backend: str) -> Any:
        base = tmp_path_factory.mktemp(backend)
        scripts = {
            **made(pair, backend, True, "float64", sorted(asked)),
            **{
                f"{name}-plain": script
                for name, script in made(
                    pair, backend, False, "float32", sorted({*plain})
                ).items()
            },
        }
        placed = {base / name: s for name, s in scripts.items()}
        done = run_alone(backend, placed)
        return {folder.name: (folder, r) for folder, r in done.items()}

    return ask


@on_each_backend
@each_case
def test_an_exact_script_repeats_the_run(
    name: str, backend: str, results: Any, pair: WorkerPair
) -> None:
    _, measured = results(backend)[name]
    assert not isinstance(measured, str), measured
    curves, final = measured
    future = pair.workers[backend].submit(
        "train", arm=script_cases.arm_of(name), seed=0, dtype="float64"
    )
    record: Record = future.result()[0]
    coarse = backend == "keras" and name in script_cases.COARSE
    tolerance = COARSE if coarse else SAME
    assert final
    for metric, value in final.items():
        np.testing.assert_allclose(
            value, record.final[metric], tolerance, err_msg=metric
        )
    own = set(curves) - {"loss", "data_loss", "accuracy", "learning_rate"}
    if "val_data_loss" in own:
        own.remove("val_loss")
    for curve in own:
        np.testing.assert_allclose(
            curves[curve],
            record.epochs[CURVES[curve]],
            tolerance,
            err_msg=curve,
        )
    part = script_cases.arm_of(name).data.part_sizes()["validation"]
    assert bool(own) == (part > 0)


@on_each_backend
def test_plain_scripts_pass_the_default_rules_and_are_short(
    backend: str, pair: WorkerPair, tmp_path: Path
) -> None:
    scripts = made(pair, backend, False, "float32")
    for name, script in scripts.items():
        assert not script.arrays
        text = script.python
        (tmp_path / f"{name}.py").write_text(text)
        assert "framework_parity" not in text
        assert "fused" not in text
        assert "OrderedDict" not in text
        assert max(map(len, text.splitlines())) <= 88, name
    assert scripts["plain"].python.count("\n") < 120
    if backend == "torch":
        # Filling the table fills the row of the padding, too.
        filled = scripts["padding_row"].python.partition("init.ones_(")[2]
        assert "init.zeros_(layer.weight[0])" in filled
    found = subprocess.run(
        [*(sys.executable, "-m", "ruff", "check", "--isolated"), tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


@on_each_backend
@pytest.mark.parametrize(
    "trained",
    ["images", pytest.param("padded", marks=pytest.mark.slow)],
)
def test_a_plain_script_trains(
    trained: str, backend: str, results: Any
) -> None:
    folder, measured = results(backend)[f"{trained}-plain"]
    assert not isinstance(measured, str), measured
    curves, _ = measured
    assert curves["loss"][-1] < curves["loss"][0]
    assert (folder / "loss.png").is_file()


def penalised_cases() -> list[Any]:
    """Return a case for each kind of layer with other parameters."""
    seen: set[Any] = set()
    cases = []
    for case in LAYERS:
        held = {
            (type(node.layer), *sorted(n.rpartition("/")[2] for n in own))
            for node in case.arm.all_nodes
            if (own := node.parameters)
        }
        if held - seen:
            cases.append(pytest.param(case.arm, id=case.id))
        seen |= held
    return cases


@pytest.mark.parametrize("weights", ["kernels", "all"])
@pytest.mark.parametrize("arm", penalised_cases())
def test_regularizers_of_a_script_are_the_penalty(
    arm: Arm, weights: str, pair: WorkerPair
) -> None:
    rule = Penalty.model_validate(
        {"l1": 0.3, "l2": 0.7, "weights": weights, "form": "whole"}
        | {"reported": True}
    )
    recipe = arm.recipe.model_copy(update={"penalty": rule})
    network = replace(arm, recipe=recipe)
    worker = pair.workers["keras"]
    added, values = worker.submit("regularized", arm=network).result()
    trained = {name: values[name] for name in network.parameters}
    np.testing.assert_allclose(added, rule.value(trained), 1e-12)


def compiled(pair: WorkerPair, backend: str, arms: dict[str, Arm]) -> None:
    """Make the script of each arm, which must be code."""
    futures = {
        name: pair.workers[backend].submit(
            "script",
            arm=arm,
            options=ScriptOptions("it", dtype=arm.recipe.precision),
        )
        for name, arm in arms.items()
        if arm.recipe.evaluation_mode == "evaluation"
    }
    for name, future in futures.items():
        compile(future.result().python, name, "exec")


@on_each_backend
def test_every_arm_of_the_catalogue_has_a_script(
    backend: str, pair: WorkerPair
) -> None:
    """A run makes the scripts of its arms, so that one must not fail."""
    arms = {}
    for name in catalogue.summaries():
        version = catalogue.variants(name)[0]
        spec = catalogue.find(name, version.dataset, "quick", version.lesson)
        for arm in spec.arms:
            side = sides_of(spec.arm(arm))[backend]
            arms[f"{version.slug}-{arm}"] = side
    compiled(pair, backend, arms)


@pytest.mark.slow
@on_each_backend
def test_every_element_of_the_language_has_a_script(
    backend: str, pair: WorkerPair
) -> None:
    arms = {
        f"{n}-{job.arm.name}": job.arm for n, job in enumerate(case_jobs())
    }
    assert len(arms) > 500
    compiled(pair, backend, arms)
