"""Ports whose difference is in one kind of layer, in its sizes or its loss."""

from pathlib import Path

from framework_parity.comparisons.workers.worker import WorkerPair
from tests.comparisons.compare.porting import (
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

TABLE_T = """
def table():
    position = torch.arange(6, dtype=torch.float32)[:, None]
    rate = torch.exp(
        torch.arange(0, 8, 2, dtype=torch.float32) * (-np.log(1e4) / 8)
    )
    table = torch.zeros(6, 8)
    table[:, 0::2] = torch.sin(position * rate)
    table[:, 1::2] = torch.cos(position * rate)
    return table
"""
TABLE_K = """
import numpy as np


def table(base=1e4, halves=False):
    position = np.arange(6, dtype="float32")[:, None]
    angle = position * np.power(base, -np.arange(0, 8, 2) / 8)
    parts = np.sin(angle), np.cos(angle)
    if halves:
        return np.concatenate(parts, -1).astype("float32")
    return np.stack(parts, -1).reshape(6, 8).astype("float32")
"""
BUFFER_T = TABLE_T + module(
    "self.a = nn.Linear(8, 3)\n        self.register_buffer('p', table())",
    "return self.a(torch.relu(x + self.p))",
)
INLINE_T = TABLE_T + module(
    "self.a = nn.Linear(8, 3)", "return self.a(torch.relu(x + table()))"
)


def table_k(arguments: str = "") -> str:
    return TABLE_K + model(
        f"self.a, self.p = layers.Dense(3), table({arguments})",
        "return self.a(ops.relu(x + ops.cast(self.p, x.dtype)))",
    )


def layer_t(layer: str) -> str:
    return module(f"self.a = {layer}", "return self.a(x)")


def series_t(layer: str) -> str:
    return module(
        f"self.a = {layer}", "return self.a(x.transpose(1, 2)).transpose(1, 2)"
    )


EMBEDDED_T = module(
    "self.e = nn.Embedding(7, 4, padding_idx=0)\n"
    "        self.a = nn.Linear(4, 1)",
    "return self.a(self.e(x).mean(1))",
)
EMBEDDED_K = model(
    "self.e, self.a = layers.Embedding(7, 4), layers.Dense(1)",
    "return self.a(ops.mean(self.e(x), axis=1))",
)
TWO_T = module(
    "self.a, self.b = nn.Linear(6, 8), nn.Linear(8, 4)",
    "return self.b(torch.tanh(self.a(x)))",
)
TWO_K = sequential(
    "layers.Dense(8, activation='tanh')", "layers.Dense(4)", shape="(6,)"
)
GROUPS_T = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(6, 8), nn.Linear(8, 4)

    def forward(self, x):
        return self.b(torch.tanh(self.a(x)))


def make_optimizer(params):
    *body, kernel, bias = params
    return torch.optim.SGD(
        [{"params": body}, {"params": [kernel, bias], "lr": 1.0}], lr=0.1
    )
"""

PIXELS = (2, 6, 6, 4)
PADDED_K = """
class Border(layers.Layer):
    def call(self, x):
        return tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "MODE")
"""
EXCITED_T = module(
    "self.a, self.b = nn.Conv2d(4, 3, 1), nn.Conv2d(3, 4, 1)",
    "s = torch.relu(self.a(x.mean((2, 3), keepdim=True))); "
    "return x * F.hardsigmoid(self.b(s))",
)


def excited_k(gate: str) -> str:
    return f"""


def net():
    x = keras.Input((6, 6, 4))
    s = layers.GlobalAveragePooling2D(keepdims=True)(x)
    s = layers.Conv2D(3, 1, activation="relu")(s)
    s = layers.Conv2D(4, 1)(s)
    return keras.Model(x, layers.Multiply()([x, {gate}]))
