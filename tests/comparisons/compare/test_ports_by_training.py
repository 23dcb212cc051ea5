"""Ports that differ only in training: steps, penalties, shared tensors."""

from pathlib import Path

from framework_parity.comparisons.workers.worker import WorkerPair
from tests.comparisons.compare.porting import (
    CE_K,
    CE_T,
    MSE_K,
    MSE_T,
    SGD_K,
    SGD_T,
    Case,
    check_case,
    model,
    module,
    on_each,
    sequential,
)

NET_T = module(
    "self.a, self.b = nn.Linear(6, 8), nn.Linear(8, 3)",
    "return self.b(torch.tanh(self.a(x)))",
)
NET_K = sequential(
    "layers.Dense(8, activation='tanh')", "layers.Dense(3)", shape="(6,)"
)
SHAPE = (8, 6)


def step_t(change: str) -> str:
    return f"""
def train_step(model, optimizer, x, y):
    optimizer.zero_grad()
    value = loss(model(x), y)
    value.backward()
    {change}
    optimizer.step()
    return value.detach()
"""


def step_k(grads: str, more: str = "") -> str:
    return f"""
def train_step(model, optimizer, x, y):
    with tf.GradientTape() as tape:
        value = loss(model(x, training=True), y)
        total = value{more}
    variables = model.trainable_variables
    grads = tape.gradient(total, variables)
    optimizer.apply({grads}, variables)
    return value
"""


CLIPPED_T = step_t("nn.utils.clip_grad_norm_(model.parameters(), 0.01)")
GLOBAL_K = (
    "[g * ops.minimum(1.0, 0.01 / (1e-6 + ops.sqrt(sum(ops.sum(h * h) "
    "for h in grads)))) for g in grads]"
)
EACH_K = (
    "[g * ops.minimum(1.0, 0.01 / (1e-6 + ops.sqrt(ops.sum(g * g)))) "
    "for g in grads]"
)
VALUE_K = "[ops.clip(g, -0.01, 0.01) for g in grads]"
DECAYED_T = """
def make_optimizer(params):
    return torch.optim.SGD(params, lr=0.1, momentum=0.9, weight_decay=0.02)
"""
MOMENTUM_K = """
def make_optimizer():
    return keras.optimizers.SGD(0.1, 0.9)
"""


def penalized_k(factor: float) -> str:
    rule = f"keras.regularizers.L2({factor})"
    rules = f"kernel_regularizer={rule}, bias_regularizer={rule}"
    return sequential(
        f"layers.Dense(8, activation='tanh', {rules})",
        f"layers.Dense(3, {rules})",
        shape="(6,)",
    )


PENALTIES = step_k("grads", " + sum(model.losses)")
WARM_T = """
def make_scheduler(optimizer):
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: (s + 1) / 9)
"""
WARM_K = """
class Warm(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.1 * (ops.cast(step, keras.config.floatx()) + START) / 9

    def get_config(self):
        return {}


def make_optimizer():
    return keras.optimizers.SGD(Warm())
"""
WEIGHTS_T = """
def loss(pred, target):
    weight = torch.tensor([1.0, 2.0, 4.0], dtype=pred.dtype)
    return F.cross_entropy(pred, target, weight=weight)
"""


def weights_k(divisor: str, weight: str = "[1.0, 2.0, 4.0]") -> str:
    return f"""
def loss(pred, target):
    w = ops.take(ops.cast(ops.array({weight}), pred.dtype), target)
    each = keras.losses.sparse_categorical_crossentropy(
        target, pred, from_logits=True
    )
    return ops.sum(w * each) / {divisor}
"""


