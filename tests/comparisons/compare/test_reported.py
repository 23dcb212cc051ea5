"""Ports as people report them: pairs that agree, and mistakes with causes.

Each case is a pair of short files. The causes are those that have to be
named, `undecided` that the comparison has to say why it cannot decide.
"""

from pathlib import Path

from framework_parity.comparisons.workers.worker import WorkerPair
from tests.comparisons.compare.porting import (
    ADAM_K,
    ADAM_T,
    CE_K,
    CE_T,
    MSE_K,
    MSE_T,
    SGD_K,
    SGD_T,
    Case,
    check_case,
    compared_case,
    model,
    module,
    on_each,
    sequential,
)

TRAINED_T, TRAINED_K = MSE_T + SGD_T, MSE_K + SGD_K
NORM_T = module(
    "self.a, self.n = nn.Linear(6, 8), nn.BatchNorm1d(8, 1e-3, 0.01)\n"
    "        self.b = nn.Linear(8, 1)",
    "return self.b(F.relu(self.n(self.a(x))))",
)
NORM_K = model(
    "self.a, self.n = layers.Dense(8), layers.BatchNormalization()\n"
    "        self.b = layers.Dense(1)",
    "return self.b(ops.relu(self.n(self.a(x), training=training)))",
)
TWO_T = module(
    "self.a, self.b = nn.Linear(6, 8), nn.Linear(8, 1)",
    "return self.b(torch.tanh(self.a(x)))",
)
TWO_K = sequential('layers.Dense(8, "tanh")', "layers.Dense(1)", shape="(6,)")
STEP_T = """
def train_step(model, optimizer, x, y):
    model.train()
    optimizer.zero_grad()
    value = loss(model(x), y)
    value.backward()
    optimizer.step()
    return value.item()
"""
IMAGE_T = module("self.c = nn.Conv2d(3, 4, 3, padding=1)", "return {}")
DECAY_T = """
def make_optimizer(params):
    params = list(params)
    groups = [
        {"params": [p for p in params if p.ndim > 1], "weight_decay": 0.1},
        {"params": [p for p in params if p.ndim == 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=1e-2, eps=1e-7)
"""
DECAY_K = """
def make_optimizer():
    optimizer = keras.optimizers.AdamW(1e-2, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer
"""

