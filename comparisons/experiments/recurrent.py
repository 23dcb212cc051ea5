"""How many steps can a recurrent network remember?

The class of a sequence of token ids is its first id; all others say nothing
about it. A simple recurrent layer multiplies the derivative by its recurrent
kernel and by the slope of tanh at each step, so that after some tens of steps
nothing is left to learn from (Bengio et al. 1994). An LSTM (Hochreiter and
Schmidhuber 1997) adds to its cell instead of multiplying, and its forget gate
decides how much is kept: with a bias of b, at the start σ(b) of the cell at
each step (Gers et al. 2000; Jozefowicz et al. 2015). With b = 0 half is lost
at each step; with b = 1, Keras's default (`unit_forget_bias`), 0.73 is kept;
with b = 3, 0.95. PyTorch draws this bias like all others, near zero: the LSTM
of 16 units with all of Keras's defaults remembers 30 steps under five of five
seeds, and with PyTorch's under two of five.
"""

from typing import Any

from framework_parity.comparisons.experiments._words import claim

DATASETS = ("first_token",)

EMBEDDING = {
    "embedding": {
        "vocabulary": 10,
        "size": 8,
        "embeddings_initializer": {"normal": 1.0},
    }
}


def _arm(layer: Any, steps: int, samples: int) -> dict[str, Any]:
    """Return an arm with one recurrent layer, on sequences of a length."""
    return {
        "layers": [EMBEDDING, layer, {"dense": 2}],
        "data": {"first_token": {"steps": steps, "samples": samples}},
    }


def _lstm(forget_bias: float | None) -> dict[str, Any]:
    return {"lstm": {"units": 16, "forget_bias": forget_bias}}


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one profile."""
    quick = profile == "quick"
    samples = 600 if quick else 2000
    arms = {
        "simple_10": _arm({"simple_rnn": 16}, 10, samples),
        "simple_30": _arm({"simple_rnn": 16}, 30, samples),
        "forget_bias_0_30": _arm(_lstm(0.0), 30, samples),
        "forget_bias_1_30": _arm(_lstm(1.0), 30, samples),
        "forget_bias_3_50": _arm(_lstm(3.0), 50, samples),
    }
    return {
        "name": "recurrent",
        "dialect": "keras",
        "data": {"first_token": {}, "test": 0.3, "validation": 0},
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.01},
            "batch_size": 32,
            "epochs": 15,
            "shuffle": "each_epoch",
            "clipping": {"by_global_norm": 1.0},
        },
        "arms": arms,
        "claims": [
            claim(
                "a_simple_layer_remembers_10_steps",
                "A simple recurrent layer remembers the first of 10 ids.",
                "simple_10.test_accuracy > 0.9",
            ),
            claim(
                "a_simple_layer_forgets_30_steps",
                "Of 30 it does not: it is right about half the time.",
                "simple_30.test_accuracy < 0.75",
            ),
            claim(
                "an_lstm_remembers_30_steps",
                "An LSTM whose forget gate starts with a bias of 1 does.",
                "forget_bias_1_30.test_accuracy > 0.9",
            ),
            claim(
                "the_bias_decides",
                "With a bias of 0 it is worse.",
                "forget_bias_0_30.test_accuracy < "
                "forget_bias_1_30.test_accuracy",
            ),
            claim(
                "a_larger_bias_remembers_50_steps",
                "With a bias of 3 it remembers the first of 50 ids.",
                "forget_bias_3_50.test_accuracy > 0.9",
            ),
        ],
        "plots": [{"bars": "test_accuracy"}],
    }
