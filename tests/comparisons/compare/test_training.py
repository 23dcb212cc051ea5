"""The rungs of training: faults planted in source form, one at a time.

`recipes_torch.py` and `recipes_keras.py` are a sound pair with a loss and an
optimiser. Each case replaces text in one of them, and names the cause and the
first rung that differs.
"""

from pathlib import Path

import pytest

from framework_parity.common.spec.errors import SpecError
from framework_parity.comparisons.compare.compare import compare_models
from framework_parity.comparisons.compare.result import PairResult
from framework_parity.comparisons.compare.settings import (
    CompareSettings,
    compare_files,
)
from framework_parity.comparisons.workers.worker import WorkerPair

HERE = Path(__file__).parent
Edit = tuple[str, str]

ADAM_T = "torch.optim.Adam(params, lr=1e-3, eps=1e-7)"
ADAM_K = "keras.optimizers.Adam(1e-3, epsilon=1e-7)"
CE_T = "F.cross_entropy(pred, target)"
SPARSE = "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"
STEP_T = """

def train_step(model, optimizer, x, y):
    model.MODE()
    optimizer.zero_grad()
    value = loss(model(x), y)
    value.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 0.05)
    optimizer.step()
    return value.item()
"""
STEP_K = """

import tensorflow as tf

@tf.function
def train_step(model, optimizer, x, y):
    with tf.GradientTape() as tape:
        value = loss(model(x, training=MODE), y)
    slopes = tape.gradient(value, model.trainable_variables)
    optimizer.apply_gradients(zip(slopes, model.trainable_variables))
    return value
"""
SCHEDULE_T = """

def make_scheduler(optimizer):
    return torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
"""
DECAY = "keras.optimizers.schedules.ExponentialDecay(1e-3, 1, 0.9)"
DECAYED = """torch.optim.SGD(
        [
            {
                "params": [p for p in params if p.ndim == 4],
                "weight_decay": 2e-2,
            },
            {"params": [p for p in params if p.ndim != 4]},
        ],
        lr=0.1,
    )"""
HEAD = "        self.head"
FREEZE = "        self.conv.weight.requires_grad = False\n"
END: Edit = ("", "")


def edited(folder: Path, name: str, edits: list[Edit]) -> Path:
    """Write a changed copy of a file; an edit of nothing appends."""
    text = (HERE / name).read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new) if old else text + new
    file = folder / name
    file.write_text(text)
    return file


def compared(
    pair: WorkerPair, folder: Path, torch: list[Edit], keras: list[Edit]
) -> PairResult:
    addresses = (
        f"{edited(folder, 'recipes_torch.py', torch)}:Net",
        f"{edited(folder, 'recipes_keras.py', keras)}:net",
    )
    return compare_models(pair, addresses, [(4, 6, 6, 3)])


SOUND: dict[str, tuple[list[Edit], list[Edit]]] = {
    "stock Adam": ([], []),
    "one-hot labels": (
        [],
        [("keras.losses.SparseC", "keras.losses.C")],
    ),
    "probabilities and their loss": (
        [],
        [
            ("layers.Dense(3)", "layers.Dense(3, activation='softmax')"),
            ("from_logits=True", "from_logits=False"),
        ],
    ),
    "schedules": ([("", SCHEDULE_T)], [("Adam(1e-3,", f"Adam({DECAY},")]),
    "steps, clipped": (
        [("", STEP_T.replace("MODE", "train"))],
        [
            ("", STEP_K.replace("MODE", "True")),
            ("epsilon=1e-7)", "epsilon=1e-7, global_clipnorm=0.05)"),
        ],
    ),
    "decay and regularizer": (
        [(ADAM_T, DECAYED)],
        [
            (ADAM_K, "keras.optimizers.SGD(0.1)"),
            ('padding="same"', 'padding="same", kernel_regularizer="l2"'),
        ],
    ),
}


QUICK_SOUND = ("stock Adam",)
QUICK = ("frozen_weights", "learning_rate", "training_mode")
"""The cases of the fast tests; the others are slow."""


def marked(name: str, quick: tuple[str, ...]) -> list[pytest.MarkDecorator]:
    return [] if name in quick else [pytest.mark.slow]


@pytest.mark.parametrize(
    "name",
    [pytest.param(each, marks=marked(each, QUICK_SOUND)) for each in SOUND],
)
def test_a_sound_pair_agrees_over_ten_steps(
    both: WorkerPair, tmp_path: Path, name: str
) -> None:
    result = compared(both, tmp_path, *SOUND[name])
    assert result.level == "trajectory"
    assert result.verdict == "agree", result.rungs
    assert result.causes == []
    assert result.rungs.keys() == {"loss", "gradient", "step", "trajectory"}


