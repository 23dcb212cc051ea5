"""Ports of recurrent layers, with mistakes inside the layers."""

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
    sequential,
)

SHAPE = (3, 5, 6)


def recurrent_t(layer: str, output: str, width: int = 4) -> str:
    """Return a recurrent layer, of whose results `output` is used."""
    return module(
        f"self.r, self.a = {layer}, nn.Linear({width}, 2)",
        f"out, h = self.r(x); return self.a({output})",
    )


def recurrent_k(layer: str) -> str:
    return sequential(layer, "layers.Dense(2)", shape="(5, 6)")


LAST, STATE = "out[:, -1]", "h[-1]"
RNN_T = "nn.RNN(6, 4, batch_first=True)"
LSTM_T = "nn.LSTM(6, 4, batch_first=True)"
GRU_T = "nn.GRU(6, 4, batch_first=True)"
BOTH_T = "nn.GRU(6, 4, batch_first=True, bidirectional=True)"
BOTH_K = recurrent_k("layers.Bidirectional(layers.GRU(4))")

AGREE: dict[str, Case] = {
    "last output": Case(
        recurrent_t(LSTM_T, LAST), recurrent_k("layers.LSTM(4)"), SHAPE
    ),
    "last state": Case(
        recurrent_t(GRU_T, STATE), recurrent_k("layers.GRU(4)"), SHAPE
    ),
    "relu": Case(
        recurrent_t(
            "nn.RNN(6, 4, nonlinearity='relu', batch_first=True)",
            "h.squeeze(0)",
        ),
        recurrent_k("layers.SimpleRNN(4, activation='relu')"),
        SHAPE,
    ),
    "both directions": Case(
        recurrent_t(BOTH_T, "torch.cat([h[-2], h[-1]], 1)", 8), BOTH_K, SHAPE
    ),
    "whole sequence": Case(
        recurrent_t(BOTH_T, "out", 8),
        recurrent_k(
            "layers.Bidirectional(layers.GRU(4, return_sequences=True))"
        ),
        SHAPE,
    ),
    "time first": Case(
        module(
            "self.r, self.a = nn.LSTM(6, 4), nn.Linear(4, 2)",
            "out, _ = self.r(x.transpose(0, 1)); return self.a(out[-1])",
        ),
        recurrent_k("layers.LSTM(4)"),
        SHAPE,
    ),
    "trained": Case(
        recurrent_t(LSTM_T, LAST) + MSE_T + SGD_T,
        recurrent_k("layers.LSTM(4)") + MSE_K + SGD_K,
        SHAPE,
    ),
}
DIFFER: dict[str, Case] = {
    "no initial state": Case(
        module(
            "self.e, self.r = (nn.GRU(6, 6, batch_first=True) "
            "for _ in '12')\n        self.a = nn.Linear(6, 2)",
            "h = self.e(x)[1]; return self.a(self.r(x, h)[0])",
        ),
        model(
            "self.e, self.r = (layers.GRU(6, return_sequences=True) "
            "for _ in '12')\n        self.a = layers.Dense(2)",
            "self.e(x); return self.a(self.r(x))",
        ),
        SHAPE,
        ("gru_initial_state",),
    ),
    "reset before the product": Case(
        recurrent_t(GRU_T, LAST),
        recurrent_k("layers.GRU(4, reset_after=False)"),
        SHAPE,
        ("gru_reset",),
    ),
    "hard gates": Case(
        recurrent_t(LSTM_T, LAST),
        recurrent_k("layers.LSTM(4, recurrent_activation='hard_sigmoid')"),
        SHAPE,
        ("lstm_recurrent_activation",),
    ),
    "another activation": Case(
        recurrent_t(RNN_T, LAST),
        recurrent_k("layers.SimpleRNN(4, activation='relu')"),
        SHAPE,
        ("simple_rnn_activation",),
    ),
    "last step of both directions": Case(
        recurrent_t(BOTH_T, LAST, 8), BOTH_K, SHAPE, ("gru_returns",)
    ),
    "backward in time": Case(
        recurrent_t(LSTM_T, LAST),
        recurrent_k("layers.LSTM(4, go_backwards=True)"),
        SHAPE,
        ("lstm_direction",),
    ),
    "batch taken for time": Case(
        module(
            "self.r, self.a = nn.LSTM(6, 4), nn.Linear(4, 2)",
            "out, _ = self.r(x); return self.a(out)",
        ),
        recurrent_k("layers.LSTM(4, return_sequences=True)"),
        SHAPE,
        ("lstm_time_axis",),
    ),
    "no bias": Case(
        recurrent_t(GRU_T, LAST),
        recurrent_k("layers.GRU(4, use_bias=False)"),
        SHAPE,
        ("gru_bias_missing",),
    ),
    "units": Case(
        recurrent_t(LSTM_T, LAST),
        recurrent_k("layers.LSTM(5)"),
        SHAPE,
        ("lstm_units", "dense_kernel_shape"),
    ),
    "another kind": Case(
        recurrent_t(GRU_T, LAST),
        recurrent_k("layers.LSTM(4)"),
        SHAPE,
        ("operation_replaced",),
    ),
    "masked steps": Case(
        module(
            "self.e = nn.Embedding(7, 6)\n"
            "        self.r, self.a = nn.LSTM(6, 4, batch_first=True), "
            "nn.Linear(4, 2)",
            "return self.a(self.r(self.e(x))[0][:, -1])",
        ),
        model(
            "self.e = layers.Embedding(7, 6, mask_zero=True)\n"
            "        self.r, self.a = layers.LSTM(4), layers.Dense(2)",
            "return self.a(self.r(self.e(x)))",
        ),
        (9, 5),
        ("lstm_masked",),
    ),
    "hard gates, trained": Case(
        recurrent_t(LSTM_T, LAST) + MSE_T + SGD_T,
        recurrent_k("layers.LSTM(4, recurrent_activation='hard_sigmoid')")
        + MSE_K
        + SGD_K,
        SHAPE,
        ("lstm_recurrent_activation",),
    ),
}


@on_each(AGREE | DIFFER)
def test_a_port(both: WorkerPair, tmp_path: Path, case: Case) -> None:
    check_case(both, tmp_path, case)