AGREE: dict[str, Case] = {
    "normalisation in training": Case(
        NORM_T + TRAINED_T, NORM_K + TRAINED_K, (8, 6)
    ),
    "images as targets": Case(
        IMAGE_T.format("self.c(x)") + TRAINED_T,
        sequential('layers.Conv2D(4, 3, padding="same")', shape="(5, 5, 3)")
        + TRAINED_K,
        (2, 5, 5, 3),
    ),
    "an embedding with repeated ids and Adam": Case(
        module(
            "self.e, self.b = nn.Embedding(7, 4), nn.Linear(4, 3)",
            "return self.b(self.e(x).mean(1))",
        )
        + CE_T
        + ADAM_T,
        model(
            "self.e, self.b = layers.Embedding(7, 4), layers.Dense(3)",
            "return self.b(ops.mean(self.e(x), axis=1))",
        )
        + CE_K
        + ADAM_K,
        (4, 6),
    ),
    "attention with a key size of 8": Case(
        module(
            "self.a = nn.MultiheadAttention(16, 2, batch_first=True)",
            "return self.a(x, x, x, need_weights=False)[0]",
        ),
        model(
            "self.a = layers.MultiHeadAttention(2, 8)", "return self.a(x, x)"
        ),
        (2, 5, 16),
    ),
    "a stack of two with dropout between": Case(
        module(
            "self.r = nn.LSTM(5, 4, 2, batch_first=True, dropout=0.4)\n"
            "        self.b = nn.Linear(4, 1)",
            "return self.b(self.r(x)[1][0][-1])",
        )
        + TRAINED_T,
        sequential(
            "layers.LSTM(4, return_sequences=True)",
            "layers.Dropout(0.4)",
            "layers.LSTM(4)",
            "layers.Dense(1)",
            shape="(6, 5)",
        )
        + TRAINED_K,
        (3, 6, 5),
    ),
    "a stack of two GRUs in both directions": Case(
        module(
            "self.r = nn.GRU(5, 4, 2, batch_first=True, bidirectional=True)",
            "return self.r(x)[0]",
        ),
        sequential(
            *["layers.Bidirectional(layers.GRU(4, return_sequences=True))"]
            * 2,
            shape="(6, 5)",
        ),
        (3, 6, 5),
    ),
    "convolutions of one pixel as dense": Case(
        module(
            "self.a, self.b = nn.Conv2d(3, 2, 1), nn.Conv2d(2, 3, 1)",
            "return x * torch.sigmoid(self.b(F.relu(self.a(\n"
            "            F.adaptive_avg_pool2d(x, 1)))))",
        ),
        """

def net():
    x = keras.Input((4, 4, 3))
    y = layers.GlobalAveragePooling2D()(x)
    y = layers.Dense(3, "sigmoid")(layers.Dense(2, "relu")(y))
    return keras.Model(x, x * layers.Reshape((1, 1, 3))(y))
""",
        (2, 4, 4, 3),
    ),
    "masks written out": Case(
        module(
            "self.q, self.k = nn.Linear(4, 4), nn.Linear(4, 4)",
            "a = self.q(x) @ self.k(x).transpose(1, 2)\n"
            "        m = torch.tril(torch.ones(5, 5))\n"
            "        return torch.softmax(a.masked_fill(m == 0, -1e9), -1)",
        ),
        model(
            "self.q, self.k = layers.Dense(4), layers.Dense(4)",
            "a = ops.matmul(self.q(x), ops.transpose(self.k(x), (0, 2, 1)))\n"
            "        m = ops.tril(ops.ones((5, 5)))\n"
            "        a = ops.where(m == 0, ops.cast(-1e9, a.dtype), a)\n"
            "        return ops.softmax(a)",
        ),
        (2, 5, 4),
    ),
    "a mask that is added": Case(
        module(
            "self.q, self.k = nn.Linear(4, 4), nn.Linear(4, 4)",
            "a = self.q(x) @ self.k(x).transpose(1, 2)\n"
            "        m = torch.tril(torch.ones(5, 5))\n"
            "        return torch.softmax(a.masked_fill(m == 0, -1e9), -1)",
        ),
        model(
            "self.q, self.k = layers.Dense(4), layers.Dense(4)",
            "a = ops.matmul(self.q(x), ops.transpose(self.k(x), (0, 2, 1)))\n"
            "        m = ops.tril(ops.ones((5, 5)))\n"
            "        return ops.softmax(a + (1 - m) * -1e9)",
        ),
        (2, 5, 4),
    ),
    "a grouped convolution, trained": Case(
        module(
            "self.c, self.b = nn.Conv2d(4, 4, 3, groups=2), nn.Linear(4, 1)",
            "return self.b(self.c(x).mean((2, 3)))",
        )
        + TRAINED_T,
        sequential(
            "layers.Conv2D(4, 3, groups=2)",
            "layers.GlobalAveragePooling2D()",
            "layers.Dense(1)",
            shape="(5, 5, 4)",
        )
        + TRAINED_K,
        (2, 5, 5, 4),
    ),
    "bilinear interpolation": Case(
        IMAGE_T.format(
            "F.interpolate(self.c(x), scale_factor=2, mode='bilinear')"
        ),
        sequential(
            'layers.Conv2D(4, 3, padding="same")',
            'layers.UpSampling2D(2, interpolation="bilinear")',
            shape="(5, 5, 3)",
        ),
        (2, 5, 5, 3),
    ),
    "a loss that encodes labels itself": Case(
        module("self.a = nn.Linear(6, 3)", "return self.a(x)") + CE_T,
        sequential("layers.Dense(3)", shape="(6,)")
        + """

def loss(pred, target):
    rows = ops.one_hot(target, 3)
    return ops.mean(
        keras.losses.categorical_crossentropy(rows, pred, from_logits=True)
    )
""",
        (4, 6),
    ),
    "a loss by its name": Case(
        TWO_T + TRAINED_T,
        """

def net():
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(8, "tanh"), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 0.1
    return model
""",
        (4, 6),
    ),
    "biases without decay": Case(
        TWO_T + MSE_T + DECAY_T, TWO_K + MSE_K + DECAY_K, (4, 6)
    ),
    "Adam of Keras with decay": Case(
        TWO_T
        + MSE_T
        + """
def make_optimizer(params):
    return torch.optim.AdamW(params, lr=1e-2, eps=1e-7, weight_decay=0.1)
""",
        TWO_K
        + MSE_K
        + """
def make_optimizer():
    return keras.optimizers.Adam(1e-2, weight_decay=0.1)
""",
        (4, 6),
    ),
    "the layout after a softmax and a sum": Case(
        IMAGE_T.format("(F.softmax(self.c(x), 1) + 1) / 2"),
        sequential(
            'layers.Conv2D(4, 3, padding="same", activation="softmax")',
            "layers.Rescaling(0.5, 0.5)",
            shape="(5, 5, 3)",
        ),
        (2, 5, 5, 3),
    ),
    "a maximum of pixels in one dimension": Case(
        module(
            "self.c, self.p = nn.Conv1d(3, 4, 3), nn.MaxPool1d(2)",
            "return self.p(self.c(x.transpose(1, 2))).transpose(1, 2)",
        ),
        sequential(
            "layers.Conv1D(4, 3)", "layers.MaxPooling1D()", shape="(8, 3)"
        ),
        (2, 8, 3),
    ),
}