Faults = list[tuple[str, str, list[Edit], list[Edit]]]
FAULTS: Faults = [
    ("dropout_rate", "loss", [("rate=0.3", "rate=0.4")], []),
    ("batch_norm_running_decay", "step", [("=0.1, rate", "=0.01, rate")], []),
    (
        "frozen_weights",
        "gradient",
        [(HEAD, f"{FREEZE}{HEAD}")],
        [],
    ),
    (
        "cross_entropy_label_smoothing",
        "loss",
        [(CE_T, CE_T.replace(")", ", label_smoothing=0.1)"))],
        [],
    ),
    (
        "cross_entropy_reduction",
        "loss",
        [],
        [("from_logits=True", "from_logits=True, reduction='sum'")],
    ),
    ("learning_rate", "step", [("lr=1e-3", "lr=2e-3")], []),
    ("adam_epsilon", "step", [(", eps=1e-7", "")], []),
    (
        "adam_weight_decay",
        "step",
        [("eps=1e-7", "eps=1e-7, weight_decay=1e-2")],
        [],
    ),
    ("optimizer_replaced", "step", [("optim.Adam", "optim.RMSprop")], []),
    (
        "learning_rate_schedule",
        "trajectory",
        [],
        [(ADAM_K, f"keras.optimizers.Adam({DECAY}, epsilon=1e-7)")],
    ),
    (
        "gradient_clipping",
        "step",
        [("", STEP_T.replace("MODE", "train"))],
        [("epsilon=1e-7)", "epsilon=1e-7, clipnorm=0.05)")],
    ),
    (
        "training_mode",
        "step",
        [],
        [("", STEP_K.replace("MODE", "False"))],
    ),
    (
        "weight_penalty",
        "step",
        [],
        [('padding="same"', 'padding="same", kernel_regularizer="l2"')],
    ),
    (
        "missing_in_keras",
        "loss",
        [
            (
                "return self.head(self.drop(y.mean((2, 3))))",
                "return self.head(self.drop(y.mean((2, 3)))).softmax(1)",
            )
        ],
        [],
    ),
]


@pytest.mark.parametrize(
    ("cause", "rung", "torch", "keras"),
    [
        pytest.param(*fault, id=fault[0], marks=marked(fault[0], QUICK))
        for fault in FAULTS
    ],
)
def test_the_cause_of_a_fault_in_training_is_named(
    both: WorkerPair,
    tmp_path: Path,
    cause: str,
    rung: str,
    torch: list[Edit],
    keras: list[Edit],
) -> None:
    result = compared(both, tmp_path, torch, keras)
    assert result.verdict == "disagree"
    assert {each.slug for each in result.causes} == {cause}
    assert result.first_training is not None
    assert result.first_training[0] == rung
    assert result.remaining is not None
    assert result.remaining < 10
    document = result.as_json()
    assert document["explained"]
    for place in (
        document["causes"][0]["torch"],
        document["causes"][0]["keras"],
    ):
        assert place is None or "recipes_" in place or "regularizers" in place


@pytest.mark.slow
def test_two_faults_are_both_named(both: WorkerPair, tmp_path: Path) -> None:
    result = compared(
        both,
        tmp_path,
        [("lr=1e-3", "lr=2e-3"), ("eps=1e-3", "eps=1e-5")],
        [],
    )
    assert {each.slug for each in result.causes} == {
        "batch_norm_epsilon",
        "learning_rate",
    }


FUNCTIONS_T = """

def preprocess(images):
    return torch.tensor(images).permute(0, 3, 1, 2) / 255


def split(n, fraction):
    return range(int(n * (1 - fraction))), range(int(n * (1 - fraction)), n)


def evaluate(model, x, y):
    model.eval()
    with torch.no_grad():
        return {"loss": loss(model(x), y)}
"""
FUNCTIONS_K = """

import numpy as np


def preprocess(images):
    return images / 255


def split(n, fraction):
    held = int(n * fraction)
    return np.arange(n)[:-held], np.arange(n)[-held:]


def evaluate(model, x, y):
    return {"loss": loss(model(x), y)}
"""
BESIDE: list[tuple[str, Edit, Edit]] = [
    ("", END, END),
    ("preprocessing_scale", END, ("images / 255", "images / 127.5 - 1")),
    (
        "preprocessing_channel_order",
        END,
        ("images / 255", "images[..., ::-1] / 255"),
    ),
    ("split", ("n * (1 - fraction)", "n * fraction"), END),
    ("evaluation_mode", ("    model.eval()\n", ""), END),
    (
        "evaluation_mode",
        END,
        ("model(x), y)}", "model(x, training=True), y)}"),
    ),
]


@pytest.mark.parametrize(
    ("cause", "torch", "keras"),
    [
        pytest.param(*case, marks=pytest.mark.slow if n % 2 else ())
        for n, case in enumerate(BESIDE)
    ],
)
def test_preprocessing_splits_and_evaluations_are_compared(
    both: WorkerPair, tmp_path: Path, cause: str, torch: Edit, keras: Edit
) -> None:
    result = compared(
        both,
        tmp_path,
        [("", FUNCTIONS_T), torch],
        [("", FUNCTIONS_K), keras],
    )
    assert [each.slug for each in result.causes] == ([cause] if cause else [])
    assert result.verdict == ("disagree" if cause else "agree")


