"""Sound pairs of models with training code, as texts of two files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from framework_parity.comparisons.compare.compare import compare_models
from framework_parity.comparisons.compare.result import PairResult
from framework_parity.comparisons.workers.worker import WorkerPair

Edit = tuple[str, str]

MODEL_T = """
import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4, eps=1e-3, momentum=0.1)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        y = F.relu(self.norm(self.conv(x)))
        return self.head(self.drop(y.mean((2, 3))))


def loss(pred, target):
    return F.cross_entropy(pred, target)


def make_optimizer(params):
    return torch.optim.SGD(params, lr=0.1)
"""
MODEL_K = """
import keras
import numpy as np
from keras import layers


def net():
    return keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            layers.Conv2D(4, 3, padding="same"),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.3),
            layers.Dense(3),
        ]
    )


def loss(pred, target):
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(
        target, pred
    )


def make_optimizer():
    return keras.optimizers.SGD(0.1)
"""
REGRESSION_T = """
import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(108, 8), nn.Linear(8, 2))


def loss(pred, target):
    return LOSS


def make_optimizer(params):
    return torch.optim.SGD(params, lr=0.1)
"""
REGRESSION_K = """
import keras
from keras import layers


def net():
    inputs = keras.Input((6, 6, 3))
    x = layers.Permute((3, 1, 2))(inputs)
    x = layers.Dense(8)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(2)(x))


def loss(pred, target):
    return keras.losses.LOSS(target, pred)


def make_optimizer():
    return keras.optimizers.SGD(0.1)
"""
SGD_T, SGD_K = "SGD(params, lr=0.1)", "SGD(0.1)"
CE_T = "F.cross_entropy(pred, target)"
STEP_T = """