DIFFER: dict[str, Case] = {
    "normalisation with training=False": Case(
        NORM_T + TRAINED_T,
        NORM_K.replace("training=training)", "training=False)") + TRAINED_K,
        (8, 6),
        ("training_mode",),
    ),
    "dropout with training=False": Case(
        module(
            "self.a, self.b = nn.Linear(6, 8), nn.Linear(8, 1)",
            "return self.b(F.dropout(self.a(x), 0.5, self.training))",
        )
        + TRAINED_T,
        model(
            "self.a, self.d = layers.Dense(8), layers.Dropout(0.5)\n"
            "        self.b = layers.Dense(1)",
            "return self.b(self.d(self.a(x), training=False))",
        )
        + TRAINED_K,
        (4, 6),
        ("training_mode",),
    ),
    "dropout that is never switched off": Case(
        module(
            "self.a, self.b = nn.Linear(6, 8), nn.Linear(8, 1)",
            "return self.b(F.dropout(self.a(x), 0.5))",
        ),
        sequential(
            "layers.Dense(8)",
            "layers.Dropout(0.5)",
            "layers.Dense(1)",
            shape="(6,)",
        ),
        (4, 6),
        ("evaluation_mode",),
    ),
    "a normalisation that is frozen in Keras": Case(
        NORM_T.replace(
            "    def forward",
            "    def train(self, mode=True):\n"
            "        super().train(mode)\n        self.n.eval()\n"
            "        return self\n\n    def forward",
        )
        + TRAINED_T,
        NORM_K.replace(
            "        self.b =",
            "        self.n.trainable = False\n        self.b =",
        )
        + TRAINED_K,
        (8, 6),
        ("frozen_weights",),
    ),
    "probabilities expected": Case(
        module("self.a = nn.Linear(6, 3)", "return self.a(x)") + CE_T,
        sequential("layers.Dense(3)", shape="(6,)")
        + CE_K.replace("from_logits=True", ""),
        (4, 6),
        ("cross_entropy_input",),
    ),
    "biases decay in Keras": Case(
        TWO_T + MSE_T + DECAY_T,
        TWO_K
        + MSE_K
        + DECAY_K.replace('var_names=["bias"]', 'var_names=["other"]'),
        (4, 6),
        ("weight_decay_exclusion",),
    ),
    "gradients that Keras accumulates": Case(
        TWO_T + TRAINED_T,
        TWO_K
        + MSE_K
        + SGD_K.replace("0.1", "0.1, gradient_accumulation_steps=2"),
        (4, 6),
        ("gradient_accumulation",),
    ),
    "only the last layer is given to the optimiser": Case(
        TWO_T + MSE_T + SGD_T.replace("SGD(params", "SGD(list(params)[2:]"),
        TWO_K + TRAINED_K,
        (4, 6),
        ("optimizer_parameters",),
    ),
    "gradients that are not cleared": Case(
        TWO_T + TRAINED_T + STEP_T.replace("    optimizer.zero_grad()\n", ""),
        TWO_K + TRAINED_K,
        (4, 6),
        ("gradients_not_cleared",),
    ),
    "a step in evaluation mode": Case(
        NORM_T + TRAINED_T + STEP_T.replace("model.train()", "model.eval()"),
        NORM_K + TRAINED_K,
        (8, 6),
        ("training_mode",),
    ),
    "groups": Case(
        IMAGE_T.replace(
            "1)\n", "1)\n        self.g = nn.GroupNorm(2, 4)\n", 1
        ).format("self.g(self.c(x))"),
        sequential(
            'layers.Conv2D(4, 3, padding="same")',
            "layers.GroupNormalization(4, epsilon=1e-5)",
            shape="(5, 5, 3)",
        ),
        (2, 5, 5, 3),
        ("group_norm_groups",),
    ),
    "softmax over the batch": Case(
        module(
            "self.a = nn.Linear(6, 3)", "return torch.softmax(self.a(x), 0)"
        ),
        sequential('layers.Dense(3, "softmax")', shape="(6,)"),
        (4, 6),
        ("softmax_axis",),
    ),
    "normalisation over the whole image": Case(
        IMAGE_T.replace(
            "1)\n", "1)\n        self.g = nn.LayerNorm([4, 5, 5])\n", 1
        ).format("self.g(self.c(x))"),
        sequential(
            'layers.Conv2D(4, 3, padding="same")',
            "layers.LayerNormalization(epsilon=1e-5)",
            shape="(5, 5, 3)",
        ),
        (2, 5, 5, 3),
        ("layer_norm_axes",),
    ),
    "the ceiling of a pool's size": Case(
        IMAGE_T.format(
            "F.max_pool2d(self.c(x), 2, ceil_mode=True).mean((2, 3))"
        ),
        sequential(
            'layers.Conv2D(4, 3, padding="same")',
            "layers.MaxPooling2D()",
            "layers.GlobalAveragePooling2D()",
            shape="(5, 5, 3)",
        ),
        (2, 5, 5, 3),
        ("max_pool_pads",),
    ),
    "another interpolation": Case(
        IMAGE_T.format("F.interpolate(self.c(x), scale_factor=2)"),
        sequential(
            'layers.Conv2D(4, 3, padding="same")',
            'layers.UpSampling2D(2, interpolation="bilinear")',
            shape="(5, 5, 3)",
        ),
        (2, 5, 5, 3),
        ("resize_method",),
    ),
    "aligned corners": Case(
        IMAGE_T.format(
            "F.interpolate(self.c(x), scale_factor=2, mode='bilinear', "
            "align_corners=True)"
        ),
        sequential(
            'layers.Conv2D(4, 3, padding="same")',
            'layers.UpSampling2D(2, interpolation="bilinear")',
            shape="(5, 5, 3)",
        ),
        (2, 5, 5, 3),
        ("resize_corners",),
    ),
    "pixels from channels in another order": Case(
        IMAGE_T.format("F.pixel_shuffle(torch.cat([self.c(x)] * 2, 1), 2)"),
        """

def net():
    x = keras.Input((5, 5, 3))
    y = layers.Conv2D(4, 3, padding="same")(x)
    y = layers.Concatenate()([y, y])
    return keras.Model(x, ops.depth_to_space(y, 2))
""",
        (2, 5, 5, 3),
        ("pixel_shuffle_order",),
    ),
    "reflected borders": Case(
        IMAGE_T.replace(
            "padding=1", "padding=1, padding_mode='reflect'"
        ).format("self.c(x).mean((2, 3))"),
        sequential(
            'layers.Conv2D(4, 3, padding="same")',
            "layers.GlobalAveragePooling2D()",
            shape="(5, 5, 3)",
        ),
        (2, 5, 5, 3),
        ("conv2d_padding_mode",),
    ),
    "an activation that differs far from 0": Case(
        module("self.a = nn.Linear(6, 3)", "return F.relu6(self.a(x))"),
        sequential('layers.Dense(3, "relu")', shape="(6,)"),
        (4, 6),
        ("activation_replaced",),
    ),
    "an activation at another place": Case(
        NORM_T.replace(
            "F.relu(self.n(self.a(x)))", "self.n(F.relu(self.a(x)))"
        ),
        NORM_K,
        (8, 6),
        ("operation_order",),
    ),
    "a bias that Keras starts at 0": Case(
        TWO_T.replace("(8, 1)", "(8, 1, bias=False)"),
        TWO_K,
        (4, 6),
        ("dense_bias",),
    ),
}