SERIES_T = module("self.a = nn.Linear(6, 3)", "return self.a(x)") + SGD_T
SERIES_K = sequential("layers.Dense(3)", shape="(5, 6)") + SGD_K
IGNORED_T = """
def loss(pred, target):
    return F.cross_entropy(pred.transpose(1, 2), target, ignore_index=0)
"""
HEADS_T = module(
    "self.a, self.b, self.c = nn.Linear(6, 8), nn.Linear(8, 2), "
    "nn.Linear(8, 1)",
    "h = torch.tanh(self.a(x)); "
    "return torch.cat([self.b(h), self.c(h.detach())], 1)",
)
HEADS_K = model(
    "self.a = layers.Dense(8, activation='tanh')\n"
    "        self.b, self.c = layers.Dense(2), layers.Dense(1)",
    "h = self.a(x); return ops.concatenate([self.b(h), self.c(STOPPED)], 1)",
)
TIED_T = module(
    "self.e, self.a = nn.Embedding(7, 4), nn.Linear(4, 7, bias=False)\n"
    "        self.a.weight = self.e.weight",
    "return self.a(torch.tanh(self.e(x).mean(1)))",
)
TIED_K = model(
    "self.e, self.a = layers.Embedding(7, 4), layers.Dense(7, use_bias=False)",
    "return self.a(ops.tanh(ops.mean(self.e(x), axis=1)))",
)
FROZEN_T = module(
    "self.a, self.n = nn.Linear(6, 3), nn.BatchNorm1d(3, 1e-3, 0.01)\n"
    "        for p in self.n.parameters(): p.requires_grad_(False)",
    "return self.n(self.a(x))",
)
FROZEN_K = """


def net():
    norm = layers.BatchNormalization()
    made = keras.Sequential([keras.Input((6,)), layers.Dense(3), norm])
    FROZEN
    return made
"""

