"""The command line keeps its contract: documents, streams, exit status."""

import errno
import json
import re
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from framework_parity.api import run as api_run
from framework_parity.comparisons.cli import main as cli
from framework_parity.comparisons.cli.output import INTERRUPTED
from framework_parity.comparisons.run import check, validation
from framework_parity.comparisons.workers import worker as workers
from framework_parity.comparisons.workers.worker import WorkerPair
from tests.comparisons.faulty import planted
from tests.malformed import GOOD, MALFORMED, Malformed

COMMANDS = ("list", "run", "check", "compare", "audit", "schema")

SMALL = """\
name: small
dialect: torch
data: {spiral: {samples: 120}}
recipe: {loss: cross_entropy, optimizer: {sgd: 0.1}, batch_size: 16, epochs: 3}
arms:
  linear: [{dense: 3}]
  hidden: [{dense: 8}, tanh, {dense: 3}]
claims:
  - hidden.parameters > linear.parameters
  - {name: impossible, sentence: "[/it]", expression: hidden.test_accuracy > 1}
"""


def parity(*arguments: str) -> int:
    """Run the command line in this process; return its exit status."""
    before = sys.argv
    sys.argv = ["parity", *arguments]
    try:
        cli.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        sys.argv = before
    return 0


@pytest.mark.parametrize("argument", ["--help", "list"])
def test_help_and_list_import_nothing_slow(argument: str) -> None:
    """They take a quarter of a second; NumPy alone would add half of it."""
    code = (
        "import sys\n"
        "from framework_parity.comparisons.cli import main as cli\n"
        f"sys.argv = ['parity', '{argument}']\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "slow = {'torch', 'keras', 'tensorflow', 'matplotlib', 'numpy',\n"
        "    'scipy', 'sklearn', 'hypothesis'}\n"
        "assert not slow & set(sys.modules), slow & set(sys.modules)\n"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_no_framework(command: str) -> None:
    code = (
        "import sys\n"
        "from framework_parity.comparisons.cli import main as cli\n"
        f"sys.argv = ['parity', '{command}', '--help']\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "slow = {'torch', 'keras', 'tensorflow', 'numpy', 'matplotlib'}\n"
        "assert not slow & set(sys.modules), slow & set(sys.modules)\n"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True
    )


def test_list_explains_each_experiment(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert parity("list", "--json") == 0
    experiments = json.loads(capsys.readouterr().out)["experiments"]
    assert {e["id"] for e in experiments} >= {"shallow_vs_deep"}
    assert all(e["teaches"].strip() for e in experiments)


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert parity("schema") == 0
    assert "$schema" in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("wrong", MALFORMED[::12], ids=lambda case: case.id)
def test_a_malformed_spec_is_refused_in_one_sentence(
    wrong: Malformed,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """All are in `tests/common/spec/test_malformed.py`, without a command."""
    file = tmp_path / f"spec{wrong.suffix}"
    if isinstance(wrong.text, bytes):
        file.write_bytes(wrong.text)
    else:
        file.write_text(wrong.text, "utf-8")
    assert parity("run", str(file)) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert str(file) in output.err
    assert wrong.says in output.err
    assert "Traceback" not in output.err


def test_a_wrong_input_is_reported_in_a_json_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(GOOD.replace("relu", "rleu"), "utf-8")
    assert parity("run", str(file), "--json") == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["file"] == str(file)
    assert error["field"] == "arms.a[1]"
    assert "did you mean 'relu'?" in error["message"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "shallow_vs_dep"), "did you mean 'shallow_vs_deep'?"),
        (
            ("run", "shallow_vs_deep", "--dataset", "spirals"),
            "did you mean 'spiral'?",
        ),
        (("run", "shallow_vs_deep", "--profile", "fast"), "quick"),
        (("run", "shallow_vs_deep", "--seeds", "0"), "--seeds"),
        (("run", "nowhere/spec.yaml"), "cannot be read"),
        (("check", "shallow_vs_deep", "--level", "roof"), "trajectory"),
        *(
            (
                ("check", "shallow_vs_deep", "--seeds", seeds),
                f"--seeds: got {seeds}, expected a whole number from 5 to ",
            )
            for seeds in ("4", "9" * 20)
        ),
        *(
            (
                ("check", "shallow_vs_deep", "--margin", margin),
                f"got {float(margin)}, expected a finite number above 0\n",
            )
            for margin in ("-1", "0", "nan", "inf")
        ),
        (
            ("check", "shallow_vs_deep", "--margin", "much"),
            "--margin: got 'much', expected a number\n",
        ),
        (
            ("run", "shallow_vs_deep", "--dtype", "blfoat16"),
            "float32, float64; did you mean 'bfloat16'?\n",
        ),
        (
            ("fuzz", "--jobs", "0"),
            "--jobs: got '0', expected a whole number of at least 1\n",
        ),
        (
            ("run", "xor", "--timeout", "0"),
            "--timeout: got '0', expected a number of at least 1\n",
        ),
        (
            ("fuzz", "--jobs", "some"),
            "--jobs: got 'some', expected a whole number\n",
        ),
        (
            ("run", "shallow_vs_deep", "--profil", "quick"),
            "--profil: is no option; did you mean '--profile'?\n",
        ),
        (("run", "shallow_vs_deep", "--zzzz"), "--zzzz: is no option\n"),
        (("run",), "experiments: name at least one, or use --all\n"),
        (("run", "xor", "--all"), "--all: cannot be combined with names"),
        (("check", "shallow_vs_deep", "--dtype", "bfloat16"), "float64"),
        (("run", "shallow_vs_deep", "--device", "tpu"), "cuda"),
        (("audition",), "audition"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_arguments_end_with_status_2(
    arguments: tuple[str, ...],
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert parity(*arguments) == 2
    output = capsys.readouterr()
    assert says in output.err
    assert output.err.count("\n") == 1
    assert "Value error" not in output.err
    assert output.out == ""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One small experiment through the real command: process and folder."""
    folder = tmp_path_factory.mktemp("run")
    spec = folder / "small.yaml"
    spec.write_text(SMALL, "utf-8")
    process = subprocess.run(
        [
            *(sys.executable, "-m", "framework_parity", "run", str(spec)),
            *("--json", "--out", str(folder / "out")),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    return process, folder / "out"


def test_run_prints_one_document_and_agrees(ran: Any) -> None:
    process, out = ran
    assert process.returncode == 0, process.stderr
    document = json.loads(process.stdout)
    assert document["command"] == "run"
    assert document["name"] == "small"
    assert document["verdict"] == "agree"
    assert [(r["arm"], r["rung"]) for r in document["rungs"]] == [
        (arm, rung)
        for arm in ("linear", "hidden")
        for rung in (
            *("data", "structure", "forward"),
            *("gradient", "step", "trajectory"),
        )
    ]
    for rung in document["rungs"]:
        assert rung["verdict"] == "agree"
        assert rung["worst_ratio_to_floor"] <= 10
    verdicts = {c["claim"]: c["verdict"] for c in document["claims"]}
    assert verdicts == {
        "hidden_parameters_above_linear_parameters": "holds in both",
        "impossible": "refuted in both",
    }
    for arm in document["arms"]:
        assert arm["torch"]["final"].keys() == arm["keras"]["final"].keys()
        assert arm["keras"]["final"]["parameters"] == arm["parameters"]
    assert document["report"] == str(out / "report.html")


def test_messages_of_the_frameworks_are_not_printed(ran: Any) -> None:
    for word in ("TensorFlow", "oneDNN", "WARNING", "I0000", "cuda"):
        assert word not in ran[0].stderr


def test_the_report_needs_no_other_file(ran: Any) -> None:
    page = (ran[1] / "report.html").read_text("utf-8")
    for outside in ("<script", "<link", "src=", "@import", "url(http"):
        assert outside not in page
    assert page.count("<svg") == 5
    # The complete spec, with the defaults that nobody wrote.
    assert "kernel_initializer: fan_in_uniform" in page
    assert "velocity: of_gradients" in page


def test_the_saved_spec_parses_to_the_same_experiment(ran: Any) -> None:
    import yaml

    from framework_parity.common.spec.load import load, parse

    again = load(ran[1] / "spec.yaml")
    assert again == parse(yaml.safe_load(SMALL))


def test_weights_and_curves_are_saved_beside_the_report(ran: Any) -> None:
    from safetensors.numpy import load_file

    folder = ran[1] / "weights"
    torch = load_file(folder / "hidden-torch-seed0.safetensors")
    keras = load_file(folder / "hidden-keras-seed0.safetensors")
    assert torch["dense_1/kernel"].shape == (2, 8)
    assert torch.keys() == keras.keys()
    lines = (ran[1] / "curves.csv").read_text().splitlines()
    assert lines[0] == "arm,framework,seed,curve,at,value"
    # Arms, frameworks, epochs, curves, seeds.
    assert len(lines) == 1 + 2 * 2 * 3 * 4 * 5


def test_a_worker_that_dies_ends_with_status_3(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(workers.PACKAGES, "keras", "no_such_package")
    spec = tmp_path / "small.yaml"
    spec.write_text(SMALL, "utf-8")
    start = time.perf_counter()
    assert parity("run", str(spec), "--out", str(tmp_path), "--json") == 3
    assert time.perf_counter() - start < 60
    output = capsys.readouterr()
    message = json.loads(output.out)["error"]["message"]
    assert "the Keras worker died" in message
    assert "No module named 'framework_parity.no_such_package'" in message


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.usefixtures("shared_workers")
def test_a_device_that_is_not_there_is_refused_in_one_sentence(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "small.yaml"
    spec.write_text(SMALL, "utf-8")
    out = ("--out", str(tmp_path / "out")) if command == "run" else ()
    # No machine has both; Keras on TensorFlow has no mps anywhere.
    assert parity(command, str(spec), "--device", "mps", *out) == 2
    output = capsys.readouterr()
    assert output.out == ""
    [line] = [line for line in output.err.splitlines() if line.strip()]
    assert re.fullmatch(
        r"parity: --device: got 'mps', but (PyTorch|Keras) here has only: "
        r"[a-z, ]+",
        line,
    )


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.usefixtures("shared_workers")
def test_warnings_are_printed_before_training(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "small.yaml"
    wrong = SMALL.replace("[{dense: 3}]", "[{dense: 3}, sigmoid]")
    spec.write_text(wrong, "utf-8")
    how = {
        "run": ("--seeds", "1", "--backend", "torch", "--out", str(tmp_path)),
        "check": ("--level", "data"),
    }[command]
    assert parity(command, str(spec), *how, "--json") == 0
    output = capsys.readouterr()
    [warning] = json.loads(output.out)["warnings"]
    assert warning.startswith("arms.linear: sigmoid_1 is applied before")
    assert output.err.startswith(f"warning: {warning}\n")


@pytest.mark.parametrize("flags", [("--json",), ()], ids=["json", "table"])
def test_check_names_the_cause_of_a_disagreement(
    flags: tuple[str, ...],
    pair: WorkerPair,
    faulty: WorkerPair,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Keras reads each place of Adam's epsilon as the other."""
    spec = tmp_path / "small.yaml"
    spec.write_text(SMALL.replace("{sgd: 0.1}", "{adam: 0.1}"), "utf-8")
    fault = "epsilon_placement_swapped"
    with planted(fault, "keras", pair, faulty) as both:
        monkeypatch.setattr(check, "WorkerPair", lambda **_: nullcontext(both))
        assert parity("check", str(spec), "--level", "step", *flags) == 1
    out = capsys.readouterr().out
    if flags:
        document = json.loads(out)
        assert document["verdict"] == "disagree"
        causes = document["causes"]
        # One for each arm.
        assert [c["cause"] for c in causes] == ["adam_epsilon_placement"] * 2
        assert causes[0]["change"] == {
            "torch": "epsilon",
            "keras": "epsilon_hat",
        }
    else:
        assert "adam_epsilon_placement: Keras behaves as if" in out


@pytest.mark.usefixtures("shared_workers")
def test_mixed_precision_runs_beside_a_float64_ladder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "small.yaml"
    spec.write_text(SMALL, "utf-8")
    folder = ("--out", str(tmp_path / "out"))
    assert (
        parity(
            *("run", str(spec), "--dtype", "bfloat16", "--seeds", "1"),
            *("--json", *folder),
        )
        == 0
    )
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "agree"
    assert document["settings"]["dtype"] == "bfloat16"
    for arm in document["arms"]:
        assert arm["curves"]["worst_ratio_to_floor"] < 10


def test_a_folder_that_cannot_be_made_is_refused_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    out = tmp_path / "file" / "below"
    assert parity("run", "shallow_vs_deep", "--out", str(out)) == 2
    assert "--out: cannot be made" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ("run", "shallow_vs_deep"),
        ("audit", "naive_port"),
        ("fuzz", "--count", "1"),
    ],
    ids=lambda command: command[0],
)
@pytest.mark.parametrize("out", ["/proc/self/task", "/proc/zz"])
def test_a_folder_that_takes_no_file_is_refused_before_training(
    command: tuple[str, ...],
    out: str,
    no_workers: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert parity(*command, "--out", out) == 2
    message = capsys.readouterr().err
    assert "--out: cannot be" in message
    assert message.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("run", "shallow_vs_deep"), "report.html"),
        (("run", "shallow_vs_deep"), "curves.csv"),
        (("audit", "naive_port"), "report.html"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_a_folder_where_the_report_should_be_is_refused_before_training(
    command: tuple[str, ...],
    name: str,
    tmp_path: Path,
    no_workers: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / name).mkdir()
    assert parity(*command, "--out", str(tmp_path)) == 2
    message = capsys.readouterr().err
    assert f"--out: {name} is a folder there" in message
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_disk_that_is_full_at_the_end_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(*_: object, **__: object) -> None:
        with validation.writing(tmp_path):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(api_run, "_train", full)
    command = ("run", "shallow_vs_deep", "--out", str(tmp_path))
    assert parity(*command) == 3
    assert capsys.readouterr().err.lstrip() == (
        f"parity: error: {tmp_path}: No space left on device\n"
    )
    assert parity(*command, "--json") == 3
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["file"] == str(tmp_path)


def test_two_experiments_of_one_name_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "small.yaml"
    spec.write_text(SMALL, "utf-8")
    twice = ("run", str(spec), str(spec), "--out", str(tmp_path / "out"))
    assert parity(*twice) == 2
    assert "the name of two experiments" in capsys.readouterr().err


def test_a_wrong_flag_is_reported_in_a_json_document(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert parity("check", "shallow_vs_deep", "--level", "x", "--json") == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["field"] == "--level"
    assert "expected one of: data, forward" in error["message"]


@pytest.mark.usefixtures("shared_workers")
def test_two_experiments_make_one_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        text = SMALL.replace("name: small", f"name: {name}")
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    status = parity(
        *("run", str(tmp_path / "one.yaml"), str(tmp_path / "two.yaml")),
        *("--backend", "torch", "--json", "--out", str(tmp_path / "out")),
    )
    # One framework alone shows nothing, so it has no verdict.
    assert status == 0
    document = json.loads(capsys.readouterr().out)
    names = [experiment["name"] for experiment in document["experiments"]]
    assert names == ["one", "two"]
    assert document["verdict"] == "undecided"
    assert (tmp_path / "out" / "two" / "report.html").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, None])
def test_an_interrupted_command_is_reported(
    error: type[BaseException] | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Typer turns the interrupt into its status, where it runs a command."""

    def interrupted(**_: Any) -> int:
        if error:
            raise error
        return INTERRUPTED

    monkeypatch.setattr(cli, "app", interrupted)
    assert parity("list") == INTERRUPTED
    assert capsys.readouterr().err == "parity: interrupted\n"
