"""`fit_config`: class weights, callbacks and splits of `fit`, and values."""

from pathlib import Path

import pytest

from framework_parity.common.spec.errors import SpecError
from framework_parity.comparisons.compare.compare import compare_models
from framework_parity.comparisons.compare.result import PairResult
from framework_parity.comparisons.workers.worker import WorkerPair

TORCH = """
import torch
from torch import nn
from torch.nn import functional as F

WEIGHTS = torch.tensor([1.0, 5.0, 2.0], dtype=torch.float64)


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3))


def loss(pred, target):
    return F.cross_entropy(pred, target)


def make_optimizer(params):
    return torch.optim.SGD(params, lr=0.1)
"""
KERAS = """
import keras


def net():
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(4, activation="tanh"),
            keras.layers.Dense(3),
        ]
    )
    model.compile(
        keras.optimizers.SGD(0.1),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model
"""
WEIGHTED = "F.cross_entropy(pred, target, weight=WEIGHTS)"
BY_COUNT = (
    'F.cross_entropy(pred, target, weight=WEIGHTS, reduction="none").mean()'
)
PLAIN = "F.cross_entropy(pred, target)"
SCHEDULE = """
def make_scheduler(optimizer):
    return torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
"""
SPLIT = """
def split(n, fraction):
    cut = int(n * fraction)
    return range(cut, n), range(cut)
"""


def config(text: str) -> str:
    return f"\n\ndef fit_config():\n    return dict({text})\n"


CLASS_WEIGHT = config("class_weight={0: 1.0, 1: 5.0, 2: 2.0}")
DECAY = config(
    "callbacks=[keras.callbacks.LearningRateScheduler("
    "lambda epoch: 0.1 * 0.5**epoch)]"
)


def compared(
    pair: WorkerPair, folder: Path, torch: str, keras: str
) -> PairResult:
    (folder / "fit_torch.py").write_text(torch)
    (folder / "fit_keras.py").write_text(keras)
    addresses = f"{folder}/fit_torch.py:Net", f"{folder}/fit_keras.py:net"
    return compare_models(pair, addresses, [(6, 5)])


@pytest.mark.parametrize(
    ("torch", "keras", "first_rung", "slugs"),
    [
        pytest.param(
            TORCH.replace(PLAIN, BY_COUNT),
            KERAS + CLASS_WEIGHT,
            None,
            [],
            id="class weights, mean over samples",
        ),
        pytest.param(
            TORCH.replace(PLAIN, WEIGHTED),
            KERAS + CLASS_WEIGHT,
            "loss",
            ["cross_entropy_mean_of"],
            id="PyTorch divides by the sum of the weights",
        ),
        pytest.param(
            TORCH.replace(PLAIN, WEIGHTED),
            KERAS + CLASS_WEIGHT.replace("5.0", "3.0"),
            "loss",
            ["cross_entropy_class_weights", "cross_entropy_mean_of"],
            id="other weights and another mean",
        ),
        pytest.param(
            TORCH.replace(PLAIN, WEIGHTED),
            KERAS,
            "loss",
            ["cross_entropy_class_weights"],
            id="weights in PyTorch only",
        ),
        pytest.param(
            TORCH,
            KERAS + CLASS_WEIGHT,
            "loss",
            ["cross_entropy_class_weights"],
            id="weights in Keras only",
        ),
        pytest.param(
            TORCH + SCHEDULE,
            KERAS + DECAY,
            None,
            [],
            id="a callback that schedules the rate",
        ),
        pytest.param(
            TORCH,
            KERAS + DECAY,
            "trajectory",
            ["learning_rate_schedule"],
            id="a callback that PyTorch has not",
        ),
        pytest.param(
            TORCH + SPLIT,
            KERAS + config("validation_split=0.2"),
            "split",
            ["split"],
            id="fit validates on the last samples",
        ),
        pytest.param(
            TORCH + config("batch_size=32, epochs=5, patience=3"),
            KERAS
            + config(
                "batch_size=64, epochs=5, verbose=0, callbacks=["
                "keras.callbacks.EarlyStopping(patience=2)]"
            ),
            "fit_config",
            ["fit_batch_size", "fit_patience"],
            id="values of both",
        ),
    ],
)
def test_fit_config(
    both: WorkerPair,
    tmp_path: Path,
    torch: str,
    keras: str,
    first_rung: str | None,
    slugs: list[str],
) -> None:
    result = compared(both, tmp_path, torch, keras)
    assert [each.slug for each in result.causes] == slugs
    first = result.first_training
    assert (first and first[0]) == first_rung


@pytest.mark.parametrize(
    ("keras", "says"),
    [
        (KERAS + "\n\ndef fit_config():\n    return 3\n", "returned int"),
        (
            KERAS + "\n\ndef fit_config():\n    return 1 / 0\n",
            "fit_keras.py:21",
        ),
        (
            KERAS + CLASS_WEIGHT + "\n\ndef loss(pred, target):\n    pass\n",
            "class_weight of fit_config needs the loss of a compiled model",
        ),
    ],
)
def test_a_wrong_fit_config_is_refused(
    both: WorkerPair, tmp_path: Path, keras: str, says: str
) -> None:
    with pytest.raises(SpecError, match=says):
        compared(both, tmp_path, TORCH, keras)


def test_labels_may_be_asked_for(both: WorkerPair, tmp_path: Path) -> None:
    # By default a squared error gets numbers, which these losses refuse.
    squared = (
        "F.mse_loss(pred, (target + 0 * F.one_hot(target[:, 0])[:, :1]) / 2)"
    )
    torch = TORCH.replace("4, 3)", "4, 1)").replace(PLAIN, squared)
    keras = KERAS.replace("Dense(3)", "Dense(1)").replace(
        "keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
        "lambda y, p: keras.losses.MeanSquaredError()("
        "keras.ops.cast(y, p.dtype) / 2, p)",
    )
    (tmp_path / "l_torch.py").write_text(torch)
    (tmp_path / "l_keras.py").write_text(keras)
    addresses = f"{tmp_path}/l_torch.py:Net", f"{tmp_path}/l_keras.py:net"
    with pytest.raises(SpecError, match="loss raises RuntimeError"):
        compare_models(both, addresses, [(6, 5)])
    result = compare_models(both, addresses, [(6, 5)], target="labels")
    assert result.verdict == "agree", (result.rungs, result.causes)
    assert result.level == "trajectory"