def test_tensors_shared_on_one_side_are_named(
    both: WorkerPair, tmp_path: Path
) -> None:
    (tmp_path / "tied.py").write_text(
        "import torch\nfrom torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.a, self.b = nn.Linear(6, 6), nn.Linear(6, 1)\n"
        "    def forward(self, x):\n"
        "        return self.b(torch.tanh(self.a(torch.tanh(self.a(x)))))\n"
        "def loss(pred, target):\n"
        "    return nn.functional.mse_loss(pred, target)\n"
    )
    (tmp_path / "untied.py").write_text(
        "import keras\n"
        "def net():\n"
        "    hidden = [keras.layers.Dense(6, 'tanh') for _ in range(2)]\n"
        "    return keras.Sequential([*hidden, keras.layers.Dense(1)])\n"
        "def loss(pred, target):\n"
        "    return keras.ops.mean((pred - target) ** 2)\n"
    )
    addresses = f"{tmp_path / 'tied.py'}:Net", f"{tmp_path / 'untied.py'}:net"
    result = compare_models(both, addresses, [(4, 6)])
    assert result.level == "gradient"
    assert [each.slug for each in result.causes] == ["shared_weights"]


def test_a_level_without_its_functions_is_refused(both: WorkerPair) -> None:
    file = HERE / "torch_models.py"
    addresses = f"{file}:Dense", f"{HERE / 'keras_models.py'}:dense"
    with pytest.raises(SpecError, match="both files need a function `loss`"):
        compare_models(both, addresses, [(2, 12)], level="gradient")


SEQUENCES_T = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(8, 4, 3, padding=1)
        self.head = nn.Linear(24, 1)

    def forward(self, x):
        y = torch.relu(self.conv(x)).transpose(1, 2)
        return self.head(y.flatten(1))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(
            8, 2, dropout=0.2, batch_first=True
        )
        self.drop, self.head = nn.Dropout(0.3), nn.Linear(8, 1)

    def forward(self, x):
        x = x + self.drop(self.attention(x, x, x)[0])
        return self.head(x.mean(1))


def loss(pred, target):
    return nn.functional.mse_loss(pred, target)


def make_optimizer(params):
    return torch.optim.SGD(params, lr=0.1)
"""
SEQUENCES_K = """
import keras
from keras import layers, ops


def net():
    conv = layers.Conv1D(4, 3, padding="same", activation="relu")
    return keras.Sequential(
        [keras.Input((6, 8)), conv, layers.Flatten(), layers.Dense(1)]
    )


class Attention(keras.Model):
    def __init__(self):
        super().__init__()
        self.attention = layers.MultiHeadAttention(2, 4, dropout=0.2)
        self.drop, self.head = layers.Dropout(0.3), layers.Dense(1)

    def call(self, x, training=None):
        y = self.attention(x, x, training=training)
        return self.head(ops.mean(x + self.drop(y, training=training), 1))


def loss(pred, target):
    return keras.losses.MeanSquaredError()(target, pred)


def make_optimizer():
    return keras.optimizers.SGD(0.1)
"""


@pytest.fixture
def sequences(tmp_path: Path) -> tuple[Path, Path]:
    torch, keras = tmp_path / "s_torch.py", tmp_path / "s_keras.py"
    torch.write_text(SEQUENCES_T)
    keras.write_text(SEQUENCES_K)
    return torch, keras


def test_an_input_may_have_its_axes_in_another_order(
    both: WorkerPair, sequences: tuple[Path, Path]
) -> None:
    settings = CompareSettings(
        shapes=((4, 6, 8),), torch_shapes=((4, 8, 6),), level="gradient"
    )
    torch, keras = sequences
    result = compare_files(f"{torch}:Net", f"{keras}:net", settings, both)
    assert result.verdict == "agree", result.rungs
    with pytest.raises(SpecError, match="has not the axes of"):
        _ = CompareSettings(((4, 6, 8),), torch_shapes=((4, 9, 6),)).orders


def test_targets_that_one_loss_broadcasts_are_named(
    both: WorkerPair, sequences: tuple[Path, Path]
) -> None:
    settings = CompareSettings(
        shapes=((4, 6, 8),), torch_shapes=((4, 8, 6),), target=(4,)
    )
    torch, keras = sequences
    result = compare_files(f"{torch}:Net", f"{keras}:net", settings, both)
    assert [each.slug for each in result.causes] == ["loss_broadcasting"]


def test_dropout_inside_attention_is_switched_off(
    both: WorkerPair, sequences: tuple[Path, Path]
) -> None:
    settings = CompareSettings(shapes=((4, 6, 8),))
    torch, keras = sequences
    addresses = f"{torch}:Attention", f"{keras}:Attention"
    result = compare_files(*addresses, settings, both)
    assert result.verdict == "agree", result.rungs
    assert any("inside attention" in note for note in result.notes)