def train_step(model, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    value = loss(model(x), y)
    value.backward()
    CLIP
    optimizer.step()
    return value.item()
"""
BESIDE_T = """

def preprocess(images):
    x = torch.tensor(images).permute(0, 3, 1, 2) / 255
    return x


def split(n, fraction):
    held = int(n * fraction)
    return range(n - held), range(n - held, n)


def evaluate(model, x, y):
    model.eval()
    with torch.no_grad():
        return {"loss": loss(model(x), y)}


def fit_config():
    return dict(
        batch_size=32, epochs=10, shuffle=True, validation_split=0.2,
        patience=3,
    )
"""
BESIDE_K = """

def preprocess(images):
    x = images / 255
    return x


def split(n, fraction):
    held = int(n * fraction)
    return np.arange(n)[:-held], np.arange(n)[-held:]


def evaluate(model, x, y):
    return {"loss": loss(model(x), y)}


def fit_config():
    return dict(
        batch_size=32,
        epochs=10,
        shuffle=True,
        validation_split=0.2,
        callbacks=[keras.callbacks.EarlyStopping(patience=3)],
    )
"""


@dataclass(frozen=True)
class Pair:
    """A sound pair: two files."""

    torch: str
    keras: str

    def edited(self, torch: list[Edit], keras: list[Edit]) -> "Pair":
        """Return the pair with texts replaced; each occurs once at least."""
        texts = {"torch": self.torch, "keras": self.keras}
        for side, edits in (("torch", torch), ("keras", keras)):
            for old, new in edits:
                assert old in texts[side], (side, old)
                texts[side] = texts[side].replace(old, new, 1)
        return Pair(texts["torch"], texts["keras"])


CLASSIFIER = Pair(MODEL_T, MODEL_K)


def optimized(torch: str, keras: str) -> Pair:
    """Return the classifier with other optimisers."""
    return CLASSIFIER.edited([(SGD_T, torch)], [(SGD_K, keras)])


OPTIMIZERS: dict[str, tuple[str, str, list[tuple[str, Edit, str]]]] = {
    "sgd": (
        "SGD(params, lr=0.1, momentum=0.9)",
        "SGD(0.1, momentum=0.9)",
        [
            ("torch", ("lr=0.1", "lr=0.05"), "learning_rate"),
            ("keras", ("0.1", "0.01"), "learning_rate"),
            ("torch", ("m=0.9", "m=0.8"), "sgd_momentum"),
            ("keras", ("m=0.9", "m=0.8"), "sgd_momentum"),
            ("torch", (", momentum=0.9", ""), "sgd_momentum"),
            ("torch", ("m=0.9", "m=0.9, nesterov=True"), "sgd_nesterov"),
            ("keras", ("m=0.9", "m=0.9, nesterov=True"), "sgd_nesterov"),
            (
                "torch",
                ("m=0.9", "m=0.9, weight_decay=0.1"),
                "sgd_weight_decay sgd_decay",
            ),
            (
                "keras",
                ("m=0.9", "m=0.9, weight_decay=0.1"),
                "sgd_weight_decay sgd_decay",
            ),
        ],
    ),
    "rmsprop": (
        "RMSprop(params, lr=1e-3, alpha=0.9, eps=1e-7)",
        "RMSprop(1e-3)",
        [
            ("torch", (", alpha=0.9", ""), "rmsprop_rho"),
            ("keras", ("1e-3", "1e-3, rho=0.99"), "rmsprop_rho"),
            ("torch", (", eps=1e-7", ", eps=1e-4"), "rmsprop_epsilon"),
            ("keras", ("1e-3", "1e-3, epsilon=1e-4"), "rmsprop_epsilon"),
            ("torch", ("lr=1e-3, ", ""), "learning_rate"),
            ("keras", ("1e-3", "1e-2"), "learning_rate"),
            ("torch", ("1e-7", "1e-7, centered=True"), "rmsprop_centered"),
            ("keras", ("1e-3", "1e-3, centered=True"), "rmsprop_centered"),
            ("torch", ("1e-7", "1e-7, momentum=0.5"), "rmsprop_momentum"),
            (
                "torch",
                ("1e-7", "1e-7, weight_decay=0.1"),
                "rmsprop_weight_decay rmsprop_decay",
            ),
        ],
    ),
    "adam": (
        "Adam(params, lr=1e-3, eps=1e-7)",
        "Adam(1e-3)",
        [
            ("torch", (", eps=1e-7", ""), "adam_epsilon"),
            ("keras", ("1e-3", "1e-3, epsilon=1e-3"), "adam_epsilon"),
            ("torch", ("1e-7", "1e-7, betas=(0.8, 0.999)"), "adam_beta_1"),
            ("keras", ("1e-3", "1e-3, beta_2=0.99"), "adam_beta_2"),
            ("torch", ("1e-7", "1e-7, amsgrad=True"), "adam_amsgrad"),
            ("keras", ("1e-3", "1e-3, amsgrad=True"), "adam_amsgrad"),
            ("torch", ("lr=1e-3", "lr=3e-4"), "learning_rate"),
            ("keras", ("1e-3", "1e-2"), "learning_rate"),
            (
                "torch",
                ("1e-7", "1e-7, weight_decay=0.1"),
                "adam_weight_decay adam_decay",
            ),
            ("torch", ("Adam", "AdamW"), "optimizer_replaced"),
            ("keras", ("Adam", "Nadam"), "optimizer_replaced"),
        ],
    ),
    "adamw": (
        "AdamW(params, lr=1e-3, eps=1e-7, weight_decay=4e-3)",
        "AdamW(1e-3)",
        [
            ("torch", (", weight_decay=4e-3", ""), "adamw_weight_decay"),
            (
                "keras",
                ("1e-3", "1e-3, weight_decay=0.04"),
                "adamw_weight_decay",
            ),
            ("torch", (", eps=1e-7", ""), "adamw_epsilon"),
            ("keras", ("1e-3", "1e-3, epsilon=1e-4"), "adamw_epsilon"),
            ("torch", ("AdamW", "Adam"), "optimizer_replaced"),
            ("keras", ("1e-3", "2e-3"), "learning_rate"),
        ],
    ),
    "adagrad": (
        "Adagrad(params, lr=1e-2, eps=1e-7, initial_accumulator_value=0.1)",
        "Adagrad(1e-2)",
        [
            (
                "torch",
                (", initial_accumulator_value=0.1", ""),
                "adagrad_initial_accumulator",
            ),
            (
                "keras",
                ("1e-2", "1e-2, initial_accumulator_value=0.5"),
                "adagrad_initial_accumulator",
            ),
            ("torch", ("eps=1e-7", "eps=1e-3"), "adagrad_epsilon"),
            ("keras", ("1e-2", "1e-3"), "learning_rate"),
            (
                "torch",
                ("eps=1e-7", "eps=1e-7, weight_decay=0.1"),
                "adagrad_weight_decay adagrad_decay",
            ),
        ],
    ),
    "adadelta": (
        "Adadelta(params, lr=1.0, rho=0.95, eps=1e-7)",
        "Adadelta(1.0)",
        [
            ("torch", (", rho=0.95", ""), "adadelta_rho"),
            ("keras", ("1.0", "1.0, rho=0.9"), "adadelta_rho"),
            ("torch", (", eps=1e-7", ""), "adadelta_epsilon"),
            ("keras", ("1.0", "1.0, epsilon=1e-6"), "adadelta_epsilon"),
            ("keras", ("1.0", ""), "learning_rate"),
            (
                "torch",
                ("eps=1e-7", "eps=1e-7, weight_decay=0.1"),
                "adadelta_weight_decay adadelta_decay",
            ),
        ],
    ),
    "adamax": (
        "Adamax(params, lr=1e-3, eps=1e-7)",
        "Adamax(1e-3)",
        [
            ("torch", ("lr=1e-3, ", ""), "learning_rate"),
            ("torch", ("eps=1e-7", "eps=1e-3"), "adamax_epsilon"),
            ("keras", ("1e-3", "1e-3, epsilon=1e-3"), "adamax_epsilon"),
            ("keras", ("1e-3", "1e-3, beta_1=0.5"), "adamax_beta_1"),
            (
                "torch",
                ("eps=1e-7", "eps=1e-7, weight_decay=0.1"),
                "adamax_weight_decay adamax_decay",
            ),
        ],
    ),
    "nadam": (
        "NAdam(params, lr=2e-3, eps=1e-7, momentum_decay=1.0)",
        "Nadam(2e-3)",
        [
            ("torch", ("eps=1e-7", "eps=1e-3"), "nadam_epsilon"),
            ("keras", ("2e-3", ""), "learning_rate"),
            ("keras", ("2e-3", "2e-3, beta_2=0.99"), "nadam_beta_2"),
            (
                "torch",
                ("eps=1e-7", "eps=1e-7, weight_decay=0.1"),
                "nadam_weight_decay nadam_decay",
            ),
            ("keras", ("Nadam", "Adam"), "optimizer_replaced"),
            (
                "torch",
                (", momentum_decay=1.0", ""),
                "nadam_momentum_decay",
            ),
        ],
    ),
}
"""PyTorch's and Keras's call, and changes: the side, the text, the slugs."""

RATES_T = "torch.optim.lr_scheduler"
RATES_K = "keras.optimizers.schedules"
SCHEDULES: dict[str, tuple[str, str, list[tuple[str, Edit]]]] = {
    "multi_step_boundary": (
        "MultiStepLR(optimizer, [3, 6], 0.1)",
        "PiecewiseConstantDecay([2, 5], [0.1, 0.01, 0.001])",
        [("keras", ("[2, 5]", "[3, 6]")), ("torch", ("[3, 6]", "[2, 5]"))],
    ),
    "polynomial_decay_end": (
        "PolynomialLR(optimizer, total_iters=8, power=2)",
        "PolynomialDecay(0.1, 8, end_learning_rate=0.0, power=2)",
        [
            ("keras", ("end_learning_rate=0.0, ", "")),
            ("torch", (", power=2", "")),
        ],
    ),
    "cosine_past_its_end": (
        "CosineAnnealingLR(optimizer, 20)",
        "CosineDecay(0.1, 20)",
        [
            ("keras", ("20", "5")),
            ("torch", ("20", "20, eta_min=0.01")),
        ],
    ),
    "cosine_restarts_times": (
        "CosineAnnealingWarmRestarts(optimizer, 3)",
        "CosineDecayRestarts(0.1, 3, t_mul=1.0)",
        [
            ("keras", (", t_mul=1.0", "")),
            ("torch", ("3", "3, T_mult=2")),
        ],
    ),
    "step": (
        "StepLR(optimizer, 3, 0.5)",
        "ExponentialDecay(0.1, 3, 0.5, staircase=True)",
        [
            ("keras", (", staircase=True", "")),
            ("torch", ("3", "2")),
        ],
    ),
}


def scheduled(torch: str, keras: str) -> Pair:
    """Return the classifier with schedules."""
    edits = [(SGD_K, f"SGD({RATES_K}.{keras})")]
    pair = CLASSIFIER.edited([], edits)
    text = (
        f"\n\ndef make_scheduler(optimizer):\n    return {RATES_T}.{torch}\n"
    )
    return Pair(pair.torch + text, pair.keras)


LOSSES: dict[str, tuple[str, str]] = {
    "mean_squared_error": ("F.mse_loss(pred, target)", "MeanSquaredError()"),
    "mean_absolute_error": ("F.l1_loss(pred, target)", "MeanAbsoluteError()"),
    "huber": ("F.huber_loss(pred, target)", "Huber()"),
}


def regression(torch: str, keras: str) -> Pair:
    """Return the regression with a loss."""
    return Pair(
        REGRESSION_T.replace("LOSS", torch),
        REGRESSION_K.replace("LOSS", keras),
    )


def clipped(torch: str, keras: str) -> Pair:
    """Return the classifier with a training step that clips."""
    pair = optimized(SGD_T, f"SGD(0.1, {keras})" if keras else SGD_K)
    return Pair(pair.torch + STEP_T.replace("CLIP", torch), pair.keras)


NORM = "nn.utils.clip_grad_norm_(model.parameters(), 0.05)"
VALUE = "nn.utils.clip_grad_value_(model.parameters(), 0.05)"
WITH_FUNCTIONS = Pair(MODEL_T + BESIDE_T, MODEL_K + BESIDE_K)


def sound() -> Iterator[tuple[str, Pair]]:
    """Yield every sound pair."""
    yield "classifier", CLASSIFIER
    yield "functions", WITH_FUNCTIONS
    for name, (torch, keras, _) in OPTIMIZERS.items():
        yield name, optimized(torch, keras)
    for name, (torch, keras, _) in SCHEDULES.items():
        yield name, scheduled(torch, keras)
    for name, losses in LOSSES.items():
        yield name, regression(*losses)
    yield "clip by global norm", clipped(NORM, "global_clipnorm=0.05")
    yield "clip by value", clipped(VALUE, "clipvalue=0.05")


def compared(pair: WorkerPair, folder: Path, files: Pair) -> PairResult:
    """Return the comparison of two files."""
    (folder / "r_torch.py").write_text(files.torch)
    (folder / "r_keras.py").write_text(files.keras)
    addresses = f"{folder}/r_torch.py:Net", f"{folder}/r_keras.py:net"
    return compare_models(pair, addresses, [(4, 6, 6, 3)])
