"""The two backends have the same files, names, arguments and order.

Only the source is read; no framework is imported. `extensions.py` and similar
files are left out: they hold what a framework *lacks*, and the two lack
different things.
"""

import ast
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from framework_parity.common.codegen.lookup import SPEC
from framework_parity.common.data.image_archives import SETS
from framework_parity.common.spec.clipping import Clipping
from framework_parity.common.spec.initializers import KernelInitializer
from framework_parity.common.spec.layers import Layer
from framework_parity.common.spec.losses import Loss
from framework_parity.common.spec.node import members
from framework_parity.common.spec.optimizers import Optimizer
from framework_parity.common.spec.schedules import Schedule

ROOT = Path(__file__).parents[1]
TORCH, KERAS = ROOT / "torch_impl", ROOT / "keras_impl"

LEFT_OUT = {
    "extensions.py",
    "attention_extensions.py",
    "freezing_extensions.py",
    "initializer_extensions.py",
    "loss_extensions.py",
    "optimizer_extensions.py",
    "padding_extensions.py",
    "random_extensions.py",
    "recurrent_extensions.py",
    "reshaping_extensions.py",
    "schedule_extensions.py",
    "window_extensions.py",
    # The loop is written out in PyTorch, and a call of `fit` in Keras.
    "scripts/loop.py",
    # The names of each framework's functions.
    "live/words.py",
}

# Files of one side only: PyTorch has no `fit`, Keras no recurrent layer of
# several layers, and its functions are traced.
ONE_SIDED = {"live/fit.py", "live/stacked.py", "recording.py"}

# Names of one side only: PyTorch draws the weights of a network after building
# it, Keras's layers draw theirs when they are built.
OF_ITS_OWN = {
    "model.py": {
        *("Fill", "Fill.construct", "Fill.written"),
        *("attribute_of", "weight_fills", "ATTRIBUTES"),
    },
    # Keras traces the outputs of a softmax back to its inputs.
    "engine.py": {"as_they_are"},
    # PyTorch records the operations of a step, where Keras traces a graph.
    "ensemble.py": {"compile_steps"},
    # Clipping and accumulation are arguments of Keras's optimisers, and a
    # penalty is a sum over Keras's model.
    "updates.py": {"Clip", "clipping_of", "compile_update"},
    "penalties.py": {
        *("ModelPenalty.__init__", "ModelPenalty.added"),
        "ModelPenalty.reported",
    },
    "layers/windows.py": {"is_uneven", "has_word"},
    # A loop needs functions for what Keras has as arguments of `compile` and
    # of the layers; initialisers are arguments of Keras's layers.
    "scripts/evaluation.py": {
        *("correct_code", "forward_code", "penalty_code", "evaluate_code"),
        *("metric_code", "separate_loss", "summed"),
    },
    "scripts/model.py": {"weight_code", "model_call", "hides_logits"},
    # PyTorch's groups hold their decay under the name of an argument.
    "optimizers/weight_decay.py": {"decay_key"},
    # In PyTorch each group has a rate of its own.
    "scripts/optimizer.py": {"sets_rates"},
    # Keras copies layers by the registered names of their classes.
    "scripts/names.py": {"vocabulary_of"},
    "introspect/layers/initial_weights.py": {"FAN_IN", "initializer_fields"},
    "introspect/layers/windows.py": {
        *("pair", "sequence_fields", "single"),
        *("is_plain", "is_channels_last"),
    },
    # What each framework has of its own is recorded in its own way.
    "live/trace.py": {
        *("CONTAINERS", "OPENED", "LINEAR", "NAMESPACES"),
    },
    "live/tensors.py": {"arguments", "SEPARABLE", "separated"},
    "live/functional.py": {"OWN"},
    "live/losses.py": {"REDUCTIONS"},
    "live/schedules.py": {"_Fitted.__init__"},
    # Penalties, compiled models and learning rates that are variables are
    # Keras's; tensors that share their memory are PyTorch's.
    "live/training.py": {
        *("LiveTraining.has_penalties", "LiveTraining.penalized"),
        "LiveTraining.penalties_replaced",
        *("LiveTraining.complete", "LiveTraining.set_rate"),
        *("LiveTraining.fit_values", "LiveTraining.watched_losses"),
        *("LiveTraining.shared_key", "LiveTraining.set_single_biases"),
        *("LiveTraining.clears", "LiveTraining.train_padding_rows"),
        "_Replayed.__init__",
        "_Replayed.forward",
        *("_LossModel.forward", "_LossModel.call"),
    },
    # Layers of Keras that are frozen run in evaluation mode, and dropouts
    # inside its layers are switched off by their class.
    "live/drawing.py": {"FROZEN", "DRAWING"},
    "live/reading.py": {
        *("Reader.element", "Reader.sample", "Reader.axes", "NUMBERS"),
        *("Reader.arranged", "Reader.layer"),
    },
    "live/functions.py": {
        "axis_of",
        "axes_of",
        "snake_case",
        "resized",
        "padded",
    },
    # In a comparison Keras's optimiser is replaced, and its attention's scale;
    # a group of PyTorch's has a rate, where Keras has several optimisers.
    "live/optimizers.py": {
        *("replaced_optimizer", "first_group", "first_of"),
        *("rate_of", "set_rate"),
    },
    "live/model.py": {"LiveModel.notes", "LiveModel.channels_last", "SCALES"},
    "introspect/optimizers/weight_decay.py": {"learning_rate_of"},
}

