"""The commands and steps in README and CONTRIBUTING work as written."""

import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from framework_parity.common.choices import LessonChoice
from framework_parity.common.data.synthetic import Source
from framework_parity.common.metrics.registry import STATISTICS
from framework_parity.common.spec.node import members
from framework_parity.common.spec.plots import Plot
from framework_parity.comparisons import catalogue

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")

NEW_WORD = """
name: new_word
dialect: keras
data: {spiral: {samples: 200}}
recipe: {loss: cross_entropy, optimizer: {adam: 0.01}, epochs: 2}
arms: {a: [{dense: 8}, tanh_shrink, {dense: 3}]}
"""


def blocks(text: str, language: str) -> list[tuple[str, str]]:
    """Return the fenced blocks of a language, with the file they name."""
    pattern = rf"^( *)```{language}(?: (\S+))?\n(.*?)^ *```$"
    matches = re.findall(pattern, text, re.MULTILINE | re.DOTALL)
    return [
        (name, re.sub(rf"^{indent}", "", body, flags=re.MULTILINE))
        for indent, name, body in matches
    ]


def parity(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "framework_parity", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        check=False,
        capture_output=True,
        text=True,
    )


COMMANDS = [
    line.split()
    for line in re.findall(r"^parity ([^#\n]+)", README, re.MULTILINE)
]


# `test_cli.py` has these commands on smaller experiments.
SLOW = ("run", "check", "compare", "audit", "fuzz")

# The user's files that the README compares.
PAIR = {
    "net_torch.py": """
from torch import nn

def Net():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2))
""",
    "net_keras.py": """
from keras import Sequential, layers

def build():
    return Sequential([layers.Conv2D(4, 3, activation="relu"),
                       layers.MaxPooling2D()])
""",
}


def test_the_readme_shows_every_command() -> None:
    assert [name for name, *_ in COMMANDS] == [
        *("run", "check", "audit", "emit", "fuzz", "list", "schema"),
        "compare",
    ]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(
            command,
            id=command[0],
            marks=pytest.mark.slow if command[0] in SLOW else (),
        )
        for command in COMMANDS
    ],
)
def test_the_readme_commands_do_what_they_say(
    command: list[str], tmp_path: Path
) -> None:
    spec = dict(blocks(README, "yaml"))[""]
    for name, text in (PAIR | {"two_widths.yaml": spec}).items():
        (tmp_path / name).write_text(text, "utf-8")
    done = parity(tmp_path, *command)
    assert done.returncode == 0, done.stderr
    report = tmp_path / "parity-out" / "report.html"
    assert report.exists() == (command[0] in ("run", "audit"))


def test_make_demo_runs_what_the_makefile_says() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"make (\w+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_a_new_activation_takes_the_steps_that_contributing_says(
    tmp_path: Path,
) -> None:
    for room in ("common", "torch_impl", "keras_impl", "comparisons"):
        shutil.copytree(ROOT / room, tmp_path / room)
    shutil.copytree(
        ROOT / "framework_parity",
        tmp_path / "framework_parity",
        symlinks=True,
    )
    steps = blocks(CONTRIBUTING, "python")
    assert len(steps) == 5
    for file, code in steps:
        with (tmp_path / file).open("a", encoding="utf-8") as end:
            end.write(f"\n\n{code}")
    for file in (
        "common/spec/layers/__init__.py",
        *(name for name, _ in steps[1:]),
    ):
        text = (tmp_path / file).read_text("utf-8")
        text, imports = re.subn(
            r"^    Tanh,$", "    Tanh,\n    TanhShrink,", text, flags=re.M
        )
        assert imports == 1
        text = re.sub(r"\| Softmax\b", "| Softmax | TanhShrink", text)
        (tmp_path / file).write_text(text, "utf-8")
    (tmp_path / "spec.yaml").write_text(NEW_WORD, "utf-8")
    flags = ("--steps", "30", "--level", "trajectory")
    done = parity(tmp_path, "check", "spec.yaml", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "trajectory" in done.stdout


# `tests.common.codegen.test_lookup` has the message.
@pytest.mark.slow
@pytest.mark.parametrize("side", ["torch_impl", "keras_impl"])
def test_a_missing_function_on_one_side_is_named(
    tmp_path: Path, side: str
) -> None:
    for room in ("common", "torch_impl", "keras_impl", "comparisons"):
        shutil.copytree(ROOT / room, tmp_path / room)
    shutil.copytree(
        ROOT / "framework_parity",
        tmp_path / "framework_parity",
        symlinks=True,
    )
    file = tmp_path / side / "layers" / "activations.py"
    text = file.read_text("utf-8").replace("def tanh(", "def tahn(")
    file.write_text(text, "utf-8")
    spec = NEW_WORD.replace("tanh_shrink", "tanh")
    (tmp_path / "spec.yaml").write_text(spec, "utf-8")
    done = parity(tmp_path, "check", "spec.yaml", "--level", "forward")
    assert done.returncode == 3
    assert f"{side} has no 'tanh'" in done.stderr
    assert f"{side}/layers/activations.py" in done.stderr
    assert "did you mean 'tahn'?" in done.stderr


def datasets_of(name: str, lesson: LessonChoice) -> tuple[str, ...]:
    """Return the data sets of a version of an experiment."""
    module = import_module(f"framework_parity.comparisons.experiments.{name}")
    version = module if lesson == "own" else module.LESSONS[lesson]
    return getattr(version, "datasets", None) or module.DATASETS


def known_names() -> set[str]:
    """Return the names of everything in the catalogue, and of the plots."""
    found = {*STATISTICS, "xor", "polynomial"}
    found |= {kind.kind() for kind in members(Plot)}
    found |= {kind.kind() for kind in members(Source)}
    for name, lessons in catalogue.lessons().items():
        found.add(name)
        versions: list[LessonChoice] = ["own", *lessons]
        for lesson in versions:
            for profile in ("quick", "full"):
                for dataset in datasets_of(name, lesson):
                    version = catalogue.written(name, dataset, profile, lesson)
                    found |= set(version["arms"])
                    found |= {c["name"] for c in version.get("claims", ())}
    return found


def test_the_names_on_the_page_of_the_lessons_exist() -> None:
    page = (ROOT / "docs/lessons.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    quoted = re.findall(r"`([a-z]\w*_\w+)`", "\n".join(rows))
    assert len(quoted) > 250
    assert set(quoted) - known_names() - OF_THE_NOTEBOOK == set()


# Functions of the lessons' notebooks.
OF_THE_NOTEBOOK = {"step_decay", "weight_decay"}
