"""The exit status of every command that judges follows from its verdict."""

import json
import subprocess
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
import yaml

from framework_parity.common.choices import Rung
from framework_parity.comparisons.cli import output
from framework_parity.comparisons.fuzz import fuzz
from framework_parity.comparisons.ladder.ladder import LadderResult
from framework_parity.comparisons.ladder.verdict import Outcome, Verdict
from framework_parity.comparisons.run import check, settings
from tests.comparisons.arms import SMALL
from tests.comparisons.cli.test_cli import parity

# The contract: 0 the frameworks agree, 1 they disagree, 4 undecided.
CONTRACT = {"agree": 0, "disagree": 1, "undecided": 4}

API = "framework_parity.api"
REPORT = "framework_parity.comparisons.report"

each = pytest.mark.parametrize(("verdict", "status"), list(CONTRACT.items()))


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(SMALL), "utf-8")
    return str(path)


def test_every_verdict_has_a_status() -> None:
    assert output.STATUS == CONTRACT
    assert set(output.STATUS) == set(get_args(Outcome))


@pytest.mark.parametrize(
    "command", [[], ["run"], ["check"], ["audit"], ["fuzz"]], ids=str
)
def test_help_explains_the_status(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert parity(*command, "--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    for meaning in (
        "Exit status: 0 the frameworks agree",
        "1 they disagree",
        "2 the input is wrong",
        "3 another error",
        "4 undecided: neither could be shown",
    ):
        assert meaning in text


def ran(verdicts: list[Outcome]) -> Any:
    """Return a stand-in for running several experiments."""

    def run_each(specs: Any, *_: Any, **__: Any) -> Any:
        for experiment, verdict in zip(specs, verdicts, strict=True):
            result = SimpleNamespace(name=experiment.name, verdict=verdict)
            yield SimpleNamespace(result=result)

    return run_each


@each
def test_run(
    verdict: Outcome,
    status: int,
    spec: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(f"{API}.run.run_each", ran([verdict]))
    monkeypatch.setattr(f"{REPORT}.run.document.document", vars)
    assert parity("run", spec, "--json", "--out", str(tmp_path)) == status
    assert json.loads(capsys.readouterr().out)["verdict"] == verdict


@pytest.mark.parametrize(
    ("verdicts", "together"),
    [
        (["agree", "agree"], "agree"),
        (["agree", "undecided"], "undecided"),
        (["undecided", "undecided"], "undecided"),
        (["undecided", "disagree"], "disagree"),
        (["disagree", "agree"], "disagree"),
    ],
)
def test_run_over_several_experiments(
    verdicts: list[Outcome],
    together: Outcome,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(f"{API}.run.run_each", ran(verdicts))
    monkeypatch.setattr(f"{REPORT}.run.document.document", vars)
    page = Path("index.html")
    monkeypatch.setattr(f"{REPORT}.run.index.write", lambda *_: page)
    files = []
    for name in ("one", "two"):
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump(SMALL | {"name": name}), "utf-8")
        files.append(str(path))
    status = parity("run", *files, "--json", "--out", str(tmp_path / "out"))
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == together
    assert status == CONTRACT[together]


@each
@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["table", "json"])
def test_check(
    verdict: Outcome,
    status: int,
    flags: tuple[str, ...],
    spec: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two rungs: the worse of them decides."""

    def ladder(_: Any, arm: Any, **__: Any) -> LadderResult:
        rungs: list[tuple[Rung, Outcome]] = [
            ("data", "agree"),
            ("trajectory", verdict),
        ]
        verdicts = [Verdict(rung, arm.name, given) for rung, given in rungs]
        return LadderResult(arm, verdicts)

    monkeypatch.setattr(check, "run_ladder", ladder)
    monkeypatch.setattr(check, "WorkerPair", lambda **_: nullcontext())
    monkeypatch.setattr(check, "diagnose", lambda *_: [])
    assert parity("check", spec, *flags) == status


@each
def test_audit(
    verdict: Outcome,
    status: int,
    spec: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = SimpleNamespace(verdict=verdict)
    monkeypatch.setattr(f"{API}.audit.audit", lambda *_, **__: result)
    monkeypatch.setattr(f"{REPORT}.audit.document.document", vars)
    assert parity("audit", spec, "--json", "--out", str(tmp_path)) == status


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        ({"agree": 3}, "agree"),
        ({"agree": 3, "undecided": 1}, "undecided"),
        ({"agree": 3, "undecided": 1, "disagree": 1}, "disagree"),
        ({"agree": 3, "disagree": 0, "undecided": 0}, "agree"),
    ],
)
@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["table", "json"])
def test_fuzz(
    outcomes: dict[Outcome, int],
    verdict: Outcome,
    flags: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = fuzz.Fuzzed(0, Counter(outcomes), seconds=1.0)
    assert result.verdict == verdict
    monkeypatch.setattr(fuzz, "fuzz", lambda *_, **__: result)
    status = parity("fuzz", *flags, "--out", str(tmp_path))
    assert status == CONTRACT[verdict]


@pytest.mark.usefixtures("shared_workers")
def test_a_first_loss_that_is_no_number_is_undecided(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The squares of such targets overflow in both, at once."""
    path = tmp_path / "at_once.yaml"
    points = {"points": {"x": [[1.0], [2.0]], "y": [1e200, -1e200]}}
    text = SMALL | {
        "name": "at_once",
        "data": points | {"test": 0, "validation": 0, "scaling": "none"},
        "recipe": SMALL["recipe"] | {"loss": "mean_squared_error"},
        "arms": {"linear": [{"dense": 1}]},
    }
    path.write_text(yaml.safe_dump(text), "utf-8")
    level = ("--level", "trajectory", "--json")
    assert parity("check", str(path), *level) == 4
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "undecided"
    [last] = [r for r in document["rungs"] if r["rung"] == "trajectory"]
    assert last["divergence_steps"] == {"torch": 0, "keras": 0}
    assert last["agrees_up_to"] is None


DIVERGING = {
    "name": "diverging",
    "dialect": "torch",
    "data": {"polynomial": {"samples": 40}, "validation": 0, "test": 0.2},
    "recipe": {
        "loss": "mean_squared_error",
        "optimizer": {"sgd": 0.01},
        "batch_size": 16,
        "epochs": 10,
    },
    "arms": {
        "calm": [{"dense": 1}],
        "lr_30": {
            "layers": [{"dense": 1}],
            "recipe": {"optimizer": {"sgd": 30.0}},
        },
    },
}


@pytest.mark.usefixtures("shared_workers")
@pytest.mark.parametrize(
    ("experiment", "arm", "step"),
    [
        ("diverging", "lr_30", 2),
        pytest.param("learning_rate", "lr_1", 5, marks=pytest.mark.slow),
    ],
)
def test_arms_that_diverge_at_the_same_step_agree_up_to_it(
    experiment: str,
    arm: str,
    step: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Such an arm once made the whole experiment undecided."""
    if experiment == "diverging":
        monkeypatch.setattr(settings, "TRAJECTORY", {"quick": 60})
        experiment = str(tmp_path / "diverging.yaml")
        Path(experiment).write_text(yaml.safe_dump(DIVERGING), "utf-8")
    command = ("run", experiment, "--seeds", "1", "--json")
    assert parity(*command, "--out", str(tmp_path / "out")) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "agree"
    says = f"they agree up to that step: {arm} (step {step})."
    assert says in document["sentence"]
    [lost] = [
        rung
        for rung in document["rungs"]
        if (rung["arm"], rung["rung"]) == (arm, "trajectory")
    ]
    assert lost["verdict"] == "agree"
    assert lost["horizon"] == lost["agrees_up_to"] == step
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert f"agree up to step {step}" in page
    assert "diverged in both from here on" in page


@pytest.mark.parametrize(
    ("status", "made"), [(0, True), (4, True), (1, False), (3, False)]
)
def test_make_catalogue_accepts_an_undecided_verdict(
    status: int, made: bool, tmp_path: Path
) -> None:
    """A stand-in for `parity` writes the page and ends with a status."""
    command = tmp_path / "bin" / "parity"
    command.parent.mkdir()
    page = "build/catalogue/catalogue.md"
    command.write_text(
        "#!/bin/sh\n"
        f"mkdir -p build/catalogue docs; echo page > {page}; exit {status}\n",
        "utf-8",
    )
    command.chmod(0o755)
    makefile = Path(__file__).parents[3] / "Makefile"
    process = subprocess.run(
        [
            *("make", "-C", str(tmp_path), "-f", str(makefile)),
            *("-o", "install", "catalogue", "BIN=bin"),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (process.returncode == 0) == made, process.stderr
    assert (tmp_path / "docs" / "catalogue.md").exists() == made