UNDECIDED: dict[str, Case] = {
    "a sample of a normal distribution": Case(
        module(
            "self.a = nn.Linear(6, 3)",
            "m = self.a(x)\n        return m + torch.randn_like(m)",
        ),
        model(
            "self.a = layers.Dense(3)",
            "m = self.a(x)\n        return m + keras.random.normal(m.shape)",
        ),
        (4, 6),
        verdict="undecided",
    ),
    "noise in training": Case(
        module(
            "self.a = nn.Linear(6, 1)",
            "x = self.a(x)\n        if self.training:\n"
            "            noise = np.random.normal(0, 0.1, x.shape)\n"
            "            x = x + torch.tensor(noise)\n        return x",
        )
        + TRAINED_T,
        sequential(
            "layers.Dense(1)", "layers.GaussianNoise(0.1)", shape="(6,)"
        )
        + TRAINED_K,
        (4, 6),
        verdict="undecided",
    ),
    "tensors of an unknown layout": Case(
        module("self.a = nn.Bilinear(6, 6, 3)", "return self.a(x, x)"),
        model(
            "self.a = layers.EinsumDense('ab,bc->ac', 3)", "return self.a(x)"
        ),
        (4, 6),
        verdict="undecided",
    ),
}


@on_each(AGREE | DIFFER | UNDECIDED)
def test_a_reported_port(both: WorkerPair, tmp_path: Path, case: Case) -> None:
    check_case(both, tmp_path, case)


def test_an_optimiser_of_the_user_is_not_replaced(
    both: WorkerPair, tmp_path: Path
) -> None:
    # A class that overrides the update may do anything.
    keras = """
class Half(keras.optimizers.SGD):
    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient / 2, variable, learning_rate)


def make_optimizer():
    return Half(0.1)
"""
    case = Case(TWO_T + TRAINED_T, TWO_K + MSE_K + keras, (4, 6))
    result = compared_case(both, tmp_path, case)
    assert result.verdict == "disagree"
    assert "optimizer_unread" in {each.slug for each in result.not_decided}