"""


def joined_t() -> str:
    return module(
        "self.a = nn.ModuleList(nn.Linear(n, 2) for n in (6, 8, 10, 12, 14))",
        "for a in self.a: x = torch.cat([x, torch.tanh(a(x))], 1)\n"
        "        return x",
    )


def joined_k(parts: str) -> str:
    return f"""


def net():
    first = x = keras.Input((6,))
    for _ in range(5):
        y = layers.Dense(2, activation="tanh")(x)
        x = layers.Concatenate()([{parts}])
    return keras.Model(first, x)
"""


NORMED_T = module(
    "self.a, self.b = nn.Linear(6, 6), nn.Linear(6, 6)\n"
    "        self.n, self.m = nn.LayerNorm(6), nn.LayerNorm(6)",
    "x = self.n(x + torch.tanh(self.a(x))); "
    "return self.m(x + torch.tanh(self.b(x)))",
)
NORMED_K = model(
    "self.a, self.b = (layers.Dense(6, activation='tanh') for _ in '12')\n"
    "        self.n, self.m = (layers.LayerNormalization(epsilon=1e-5) "
    "for _ in '12')",
    "x = x + self.a(self.n(x)); return x + self.b(self.m(x))",
)

AGREE: dict[str, Case] = {
    "a gated unit": Case(
        module("self.a = nn.Linear(6, 8)", "return F.glu(self.a(x))"),
        model(
            "self.a = layers.Dense(8)",
            "a, b = ops.split(self.a(x), 2, axis=-1)\n"
            "        return a * ops.sigmoid(b)",
        ),
        (2, 6),
    ),
    "a pooling that keeps axes": Case(
        EXCITED_T, excited_k("ops.hard_sigmoid(s)"), PIXELS
    ),
    "a hard sigmoid written out": Case(
        EXCITED_T, excited_k("ops.relu6(s + 3.0) / 6.0"), PIXELS
    ),
    "tokens of an image": Case(
        module(
            "self.a = nn.Linear(4, 2)",
            "return self.a(x.flatten(2).transpose(1, 2))",
        ),
        sequential(
            "layers.Reshape((36, 4))", "layers.Dense(2)", shape="(6, 6, 4)"
        ),
        PIXELS,
    ),
    "a table in float32": Case(
        BUFFER_T + MSE_T + SGD_T, table_k() + MSE_K + SGD_K, (2, 6, 8)
    ),
    "a table in a pass": Case(INLINE_T, table_k(), (2, 6, 8)),
    "transposed convolution": Case(
        layer_t("nn.ConvTranspose2d(2, 3, 3, 2)"),
        sequential("layers.Conv2DTranspose(3, 3, 2)", shape="(4, 5, 2)"),
        (2, 4, 5, 2),
    ),
}
DIFFER: dict[str, Case] = {
    "the other half as the gate": Case(
        module("self.a = nn.Linear(6, 8)", "return F.glu(self.a(x))"),
        model(
            "self.a = layers.Dense(8)",
            "a, b = ops.split(self.a(x), 2, axis=-1)\n"
            "        return ops.sigmoid(a) * b",
        ),
        (2, 6),
        ("sigmoid_part", "multiply_part"),
    ),
    "parts of a projection": Case(
        module(
            "self.a = nn.Linear(4, 12)",
            "q, k, v = self.a(x).chunk(3, -1)\n"
            "        return F.scaled_dot_product_attention(q, k, v)",
        ),
        model(
            "self.a = layers.Dense(12)",
            "k, q, v = ops.split(self.a(x), 3, axis=-1)\n"
            "        s = ops.matmul(q, ops.transpose(k, (0, 2, 1))) / 2.0\n"
            "        return ops.matmul(ops.softmax(s), v)",
        ),
        (2, 5, 4),
        ("attention_order",),
    ),
    "another default of a function": Case(
        module("self.a = nn.Linear(6, 8)", "return F.gelu(self.a(x))"),
        model("self.a = layers.Dense(8)", "return ops.gelu(self.a(x))"),
        (2, 6),
        ("gelu_form",),
    ),
    "an equation of a sum": Case(
        module(
            "self.a = nn.Linear(4, 2)",
            "m = torch.arange(25.0).view(5, 5)\n"
            "        m = m.to(x.dtype) / 25\n"
            "        return self.a(torch.einsum('ij,bjf->bif', m, x))",
        ),
        model(
            "self.a = layers.Dense(2)",
            "m = ops.reshape(ops.arange(25.0, dtype=x.dtype), (5, 5)) / 25\n"
            "        return self.a(ops.einsum('ji,bjf->bif', m, x))",
        ),
        (2, 5, 4),
        ("einsum_equation",),
    ),
    "sides of a difference": Case(
        module("self.a = nn.Linear(6, 6)", "return x - self.a(x)"),
        model("self.a = layers.Dense(6)", "return self.a(x) - x"),
        (2, 6),
        ("subtract_order",),
    ),
    "resized by a function": Case(
        module(
            "self.a = nn.Conv2d(4, 2, 1)",
            "return F.interpolate(self.a(x), size=(9, 9), mode='bilinear', "
            "align_corners=True)",
        ),
        model(
            "self.a = layers.Conv2D(2, 1)",
            "return ops.image.resize(self.a(x), (9, 9))",
        ),
        PIXELS,
        ("resize_corners",),
    ),
    "a mean that leaves out padding": Case(
        module(
            "self.e, self.a = nn.Embedding(7, 4), nn.Linear(4, 2)",
            "return self.a(self.e(x).mean(1))",
        ),
        sequential(
            "layers.Embedding(7, 4, mask_zero=True)",
            "layers.GlobalAveragePooling1D()",
            "layers.Dense(2)",
            shape="(5,), dtype='int32'",
        ),
        (9, 5),
        ("global_average_pool_masked",),
    ),
    "an image made of a vector": Case(
        module(
            "self.a, self.c = nn.Linear(6, 36), nn.Conv2d(4, 2, 3)",
            "return self.c(self.a(x).view(-1, 4, 3, 3))",
        ),
        sequential(
            "layers.Dense(36)",
            "layers.Reshape((3, 3, 4))",
            "layers.Conv2D(2, 3)",
            shape="(6,)",
        ),
        (2, 6),
        ("reshape_into",),
    ),
    "one padding of two convolutions": Case(
        module(
            "self.a, self.b = nn.Conv1d(4, 3, 3), nn.Conv1d(4, 3, 3)",
            "x = F.pad(x.transpose(1, 2), (2, 0))\n"
            "        y = 0 + torch.tanh(self.a(x)) + torch.tanh(self.b(x))\n"
            "        return y.transpose(1, 2)",
        ),
        model(
            "self.a, self.b = (layers.Conv1D(3, 3, padding='same', "
            "activation='tanh') for _ in '12')",
            "return self.a(x) + self.b(x)",
        ),
        (2, 5, 4),
        ("conv1d_pads",),
    ),
    "no permutation before a reshape": Case(
        module(
            "self.a = nn.Linear(24, 2)",
            "return self.a(x.permute(0, 3, 2, 1).flatten(2))",
        ),
        sequential(
            "layers.Reshape((6, 24))", "layers.Dense(2)", shape="(6, 6, 4)"
        ),
        PIXELS,
        ("missing_in_keras",),
    ),
    "an adaptive pool": Case(
        module("self.a = nn.AdaptiveAvgPool2d(4)", "return self.a(x)"),
        model(
            "pass",
            "return ops.average_pool(x, 3, strides=1, padding='valid')",
        ),
        PIXELS,
        ("operation_replaced",),
    ),
    "a function called like one of Keras's": Case(
        module("self.a = nn.Linear(6, 8)", "return F.gelu(self.a(x))"),
        """


