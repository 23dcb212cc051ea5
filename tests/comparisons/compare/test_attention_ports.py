"""Ports of attention, with mistakes in its masks, heads and arguments."""

from pathlib import Path

from framework_parity.comparisons.workers.worker import WorkerPair
from tests.comparisons.compare.porting import (
    MSE_K,
    MSE_T,
    SGD_K,
    SGD_T,
    Case,
    check_case,
    model,
    module,
    on_each,
)

SHAPE = (3, 5, 8)
LATER = "torch.ones(5, 5, dtype=torch.bool).triu(1)"


def attention_t(call: str, heads: int = 2, more: str = "") -> str:
    return module(
        f"self.m = nn.MultiheadAttention(8, {heads}, batch_first=True{more})\n"
        "        self.a = nn.Linear(8, 2)",
        f"return self.a(self.m({call})[0])",
    )


def attention_k(call: str, heads: int = 2, size: int = 4) -> str:
    return model(
        f"self.m = layers.MultiHeadAttention({heads}, {size})\n"
        "        self.a = layers.Dense(2)",
        f"return self.a(self.m({call}))",
    )


def written_t(scores: str) -> str:
    return module(
        "self.a = nn.Linear(8, 8)",
        f"q = self.a(x); s = q @ x.transpose(1, 2) / 8 ** 0.5; {scores}\n"
        "        return torch.softmax(s, -1) @ x",
    )


def written_k(scores: str) -> str:
    return model(
        "self.a = layers.Dense(8)",
        "q = self.a(x); s = ops.matmul(q, ops.transpose(x, (0, 2, 1))) "
        f"/ 8 ** 0.5; {scores}\n"
        "        return ops.matmul(ops.softmax(s, -1), x)",
    )


ADDED_K = "s = s + (ops.triu(ops.ones((5, 5), dtype=s.dtype), 1) * -1e9)"
FILLED_T = f"s = s.masked_fill({LATER}, float('-inf'))"
PLAIN_T, PLAIN_K = attention_t("x, x, x"), attention_k("x, x")
CAUSAL_T = attention_t(f"x, x, x, attn_mask={LATER}")
CAUSAL_K = attention_k("x, x, use_causal_mask=True")

AGREE: dict[str, Case] = {
    "plain": Case(PLAIN_T, PLAIN_K, SHAPE),
    "causal": Case(CAUSAL_T, CAUSAL_K, SHAPE),
    "a causal mask in both": Case(
        CAUSAL_T,
        attention_k("x, x, attention_mask=ops.tril(ops.ones((1, 5, 5)))"),
        SHAPE,
    ),
    "written out, causal": Case(
        written_t(FILLED_T), written_k(ADDED_K), SHAPE
    ),
    "chosen scores": Case(
        written_t(FILLED_T),
        written_k("s = ops.where(ops.tril(ops.ones((5, 5))) > 0, s, -1e9)"),
        SHAPE,
    ),
    "trained": Case(CAUSAL_T + MSE_T + SGD_T, CAUSAL_K + MSE_K + SGD_K, SHAPE),
}
PADDED_T = module(
    "self.e, self.m = nn.Embedding(4, 8), "
    "nn.MultiheadAttention(8, 2, batch_first=True)",
    "q = self.e(x); pad = x == 0\n"
    "        return self.m(q, q, q, key_padding_mask=pad)[0]",
)
PADDED_K = model(
    "self.e, self.m = layers.Embedding(4, 8), layers.MultiHeadAttention(2, 4)",
    "q = self.e(x); mask = ops.OF(x, 0)[:, None, :]\n"
    "        return self.m(q, q, attention_mask=mask)",
)

DOT_T = module(
    "self.q, self.k, self.v = (nn.Linear(8, 8) for _ in '123')",
    "q, k, v = self.q(x), self.k(x), self.v(x)\n"
    "        return F.scaled_dot_product_attention(q, k, v)",
)


def dot_k(query: str) -> str:
    return model(
        "self.q, self.k, self.v = (layers.Dense(8) for _ in '123')\n"
        "        self.m = layers.Attention()",
        f"return self.m([{query}, self.v(x), self.k(x)])",
    )


AGREE["a layer of one head"] = Case(
    DOT_T, dot_k("self.q(x) / 8 ** 0.5"), SHAPE
)
AGREE["a mask that is an array"] = Case(
    CAUSAL_T,
    "import numpy as np\n"
    + attention_k("x, x, attention_mask=np.tri(5, dtype=bool)[None]"),
    SHAPE,
)
AGREE["steps of padding"] = Case(
    PADDED_T, PADDED_K.replace("OF", "not_equal"), (6, 5)
)
DIFFER: dict[str, Case] = {
    "steps of padding in the other sense": Case(
        PADDED_T,
        PADDED_K.replace("OF", "equal"),
        (6, 5),
        ("multi_head_attention_mask",),
    ),
    "a layer of one head without a scale": Case(
        DOT_T, dot_k("self.q(x)"), SHAPE, ("attention_scale",)
    ),
    "order of key and value": Case(
        attention_t("x, torch.tanh(x), x"),
        attention_k("x, ops.tanh(x), key=x"),
        SHAPE,
        ("multi_head_attention_order",),
    ),
    "no causal mask": Case(
        CAUSAL_T, PLAIN_K, SHAPE, ("multi_head_attention_causal",)
    ),
    "the other sense of a mask": Case(
        attention_t(f"x, x, x, attn_mask={LATER}"),
        attention_k("x, x, attention_mask=ops.triu(ops.ones((1, 5, 5)))"),
        SHAPE,
        ("multi_head_attention_allowed", "multi_head_attention_causal"),
    ),
    "heads": Case(
        PLAIN_T,
        attention_k("x, x", heads=4, size=2),
        SHAPE,
        ("multi_head_attention_heads",),
    ),
    "size of a key": Case(
        PLAIN_T,
        attention_k("x, x", size=8),
        SHAPE,
        ("multi_head_attention_key_size",),
    ),
    "batch taken for time": Case(
        PLAIN_T.replace(", batch_first=True", ""),
        PLAIN_K,
        SHAPE,
        ("multi_head_attention_time_axis",),
    ),
    "no bias": Case(
        attention_t("x, x, x", more=", bias=False"),
        PLAIN_K,
        SHAPE,
        ("multi_head_attention_bias",),
    ),
    "written out without a mask": Case(
        written_t(FILLED_T), written_k(""), SHAPE, ("attention_causal",)
    ),
    "written out, without a scale": Case(
        written_t(""),
        written_k("s = s * 8 ** 0.5"),
        SHAPE,
        ("attention_scale",),
    ),
    "no causal mask, trained": Case(
        CAUSAL_T + MSE_T + SGD_T,
        PLAIN_K + MSE_K + SGD_K,
        SHAPE,
        ("multi_head_attention_causal",),
    ),
}


@on_each(AGREE | DIFFER)
def test_a_port(both: WorkerPair, tmp_path: Path, case: Case) -> None:
    check_case(both, tmp_path, case)