AGREE: dict[str, Case] = {
    "clipping written out": Case(
        NET_T + MSE_T + SGD_T + CLIPPED_T,
        NET_K + MSE_K + SGD_K + step_k(GLOBAL_K),
        SHAPE,
    ),
    "weight decay as a penalty": Case(
        NET_T + MSE_T + DECAYED_T,
        penalized_k(0.01) + MSE_K + MOMENTUM_K + PENALTIES,
        SHAPE,
    ),
    "weights of classes": Case(
        NET_T + WEIGHTS_T + SGD_T,
        NET_K + weights_k("ops.sum(w)") + SGD_K,
        SHAPE,
    ),
    "ignored labels": Case(
        SERIES_T + IGNORED_T,
        SERIES_K + weights_k("ops.sum(w)", "[0.0, 1.0, 1.0]"),
        (3, 5, 6),
    ),
    "a frozen normalisation in training mode": Case(
        FROZEN_T + MSE_T + SGD_T,
        FROZEN_K.replace(
            "FROZEN", "norm.gamma.trainable = norm.beta.trainable = False"
        )
        + MSE_K
        + SGD_K,
        SHAPE,
    ),
}
ROWS_T = module(
    "self.e, self.a = nn.Embedding(7, 4, padding_idx=0), nn.Linear(4, 3)",
    "return self.a(self.e(x).mean(1))",
)
ROWS_K = """
class Padded(layers.Embedding):
    def call(self, ids):
        rows = super().call(ids)
        pad = ops.expand_dims(ops.equal(ids, 0), -1)
        return ops.where(pad, ops.stop_gradient(rows), rows)


""" + model(
    "self.e, self.a = Padded(7, 4), layers.Dense(3)",
    "return self.a(ops.mean(self.e(x), axis=1))",
)
AGREE["a subclass of an embedding"] = Case(
    ROWS_T + CE_T + SGD_T, ROWS_K + CE_K + SGD_K, (8, 5)
)
DIFFER: dict[str, Case] = {
    "weights of positive labels": Case(
        NET_T
        + SGD_T
        + """
def loss(pred, target):
    weight = torch.tensor(3.0, dtype=pred.dtype)
    return F.binary_cross_entropy_with_logits(pred, target, pos_weight=weight)
""",
        NET_K
        + SGD_K
        + """
def loss(pred, target):
    return ops.mean(tf.nn.sigmoid_cross_entropy_with_logits(target, pred))
""",
        SHAPE,
        ("binary_cross_entropy_positive",),
    ),
    "a loss of the batch": Case(
        NET_T
        + SGD_T
        + """
def loss(pred, target):
    both = (pred * target).sum(1) + 1
    return (1 - both / ((pred ** 2).sum(1) + 1)).mean()
""",
        NET_K
        + SGD_K
        + """
def loss(pred, target):
    both = ops.sum(pred * target) + 1
    return ops.mean(1 - both / (ops.sum(pred ** 2) + 1))
""",
        SHAPE,
        ("loss_sum_axes",),
    ),
    "a sum in the place of a mean": Case(
        NET_T
        + SGD_T
        + """
def loss(pred, target):
    norm = (pred ** 2).sum(1).mean()
    return F.mse_loss(pred, target) + 0.1 * norm
""",
        NET_K
        + SGD_K
        + """
def loss(pred, target):
    norm = ops.mean(ops.mean(pred ** 2, axis=1))
    return ops.mean((pred - target) ** 2) + 0.1 * norm
""",
        SHAPE,
        ("loss_operation_replaced",),
    ),
    "outputs against columns": Case(
        module("self.a = nn.Linear(6, 1)", "return self.a(x)")
        + SGD_T
        + """
def loss(pred, target):
    return ((pred.squeeze(1) - target.reshape(-1)) ** 2).mean()
""",
        sequential("layers.Dense(1)", shape="(6,)")
        + SGD_K
        + """
def loss(pred, target):
    return ops.mean((ops.squeeze(pred, 1) - target) ** 2)
""",
        SHAPE,
        ("loss_broadcasting",),
    ),
    "clipping of each tensor": Case(
        NET_T + MSE_T + SGD_T + CLIPPED_T,
        NET_K + MSE_K + SGD_K + step_k(EACH_K),
        SHAPE,
        ("gradient_clipping",),
    ),
    "clipping of each number": Case(
        NET_T + MSE_T + SGD_T + CLIPPED_T,
        NET_K + MSE_K + SGD_K + step_k(VALUE_K),
        SHAPE,
        ("gradient_clipping",),
    ),
    "gradients added up": Case(
        NET_T + MSE_T + SGD_T,
        NET_K + MSE_K + SGD_K + step_k("[2 * g for g in grads]"),
        SHAPE,
        ("gradient_scale",),
    ),
    "gradients halved in PyTorch": Case(
        NET_T
        + MSE_T
        + SGD_T
        + step_t("for p in model.parameters(): p.grad /= 2"),
        NET_K + MSE_K + SGD_K,
        SHAPE,
        ("gradient_scale",),
    ),
    "twice the weight decay": Case(
        NET_T + MSE_T + DECAYED_T,
        penalized_k(0.02) + MSE_K + MOMENTUM_K + PENALTIES,
        SHAPE,
        ("weight_penalty_factor",),
    ),
    "a first rate of 0": Case(
        NET_T + MSE_T + SGD_T + WARM_T,
        NET_K + MSE_K + WARM_K.replace("START", "0"),
        SHAPE,
        ("learning_rate_schedule",),
    ),
    "the mean of weighted samples": Case(
        NET_T + WEIGHTS_T + SGD_T,
        NET_K + weights_k("ops.cast(ops.size(w), w.dtype)") + SGD_K,
        SHAPE,
        ("cross_entropy_mean_of",),
    ),
    "other weights of classes": Case(
        NET_T + WEIGHTS_T + SGD_T,
        NET_K + weights_k("ops.sum(w)", "[1.0, 3.0, 4.0]") + SGD_K,
        SHAPE,
        ("cross_entropy_class_weights",),
    ),
    "ignored labels that are counted": Case(
        SERIES_T + IGNORED_T,
        SERIES_K
        + weights_k("ops.cast(ops.size(w), w.dtype)", "[0.0, 1.0, 1.0]"),
        (3, 5, 6),
        ("cross_entropy_mean_of",),
    ),
    "gradients that are not stopped": Case(
        HEADS_T + MSE_T + SGD_T,
        HEADS_K.replace("STOPPED", "h") + MSE_K + SGD_K,
        SHAPE,
        ("missing_in_keras",),
    ),
    "a matrix of its own": Case(
        TIED_T + CE_T + SGD_T,
        TIED_K + CE_K + SGD_K,
        (8, 5),
        ("shared_weights",),
    ),
    "a frozen normalisation in evaluation mode": Case(
        FROZEN_T + MSE_T + SGD_T,
        FROZEN_K.replace("FROZEN", "norm.trainable = False") + MSE_K + SGD_K,
        SHAPE,
        ("training_mode",),
    ),
}


@on_each(AGREE | DIFFER)
def test_a_port(both: WorkerPair, tmp_path: Path, case: Case) -> None:
    check_case(both, tmp_path, case)