def gelu(x):
    return keras.activations.gelu(x, approximate=True)
"""
        + sequential(
            "layers.Dense(8)", "layers.Activation(gelu)", shape="(6,)"
        ),
        (2, 6),
        ("gelu_form",),
    ),
    "the same, as the activation of a layer": Case(
        module("self.a = nn.Linear(6, 8)", "return F.elu(self.a(x))"),
        """


def elu(x):
    return keras.activations.elu(x, alpha=0.5)
"""
        + sequential("layers.Dense(8, activation=elu)", shape="(6,)"),
        (2, 6),
        ("elu_alpha",),
    ),
    "a clipped line": Case(
        EXCITED_T,
        excited_k("ops.clip(0.2 * s + 0.5, 0.0, 1.0)"),
        PIXELS,
        ("hard_sigmoid_line",),
    ),
    "mirrored borders": Case(
        module(
            "self.p, self.a = nn.ReflectionPad2d(1), nn.Conv2d(4, 2, 3)",
            "return self.a(self.p(x))",
        ),
        PADDED_K.replace("MODE", "SYMMETRIC")
        + sequential("Border()", "layers.Conv2D(2, 3)", shape="(6, 6, 4)"),
        PIXELS,
        ("conv2d_padding_mode",),
    ),
    "mirrored borders of a pool": Case(
        module(
            "self.p, self.a = nn.ReflectionPad2d(1), nn.AvgPool2d(2)",
            "return self.a(self.p(x))",
        ),
        PADDED_K.replace("MODE", "SYMMETRIC")
        + sequential(
            "Border()", "layers.AveragePooling2D(2)", shape="(6, 6, 4)"
        ),
        PIXELS,
        ("pad_mode",),
    ),
    "biased deviation": Case(
        module("self.a = nn.Linear(4, 2)", "return self.a(x.std((2, 3)))"),
        model(
            "self.a = layers.Dense(2)",
            "return self.a(ops.std(x, axis=(1, 2)))",
        ),
        (3, 5, 6, 4),
        ("deviation_unbiased",),
    ),
    "order of many parts": Case(
        joined_t(), joined_k("y, x"), (2, 6), ("concatenate_order",)
    ),
    "normalisation before a block": Case(
        NORMED_T, NORMED_K, (3, 6), ("operation_order",)
    ),
    "halves of a table": Case(
        BUFFER_T + MSE_T + SGD_T,
        table_k("halves=True") + MSE_K + SGD_K,
        (2, 6, 8),
        ("constant",),
    ),
    "another base of a table": Case(
        INLINE_T, table_k("base=1e3"), (2, 6, 8), ("constant",)
    ),
    "cropped edge of a transposed convolution": Case(
        layer_t("nn.ConvTranspose2d(2, 3, 3, 2, 1, output_padding=1)"),
        sequential(
            "layers.Conv2DTranspose(3, 3, 2, 'same')", shape="(4, 5, 2)"
        ),
        (2, 4, 5, 2),
        ("conv2d_transpose_cropped",),
    ),
    "cropped edge in one dimension": Case(
        series_t("nn.ConvTranspose1d(2, 3, 4, 2, 1)"),
        sequential("layers.Conv1DTranspose(3, 4, 2)", shape="(5, 2)"),
        (2, 5, 2),
        ("conv1d_transpose_cropped", "conv1d_transpose_sides"),
    ),
    "causal convolution": Case(
        series_t("nn.Conv1d(2, 3, 3, padding=1)"),
        sequential("layers.Conv1D(3, 3, padding='causal')", shape="(5, 2)"),
        (2, 5, 2),
        ("conv1d_pads",),
    ),
    "dilation in one dimension": Case(
        series_t("nn.Conv1d(2, 3, 3, padding=2, dilation=2)"),
        sequential("layers.Conv1D(3, 3, padding='same')", shape="(5, 2)"),
        (2, 5, 2),
        ("conv1d_dilation", "conv1d_pads"),
    ),
    "stride in three dimensions": Case(
        layer_t("nn.Conv3d(2, 3, 3, stride=1, padding=1)"),
        sequential(
            "layers.Conv3D(3, 3, padding='valid')", shape="(4, 5, 6, 2)"
        ),
        (2, 4, 5, 6, 2),
        ("conv3d_pads",),
    ),
    "groups": Case(
        layer_t("nn.Conv2d(4, 6, 3, groups=2)"),
        sequential("layers.Conv2D(6, 3)", shape="(4, 5, 4)"),
        (2, 4, 5, 4),
        ("conv2d_groups",),
    ),
    "groups in one dimension": Case(
        series_t("nn.Conv1d(4, 6, 3)"),
        sequential("layers.Conv1D(6, 3, groups=2)", shape="(5, 4)"),
        (2, 5, 4),
        ("conv1d_groups",),
    ),
    "units": Case(
        TWO_T,
        sequential(
            "layers.Dense(10, activation='tanh')",
            "layers.Dense(4)",
            shape="(6,)",
        ),
        (2, 6),
        ("dense_units", "dense_kernel_shape"),
    ),
    "padding of an average in one dimension": Case(
        series_t("nn.AvgPool1d(3, 2, 1)"),
        sequential("layers.AveragePooling1D(3, 2, 'same')", shape="(5, 2)"),
        (2, 5, 2),
        ("average_pool1d_padding",),
    ),
    "average for maximum in one dimension": Case(
        series_t("nn.MaxPool1d(3, 2, 1)"),
        sequential("layers.AveragePooling1D(3, 2, 'same')", shape="(5, 2)"),
        (2, 5, 2),
        ("operation_replaced",),
    ),
    "a learnt slope": Case(
        module(
            "self.a, self.p = nn.Linear(6, 8), nn.PReLU(8)",
            "return self.p(self.a(x))",
        ),
        sequential("layers.Dense(8, activation='relu')", shape="(6,)"),
        (2, 6),
        ("activation_replaced",),
    ),
    "order of axes before a reshape": Case(
        module(
            "self.a = nn.Linear(12, 2)",
            "return self.a(x.permute(0, 3, 1, 2).flatten(2))",
        ),
        model(
            "self.a = layers.Dense(2)",
            "return self.a(ops.reshape(ops.transpose(x, (0, 2, 1, 3)),"
            " (2, 5, 12)))",
        ),
        (2, 4, 5, 3),
        ("permute_order",),
    ),
    "padding row": Case(
        EMBEDDED_T + MSE_T + SGD_T,
        EMBEDDED_K + MSE_K + SGD_K,
        (8, 5),
        ("embedding_padding_row",),
    ),
    "rate of a group": Case(
        GROUPS_T + MSE_T,
        TWO_K + MSE_K + SGD_K,
        (4, 6),
        ("parameter_group_rate",),
    ),
    "sum over classes": Case(
        TWO_T
        + SGD_T
        + """
def loss(pred, target):
    each = (pred - target) ** 2
    return each.sum(1).mean()
""",
        TWO_K + MSE_K + SGD_K,
        (4, 6),
        ("loss_scale",),
    ),
    "sum over a batch": Case(
        TWO_T + CE_T + SGD_T,
        TWO_K
        + SGD_K
        + """
def loss(pred, target):
    rows = ops.arange(4)
    log = ops.log_softmax(pred)
    return -ops.sum(log * ops.one_hot(target, 4))
""",
        (4, 6),
        ("loss_scale",),
    ),
}


@on_each(AGREE | DIFFER)
def test_a_port(both: WorkerPair, tmp_path: Path, case: Case) -> None:
    check_case(both, tmp_path, case)


def test_an_unknown_cause_is_not_invented(
    both: WorkerPair, tmp_path: Path
) -> None:
    torch = module("self.a = nn.Linear(6, 8)", "return self.a(torch.sin(x))")
    keras = model("self.a = layers.Dense(8)", "return self.a(ops.cos(x))")
    result = compared_case(both, tmp_path, Case(torch, keras, (2, 6)))
    assert result.verdict == "disagree"
    assert result.causes == []