# Two columns side by side fit a screen.
WIDEST, LONGEST = 79, 400

Named = dict[str, list[str]]

FILE_OF = {
    kind: kind.__module__.removeprefix(SPEC).replace(".", "/") + ".py"
    for family in (
        Layer,
        KernelInitializer,
        Loss,
        Optimizer,
        Schedule,
        Clipping,
    )
    for kind in members(family)
}


def public_names(file: Path) -> Named:
    """Return a file's public names in order, each with its arguments."""
    return _public(ast.parse(file.read_text()).body)


def _public(body: list[ast.stmt], prefix: str = "") -> Named:
    result: Named = {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            result[prefix + node.name] = _arguments(node.args)
        elif isinstance(node, ast.ClassDef):
            result[prefix + node.name] = []
            result |= _public(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.Assign):
            names = [t.id for t in node.targets if isinstance(t, ast.Name)]
            described = ABSENT if _is_absent(node.value) else []
            result |= {prefix + name: described for name in names}
    return {
        name: arguments
        for name, arguments in result.items()
        if not name.rpartition(".")[2].startswith("_")
        or name.endswith(".__init__")
    }


# Stands for the arguments of an absent function.
ABSENT = ["absent"]


def _is_absent(value: ast.expr) -> bool:
    """Whether a value is a call such as `absent("notyet", "reason")`."""
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id == "absent"
    )


def _arguments(arguments: ast.arguments) -> list[str]:
    return [
        *(each.arg for each in (*arguments.posonlyargs, *arguments.args)),
        *([f"*{arguments.vararg.arg}"] if arguments.vararg else []),
        *(each.arg for each in arguments.kwonlyargs),
        *([f"**{arguments.kwarg.arg}"] if arguments.kwarg else []),
    ]


def differences(torch: Path, keras: Path) -> list[str]:
    """Return the differences in the structure of two backends."""
    names = [
        {str(file.relative_to(side)) for file in side.rglob("*.py")}
        for side in (torch, keras)
    ]
    result = [
        f"{name} stands on one side"
        for name in (names[0] ^ names[1]) - ONE_SIDED
    ]
    for name in sorted((names[0] & names[1]) - LEFT_OUT):
        in_torch, in_keras = (
            public_names(torch / name),
            public_names(keras / name),
        )
        left_out = OF_ITS_OWN.get(name, set())
        odd = (in_torch.keys() ^ in_keras.keys()) - left_out
        result += [f"{name}: {each} stands on one side" for each in odd]
        both = [each for each in in_torch if each in in_keras]
        if both != [each for each in in_keras if each in in_torch]:
            result.append(f"{name}: the order is not the same")
        result += [
            f"{name}: {each} takes {in_torch[each]} and {in_keras[each]}"
            for each in both
            if in_torch[each] != in_keras[each]
            and each not in left_out
            and ABSENT not in (in_torch[each], in_keras[each])
        ]
    return result


def importers(side: Path, package: str) -> list[str]:
    """Return the files that import a package, at any depth."""
    result = []
    for file in sorted(side.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            names = [name.removeprefix("framework_parity.") for name in names]
            if any(name.split(".")[0] == package for name in names):
                result.append(file.name)
                break
    return result


def test_the_backends_mirror_each_other() -> None:
    assert differences(TORCH, KERAS) == []


@pytest.mark.parametrize("side", [TORCH, KERAS], ids=lambda side: side.name)
@pytest.mark.parametrize("kind", FILE_OF, ids=lambda kind: kind.kind())
def test_every_kind_has_a_builder(kind: type, side: Path) -> None:
    file = FILE_OF[kind]
    names = public_names(side / file)
    name = members(kind)[0].kind()
    assert name in names
    assert names[name] == ABSENT or names[name][0] == "spec"


@pytest.mark.parametrize("side", [TORCH, KERAS], ids=lambda side: side.name)
def test_every_set_of_images_is_loaded(side: Path) -> None:
    assert list(public_names(side / "datasets.py")) == list(SETS)


@pytest.mark.parametrize("side", [TORCH, KERAS], ids=lambda side: side.name)
@pytest.mark.parametrize("kind", FILE_OF, ids=lambda kind: kind.kind())
def test_every_kind_has_a_reader(kind: type, side: Path) -> None:
    read = public_names(side / "introspect" / FILE_OF[kind])
    assert read.get(members(kind)[0].kind()) == ["live"]


@pytest.mark.parametrize("side", [TORCH, KERAS], ids=lambda side: side.name)
@pytest.mark.parametrize("file", sorted(set(FILE_OF.values())))
@pytest.mark.parametrize("folder", [".", "introspect"])
def test_builder_and_reader_files_define_nothing_else(
    folder: str, file: str, side: Path
) -> None:
    kinds = {kind.kind() for kind, book in FILE_OF.items() if book == file}
    names = set(public_names(side / folder / file))
    assert {name for name in names if not name.isupper()} == kinds


def test_few_files_import_tensorflow() -> None:
    """The engine, and what reads models that may call TensorFlow."""
    live = [
        *("drawing.py", "functions.py", "losses.py", "model.py"),
        *("optimizers.py", "trace.py", "training.py"),
    ]
    assert importers(KERAS / "live", "tensorflow") == live
    training = ["engine.py", "ensemble.py"]
    assert importers(KERAS, "tensorflow") == [*training, *live]


@pytest.mark.parametrize(
    ("side", "package"),
    [
        (TORCH, "keras"),
        (TORCH, "tensorflow"),
        (TORCH, "keras_impl"),
        (KERAS, "torch"),
        (KERAS, "torch_impl"),
        (TORCH, "comparisons"),
        (KERAS, "comparisons"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_backend_does_not_import(side: Path, package: str) -> None:
    assert importers(side, package) == []


@pytest.mark.parametrize(
    "file",
    sorted(file for side in (TORCH, KERAS) for file in side.rglob("*.py")),
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_files_keep_the_limits_of_width_and_length(file: Path) -> None:
    lines = file.read_text().splitlines()
    assert max(map(len, lines), default=0) <= WIDEST
    assert len(lines) <= LONGEST


# --- The checker itself: it has to detect each change in a copy. ---


def swap_order(text: str) -> str:
    parts = text.split("\n\n\ndef ")
    parts[1], parts[2] = parts[2].rstrip(), parts[1].rstrip()
    return "\n\n\ndef ".join(parts)


def replaced(old: str, new: str) -> Callable[[str], str]:
    def doctor(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return doctor


@pytest.mark.parametrize(
    ("file", "doctor", "expected"),
    [
        (
            "layers/activations.py",
            swap_order,
            ["layers/activations.py: the order is not the same"],
        ),
        (
            "losses.py",
            replaced("def mean_squared_error(", "def _mean_squared_error("),
            ["losses.py: mean_squared_error stands on one side"],
        ),
        (
            "losses.py",
            lambda text: text + "\n\ndef hinge(spec):\n    pass\n",
            ["losses.py: hinge stands on one side"],
        ),
        (
            "layers/core.py",
            replaced("def dense(spec: Dense, shape", "def dense(spec, size"),
            ["layers/core.py: dense takes"],
        ),
        (
            "trainer.py",
            replaced("def predict(self, x:", "def predict(self, inputs:"),
            ["trainer.py: Trainer.predict takes"],
        ),
        (
            "trainer.py",
            replaced("def counts(", "def numbers("),
            [
                "trainer.py: Trainer.counts stands on one side",
                "trainer.py: Trainer.numbers stands on one side",
            ],
        ),
        (
            "trainer.py",
            replaced("        dtype: str,\n", ""),
            ["trainer.py: Trainer.__init__ takes"],
        ),
        (
            "layouts.py",
            replaced("SPACE = ", "OTHER = "),
            [
                "layouts.py: OTHER stands on one side",
                "layouts.py: SPACE stands on one side",
            ],
        ),
        (
            "introspect/losses.py",
            replaced("def huber(live", "def huber(loss"),
            ["introspect/losses.py: huber takes"],
        ),
        (
            "losses.py",
            lambda text: (
                text.replace("def log_cosh(", "def _log_cosh(")
                + '\nlog_cosh = absent("notyet", "there is no such loss")\n'
            ),
            [],
        ),
        (
            "losses.py",
            lambda text: (
                text.replace("def log_cosh(", "def _log_cosh(")
                + '\nlog_cosh = call("notyet", "there is no such loss")\n'
            ),
            ["losses.py: log_cosh takes"],
        ),
        ("extensions.py", lambda text: "", []),
    ],
    ids=[
        "order",
        "missing",
        "added",
        "argument",
        "method_argument",
        "method",
        "constructor",
        "constant",
        "reader",
        "absent",
        "assigned",
        "left_out",
    ],
)
def test_the_checker_reports_each_change(
    file: str,
    doctor: Callable[[str], str],
    expected: list[str],
    tmp_path: Path,
) -> None:
    copy = tmp_path / "keras_impl"
    shutil.copytree(KERAS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    original = (copy / file).read_text()
    (copy / file).write_text(doctor(original))
    result = sorted(differences(TORCH, copy))
    assert len(result) == len(expected)
    for sentence, beginning in zip(result, expected, strict=True):
        assert sentence.startswith(beginning)


def test_the_checker_misses_no_file(tmp_path: Path) -> None:
    copy = tmp_path / "keras_impl"
    shutil.copytree(KERAS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "callbacks.py").write_text("")
    (copy / "losses.py").unlink()
    assert sorted(differences(TORCH, copy)) == [
        "callbacks.py stands on one side",
        "losses.py stands on one side",
    ]


def test_the_checker_finds_an_import_inside_a_function(
    tmp_path: Path,
) -> None:
    text = "def f():\n    from tensorflow.python import ops\n"
    (tmp_path / "model.py").write_text(text)
    assert importers(tmp_path, "tensorflow") == ["model.py"]
